"""Sends the requests of a check one after the other and keeps each answer, with the token blotted out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import monotonic

from support_context.check.plan import Planned, ProbeKind
from support_context.check.requirements import NotYet, Waits
from support_context.facts import Facts
from support_context.failures import Failure, LookupFailed
from support_context.fetch.probe import ProbedEndpoint
from support_context.limits import FETCH_SECONDS
from support_context.lookups import LookupResponse, is_page, read, without_echo
from support_context.probes import TlsSession, judged
from support_context.secrets import Secret

NOT_FOUND = 404

OnStep = Callable[[int, int, str], None]
"""Told before each request: how many are done, how many there are, what comes now."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One request and what came of it: facts, or the failure that a ticket's look-up would have ended in."""

    kind: ProbeKind
    what: str
    seconds: float
    response: LookupResponse | None = None
    facts: Facts | None = None
    failure: Failure | None = None
    told: str = ""
    seen: str = ""
    tls: TlsSession | None = None
    echoed_token: bool = False

    @property
    def http_status(self) -> int:
        """Return the status, 0 where no answer came."""
        return self.response.http_status if self.response else 0

    @property
    def said_in_short(self) -> str:
        """Return the answer in two words, for where it was told before."""
        return f"HTTP {self.http_status}" if self.failure in (Failure.HTTP_STATUS, Failure.REDIRECT) else self.said

    @property
    def said(self) -> str:
        """Return the answer in a few words: the status, or the failure."""
        if self.failure is None:
            return f"HTTP {self.http_status}"
        if self.failure is Failure.TIMEOUT:
            return f"no complete answer within {FETCH_SECONDS:g} s: {self.told}"
        return self.told or self.failure.reason

    @property
    def is_page(self) -> bool:
        """Tell whether a web page was refused, which something in front of the endpoint may have sent."""
        return self.failure is not None and self.response is not None and is_page(self.response)

    @property
    def knows_nobody(self) -> str:
        """Return how the answer says that there is no such customer, `""` where it gave data or cannot be read."""
        if self.facts is None or not self.facts.empty or self.response is None:
            return ""
        body = self.response.body.strip()
        shown = body.decode() if body in (b"{}", b"[]", b"null") else "nothing but empty members" if body else "no body"
        return f"HTTP {self.http_status} with {shown}"


@dataclass(frozen=True, slots=True)
class Observed:
    """The exchanges of a check in their order, and the kinds of those to come; one alone where no answer came."""

    exchanges: tuple[Observation, ...]
    pending: frozenset[ProbeKind] = frozenset()

    @property
    def first(self) -> Observation:
        """Return the first exchange, which decides whether there are others."""
        return self.exchanges[0]

    @property
    def reached(self) -> bool:
        """Tell whether the endpoint gave any answer at all."""
        return _is_answered(self.first)

    def of(self, *kinds: ProbeKind) -> tuple[Observation, ...]:
        """Return the exchanges of some kinds; raises `Waits` where no answer came, `NotYet` where more are to come."""
        if not self.reached:
            raise Waits(f"the endpoint could not be called: {self.first.said}")
        if self.pending.intersection(kinds):
            raise NotYet
        return tuple(exchange for exchange in self.exchanges if exchange.kind in kinds)

    def of_admitted(self, *kinds: ProbeKind) -> tuple[Observation, ...]:
        """Return exchanges of some kinds as `of`; raises `Waits` too where even the known id was refused."""
        found = self.of(*kinds)
        # 404 is what many give for an id that they do not know: the other ids will show it.
        if self.first.failure in (Failure.REDIRECT, Failure.HTTP_STATUS) and self.first.http_status != NOT_FOUND:
            raise Waits(f"the known id was refused as well: HTTP {self.first.http_status}")
        return found

    def facts(self) -> Facts:
        """Return what the first call answered; raises `Waits` where that could not be read."""
        (first, *_) = self.of(ProbeKind.KNOWN)
        if first.facts is None:
            raise Waits(f"the known id gave no data: {first.said_in_short}")
        return first.facts


async def observe(
    endpoint: ProbedEndpoint,
    planned: Iterable[Planned],
    token: Secret,
    on_step: OnStep = lambda done, total, what: None,
    on_exchange: Callable[[Observed], None] = lambda observed: None,
) -> Observed:
    """Send the requests, no two at once: an endpoint on a small machine should answer as it does for one ticket.

    `on_exchange` is told after each of them what has been observed until then.
    """
    requests, observed = tuple(planned), Observed(())
    for done, each in enumerate(requests):
        on_step(done, len(requests), each.what)
        exchange = await _exchanged(endpoint, each, token)
        pending = frozenset(other.kind for other in requests[done + 1 :])
        observed = Observed((*observed.exchanges, exchange), pending)
        on_exchange(observed)
        if not observed.reached:
            break
    return observed


async def _exchanged(endpoint: ProbedEndpoint, planned: Planned, token: Secret) -> Observation:
    started = monotonic()
    exchange = Observation(planned.kind, planned.what, 0.0)
    try:
        if planned.as_service and planned.token is not None:
            response = await endpoint.fetch(planned.request, planned.token)
            exchange = _answered(exchange, response, token, monotonic() - started)
            return replace(exchange, facts=read(without_echo(response, token)))
        answer = await endpoint.probe(planned.request, planned.token)
        exchange = replace(_answered(exchange, answer.response, token, monotonic() - started), tls=answer.tls)
        return replace(
            exchange, facts=judged(planned.request, replace(answer, response=without_echo(answer.response, token)))
        )
    except LookupFailed as problem:
        if problem.response and not exchange.response:
            exchange = _answered(exchange, problem.response, token, monotonic() - started)
        seconds = exchange.seconds or monotonic() - started
        return replace(
            exchange, seconds=seconds, failure=problem.failure, told=problem.shown_to_owner, seen=problem.seen
        )


def _answered(exchange: Observation, response: LookupResponse, token: Secret, seconds: float) -> Observation:
    blotted = without_echo(response, token)
    return replace(exchange, seconds=seconds, response=blotted, echoed_token=blotted != response)


def _is_answered(first: Observation) -> bool:
    # An endpoint that stalls in mid-answer would stall in each of forty requests, for five seconds each.
    return first.failure is not Failure.TIMEOUT and (
        first.response is not None or first.failure in (None, Failure.TOO_LARGE)
    )
