"""Bodies of the webhook's events, as the helpdesk gets them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.web.tickets.bodies import TicketResultOut


class FailingEndpointOut(BaseModel):
    """A project's customer endpoint that failed ten times in a row."""

    project_id: str
    failing_since: datetime = Field(description="when it had failed ten times in a row, and was left alone")
    failures: int
    message: str


class RecoveredEndpointOut(BaseModel):
    """A project's customer endpoint that answers again."""

    project_id: str
    failing_since: datetime = Field(description="as its endpoint.failing said")
    message: str


class LowCreditsOut(BaseModel):
    """How much of a month's allowance of AI credits a project has used."""

    project_id: str
    percent: Literal[80, 100] = Field(description="the share that is reached; each is told once for an allowance")
    credits_used: int
    monthly_ai_credits: int
    credits_reset_at: datetime
    message: str


class UnreadableTokenOut(BaseModel):
    """A project whose stored bearer token opens with no key of the service."""

    project_id: str
    message: str


class RefusedAiOut(BaseModel):
    """An AI provider that refuses the service's key, model or settings; of no single project."""

    ai_provider: str
    ai_model: str
    problem: str = Field(description="what the operator has to mend")
    message: str


class EnrichmentCompleted(BaseModel):
    """An asynchronous run has ended, whatever its status."""

    type: Literal["enrichment.completed"]
    timestamp: datetime = Field(description="when it ended")
    data: TicketResultOut


class EndpointFailing(BaseModel):
    """A project's customer endpoint begins to fail."""

    type: Literal["endpoint.failing"]
    timestamp: datetime
    data: FailingEndpointOut


class EndpointRecovered(BaseModel):
    """A project's customer endpoint answers again."""

    type: Literal["endpoint.recovered"]
    timestamp: datetime
    data: RecoveredEndpointOut


class CreditsLow(BaseModel):
    """A project has used 80 % or all of a month's AI credits."""

    type: Literal["credits.low"]
    timestamp: datetime
    data: LowCreditsOut


class TokenUnreadableEvent(BaseModel):
    """A project's stored bearer token can be decrypted no more."""

    type: Literal["token.unreadable"]
    timestamp: datetime
    data: UnreadableTokenOut


class AiMisconfigured(BaseModel):
    """The AI provider begins to refuse the service's key, model or settings."""

    type: Literal["ai.misconfigured"]
    timestamp: datetime
    data: RefusedAiOut
