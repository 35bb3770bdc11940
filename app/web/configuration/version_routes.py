"""Routes under /projects/{project_id}/customer-context/versions: what a configuration was."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.domain.refusals import Refusal
from app.web.configuration.bodies import ConfigurationOut
from app.web.configuration.routes import ETAG, with_etag
from app.web.configuration.version_bodies import VersionsOut
from app.web.http import error_responses
from app.web.http.error_responses import problems
from app.web.http.requests import Actor, IfMatch, ProjectId, Wired

router = APIRouter(prefix="/projects/{project_id}/customer-context/versions", tags=["Configuration"])

Version = Annotated[int, Path(ge=1, le=9_223_372_036_854_775_807, description="the version's number")]


@router.get("", summary="List the versions", responses=problems(*error_responses.OWNER))
async def list_versions(project_id: ProjectId, actor: Actor, services: Wired) -> VersionsOut:
    """List the last 20 versions, the newest first: who saved which fields. No version has a token."""
    return VersionsOut.of(await services.configuring.versions(project_id, actor))


@router.post(
    "/{version}/restore",
    summary="Restore a version",
    responses={
        200: ETAG,
        **problems(
            *error_responses.OWNER,
            Refusal.VERSION_NOT_FOUND,
            Refusal.PRECONDITION_FAILED,
            Refusal.INCOMPLETE_CONFIGURATION,
            Refusal.BEARER_TOKEN_REQUIRED,
        ),
    },
)
async def restore_version(
    project_id: ProjectId,
    version: Version,
    actor: Actor,
    services: Wired,
    response: Response,
    if_match: IfMatch = None,
) -> ConfigurationOut:
    """Save a version's fields again, as a new version; whether look-ups are on, and the token, stay as they are.

    Where its URL has another host than the stored token was given for, it is refused as any such change is.
    """
    stored = await services.configuring.restore(project_id, actor, version, if_match)
    return with_etag(stored, response)
