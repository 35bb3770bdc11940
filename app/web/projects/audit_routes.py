"""Route /projects/{project_id}/audit: who changed what and when, for the project's owners."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from app.domain.audit import MOST_ENTRIES
from app.web.http import error_responses
from app.web.http.error_responses import problems
from app.web.http.paging import ABSENT_IF_EMPTY
from app.web.http.requests import Actor, ProjectId, Wired
from app.web.projects.bodies import AuditEntryOut, AuditOut
from app.web.projects.examples import AUDIT

router = APIRouter(prefix="/projects/{project_id}/audit", tags=["Projects"])

Limit = Annotated[int, Query(ge=1, le=MOST_ENTRIES, description="entries of this page")]
Cursor = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")] | None,
    ABSENT_IF_EMPTY,
    Query(description="next_cursor of the page before; absent: the newest"),
]
PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"examples": AUDIT}}}}


@router.get("", summary="Read the audit trail", responses={**PAGE, **problems(*error_responses.OWNER)})
async def get_audit(
    project_id: ProjectId, actor: Actor, services: Wired, limit: Limit = 50, cursor: Cursor = None
) -> AuditOut:
    """Read who changed which fields, made or revoked access tokens, tested and erased, the newest first.

    It never holds a secret, a value, or an identifier of a customer. Nobody can change it through this service.
    """
    entries, end = await services.auditing.read(project_id, actor, limit, int(cursor) if cursor else None)
    return AuditOut(entries=[AuditEntryOut.of(each) for each in entries], next_cursor=str(end) if end else None)
