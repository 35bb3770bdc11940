"""Bodies of a batch: up to 500 tickets, and what became of each."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, ValidatorFunctionWrapHandler, WrapValidator

from app.web.http.bodies import ComplaintOut, Id, StrictBody
from app.web.tickets.bodies import TicketIn

MOST_TICKETS = 500
"""Tickets of one batch: they are stored in one transaction, which should be over within a second."""


RowCode = Literal["project_not_found", "ticket_project_mismatch", "validation_error", "body_too_large", "is_spam"]
"""Why one ticket of a batch is refused."""


def _unread(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Leave a ticket as it was sent: each is read later by itself, as one that is wrong must not refuse the others."""
    return value


class BatchTicketIn(TicketIn):
    """One ticket of a batch."""

    ticket_id: Id
    is_spam: StrictBool = Field(False, description="true: refused, nothing is run or stored")
    refresh: StrictBool = Field(False, description="run it anew and replace the stored result")


class BatchIn(StrictBody):
    """Tickets to be enriched."""

    tickets: list[Annotated[BatchTicketIn, WrapValidator(_unread)]] = Field(min_length=1, max_length=MOST_TICKETS)


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
