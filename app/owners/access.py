"""Authorization of owners, and access tokens that owners make for a browser or a shell."""

import secrets

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.project_store import ProjectStore
from app.domain.access_tokens import (
    ID_PREFIXES,
    PREFIXES,
    TOKEN_BYTES,
    AccessToken,
    Asked,
    Holder,
    Made,
    TokenScope,
    fingerprint,
    has_token_shape,
    owner_refusal,
    refusal_of,
    scope_of,
)
from app.domain.projects import CreditReport, Project, ProjectNotFound
from app.domain.refusals import Refusal, Refused
from support_context.secrets import Secret


class Access:
    """Makes, lists and revokes access tokens, and judges each request that brings one."""

    def __init__(self, tokens: AccessTokenStore, projects: ProjectStore) -> None:
        self._tokens = tokens
        self._projects = projects

    async def make(
        self,
        project_id: str,
        actor: str,
        label: str,
        seconds: int,
        scope: TokenScope = TokenScope.OWNER,
        *,
        by_token: bool = False,
    ) -> Made:
        """Make a token that acts as `actor` for `seconds`; raises `Refused` unless an owner asks.

        A token that is asked for with a token (`by_token`) only reads: whoever finds one cannot keep its rights alive.
        """
        if by_token and scope is not TokenScope.READ:
            raise Refused(Refusal.OUT_OF_SCOPE)
        await owned(self._projects, project_id, actor)
        token = Secret(PREFIXES[scope] + secrets.token_urlsafe(TOKEN_BYTES))
        token_id = ID_PREFIXES[scope] + secrets.token_hex(12)
        try:
            known = await self._tokens.add(project_id, token_id, fingerprint(token), label, actor, seconds)
        except ProjectNotFound:  # deleted in this moment
            raise Refused(Refusal.PROJECT_NOT_FOUND) from None
        return Made(known, token)

    async def listed(self, project_id: str, actor: str) -> list[AccessToken]:
        """List the project's tokens that have not expired; raises `Refused` unless an owner asks."""
        await owned(self._projects, project_id, actor)
        return await self._tokens.of_project(project_id)

    async def revoke(self, project_id: str, actor: str, token_id: str) -> None:
        """End a token with the next request that brings it; raises `Refused` unless an owner asks and it is there."""
        await owned(self._projects, project_id, actor)
        if not await self._tokens.remove(project_id, token_id, actor):
            raise Refused(Refusal.ACCESS_TOKEN_NOT_FOUND)

    async def admit(self, token: str, asked: Asked) -> Holder:
        """Return who a request with this token acts as, and in which project; raises `Refused`.

        Nothing is remembered from one request to the next: a token that was revoked, or whose maker is no owner any
        more, is refused at once.
        """
        holder = await self._tokens.use(fingerprint(Secret(token))) if has_token_shape(token) else None
        if holder is None:
            raise Refused(Refusal.UNAUTHORIZED)
        refusal = refusal_of(holder, asked, scope_of(token))
        if refusal is not None:
            raise Refused(refusal)
        return holder


async def owned(projects: ProjectStore, project_id: str, actor: str) -> tuple[Project, CreditReport]:
    """Return a project and its credits; raises `Refused` unless `actor` is an owner and its plan is Business."""
    found = await projects.get(project_id)
    if found is None:
        raise Refused(Refusal.PROJECT_NOT_FOUND)
    refusal = owner_refusal(found[0], actor)
    if refusal is not None:
        raise Refused(refusal)
    return found
