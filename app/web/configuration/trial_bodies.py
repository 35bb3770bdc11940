"""Bodies of an owner's test: a sample email with unsaved changes, and a result with its trace."""

from typing import Literal

from pydantic import BaseModel

from app.owners.configuring import Changes
from app.web.configuration.bodies import ConfigurationIn, JudgedConfigurationIn
from app.web.tickets.bodies import EmailIn, ResultOut


class TrialIn(EmailIn):
    """A sample email, and configuration fields to lay over what is stored."""

    config: JudgedConfigurationIn | None = None

    def as_changes(self) -> Changes:
        """Return the unsaved changes."""
        return (self.config or ConfigurationIn()).as_changes()


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
