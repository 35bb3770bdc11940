"""Requirements on the connection to an endpoint: name, address, TLS, HTTP, method, redirect, time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from support_context.addresses import Network, refusal
from support_context.check.observing import Observation, Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, NotRun, Requirement, Waits, failed, passed, warned
from support_context.check.target import Target
from support_context.egress import ALLOWED_CIDRS
from support_context.failures import Failure
from support_context.limits import FETCH_SECONDS
from support_context.urls import UrlRefused, parse

SLOW_SECONDS = 2.0
"""Seconds of a call from which an owner should look into it; at 5 the ticket goes without."""

RENEWAL = timedelta(days=14)
"""By this time before its end a certificate should have been renewed; the usual clients do so 30 days before."""

BY_TOKEN_ALONE = "Let this URL through to the endpoint, with the bearer token as the only proof."  # noqa: S105 - advice
"""How to mend whatever stands in front: a login, a firewall, a CSRF check."""

_OWN_CA = (
    "For a staging host with its own CA, name that with --ca-file here, and with CC_EGRESS_CA_FILE in the service."
)

NOT_TAKEN = (405, 501)
"""HTTP statuses that say that a method is not for this URL (RFC 9110, 15.5.6 and 15.6.2)."""


NOT_CONNECTED = (Failure.DNS_ERROR, Failure.CONNECT_ERROR, Failure.BLOCKED_ADDRESS)
"""How a first call ends that met no server."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances of a check that its requirements look at beside the exchanges: target, networks, CA, date.

    `opened_by_option`: private hosts are open to the check only. `own_ca`: a further CA is trusted.
    """

    target: Target
    allowed: tuple[Network, ...]
    opened_by_option: bool
    now: datetime
    own_ca: bool = False


def reachable(observed: Observed) -> Finding:
    """Judge name look-up and connection."""
    first = observed.first
    if first.failure is Failure.DNS_ERROR:
        return failed(first.said, "Check the host name in the URL and its DNS entry.")
    if first.failure is Failure.CONNECT_ERROR:
        return failed(first.said)
    if first.failure is Failure.BLOCKED_ADDRESS:
        raise Waits(f"no connection was made: {first.said}")
    return passed(f"connected to {first.response.remote_address}" if first.response else "connected")


def public_address(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge the host, as the settings page does and as the connection does."""
    first, to_do = observed.first, _let_private_through(circumstances)
    try:
        parse(circumstances.target.url, circumstances.allowed)
    except UrlRefused as refused:
        return failed(str(refused), to_do)
    if first.failure is Failure.BLOCKED_ADDRESS:
        return failed(f"the host leads to an address that is not public ({first.said})", to_do)
    if first.failure is Failure.TIMEOUT:
        return passed("judged before connecting")
    (known, *_) = observed.of(ProbeKind.KNOWN)
    address = known.response.remote_address if known.response else ""
    why = refusal(address) if address else None
    if why is None:
        return passed(address or "judged before connecting")
    let_through = f"{address} is not public ({why}), but let through by"
    if circumstances.opened_by_option:
        return warned(f"{let_through} --allow-private, which the service does not know", to_do)
    return passed(f"{let_through} {ALLOWED_CIDRS}")


def https(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge the TLS handshake and the certificate's chain and name."""
    first = observed.first
    if first.failure is Failure.TLS_ERROR:
        unknown_ca = not circumstances.own_ca and any(word in first.said for word in ("authority", "self-signed"))
        return failed(first.said, f"{Requirement.HTTPS.mend} {_OWN_CA}" if unknown_ca else "")
    if first.failure in NOT_CONNECTED:
        raise Waits(f"the endpoint could not be called: {first.said}")
    if first.failure is Failure.TIMEOUT:
        return passed("verified for this host name")
    (probe, *_) = observed.of(ProbeKind.NO_TOKEN)
    return passed(f"{probe.tls.version}, verified for this host name" if probe.tls else "verified for this host name")


def certificate_expiry(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge how long the certificate still holds."""
    probes = observed.of(ProbeKind.NO_TOKEN, ProbeKind.WRONG_TOKEN)
    ends = next((each.tls.certificate_ends for each in probes if each.tls), None)
    if ends is None:
        raise NotRun("no answer came to the calls that look at the certificate")
    left = ends - circumstances.now
    seen = f"until {ends:%Y-%m-%d}, {left.days} days"
    return passed(seen) if left >= RENEWAL else warned(seen)


def http(observed: Observed) -> Finding:
    """Judge whether the answer is HTTP/1.1 as asked for."""
    if observed.first.failure is Failure.PROTOCOL_ERROR:
        return failed(observed.first.said)
    observed.of(ProbeKind.KNOWN)
    return passed("HTTP/1.1, not compressed")


def method(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge the configured method, and tell what the other one does."""
    configured = circumstances.target.method
    (known, *_) = observed.of(ProbeKind.KNOWN)
    (other,) = observed.of(ProbeKind.OTHER_METHOD)
    if known.http_status in NOT_TAKEN:
        return failed(f"{configured}: HTTP {known.http_status}; {other.what}: {_status(other)}")
    return passed(f"{configured}: {_status(known)}; {other.what}: {_status(other)}")


def no_redirect(observed: Observed) -> Finding:
    """Judge whether the configured URL answers by itself."""
    (known, *_) = observed.of(ProbeKind.KNOWN)
    if known.failure is Failure.REDIRECT:
        return failed(known.said, _follow(known))
    return passed(_status(known))


def time(observed: Observed) -> Finding:
    """Judge the durations of the calls that were made as the service makes them."""
    if observed.first.failure is Failure.TIMEOUT:
        return failed(observed.first.said)
    calls = observed.of(ProbeKind.KNOWN)
    p50, p95 = percentiles([call.seconds for call in calls])
    seen = f"p50 {_shown(p50)}, p95 {_shown(p95)} of {len(calls)} calls"
    late = sum(call.failure is Failure.TIMEOUT or call.seconds >= FETCH_SECONDS for call in calls)
    if late:
        return failed(f"{late} of {len(calls)} calls took {FETCH_SECONDS:g} s or longer; {seen}")
    return warned(seen) if p95 > SLOW_SECONDS else passed(seen)


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Return the 50th and the 95th percentile by the nearest rank."""
    ordered = sorted(seconds)
    return tuple(ordered[-(-len(ordered) * share // 100) - 1] for share in (50, 95))  # type: ignore[return-value] # two


def _follow(redirected: Observation) -> str:
    if "to a login" in redirected.said:
        return f"{BY_TOKEN_ALONE} It is sent to a login instead."
    if "to http://" in redirected.said:
        return (
            "Answer at the https:// URL itself; look at the proxy or framework that thinks it is called over http://."
        )
    if not redirected.seen or "to itself" in redirected.said:
        return ""
    return f"Configure the URL that it leads to, {redirected.seen}, if that one answers by itself; none is followed."


def _let_private_through(circumstances: Circumstances) -> str:
    """Say what is left to do about a host that is not public; what was done already is not advised again."""
    public = Requirement.PUBLIC_ADDRESS.mend
    operator = f"have the service's operator let it through with {ALLOWED_CIDRS}."
    if circumstances.opened_by_option:
        return f"{public} For a staging host, {operator}"
    return f"{public} For a staging host, add --allow-private here, and {operator}"


def _status(exchange: Observation) -> str:
    return f"HTTP {exchange.http_status}" if exchange.http_status else exchange.said


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
