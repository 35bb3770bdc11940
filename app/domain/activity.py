"""The activity report of a project: counts, durations and endings of look-ups, never whom or what was looked up."""

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.breaker import SeenBreaker
from app.domain.outcomes import KeptStep, Outcome, Status
from app.domain.projects import CreditReport, Project

LONGEST_DAYS = 90
"""Days that can be looked back upon at once: a quarter."""

RECENT = 50
"""Look-ups that are listed one by one."""

TIMED = ("extract", "fetch", "summarize", "total")
"""What is timed: the three steps, and the whole of the look-ups that ran at least the first."""


UNKNOWN_CUSTOMER = Outcome.NO_DATA.reason or ""
"""What is counted apart from the status `ok`: the endpoint answered that it knows nobody."""

COUNTED = (Status.OK.value, UNKNOWN_CUSTOMER, *(status.value for status in Status if status is not Status.OK))
"""What look-ups are counted by: the statuses, and unknown customers, who were not found."""


@dataclass(frozen=True, slots=True)
class Day:
    """The look-ups that ended on one day, UTC, by what they are `COUNTED` as: each is there."""

    day: date
    by_status: dict[str, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """The median and the 95th percentile of a step, in milliseconds; None where it never ran."""

    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class EndedLookup:
    """One ended look-up: status, reason and duration."""

    ended_at: datetime
    status: Status
    reason: str | None
    duration_ms: int
    ticket_id: str | None = None
    steps: tuple[KeptStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """The look-ups of some days up to today; `days` begins with the oldest, `recent` with the newest.

    `match_share` is the share of the customers found who were the verified sender, None where none was found.
    """

    days: tuple[Day, ...]
    paces: dict[str, Pace]
    recent: tuple[EndedLookup, ...]
    match_share: float | None = None

    @property
    def lookups(self) -> int:
        """Return the number of look-ups."""
        return sum(sum(day.by_status.values()) for day in self.days)

    @property
    def ok_share(self) -> float | None:
        """Return the share of look-ups that ended as ok, 0 to 1; None where there were none."""
        return self._share(Status.OK.value)

    @property
    def unknown_share(self) -> float | None:
        """Return the share of look-ups whose customer the endpoint did not know, 0 to 1; None where there were none."""
        return self._share(UNKNOWN_CUSTOMER)

    def _share(self, counted: str) -> float | None:
        return sum(day.by_status[counted] for day in self.days) / self.lookups if self.lookups else None


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """A project's activity, what it has spent of this month's allowance, and whether its endpoint is asked at all."""

    project: Project
    credit: CreditReport
    activity: Activity
    breaker: SeenBreaker
