"""Judges whether the endpoint can be called at all: name, address, TLS, HTTP, method, redirect, time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from support_context.addresses import Network, refusal
from support_context.check.observing import Exchange, Observed
from support_context.check.plan import Kind
from support_context.check.requirements import Finding, NotRun, failed, passed, warned
from support_context.check.target import Target
from support_context.failures import Failure
from support_context.limits import FETCH_SECONDS
from support_context.urls import UrlRefused, parse

SLOW_SECONDS = 2.0
"""Seconds of a call from which an owner should look into it; at 5 the ticket goes without."""

RENEWAL = timedelta(days=14)
"""By this time before its end a certificate should have been renewed; the usual clients do so 30 days before."""

NOT_TAKEN = (405, 501)
"""HTTP statuses that say that a method is not for this URL (RFC 9110, 15.5.6 and 15.6.2)."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a judgement rests on beside the exchanges; `opened_by_option`: private hosts are open to the check only."""

    target: Target
    allowed: tuple[Network, ...]
    opened_by_option: bool
    now: datetime


def reachable(observed: Observed) -> Finding:
    """Judge name look-up and connection."""
    first = observed.first
    if first.failure in (Failure.DNS_ERROR, Failure.CONNECT_ERROR):
        return failed(first.said)
    if first.failure in (Failure.BLOCKED_ADDRESS, Failure.TIMEOUT):
        raise NotRun(f"no connection was made: {first.said}")
    return passed(f"connected to {first.response.remote_address}" if first.response else "connected")


def public_address(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge the host, as the settings page does and as the connection does."""
    first = observed.first
    try:
        parse(circumstances.target.url, circumstances.allowed)
    except UrlRefused as refused:
        return failed(str(refused))
    if first.failure is Failure.BLOCKED_ADDRESS:
        return failed(f"the host leads to an address that is not public ({first.said})")
    (known, *_) = observed.of(Kind.KNOWN)
    address = known.response.remote_address if known.response else ""
    why = refusal(address) if address else None
    if why is None:
        return passed(address or "judged before connecting")
    let_through = f"{address} is not public ({why}), but let through by"
    if circumstances.opened_by_option:
        return warned(f"{let_through} --allow-private, which the service does not know")
    return passed(f"{let_through} CC_EGRESS_ALLOWED_CIDRS")


def https(observed: Observed) -> Finding:
    """Judge the TLS handshake and the certificate's chain and name."""
    if observed.first.failure is Failure.TLS_ERROR:
        return failed(observed.first.said)
    (probe, *_) = observed.of(Kind.NO_TOKEN)
    return passed(f"{probe.tls.version}, verified for this host name" if probe.tls else "verified for this host name")


def certificate_expiry(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge how long the certificate still holds."""
    ends = next((each.tls.certificate_ends for each in observed.of(*Kind) if each.tls), None)
    if ends is None:
        raise NotRun("no answer came to the calls that look at the certificate")
    left = ends - circumstances.now
    seen = f"until {ends:%Y-%m-%d}, {left.days} days"
    return passed(seen) if left >= RENEWAL else warned(seen)


def http(observed: Observed) -> Finding:
    """Judge whether the answer is HTTP/1.1 as asked for."""
    if observed.first.failure is Failure.PROTOCOL_ERROR:
        return failed(observed.first.said)
    observed.of(Kind.KNOWN)
    return passed("HTTP/1.1, not compressed")


def method(observed: Observed, circumstances: Circumstances) -> Finding:
    """Judge the configured method, and tell what the other one does."""
    configured = circumstances.target.method
    (known, *_) = observed.of(Kind.KNOWN)
    (other,) = observed.of(Kind.OTHER_METHOD)
    if known.http_status in NOT_TAKEN:
        return failed(f"{configured}: HTTP {known.http_status}; {other.what}: {_status(other)}")
    return passed(f"{configured}: {_status(known)}; {other.what}: {_status(other)}")


def no_redirect(observed: Observed) -> Finding:
    """Judge whether the configured URL answers by itself."""
    (known, *_) = observed.of(Kind.KNOWN)
    if known.failure is Failure.REDIRECT:
        return failed(f"{known.said}, a redirect")
    return passed(_status(known))


def time(observed: Observed) -> Finding:
    """Judge the durations of the calls that were made as the service makes them."""
    if observed.first.failure is Failure.TIMEOUT:
        return failed(observed.first.said)
    calls = observed.of(Kind.KNOWN)
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


def _status(exchange: Exchange) -> str:
    return f"HTTP {exchange.http_status}" if exchange.http_status else exchange.said


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
