"""Routes under /tickets/{ticket_id}: enrich a ticket once, read what was found, erase it."""

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response

from app.domain.claims import Submission
from app.domain.reading.extraction import as_sent
from app.domain.reading.places import wanted
from app.domain.refusals import Refusal
from app.domain.tickets import Email
from app.runs.intake import Enriched, Pending
from app.web.http.bodies import Id
from app.web.http.error_responses import WITH_BODY, problems
from app.web.http.requests import Actor, NamedActor, TicketId, Wired, services_in, trace_of
from app.web.tickets.bodies import (
    LookUpIn,
    PendingOut,
    RefreshIn,
    TicketIn,
    TicketResultOut,
    location_of,
    result_document,
)
from app.web.tickets.emails import email_of
from app.web.tickets.examples import ENRICHED, LOOK_UP, PENDING, REFRESH, TICKET
from app.web.tickets.preferences import PREFER, Preferences, preferences_of

LONGEST_WAIT_SECONDS = 30
"""What a reader may wait for a result: as long as a usual run may take, and short of what proxies cut off."""

RETRY_AFTER_SECONDS = 2
"""After how long it makes sense to ask for a pending result: most runs take one or two seconds."""

router = APIRouter(prefix="/tickets/{ticket_id}", tags=["Tickets"])

OfProject = Annotated[Id, Query(description="the project that the ticket belongs to")]
APPLIED: dict[str, Any] = {"schema": {"type": "string"}, "description": "what was applied of Prefer (RFC 7240)"}
RESULT: dict[int | str, dict[str, Any]] = {
    200: {
        "model": TicketResultOut,
        "description": "The result, now or before",
        "headers": {"Preference-Applied": APPLIED},
        "content": {"application/json": {"examples": ENRICHED}},
    }
}
UNDER_WAY: dict[int | str, dict[str, Any]] = {
    202: {
        "model": PendingOut,
        "description": "Under way: it will end with a result, whatever becomes of this process",
        "headers": {
            "Location": {"schema": {"type": "string"}, "description": "where the result will be", "required": True},
            "Retry-After": {"schema": {"type": "integer"}, "description": "seconds", "required": True},
            "Preference-Applied": APPLIED,
        },
        "content": {"application/json": {"examples": PENDING}},
    }
}
STATE: dict[int | str, dict[str, Any]] = {
    200: {
        "model": TicketResultOut | PendingOut,
        "description": "The result, or that a run is under way",
        "content": {"application/json": {"examples": ENRICHED | PENDING}},
    }
}


@router.post(
    "/enrich",
    summary="Enrich a ticket",
    openapi_extra=PREFER,
    responses={
        **RESULT,
        **UNDER_WAY,
        204: {"description": "is_spam was true: nothing was run or stored"},
        **problems(Refusal.PROJECT_NOT_FOUND, Refusal.RESULT_NOT_FOUND, Refusal.TICKET_PROJECT_MISMATCH, *WITH_BODY),
    },
)
async def enrich_ticket(
    ticket_id: TicketId,
    body: Annotated[TicketIn, Body(openapi_examples=TICKET)],
    request: Request,
    refresh: Annotated[bool, Query(description="run it anew and replace the stored result")] = False,
) -> Response:
    """Look up the customer behind a ticket, once; a later call returns the stored result.

    A look-up that fails is a result with a status, never an error of this route. One that takes longer than the caller
    waits, or than the service lets it wait, is answered with 202 and goes on.
    """
    if body.is_spam:
        return Response(status_code=204)
    email, preferences, trace = await email_of(body), preferences_of(request), trace_of(request)
    submission = Submission(ticket_id, body.project_id, email, refresh, preferences.respond_async, trace)
    answer = await services_in(request).intake.enrich(submission, preferences.patience_seconds)
    return _answer(ticket_id, body.project_id, answer, preferences)


@router.post(
    "/refresh",
    summary="Refresh a result without its email",
    openapi_extra=PREFER,
    responses={
        **RESULT,
        **UNDER_WAY,
        **problems(Refusal.RESULT_NOT_FOUND, Refusal.TICKET_PROJECT_MISMATCH, Refusal.NOTHING_TO_REFRESH, *WITH_BODY),
    },
)
async def refresh_ticket(
    ticket_id: TicketId,
    body: Annotated[RefreshIn, Body(openapi_examples=REFRESH)],
    services: Wired,
    request: Request,
) -> Response:
    """Ask the customer endpoint again with the stored identifier: no email is read, one AI call instead of two.

    The sender counts as who they were at the look-up before. A try that fails leaves the facts as they are, and says
    so in `last_attempt`.
    """
    preferences, trace = preferences_of(request), trace_of(request)
    answer = await services.intake.refresh(
        ticket_id, body.project_id, preferences.patience_seconds, trace, asynchronous=preferences.respond_async
    )
    return _answer(ticket_id, body.project_id, answer, preferences)


