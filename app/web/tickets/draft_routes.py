"""The route POST /tickets/{ticket_id}/check-draft: a reply is held against the facts before it is sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from app.domain.drafts.check import backing_of
from app.domain.refusals import Refusal
from app.web.http.error_responses import WITH_BODY, problems
from app.web.http.requests import TicketId, Wired
from app.web.tickets.draft_bodies import CheckedAgainstOut, DraftCheckedOut, DraftIn, FindingOut
from app.web.tickets.examples import CHECKED, DRAFT

router = APIRouter(prefix="/tickets/{ticket_id}", tags=["Tickets"])

ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"examples": CHECKED}}}}


@router.post(
    "/check-draft",
    summary="Check a draft",
    responses={
        **ANSWER,
        **problems(Refusal.RESULT_NOT_FOUND, Refusal.TICKET_PROJECT_MISMATCH, *WITH_BODY),
    },
)
async def check_draft(
    ticket_id: TicketId, body: Annotated[DraftIn, Body(openapi_examples=DRAFT)], services: Wired
) -> DraftCheckedOut:
    """Say which figures, dates, addresses, identifiers and status words of a reply stand in no fact and no known text.

    Of a record that the sender may not be told, every value is reported, in whatever spelling, also where the sender
    wrote it first: to repeat it would confirm it. No AI is asked, and nothing of the draft is stored or logged.
    """
    result = await services.intake.latest(ticket_id, body.project_id)
    stored = await services.projects.configuration(body.project_id)
    instructions = stored.configuration.display_instructions if stored else ""
    backing = backing_of(result, body.also_known, instructions)
    findings = await services.drafts.check(body.draft, backing)
    against = CheckedAgainstOut(
        created_at=result["created_at"], fields=len(backing.rows), withheld=backing.may_not_be_told
    )
    return DraftCheckedOut(
        ticket_id=ticket_id, findings=[FindingOut.of(each) for each in findings], checked_against=against
    )
