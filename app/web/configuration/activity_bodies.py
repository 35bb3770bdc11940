"""Bodies of the activity report: look-ups per day, how long the steps took, the endpoint's circuit breaker."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.domain.activity import ActivityReport
from app.domain.breaker import SeenBreaker, State
from app.domain.outcomes import Status
from app.web.tickets.bodies import KeptStepOut


class DayOut(BaseModel):
    """The look-ups of one day, UTC, by status; every status is there, and unknown customers apart from `ok`."""

    day: date
    by_status: dict[Literal["ok", "no_data", "no_identifier", "fetch_error", "skipped_credits", "disabled"], int]


class PaceOut(BaseModel):
    """How long a step took, in milliseconds; null where it never ran."""

    p50_ms: int | None
    p95_ms: int | None


class EndedOut(BaseModel):
    """How one look-up ended."""

    ended_at: datetime
    status: Status
    reason: str | None
    duration_ms: int
    ticket_id: str | None = Field(description="null: it ended before ticket ids were kept")
    steps: list[KeptStepOut] = Field(description="how its steps went; without data")


class BreakerOut(BaseModel):
    """Whether the customer endpoint is asked: closed, always; open, not until the next try; half open, being tried."""

    state: State
    failures: int = Field(description="in a row, up to now")
    opened_at: datetime | None
    next_probe_at: datetime | None = Field(description="when the next look-up may try the endpoint; null: any may")

    @classmethod
    def of(cls, seen: SeenBreaker) -> "BreakerOut":
        """Show a breaker."""
        breaker = seen.breaker
        return cls(
            state=seen.state,
            failures=breaker.failures,
            opened_at=breaker.opened_at,
            next_probe_at=breaker.next_probe_at,
        )


class ActivityOut(BaseModel):
    """How a project's look-ups went, without a word of a customer's."""

    project_id: str
    lookups: int
    ok_share: float | None = Field(description="customers found, 0 to 1; null where there were no look-ups")
    unknown_share: float | None = Field(description="of look-ups whose endpoint knew nobody, 0 to 1; null as above")
    match_share: float | None = Field(
        description="of the customers found, those who were the verified sender, 0 to 1; null where none was found"
    )
    per_day: list[DayOut] = Field(description="each day, the oldest first")
    steps: dict[Literal["extract", "fetch", "summarize", "total"], PaceOut]
    recent: list[EndedOut] = Field(description="the last 50, the newest first")
    monthly_ai_credits: int
    credits_used_this_month: int
    credits_reset_at: datetime
    breaker: BreakerOut

    @classmethod
    def of(cls, report: ActivityReport) -> "ActivityOut":
        """Show a report."""
        activity = report.activity
        return cls(
            project_id=report.project.project_id,
            lookups=activity.lookups,
            ok_share=activity.ok_share,
            unknown_share=activity.unknown_share,
            match_share=activity.match_share,
            per_day=[DayOut.model_validate(asdict(day)) for day in activity.days],
            steps={step: PaceOut(**asdict(pace)) for step, pace in activity.paces.items()},
            recent=[EndedOut.model_validate(asdict(ended)) for ended in activity.recent],
            monthly_ai_credits=report.project.monthly_ai_credits,
            credits_used_this_month=report.credit.used_this_month,
            credits_reset_at=report.credit.resets_at,
            breaker=BreakerOut.of(report.breaker),
        )
