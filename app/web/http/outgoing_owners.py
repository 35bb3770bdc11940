"""The JSON that tells owners of their access tokens, and how the look-ups of their project go."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.domain.access_tokens import AccessToken, Made
from app.domain.activity import Report
from app.domain.audit import Action, Entry
from app.domain.breaker import SeenBreaker, State
from app.domain.outcomes import Status


class NewAccessTokenOut(BaseModel):
    """A new access token: the only answer that ever holds it."""

    token_id: str
    token: str = Field(description="shown this once")
    label: str
    expires_at: datetime
    settings_url: str = Field(description="the settings page; what follows # stays in the browser")

    @classmethod
    def of(cls, project_id: str, made: Made) -> "NewAccessTokenOut":
        """Show a new token."""
        token = made.token.reveal()
        return cls(
            token_id=made.known.token_id,
            token=token,
            label=made.known.label,
            expires_at=made.known.expires_at,
            settings_url=f"/settings#token={token}&project={project_id}",
        )


class AccessTokenOut(BaseModel):
    """What is known of an access token."""

    token_id: str
    label: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="to the minute; null: never")

    @classmethod
    def of(cls, known: AccessToken) -> "AccessTokenOut":
        """Show a token that was made before."""
        return cls(**asdict(known))


class AccessTokensOut(BaseModel):
    """The access tokens that have not expired, the newest first."""

    access_tokens: list[AccessTokenOut]


class DayOut(BaseModel):
    """The look-ups of one day, UTC, by status; every status is there."""

    day: date
    by_status: dict[Status, int]


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
    ok_share: float | None = Field(description="0 to 1; null where there were none")
    per_day: list[DayOut] = Field(description="each day, the oldest first")
    steps: dict[Literal["extract", "fetch", "summarize", "total"], PaceOut]
    recent: list[EndedOut] = Field(description="the last 50, the newest first")
    monthly_ai_credits: int
    credits_used_this_month: int
    credits_reset_at: datetime
    breaker: BreakerOut

    @classmethod
    def of(cls, report: Report) -> "ActivityOut":
        """Show a report."""
        activity = report.activity
        return cls(
            project_id=report.project.project_id,
            lookups=activity.lookups,
            ok_share=activity.ok_share,
            per_day=[DayOut(**asdict(day)) for day in activity.days],
            steps={step: PaceOut(**asdict(pace)) for step, pace in activity.paces.items()},
            recent=[EndedOut(**asdict(ended)) for ended in activity.recent],
            monthly_ai_credits=report.project.monthly_ai_credits,
            credits_used_this_month=report.credit.used_this_month,
            credits_reset_at=report.credit.resets_at,
            breaker=BreakerOut.of(report.breaker),
        )


class AuditEntryOut(BaseModel):
    """Who did what to the project, and when: names and ids, never a value."""

    at: datetime
    actor: str | None = Field(description="the person who was named; null: nobody was")
    action: Action
    fields: tuple[str, ...] = Field(description="names of what changed, or was laid over in a test; never a value")
    subject: str | None = Field(description="id of the access token or the ticket that it was about")
    results_erased: int | None = Field(description="how many results an erasure took")

    @classmethod
    def of(cls, entry: Entry) -> "AuditEntryOut":
        """Show an entry."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class AuditOut(BaseModel):
    """One page of the audit trail, the newest first."""

    entries: list[AuditEntryOut]
    next_cursor: str | None = Field(description="where the next page begins; null: this is the last")


class CustomerErasedOut(BaseModel):
    """What an erasure has taken."""

    project_id: str
    identifier: str | None = Field(
        description="as the customer endpoint would have got it; null: it would never have, so nothing was stored"
    )
    results_erased: int
