"""Routes under /tickets/{ticket_id}: enrich a ticket once, read what was found, erase it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from app.domain.claims import ForeignTicket, Stored
from app.domain.refusals import Refusal, Refused
from app.web.answers import WITH_BODY, problems
from app.web.emails import email_of
from app.web.examples import ENRICHED, TICKET
from app.web.incoming import ID, TicketIn
from app.web.outgoing import TicketResultOut
from app.web.requests import TicketId, Wired

router = APIRouter(prefix="/tickets/{ticket_id}", tags=["Tickets"])

OfProject = Annotated[str, Query(pattern=ID, description="the project that the ticket belongs to")]
RESULT: dict[int | str, dict[str, Any]] = {
    200: {"model": TicketResultOut, "content": {"application/json": {"examples": ENRICHED}}}
}


@router.post(
    "/enrich",
    summary="Enrich a ticket",
    responses={
        **RESULT,
        204: {"description": "is_spam was true: nothing was run or stored"},
        **problems(
            Refusal.PROJECT_NOT_FOUND,
            Refusal.TICKET_PROJECT_MISMATCH,
            *WITH_BODY,
            Refusal.ENRICHMENT_RUNNING,
        ),
    },
)
async def enrich_ticket(
    ticket_id: TicketId,
    body: Annotated[TicketIn, Body(openapi_examples=TICKET)],
    services: Wired,
    refresh: Annotated[bool, Query(description="run it anew and replace the stored result")] = False,
) -> Response:
    """Look up the customer behind a ticket, once; a later call returns the stored result.

    A look-up that fails is a result with a status, never an error of this route.
    """
    if body.is_spam:
        return Response(status_code=204)
    email = await email_of(body)
    enriched = await services.tickets.enrich(ticket_id, body.project_id, email, refresh=refresh)
    return _result(ticket_id, body.project_id, enriched.document, reused=enriched.reused)


@router.get(
    "/customer-context",
    summary="Read a ticket's result",
    responses={**RESULT, **problems(Refusal.RESULT_NOT_FOUND, Refusal.TICKET_PROJECT_MISMATCH)},
)
async def get_result(ticket_id: TicketId, project_id: OfProject, services: Wired) -> Response:
    """Read what is stored for a ticket."""
    found = await services.enrichments.find(ticket_id, project_id)
    match found:
        case Stored():
            return _result(ticket_id, project_id, found.result, reused=True)
        case ForeignTicket():
            raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
        case _:
            raise Refused(Refusal.RESULT_NOT_FOUND)


@router.delete(
    "/customer-context",
    status_code=204,
    summary="Erase a ticket's result",
    responses=problems(Refusal.TICKET_PROJECT_MISMATCH),
)
async def delete_result(ticket_id: TicketId, project_id: OfProject, services: Wired) -> Response:
    """Erase what is stored for a ticket; also answered when there is nothing."""
    if isinstance(await services.enrichments.erase(ticket_id, project_id), ForeignTicket):
        raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
    return Response(status_code=204)


def _result(ticket_id: str, project_id: str, document: dict[str, Any], *, reused: bool) -> Response:
    answer = {"ticket_id": ticket_id, "project_id": project_id, **document, "reused": reused}
    return Response(json.dumps(answer, ensure_ascii=False), media_type="application/json")
