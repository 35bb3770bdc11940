"""The route GET /tickets: a project's results without their facts, for reconciliation after a lost message."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime, StringConstraints

from app.domain.claims import Wanted
from app.domain.outcomes import Status
from app.domain.refusals import Refusal
from app.web.http.bodies import Id
from app.web.http.error_responses import problems
from app.web.http.paging import ABSENT_IF_EMPTY, Before, Limit, cursor_to
from app.web.http.requests import Wired
from app.web.tickets.bodies import ListedTicketOut, ListedTicketsOut
from app.web.tickets.examples import LISTED

router = APIRouter(prefix="/tickets", tags=["Tickets"])

PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"examples": LISTED}}}}


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie in the years 1 to 9999, in UTC too") from None


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]


@router.get("", summary="List results", responses={**PAGE, **problems(Refusal.PROJECT_NOT_FOUND)})
async def list_results(
    services: Wired,
    project_id: Annotated[Id, Query(description="the project")],
    before: Before,
    status: Annotated[Status | None, ABSENT_IF_EMPTY, Query(description="only those with this status")] = None,
    reason: Annotated[
        Annotated[str, StringConstraints(pattern="^[a-z_]{1,64}$")] | None,
        ABSENT_IF_EMPTY,
        Query(description="only those with this reason"),
    ] = None,
    since: Annotated[
        Time | None,
        ABSENT_IF_EMPTY,
        Query(description="only those of runs that ended at this time or later (RFC 3339)"),
    ] = None,
    limit: Limit = 50,
) -> ListedTicketsOut:
    """List the results of a project, those of the last tickets first, without facts: what a lost message told of.

    Read one whole with GET /tickets/{ticket_id}/customer-context.
    """
    when: datetime | None = since
    page, end = await services.listing.results(project_id, Wanted(status, reason, when), limit, before)
    return ListedTicketsOut(tickets=[ListedTicketOut.of(each) for each in page], next_cursor=cursor_to(end))
