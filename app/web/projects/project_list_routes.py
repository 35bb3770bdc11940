"""The routes GET /projects and GET /projects/{project_id}/customers/{identifier}: which there are, and what is held."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.domain.reading.extraction import as_sent
from app.domain.refusals import Refusal
from app.web.http.bodies import Id
from app.web.http.error_responses import problems
from app.web.http.paging import ABSENT_IF_EMPTY, Before, Limit, cursor_to
from app.web.http.requests import NamedActor, ProjectId, Wired
from app.web.projects.bodies import CustomerOut, ListedProjectOut, ListedProjectsOut
from app.web.projects.examples import LISTED_PROJECTS
from app.web.projects.routes import Identifier
from app.web.tickets.bodies import TicketResultOut, result_document

router = APIRouter(prefix="/projects", tags=["Projects"])

PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"examples": LISTED_PROJECTS}}}}


@router.get("", summary="List projects", responses={**PAGE, **problems()})
async def list_projects(
    services: Wired,
    limit: Limit = 50,
    cursor: Annotated[
        Id | None, ABSENT_IF_EMPTY, Query(description="next_cursor of the page before; absent: the first")
    ] = None,
) -> ListedProjectsOut:
    """List the projects in the order of their ids, without their owners."""
    page, end = await services.listing.projects(limit, cursor or "")
    return ListedProjectsOut(projects=[ListedProjectOut.of(each) for each in page], next_cursor=end)


@router.get(
    "/{project_id}/customers/{identifier}",
    summary="Read what is held about a customer",
    responses=problems(Refusal.ACTOR_REQUIRED, Refusal.PROJECT_NOT_FOUND),
)
async def read_customer(
    project_id: ProjectId, identifier: Identifier, services: Wired, actor: NamedActor, before: Before, limit: Limit = 50
) -> CustomerOut:
    """Read everything that is stored about one customer, for their own request; it stands in the audit trail.

    The identifier is read as the customer endpoint would have got it, upper and lower case alike.
    """
    page, end = await services.listing.of_customer(project_id, identifier, actor, limit, before)
    results = [result_document(each.position.ticket_id, project_id, each.result, reused=True) for each in page]
    return CustomerOut(
        project_id=project_id,
        identifier=as_sent(identifier),
        results=[TicketResultOut.model_validate(each) for each in results],
        next_cursor=cursor_to(end),
    )
