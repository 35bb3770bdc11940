"""The circuit breaker of a project: an endpoint that fails ten times in a row is not called until a probe succeeds.

It is closed while all is well, open while nothing is sent, half open while one run asks whether the endpoint is back.
Pure: who keeps a breaker says what time it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.outcomes import Outcome, Status

FAILURES_TO_OPEN = 10
"""Failures in a row: a blip of a few seconds opens nothing, and 16 runs at once notice an outage within one timeout."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30, 600
"""How long an endpoint is left alone before one run may try; twice as long after each try that fails, within these."""

PROBE_SECONDS = 360
"""After which a probe that has told nothing is given up: longer than any run, and than the takeover of a dead one."""

ABOUT_ONE_IDENTIFIER = frozenset({400, 404, 409, 410, 414, 422})
"""HTTP statuses that say something of this identifier, not of the endpoint: it answers, so it is not broken."""


class State(StrEnum):
    """The state of a circuit breaker: closed lets all pass, open nobody, half open one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class EndpointVerdict(StrEnum):
    """Whether a run's endpoint answered or failed, as far as the run can tell."""

    ANSWERS = "answers"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Admission(StrEnum):
    """Whether a run may ask its endpoint: as always, as the one that tries, or not now."""

    PASSES = "passes"
    PROBES = "probes"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker: failures in a row and, while it is open, since when, its pause, and the run that probes.

    `failing_since` is when it opened, kept until an endpoint of the project answers: also where the owner has named
    another one, the helpdesk was told of a failure and not yet that it is over.
    """

    failures: int = 0
    opened_at: datetime | None = None
    pause_seconds: int = 0
    next_probe_at: datetime | None = None
    probe_run: int | None = None
    failing_since: datetime | None = None

    def state(self, now: datetime) -> State:
        """Return the breaker's state at that time."""
        if self.opened_at is None or self.next_probe_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self.probe_run is not None and now < self.next_probe_at else State.OPEN

    def admit(self, run: int, now: datetime) -> tuple["Breaker", Admission]:
        """Tell whether a run may call the endpoint; while the breaker is open, one run in each pause may.

        A run that is the probe already, as its worker has died, is so again.
        """
        if self.opened_at is None or self.next_probe_at is None:
            return self, Admission.PASSES
        if self.probe_run != run and now < self.next_probe_at:
            return self, Admission.REFUSED
        given_up_at = now + timedelta(seconds=PROBE_SECONDS)
        return replace(self, probe_run=run, next_probe_at=given_up_at), Admission.PROBES

    def after(self, verdict: EndpointVerdict, run: int, now: datetime) -> "Breaker":
        """Return the breaker after a run that has ended or was put back.

        Whoever gets an answer closes it, also a run that had asked before it was opened. Only the probe prolongs it.
        """
        if verdict is EndpointVerdict.ANSWERS:
            return CLOSED
        if verdict is EndpointVerdict.UNKNOWN:  # the next may try at once
            return replace(self, probe_run=None, next_probe_at=now) if self.probe_run == run else self
        failed = replace(self, failures=self.failures + 1)
        if self.opened_at is None:
            return failed._opened(now, FIRST_PAUSE_SECONDS) if failed.failures >= FAILURES_TO_OPEN else failed
        return failed._opened(now, 2 * self.pause_seconds) if self.probe_run == run else failed

    def _opened(self, now: datetime, pause_seconds: int) -> "Breaker":
        pause = min(pause_seconds, LONGEST_PAUSE_SECONDS)
        since, again = self.opened_at or now, now + timedelta(seconds=pause)
        return replace(
            self,
            opened_at=since,
            pause_seconds=pause,
            next_probe_at=again,
            probe_run=None,
            failing_since=self.failing_since or since,
        )


CLOSED = Breaker()
"""The breaker of an endpoint that has answered last, or was never asked: nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class SeenBreaker:
    """A breaker as it was read from the database, with the database's time."""

    breaker: Breaker
    now: datetime | None

    @property
    def state(self) -> State:
        """Return the breaker's state when it was looked at."""
        return self.breaker.state(self.now) if self.now is not None else State.CLOSED


_ANSWERED = frozenset({Outcome.TOO_LARGE})
"""What an endpoint does for one customer with much data; it answers."""


def verdict_of(outcome: Outcome, http_status: int | None) -> EndpointVerdict:
    """Return the verdict on an endpoint by a run's outcome: slow, unreachable or wrong for all counts as a failure."""
    if outcome.status is Status.OK or outcome in _ANSWERED:
        return EndpointVerdict.ANSWERS
    if outcome is Outcome.HTTP_STATUS and http_status in ABOUT_ONE_IDENTIFIER:
        return EndpointVerdict.ANSWERS
    asked = outcome.status is Status.FETCH_ERROR and outcome is not Outcome.CIRCUIT_OPEN
    return EndpointVerdict.FAILS if asked else EndpointVerdict.UNKNOWN