@router.post(
    "/look-up",
    summary="Look a customer up by hand",
    openapi_extra=PREFER,
    responses={
        **RESULT,
        **UNDER_WAY,
        **problems(
            Refusal.ACTOR_REQUIRED,
            Refusal.PROJECT_NOT_FOUND,
            Refusal.RESULT_NOT_FOUND,
            Refusal.TICKET_PROJECT_MISMATCH,
            *WITH_BODY,
        ),
    },
)
async def look_up_customer(
    ticket_id: TicketId,
    body: Annotated[LookUpIn, Body(openapi_examples=LOOK_UP)],
    services: Wired,
    actor: Actor,
    request: Request,
) -> Response:
    """Look up the customer whom a person names: nothing is read with AI to find it, the identity check is as ever.

    It stands in the audit trail, without the identifier.
    """
    email, preferences = Email.of("", "", body.sender, body.sender_verified), preferences_of(request)
    by_hand = Submission(
        ticket_id,
        body.project_id,
        email,
        refresh=True,
        asynchronous=preferences.respond_async,
        trace=trace_of(request),
        given_identifier=as_sent(body.identifier) or wanted(body.identifier),
    )
    answer = await services.intake.look_up(by_hand, actor, preferences.patience_seconds)
    return _answer(ticket_id, body.project_id, answer, preferences)


@router.get(
    "/customer-context",
    summary="Read a ticket's result",
    responses={
        **STATE,
        **problems(Refusal.NOT_OWNER, Refusal.PLAN_REQUIRED, Refusal.RESULT_NOT_FOUND, Refusal.TICKET_PROJECT_MISMATCH),
    },
)
async def get_result(
    ticket_id: TicketId,
    project_id: OfProject,
    services: Wired,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="seconds to wait for a run that is under way")
    ] = 0,
) -> Response:
    """Read what is stored for a ticket, or that a run is under way: also one that replaces a result."""
    answer = await services.intake.read(ticket_id, project_id, wait)
    if isinstance(answer, Pending):
        return _pending(ticket_id, project_id, answer)
    return _result(ticket_id, project_id, answer)


@router.delete(
    "/customer-context",
    status_code=204,
    summary="Erase a ticket's result",
    responses=problems(Refusal.ACTOR_REQUIRED, Refusal.TICKET_PROJECT_MISMATCH),
)
async def delete_result(ticket_id: TicketId, project_id: OfProject, services: Wired, actor: NamedActor) -> Response:
    """Erase what is stored for a ticket, also while it runs; also answered when there is nothing."""
    await services.intake.erase(ticket_id, project_id, actor)
    return Response(status_code=204)


def _answer(ticket_id: str, project_id: str, answer: Enriched | Pending, preferences: Preferences) -> Response:
    """Return a run's result, or 202 where it goes on without the caller."""
    if isinstance(answer, Pending):
        where = {"Location": location_of(ticket_id, project_id), "Retry-After": str(RETRY_AFTER_SECONDS)}
        return _pending(ticket_id, project_id, answer, 202, where | _applied(preferences))
    if answer.reused:
        preferences = replace(preferences, respond_async=False)
    return _result(ticket_id, project_id, answer, _applied(preferences))


def _applied(preferences: Preferences) -> dict[str, str]:
    return {"Preference-Applied": str(preferences)} if str(preferences) else {}


def _result(ticket_id: str, project_id: str, enriched: Enriched, headers: dict[str, str] | None = None) -> Response:
    answer = result_document(ticket_id, project_id, enriched.document, reused=enriched.reused)
    return Response(json.dumps(answer, ensure_ascii=False), headers=headers, media_type="application/json")


def _pending(
    ticket_id: str, project_id: str, pending: Pending, status_code: int = 200, headers: dict[str, str] | None = None
) -> Response:
    answer = PendingOut.of(ticket_id, project_id, pending.since).model_dump_json()
    return Response(answer, status_code, headers, media_type="application/json")
