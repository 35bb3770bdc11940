"""Bodies of the project routes: a project, its access tokens, its audit trail, the erasure of a customer."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from app.domain.access_tokens import LONGEST_LABEL, LONGEST_SECONDS, SHORTEST_SECONDS, AccessToken, Made, TokenScope
from app.domain.audit import Action, Entry
from app.domain.projects import CreditReport, ListedProject, Project, includes_customer_context
from app.web.http.bodies import Id, StrictBody, without
from app.web.tickets.bodies import TicketResultOut
from support_context.plain_text import plain


def _one_plain_line(value: str) -> str:
    if plain(value) != value or set(value) & {"\n", "\t"} or not value.strip():
        raise ValueError("write one line of plain text")
    return value.strip()


READ_ONLY = frozenset({"project_id", "customer_context_included", "credits_used_this_month", "credits_reset_at"})
"""What GET adds to a project: taken back silently, so that an edited answer can be sent as it stands."""


class ProjectIn(StrictBody):
    """What the helpdesk knows about a project; replaces what was there."""

    _read_only = without(READ_ONLY)

    plan: str = Field(
        pattern=r"^[A-Za-z0-9._:@-]{1,64}$",
        examples=["business"],
        description="`business`, in any case, has Customer Context",
    )
    owner_ids: list[Id] = Field(max_length=1_000, examples=[["u1"]])
    monthly_ai_credits: int = Field(strict=True, ge=0, le=1_000_000_000, examples=[1000])

    def as_project(self, project_id: str) -> Project:
        """Return the project that is meant."""
        return Project(project_id, self.plan, tuple(dict.fromkeys(self.owner_ids)), self.monthly_ai_credits)


class ProjectOut(BaseModel):
    """A project, with what it spent this month."""

    project_id: str
    plan: str
    customer_context_included: bool = Field(description="whether the plan has Customer Context")
    owner_ids: list[str]
    monthly_ai_credits: int
    credits_used_this_month: int
    credits_reset_at: datetime

    @classmethod
    def of(cls, project: Project, credit: CreditReport) -> "ProjectOut":
        """Show a project."""
        return cls(
            project_id=project.project_id,
            plan=project.plan,
            customer_context_included=project.includes_customer_context,
            owner_ids=list(project.owner_ids),
            monthly_ai_credits=project.monthly_ai_credits,
            credits_used_this_month=credit.used_this_month,
            credits_reset_at=credit.resets_at,
        )


class ListedProjectOut(BaseModel):
    """A project as it stands in the list."""

    project_id: str
    plan: str
    customer_context_included: bool
    enabled: bool = Field(description="whether its look-up is turned on")

    @classmethod
    def of(cls, listed: ListedProject) -> "ListedProjectOut":
        """Show a project in the list."""
        return cls(customer_context_included=includes_customer_context(listed.plan), **asdict(listed))


class ListedProjectsOut(BaseModel):
    """One page of the projects, in the order of their ids."""

    projects: list[ListedProjectOut]
    next_cursor: str | None = Field(description="where the next page begins; null: this is the last")


class CustomerOut(BaseModel):
    """One page of what is held about a customer, the newest first."""

    project_id: str
    identifier: str | None = Field(
        description="as the customer endpoint would have got it; null: it would never have, so nothing is stored"
    )
    results: list[TicketResultOut]
    next_cursor: str | None = Field(description="where the next page begins; null: this is the last")


class CustomerErasedOut(BaseModel):
    """What an erasure has taken."""

    project_id: str
    identifier: str | None = Field(
        description="as the customer endpoint would have got it; null: it would never have, so nothing was stored"
    )
    results_erased: int


class AccessTokenIn(StrictBody):
    """A new access token."""

    label: Annotated[str, Field(max_length=LONGEST_LABEL), AfterValidator(_one_plain_line)] = Field(
        description="what it is for, in one line"
    )
    expires_in: int = Field(
        strict=True,
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="seconds until it expires: 5 minutes to 90 days",
    )
    scope: TokenScope = Field(TokenScope.OWNER, description="owner: all that owners use; read: only reading")


class NewAccessTokenOut(BaseModel):
    """A new access token: the only answer that ever holds it."""

    token_id: str
    token: str = Field(description="shown this once")
    label: str
    scope: TokenScope
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
            scope=made.known.scope,
            expires_at=made.known.expires_at,
            settings_url=f"/settings#token={token}&project={project_id}",
        )


class AccessTokenOut(BaseModel):
    """What is known of an access token."""

    token_id: str
    label: str
    scope: TokenScope
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="to the minute; null: never")

    @classmethod
    def of(cls, known: AccessToken) -> "AccessTokenOut":
        """Show a token that was made before."""
        return cls(**asdict(known), scope=known.scope)


class AccessTokensOut(BaseModel):
    """The access tokens that have not expired, the newest first."""

    access_tokens: list[AccessTokenOut]


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
