"""The route POST /tickets/enrich-batch: many tickets in one request, each of them taken in or refused by itself."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from pydantic import TypeAdapter, ValidationError

from app.domain.claims import ForeignTicket, Stored, Submission, Submitted, Underway, UnknownProject
from app.domain.refusals import Refusal, Refused
from app.thread_pool import in_thread
from app.web.http.bodies import ComplaintOut, Id
from app.web.http.error_responses import WITH_BODY, problems
from app.web.http.errors import complaints_of
from app.web.http.requests import Wired, trace_of
from app.web.tickets.batch_bodies import BatchIn, BatchOut, BatchRowOut, BatchTicketIn, RowCode
from app.web.tickets.bodies import location_of
from app.web.tickets.emails import READ_AT_ONCE_CHARACTERS, read_email
from app.web.tickets.examples import BATCH, BATCHED

DETAILS: dict[RowCode, str] = {
    "project_not_found": Refusal.PROJECT_NOT_FOUND.advice,
    "ticket_project_mismatch": Refusal.TICKET_PROJECT_MISMATCH.advice,
    "validation_error": Refusal.VALIDATION_ERROR.advice,
    "body_too_large": Refusal.BODY_TOO_LARGE.advice,
    "is_spam": "is_spam was true: nothing was run or stored.",
}
"""What is said of each refused ticket."""

router = APIRouter(prefix="/tickets", tags=["Tickets"])

_ID: TypeAdapter[str] = TypeAdapter(Id)


@router.post(
    "/enrich-batch",
    status_code=202,
    summary="Enrich many tickets",
    responses={
        202: {
            "description": "What became of each ticket, in their order",
            "content": {"application/json": {"examples": BATCHED}},
        },
        **problems(*WITH_BODY),
    },
)
async def enrich_batch(
    body: Annotated[BatchIn, Body(openapi_examples=BATCH)], services: Wired, request: Request
) -> BatchOut:
    """Take in up to 500 tickets in one transaction, and look them up without keeping the caller.

    A ticket that is not valid is refused by itself, with its errors, and does not stop the others. Of a ticket that
    stands in the batch twice, the first counts. Read the results at `location`, or be told by webhook or GET /events.
    """
    read = []
    for row in enumerate(body.tickets):
        short = _length(row[1]) <= READ_AT_ONCE_CHARACTERS
        read.append(read_ticket(row) if short else await in_thread(read_ticket, row))
        await asyncio.sleep(0)  # others have their turn between two of 500
    trace = trace_of(request)
    submissions = [replace(each, trace=trace) for each in read if isinstance(each, Submission)]
    answers = iter(await services.intake.enrich_batch(submissions) if submissions else [])
    rows = [_row_of(each, next(answers)) if isinstance(each, Submission) else each for each in read]
    return BatchOut(tickets=rows, **_counted(rows))


def _length(ticket: Any) -> int:
    """Return how long the body of a ticket is that nobody has judged yet."""
    body = ticket.get("body") if isinstance(ticket, dict) else None
    return len(body) if isinstance(body, str) else 0


def read_ticket(row: tuple[int, Any]) -> Submission | BatchRowOut:
    """Return what the ticket at its position of the batch asks for, or why it is refused."""
    position, ticket = row
    try:
        sent = BatchTicketIn.model_validate(ticket)
        if sent.is_spam:
            return _refused(sent.ticket_id, "is_spam")
        return Submission(sent.ticket_id, sent.project_id, read_email(sent), sent.refresh, asynchronous=True)
    except ValidationError as problem:
        complaints = complaints_of(problem.errors(), ("body", "tickets", position))
        errors = [ComplaintOut(loc=list(each.loc), msg=each.msg, type=each.type) for each in complaints]
        return _refused(_valid_id(ticket), "validation_error", errors)
    except Refused:
        return _refused(sent.ticket_id, "body_too_large")


def _valid_id(ticket: Any) -> str | None:
    """Return the id of a ticket that is not valid, so that its sender finds it; None where the id itself is wrong."""
    try:
        return _ID.validate_python(ticket["ticket_id"])
    except (KeyError, TypeError, ValidationError):
        return None


def _row_of(submission: Submission, answer: Submitted) -> BatchRowOut:
    match answer:
        case Underway(previous=previous) if previous is None or submission.refresh:
            return _taken(submission, "accepted")
        case Underway() | Stored():
            return _taken(submission, "stored")
        case ForeignTicket():
            return _refused(submission.ticket_id, "ticket_project_mismatch")
        case UnknownProject():
            return _refused(submission.ticket_id, "project_not_found")


def _taken(submission: Submission, outcome: Literal["accepted", "stored"]) -> BatchRowOut:
    where = location_of(submission.ticket_id, submission.project_id)
    return BatchRowOut(
        ticket_id=submission.ticket_id, outcome=outcome, location=where, code=None, detail=None, errors=None
    )


def _refused(ticket_id: str | None, code: RowCode, errors: list[ComplaintOut] | None = None) -> BatchRowOut:
    return BatchRowOut(
        ticket_id=ticket_id, outcome="refused", location=None, code=code, detail=DETAILS[code], errors=errors
    )


def _counted(rows: list[BatchRowOut]) -> dict[str, int]:
    outcomes = Counter(row.outcome for row in rows)
    return {"accepted": outcomes["accepted"], "stored": outcomes["stored"], "refused": outcomes["refused"]}
