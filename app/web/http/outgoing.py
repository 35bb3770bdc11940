"""The JSON that goes out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.domain.configuration import Configuration, IdentityPolicy, StoredConfiguration
from app.domain.outcomes import Identity, Status
from app.domain.projects import CreditReport, Project

PENDING_MESSAGE = "The customer is being looked up; the result will be here in a moment."
"""The line of the sidebar while a run is under way."""

RowCode = Literal["project_not_found", "ticket_project_mismatch", "validation_error", "body_too_large", "is_spam"]
"""Why one ticket of a batch is refused."""


class ProjectOut(BaseModel):
    """A project, with what it spent this month."""

    project_id: str
    plan: str
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
            owner_ids=list(project.owner_ids),
            monthly_ai_credits=project.monthly_ai_credits,
            credits_used_this_month=credit.used_this_month,
            credits_reset_at=credit.resets_at,
        )


class ConfigurationOut(BaseModel):
    """A configuration as owners see it: the token's presence, never the token."""

    method: Literal["GET", "POST"]
    api_url: str
    identifier_parameter: str
    identify_instructions: str
    display_instructions: str
    match_path: str | None
    identity_policy: IdentityPolicy
    enabled: bool
    bearer_token_configured: bool
    bearer_token_updated_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str | None

    @classmethod
    def of(cls, stored: StoredConfiguration | None) -> "ConfigurationOut":
        """Show what is stored, or the defaults."""
        configuration = stored.configuration if stored else Configuration()
        token = stored.token if stored else None
        return cls(
            method="POST" if configuration.method == "POST" else "GET",
            api_url=configuration.api_url,
            identifier_parameter=configuration.identifier_parameter,
            identify_instructions=configuration.identify_instructions,
            display_instructions=configuration.display_instructions,
            match_path=configuration.match_path,
            identity_policy=configuration.identity_policy,
            enabled=configuration.enabled,
            bearer_token_configured=token is not None,
            bearer_token_updated_at=token.updated_at if token else None,
            created_at=stored.created_at if stored else None,
            updated_at=stored.updated_at if stored else None,
            updated_by=stored.updated_by if stored else None,
        )


class FieldOut(BaseModel):
    """One labelled row; `source` is the JSON Pointer (RFC 6901) of its fact."""

    label: str
    value: str
    source: str


class LinkOut(BaseModel):
    """One link that the customer endpoint offers."""

    label: str
    url: str


class UsageOut(BaseModel):
    """Tokens of the AI calls."""

    input_tokens: int
    output_tokens: int


class ResultOut(BaseModel):
    """How an enrichment ended, and what it found."""

    status: Status
    reason: str | None
    message: str
    identifier: str | None
    summary: str
    fields: list[FieldOut]
    links: list[LinkOut]
    identity: Identity = Field(
        description="match: the sender is verified and is the customer's address on file; mismatch: another is on "
        "file; unknown: everything else"
    )
    ai_context: str
    ai_context_withheld: bool = Field(
        description="true: identity_policy kept every value of the record out of ai_context; show the rest to agents "
        "only, and to no AI"
    )
    credits_used: int
    ai_provider: str
    ai_model: str
    usage: UsageOut
    timings_ms: dict[str, int]
    created_at: datetime


class TicketResultOut(ResultOut):
    """The result of a ticket."""

    ticket_id: str
    project_id: str
    reused: bool = Field(description="true: it was stored before this request, and nothing was run")


class PendingOut(BaseModel):
    """A ticket whose run is under way, in the shape of a result; what is not known yet is empty or null."""

    ticket_id: str
    project_id: str
    status: Literal["pending"]
    reason: None
    message: str
    identifier: None
    summary: str
    fields: list[FieldOut]
    links: list[LinkOut]
    identity: Literal["unknown"]
    ai_context: str
    ai_context_withheld: bool
    credits_used: int
    ai_provider: None
    ai_model: None
    usage: None
    timings_ms: dict[str, int]
    created_at: datetime = Field(description="since when the run is under way")
    reused: bool

    @classmethod
    def of(cls, ticket_id: str, project_id: str, since: datetime) -> "PendingOut":
        """Show a ticket that is being looked up."""
        return cls(
            ticket_id=ticket_id,
            project_id=project_id,
            status="pending",
            reason=None,
            message=PENDING_MESSAGE,
            identifier=None,
            summary="",
            fields=[],
            links=[],
            identity="unknown",
            ai_context="",
            ai_context_withheld=False,
            credits_used=0,
            ai_provider=None,
            ai_model=None,
            usage=None,
            timings_ms={},
            created_at=since,
            reused=False,
        )


class HeaderOut(BaseModel):
    """One header of the request, the token redacted."""

    name: str
    value: str


class RequestOut(BaseModel):
    """The exact request that was sent to the customer endpoint."""

    method: str
    url: str
    headers: list[HeaderOut]
    body: str | None


class ResponseOut(BaseModel):
    """The head of what it answered, and a preview of the body."""

    http_status: int
    content_type: str
    bytes: int
    remote_address: str
    body_preview: str


class StepOut(BaseModel):
    """One of the three steps."""

    name: Literal["extract", "fetch", "summarize"]
    outcome: Literal["ok", "failed", "skipped"]
    duration_ms: int
    detail: str


class TraceOut(BaseModel):
    """What a test did, step by step."""

    identifier_raw: str | None
    identifier_sent: str | None
    request: RequestOut | None
    response: ResponseOut | None
    steps: list[StepOut]


class TrialOut(ResultOut):
    """The result of a test."""

    trace: TraceOut


class ComplaintOut(BaseModel):
    """One part of the request that is wrong."""

    loc: list[str | int]
    msg: str
    type: str


class BatchRowOut(BaseModel):
    """What became of one ticket of a batch; `code`, `detail` and `errors` are those of the problem that refused it."""

    ticket_id: str | None = Field(description="null where it is not valid")
    outcome: Literal["accepted", "stored", "refused"] = Field(
        description="accepted: its run is under way; stored: it has a result already; refused: see code"
    )
    location: str | None = Field(description="where its result is, or will be")
    code: RowCode | None
    detail: str | None
    errors: list[ComplaintOut] | None = Field(description="with validation_error only")


class BatchOut(BaseModel):
    """What became of the tickets of a batch, in their order."""

    tickets: list[BatchRowOut]
    accepted: int
    stored: int
    refused: int


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ComplaintOut] | None = Field(None, description="with 422 only")


BEFORE_IDENTITY: dict[str, Any] = {"identity": Identity.UNKNOWN.value, "ai_context_withheld": False}
"""What a result lacks that was stored before senders were compared."""


def result_document(ticket_id: str, project_id: str, result: dict[str, Any], *, reused: bool) -> dict[str, Any]:
    """Return the stored result of a ticket as it is sent, in an order for people: the database keeps none."""
    result = BEFORE_IDENTITY | result
    known = {name: result[name] for name in ResultOut.model_fields if name in result}
    return {"ticket_id": ticket_id, "project_id": project_id, **known, **result, "reused": reused}


def location_of(ticket_id: str, project_id: str) -> str:
    """Return where a ticket's result is read; ids need no escaping."""
    return f"/tickets/{ticket_id}/customer-context?project_id={project_id}"
