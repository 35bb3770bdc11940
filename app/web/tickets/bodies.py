"""Bodies of the ticket routes: an email as a helpdesk sends it, a result as it is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool

from app.domain.claims import ListedResult
from app.domain.outcomes import IdentifiedBy, Identity, Status
from app.web.http.bodies import Id, StrictBody

PENDING_MESSAGE = "The customer is being looked up; the result will be here in a moment."
"""The line of the sidebar while a run is under way."""


def _mended(value: Any) -> Any:
    """Replace lone surrogates, as cut-off emoji leave them: a broken character must not fail a ticket."""
    if value is None:
        return ""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


EmailText = Annotated[str, BeforeValidator(_mended)]
"""Text of an email, as broken as emails are."""


class EmailIn(StrictBody):
    """An email; `html` is reduced to its visible text before anything else."""

    subject: EmailText = ""
    body: EmailText
    body_format: Literal["text", "html"] = "text"
    sender: EmailText = Field("", description="the sender's address; optional", examples=["jane@example.com"])
    sender_verified: StrictBool | None = Field(
        None,
        description="the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none",
    )


class TicketIn(EmailIn):
    """A new ticket."""

    project_id: Id
    is_spam: StrictBool = Field(False, description="true: 204, nothing is run or stored")


class RefreshIn(StrictBody):
    """Which project's ticket is looked up anew."""

    project_id: Id


class LookUpIn(StrictBody):
    """Whom a person names as the customer behind a ticket."""

    project_id: Id
    identifier: str = Field(
        min_length=1,
        max_length=1_024,
        description="how the customer endpoint knows the customer",
        examples=["acct_12ab34cd"],
    )
    sender: EmailText = Field("", description="the sender's address, to compare it; optional")
    sender_verified: StrictBool | None = Field(None, description="the helpdesk's own verdict on the sender")


class LastAttemptOut(BaseModel):
    """What came of a later try that left the facts as they were."""

    status: Status
    reason: str | None
    message: str
    at: datetime


class FieldOut(BaseModel):
    """One labelled row; `source` is the JSON Pointer (RFC 6901) of its fact."""

    label: str
    value: str = Field(description="the fact as text, for whoever formats nothing")
    source: str
    type: Literal["text", "number", "percent", "money", "date", "datetime", "choice", "list"] = Field(
        description="how a card may format raw"
    )
    raw: str = Field(
        description="the machine's form of the value: 49.90 EUR, 2026-12-01, true; a list as a JSON array; empty where "
        "the fact is null or empty"
    )
    agent_only: bool = Field(description="true: the configuration shows this row to agents, and to no AI")


class LinkOut(BaseModel):
    """One link that the customer endpoint offers."""

    label: str
    url: str


class UsageOut(BaseModel):
    """Tokens of the AI calls; those that the provider read from its cache or wrote into it are counted apart."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int


class KeptStepOut(BaseModel):
    """One step of a run, without a word of email, endpoint or customer."""

    name: Literal["extract", "fetch", "summarize"]
    outcome: Literal["ok", "failed", "skipped", "running"]
    duration_ms: int
    http_status: int | None = Field(None, description="of the customer endpoint's answer; null: none came")
    bytes: int | None = Field(None, description="of its body")
    changes: str = Field("", description="what the code corrected in the AI's rows, counted")


class ResultOut(BaseModel):
    """How an enrichment ended, and what it found."""

    status: Status
    reason: str | None
    message: str
    identifier: str | None
    identified_by: IdentifiedBy = Field(description="agent: a person named the customer (look-up)")
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
    steps: list[KeptStepOut] = Field([], description="the three steps as they went; without data")
    created_at: datetime = Field(description="when the facts were looked up, or the run ended without any")
    last_attempt: LastAttemptOut | None = Field(
        description="a later run that had no facts and left these; null: the last run is the one shown"
    )


class TicketResultOut(ResultOut):
    """The result of a ticket."""

    ticket_id: str
    project_id: str
    reused: bool = Field(description="true: it was stored before this request, and nothing was run")


class ListedTicketOut(BaseModel):
    """How the look-up of a ticket ended, without facts."""

    ticket_id: str
    status: Status
    reason: str | None
    created_at: datetime
    last_attempt: LastAttemptOut | None

    @classmethod
    def of(cls, listed: ListedResult) -> "ListedTicketOut":
        """Show a result in a list."""
        shown = {name: listed.result[name] for name in ("status", "reason", "created_at")}
        return cls(ticket_id=listed.position.ticket_id, last_attempt=listed.result.get("last_attempt"), **shown)


class ListedTicketsOut(BaseModel):
    """One page of a project's results, the newest first."""

    tickets: list[ListedTicketOut]
    next_cursor: str | None = Field(description="where the next page begins; null: this is the last")


class PendingOut(BaseModel):
    """A ticket whose run is under way, in the shape of a result; what is not known yet is empty or null."""

    ticket_id: str
    project_id: str
    status: Literal["pending"]
    reason: None
    message: str
    identifier: None
    identified_by: None
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
    steps: list[KeptStepOut]
    created_at: datetime = Field(description="since when the run is under way")
    last_attempt: None
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
            identified_by=None,
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
            steps=[],
            created_at=since,
            last_attempt=None,
            reused=False,
        )


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
