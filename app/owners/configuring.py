"""Reads and saves a project's configuration: the owner's rights, validation, and where a stored token may go."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from app.adapters.postgres.project_store import ProjectStore
from app.adapters.vault import Vault
from app.domain.audit import changed_fields
from app.domain.configuration import (
    Configuration,
    KeptVersion,
    StoredConfiguration,
    StoredToken,
    missing_fields,
    token_may_go_to,
)
from app.domain.projects import ProjectNotFound, VersionConflict
from app.domain.refusals import Complaint, Refusal, Refused
from app.owners.access import owned
from support_context import urls
from support_context.secrets import Secret

SAVE_ATTEMPTS = 5
"""How often a change without If-Match is merged anew when somebody else saves at the same moment."""

NEVER_SAVED = '"0"'
"""The ETag of a configuration that was never saved."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes to a configuration as a caller sent them, each checked: fields by name, and a token if there was one."""

    fields: Mapping[str, Any]
    token: Secret | None = None
    complaints: tuple[Complaint, ...] = ()
    """What is wrong with fields that are not among these, below the body."""


class Configuring:
    """Reads and saves configurations for owners: nobody else reads or writes one."""

    def __init__(self, projects: ProjectStore, vault: Vault, allowed: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._projects = projects
        self._vault = vault
        self._allowed = allowed

    async def read(self, project_id: str, actor: str) -> StoredConfiguration | None:
        """Return the stored configuration, None where none ever was; raises `Refused` unless `actor` may see it."""
        await owned(self._projects, project_id, actor)
        return await self._projects.configuration(project_id)

    async def save(
        self, project_id: str, actor: str, changes: Changes, *, keep_others: bool, if_match: str | None
    ) -> StoredConfiguration:
        """Save changes to a configuration, over the stored one (`keep_others`: PATCH) or over the defaults (PUT)."""
        await owned(self._projects, project_id, actor)
        for _ in range(SAVE_ATTEMPTS):
            stored = await self._projects.configuration(project_id)
            _check_precondition(if_match, stored)
            configuration, complaints = self._laid_over(stored if keep_others else None, changes)
            kept = stored.token if stored else None
            # A URL that is refused has no origin that a token could be for.
            token_needed = () if _names("api_url", complaints) else _token_needed(configuration, kept, changes)
            _refuse_together(complaints, token_needed, _incomplete(configuration, kept, changes))
            token = self._token(project_id, configuration, kept, changes.token)
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

    async def versions(self, project_id: str, actor: str) -> list[KeptVersion]:
        """Return the last versions of the configuration, the newest first; raises `Refused` unless an owner asks."""
        await owned(self._projects, project_id, actor)
        return await self._projects.versions(project_id)

    async def restore(self, project_id: str, actor: str, version: int, if_match: str | None) -> StoredConfiguration:
        """Restore a version of the configuration as a new one; `enabled` and the token stay as they are."""
        kept = next((each for each in await self.versions(project_id, actor) if each.version == version), None)
        if kept is None:
            raise Refused(Refusal.VERSION_NOT_FOUND)
        fields = {name: getattr(kept.configuration, name) for name in kept.configuration.__slots__ if name != "enabled"}
        return await self.save(project_id, actor, Changes(fields), keep_others=True, if_match=if_match)

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
        """Return the stored configuration with changes laid over it; raises `Refused` with all mistakes below `loc`."""
        configuration, complaints = self._laid_over(stored, changes)
        if complaints:
            within = tuple(replace(each, loc=(*loc, *each.loc[1:])) for each in complaints)
            raise Refused(Refusal.VALIDATION_ERROR, within)
        return configuration

    def _laid_over(
        self, stored: StoredConfiguration | None, changes: Changes
    ) -> tuple[Configuration, tuple[Complaint, ...]]:
        """Return what comes out, and everything that is wrong with it."""
        configuration = replace(stored.configuration if stored else Configuration(), **changes.fields)
        if not configuration.api_url or _names("api_url", changes.complaints):
            return configuration, changes.complaints
        return configuration, (*changes.complaints, *self._wrong_with_url(configuration))

    def _wrong_with_url(self, configuration: Configuration) -> tuple[Complaint, ...]:
        try:
            url = urls.parse(configuration.api_url, self._allowed)
        except urls.UrlRefused as refused:
            return (Complaint(("body", "api_url"), str(refused), "url_refused"),)
        if urls.holds_parameter(url, configuration.identifier_parameter):
            advice = (
                "the URL's own query already holds the identifier parameter; remove it there or rename the parameter"
            )
            return (Complaint(("body", "api_url"), advice, "parameter_twice"),)
        return ()

    def _token(
        self, project_id: str, configuration: Configuration, kept: StoredToken | None, fresh: Secret | None
    ) -> StoredToken | None:
        origin = origin_of(configuration)
        if fresh is not None:
            return StoredToken(self._vault.seal(project_id, fresh), origin, datetime.now(UTC))
        return replace(kept, origin=origin) if kept is not None and origin else kept


def origin_of(configuration: Configuration) -> str:
    """Return the origin (RFC 6454) that the URL points to, `""` where none is set."""
    return urls.parse_form(configuration.api_url).origin if configuration.api_url else ""


def token_required(loc: tuple[str, ...]) -> Refused:
    """Return the refusal to send a stored token to an origin that it was not given for."""
    complaint = Complaint((*loc, "bearer_token"), "enter the token again: api_url has another origin", "missing")
    return Refused(Refusal.BEARER_TOKEN_REQUIRED, (complaint,))


def _names(field: str, complaints: tuple[Complaint, ...]) -> bool:
    return any(field in each.loc for each in complaints)


def _refuse_together(
    invalid: tuple[Complaint, ...], token: tuple[Complaint, ...], incomplete: tuple[Complaint, ...]
) -> None:
    """Raise one refusal with everything that is wrong, so that whoever corrects it saves once more and not thrice."""
    kinds = {
        Refusal.VALIDATION_ERROR: invalid,
        Refusal.BEARER_TOKEN_REQUIRED: token,
        Refusal.INCOMPLETE_CONFIGURATION: incomplete,
    }
    first = next((kind for kind, complaints in kinds.items() if complaints), None)
    if first is not None:
        every = {each.loc[1:2]: each for each in (*incomplete, *token, *invalid)}  # one for each field, the first kind
        raise Refused(first, tuple(every.values()))


def _token_needed(configuration: Configuration, kept: StoredToken | None, changes: Changes) -> tuple[Complaint, ...]:
    """Return the complaint about a stored token that was given for another origin than the URL now has."""
    if changes.token is not None or kept is None:
        return ()
    origin = origin_of(configuration)
    return () if not origin or token_may_go_to(origin, kept) else token_required(("body",)).complaints


def _incomplete(configuration: Configuration, kept: StoredToken | None, changes: Changes) -> tuple[Complaint, ...]:
    """Return a complaint for each field that is needed to be enabled, and empty."""
    if not configuration.enabled:
        return ()
    missing = missing_fields(configuration, has_token=changes.token is not None or kept is not None)
    return tuple(Complaint(("body", name), "needed before it can be enabled", "missing") for name in missing)


def etag_of(stored: StoredConfiguration | None) -> str:
    """Return a strong ETag (RFC 9110, 8.8.3): another one after every save, erasures in between included."""
    if stored is None:
        return NEVER_SAVED
    state = f"{stored.created_at.isoformat()} {stored.version}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:20]}"'


def _check_precondition(if_match: str | None, stored: StoredConfiguration | None) -> None:
    """Enforce If-Match (RFC 9110, 13.1.1): a list of strong ETags, or `*` for whatever was saved."""
    if if_match is None:
        return
    if if_match.strip() == "*":
        matches = stored is not None
    else:
        matches = etag_of(stored) in [tag.strip() for tag in if_match.split(",")]
    if not matches:
        raise Refused(Refusal.PRECONDITION_FAILED)
