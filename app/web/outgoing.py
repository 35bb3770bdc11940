"""The JSON that goes out."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.domain.configuration import Configuration, StoredConfiguration
from app.domain.outcomes import Status
from app.domain.projects import CreditReport, Project


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
    ai_context: str
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


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ComplaintOut] | None = Field(None, description="with 422 only")
