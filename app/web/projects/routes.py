"""Routes under /projects/{project_id}: what the helpdesk knows of a project."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from app.domain.reading.extraction import as_sent
from app.domain.refusals import Refusal, Refused
from app.web.http.error_responses import WITH_BODY, problems
from app.web.http.requests import NamedActor, ProjectId, Wired
from app.web.projects.bodies import CustomerErasedOut, ProjectIn, ProjectOut

router = APIRouter(prefix="/projects/{project_id}", tags=["Projects"])


def _in_a_path(value: str) -> str:
    if value in (".", ".."):
        raise ValueError("must not be . or .. alone: clients resolve both in a path")
    return value


Identifier = Annotated[
    str,
    AfterValidator(_in_a_path),
    Path(min_length=1, max_length=1_024, description="how the customer endpoint knows the customer, in any case"),
]


@router.put("", summary="Create or replace a project", responses=problems(Refusal.ACTOR_REQUIRED, *WITH_BODY))
async def put_project(project_id: ProjectId, body: ProjectIn, services: Wired, actor: NamedActor) -> ProjectOut:
    """Tell this service a project's plan, owners and monthly AI credits; credits already used stay used."""
    await services.projects.put(body.as_project(project_id), actor)
    return await get_project(project_id, services)


@router.get("", summary="Read a project", responses=problems(Refusal.PROJECT_NOT_FOUND))
async def get_project(project_id: ProjectId, services: Wired) -> ProjectOut:
    """Read a project with the AI credits that it used this month (UTC)."""
    found = await services.projects.get(project_id)
    if found is None:
        raise Refused(Refusal.PROJECT_NOT_FOUND)
    return ProjectOut.of(*found)


@router.delete(
    "",
    status_code=204,
    summary="Erase a project",
    responses=problems(Refusal.ACTOR_REQUIRED, Refusal.PROJECT_NOT_FOUND),
)
async def delete_project(project_id: ProjectId, services: Wired, actor: NamedActor) -> Response:
    """Erase the project, its configuration, its token and every stored result.

    Its audit trail, which holds nothing of a customer's, stays: it can be read again if the project is.
    """
    if not await services.projects.delete(project_id, actor):
        raise Refused(Refusal.PROJECT_NOT_FOUND)
    return Response(status_code=204)


@router.delete(
    "/customers/{identifier}",
    summary="Erase a customer",
    responses=problems(Refusal.ACTOR_REQUIRED, Refusal.PROJECT_NOT_FOUND),
)
async def erase_customer(
    project_id: ProjectId, identifier: Identifier, services: Wired, actor: NamedActor
) -> CustomerErasedOut:
    """Erase everything that was stored about one customer, and say how many tickets' results that was.

    The identifier is read as the customer endpoint would have got it, upper and lower case alike. Runs under way are
    erased once the AI has found whom they are about; one that it has not read yet ends with a result: erase again then.
    """
    sent = as_sent(identifier)
    erased = await services.intake.erase_customer(project_id, sent, actor)
    return CustomerErasedOut(project_id=project_id, identifier=sent, results_erased=erased)
