"""Routes under /projects/{project_id}/access-tokens: keys that owners take to a browser or a shell."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response

from app.domain.refusals import Refusal
from app.web.http import error_responses
from app.web.http.bodies import Id
from app.web.http.error_responses import problems
from app.web.http.requests import Actor, ByToken, ProjectId, Wired
from app.web.projects.bodies import AccessTokenIn, AccessTokenOut, AccessTokensOut, NewAccessTokenOut
from app.web.projects.examples import ACCESS_TOKEN, MADE

router = APIRouter(prefix="/projects/{project_id}/access-tokens", tags=["Access tokens"])

TokenId = Annotated[Id, Path(description="the token's id, never the token")]
CREATED: dict[int | str, dict[str, Any]] = {201: {"content": {"application/json": {"examples": MADE}}}}


@router.post(
    "",
    status_code=201,
    summary="Make an access token",
    responses={**CREATED, **problems(*error_responses.OWNER, *error_responses.WITH_BODY)},
)
async def make_access_token(
    project_id: ProjectId,
    actor: Actor,
    body: Annotated[AccessTokenIn, Body(openapi_examples=ACCESS_TOKEN)],
    services: Wired,
    asked_by_token: ByToken,
) -> NewAccessTokenOut:
    """Make a token that acts as this owner on the project's customer-context routes, and there only.

    One of scope `read` changes nothing, tests nothing and sees no token: for agents' browsers and for CI. An access
    token makes only such. It is shown this once, and answers 403 from the moment that its maker is no owner any more,
    or the plan ends.
    """
    made = await services.access.make(
        project_id, actor, body.label, body.expires_in, body.scope, by_token=asked_by_token
    )
    return NewAccessTokenOut.of(project_id, made)


@router.get("", summary="List the access tokens", responses=problems(*error_responses.OWNER))
async def list_access_tokens(project_id: ProjectId, actor: Actor, services: Wired) -> AccessTokensOut:
    """List the tokens that have not expired, of all owners, without the tokens themselves."""
    known = await services.access.listed(project_id, actor)
    return AccessTokensOut(access_tokens=[AccessTokenOut.of(each) for each in known])


@router.delete(
    "/{token_id}",
    status_code=204,
    summary="Revoke an access token",
    responses=problems(*error_responses.OWNER, Refusal.ACCESS_TOKEN_NOT_FOUND),
)
async def revoke_access_token(project_id: ProjectId, token_id: TokenId, actor: Actor, services: Wired) -> Response:
    """Revoke a token, whoever made it: the next request that brings it answers 401."""
    await services.access.revoke(project_id, actor, token_id)
    return Response(status_code=204)
