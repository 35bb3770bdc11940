"""Routes under /projects/{project_id}: what the helpdesk knows of a project."""

from fastapi import APIRouter, Response

from app.domain.refusals import Refusal, Refused
from app.web.answers import WITH_BODY, problems
from app.web.incoming import ProjectIn
from app.web.outgoing import ProjectOut
from app.web.requests import ProjectId, Wired

router = APIRouter(prefix="/projects/{project_id}", tags=["Projects"])


@router.put("", summary="Create or replace a project", responses=problems(*WITH_BODY))
async def put_project(project_id: ProjectId, body: ProjectIn, services: Wired) -> ProjectOut:
    """Tell this service a project's plan, owners and monthly AI credits; credits already used stay used."""
    await services.projects.put(body.as_project(project_id))
    return await get_project(project_id, services)


@router.get("", summary="Read a project", responses=problems(Refusal.PROJECT_NOT_FOUND))
async def get_project(project_id: ProjectId, services: Wired) -> ProjectOut:
    """Read a project with the AI credits that it used this month (UTC)."""
    found = await services.projects.get(project_id)
    if found is None:
        raise Refused(Refusal.PROJECT_NOT_FOUND)
    return ProjectOut.of(*found)


@router.delete("", status_code=204, summary="Erase a project", responses=problems(Refusal.PROJECT_NOT_FOUND))
async def delete_project(project_id: ProjectId, services: Wired) -> Response:
    """Erase the project, its configuration, its token and every stored result."""
    if not await services.projects.delete(project_id):
        raise Refused(Refusal.PROJECT_NOT_FOUND)
    return Response(status_code=204)
