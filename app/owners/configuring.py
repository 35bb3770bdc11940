"""Reads and saves a project's configuration: who may, what must fit together, and where a stored token may go."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Protocol

from app.domain.audit import changed_fields
from app.domain.configuration import (
    Configuration,
    StoredConfiguration,
    StoredToken,
    missing_fields,
    token_may_go_to,
)
from app.domain.projects import ProjectNotFound, VersionConflict
from app.domain.refusals import Complaint, Refusal, Refused
from app.owners.access import KnownProjects, owned
from support_context import urls
from support_context.secrets import Secret

SAVE_ATTEMPTS = 5
"""How often a change without If-Match is merged anew when somebody else saves at the same moment."""

NEVER_SAVED = '"0"'
"""The ETag of a configuration that was never saved."""


class Projects(KnownProjects, Protocol):
    """The projects and their configurations, as stored."""

    async def configuration(self, project_id: str) -> StoredConfiguration | None:
        """Look up its configuration."""

    async def save_configuration(
        self,
        project_id: str,
        configuration: Configuration,
        token: StoredToken | None,
        actor: str,
        expected_version: int | None,
        changed: tuple[str, ...],
    ) -> StoredConfiguration:
        """Replace it and note which fields have `changed`.

        Raises `VersionConflict` when it is no longer at `expected_version`, or `ProjectNotFound`.
        """

    async def delete_configuration(self, project_id: str, expected_version: int | None, actor: str) -> None:
        """Erase it and its token."""


class Seals(Protocol):
    """Encrypts a token for one project."""

    def seal(self, project_id: str, token: Secret) -> bytes:
        """Return the ciphertext, bound to the project."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a caller sent, already checked one by one: fields by name, and a token if there was one."""

    fields: Mapping[str, Any]
    token: Secret | None = None


class Configuring:
    """Every read and write of a configuration goes through here, and so through the owner's rights."""

    def __init__(self, projects: Projects, seals: Seals, allowed: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._projects = projects
        self._seals = seals
        self._allowed = allowed

    async def read(self, project_id: str, actor: str) -> StoredConfiguration | None:
        """Return what is stored, None where nothing ever was; raises `Refused` unless `actor` may see it."""
        await owned(self._projects, project_id, actor)
        return await self._projects.configuration(project_id)

    async def save(
        self, project_id: str, actor: str, changes: Changes, *, keep_others: bool, if_match: str | None
    ) -> StoredConfiguration:
        """Save the changes over what is stored (`keep_others`: PATCH) or over the defaults (PUT)."""
        await owned(self._projects, project_id, actor)
        for _ in range(SAVE_ATTEMPTS):
            stored = await self._projects.configuration(project_id)
            _check_precondition(if_match, stored)
            configuration = self.merged(stored if keep_others else None, changes)
            token = self._token(project_id, configuration, stored.token if stored else None, changes.token)
            if configuration.enabled and (missing := missing_fields(configuration, has_token=token is not None)):
                complaints = (
                    Complaint(("body", name), "needed before it can be enabled", "missing") for name in missing
                )
                raise Refused(Refusal.INCOMPLETE_CONFIGURATION, tuple(complaints))
            try:
                version = stored.version if stored else 0
                before = stored.configuration if stored else None
                changed = changed_fields(before, configuration, new_token=changes.token is not None)
                return await self._projects.save_configuration(
                    project_id, configuration, token, actor, version, changed
                )
            except VersionConflict:
                continue
            except ProjectNotFound:  # deleted in this moment
                raise Refused(Refusal.PROJECT_NOT_FOUND) from None
        raise Refused(Refusal.PRECONDITION_FAILED)

    async def erase(self, project_id: str, actor: str, if_match: str | None) -> None:
        """Erase the configuration and its token."""
        await owned(self._projects, project_id, actor)
        stored = await self._projects.configuration(project_id)
        _check_precondition(if_match, stored)
        try:
            await self._projects.delete_configuration(
                project_id, stored.version if stored and if_match else None, actor
            )
        except VersionConflict:
            raise Refused(Refusal.PRECONDITION_FAILED) from None

    def merged(
        self, stored: StoredConfiguration | None, changes: Changes, loc: tuple[str, ...] = ("body",)
    ) -> Configuration:
        """Lay the changes over what is stored and judge the URL that comes out; `loc` is where the caller sent them."""
        configuration = replace(stored.configuration if stored else Configuration(), **changes.fields)
        if not configuration.api_url:
            return configuration
        try:
            url = urls.parse(configuration.api_url, self._allowed)
        except urls.UrlRefused as refused:
            raise _invalid((*loc, "api_url"), str(refused), "url_refused") from None
        if urls.holds_parameter(url, configuration.identifier_parameter):
            advice = (
                "the URL's own query already holds the identifier parameter; remove it there or rename the parameter"
            )
            raise _invalid((*loc, "api_url"), advice, "parameter_twice")
        return configuration

    def _token(
        self, project_id: str, configuration: Configuration, kept: StoredToken | None, fresh: Secret | None
    ) -> StoredToken | None:
        origin = origin_of(configuration)
        if fresh is not None:
            return StoredToken(self._seals.seal(project_id, fresh), origin, datetime.now(UTC))
        if kept is None or not origin:
            return kept
        if not token_may_go_to(origin, kept):
            raise token_required(("body",))
        return replace(kept, origin=origin)


def origin_of(configuration: Configuration) -> str:
    """Return the origin (RFC 6454) that the URL points to, `""` where none is set."""
    return urls.parse_form(configuration.api_url).origin if configuration.api_url else ""


def token_required(loc: tuple[str, ...]) -> Refused:
    """Return the refusal to send a stored token to an origin that it was not given for."""
    complaint = Complaint((*loc, "bearer_token"), "enter the token again: api_url has another origin", "missing")
    return Refused(Refusal.BEARER_TOKEN_REQUIRED, (complaint,))


def etag_of(stored: StoredConfiguration | None) -> str:
    """Return a strong ETag (RFC 9110, 8.8.3): another one after every save, erasures in between included."""
    if stored is None:
        return NEVER_SAVED
    state = f"{stored.created_at.isoformat()} {stored.version}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:20]}"'


def _check_precondition(if_match: str | None, stored: StoredConfiguration | None) -> None:
    """Hold to If-Match (RFC 9110, 13.1.1): a list of strong ETags, or `*` for whatever was saved."""
    if if_match is None:
        return
    if if_match.strip() == "*":
        matches = stored is not None
    else:
        matches = etag_of(stored) in [tag.strip() for tag in if_match.split(",")]
    if not matches:
        raise Refused(Refusal.PRECONDITION_FAILED)


def _invalid(loc: tuple[str, ...], message: str, kind: str) -> Refused:
    return Refused(Refusal.VALIDATION_ERROR, (Complaint(loc, message, kind),))
