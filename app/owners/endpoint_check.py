"""Checks an owner's endpoint against the contract, from this service's own network, with the token that is stored."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.adapters.postgres.project_store import ProjectStore
from app.adapters.vault import Vault
from app.domain.configuration import Configuration, StoredConfiguration
from app.domain.outcomes import Outcome
from app.domain.refusals import Complaint, Refusal, Refused
from app.owners.configuring import Changes, Configuring
from app.owners.test_run import stored_token
from support_context.check.report import as_document, finding_document
from support_context.check.running import check_endpoint
from support_context.check.target import BadTarget, Target
from support_context.egress import Egress
from support_context.identifiers import NOBODY
from support_context.secrets import Secret

LONGEST_CHECK_SECONDS = 240.0
"""How long a check holds its project's turn at most: forty requests of five seconds, and some to spare.

A process that is killed gives nothing back: this long after it began, another check may begin.
"""

Tell = Callable[[str, dict[str, Any]], None]
"""Is told of a `step` before each request, and of a `finding` when a requirement is decided."""


class EndpointChecks:
    """Checks of owners' endpoints, one at a time for a project; they change nothing stored and cost no credit."""

    def __init__(self, configuring: Configuring, projects: ProjectStore, vault: Vault, egress: Egress) -> None:
        self._configuring = configuring
        self._projects = projects
        self._vault = vault
        self._egress = egress

    async def run(
        self,
        project_id: str,
        actor: str,
        ids: tuple[str, ...],
        changes: Changes,
        unknown_id: str | None = None,
        tell: Tell = lambda name, told: None,
    ) -> dict[str, Any]:
        """Check the stored endpoint with `changes` laid over it; raises `Refused` unless an owner asks."""
        stored = await self._configuring.read(project_id, actor)
        configuration = self._configuring.merged(stored, changes, ("body", "config"))
        token = self._token(project_id, configuration, stored, changes)
        target = _target(configuration, ids, unknown_id)
        async with self._turn(project_id):
            report = await check_endpoint(
                target,
                token,
                self._egress,
                on_step=lambda done, total, what: tell("step", {"done": done, "total": total, "what": what}),
                on_finding=lambda requirement, finding: tell("finding", finding_document(requirement, finding)),
            )
        return as_document(report)

    @asynccontextmanager
    async def _turn(self, project_id: str) -> AsyncIterator[None]:
        until = await self._projects.begin_check(project_id, LONGEST_CHECK_SECONDS)
        if until is None:
            raise Refused(Refusal.CHECK_RUNNING)
        try:
            yield
        finally:
            # Also where whoever asked has gone away: the next check need not wait.
            await asyncio.shield(self._projects.end_check(project_id, until))

    def _token(
        self, project_id: str, configuration: Configuration, stored: StoredConfiguration | None, changes: Changes
    ) -> Secret:
        token = changes.token or stored_token(self._vault, project_id, configuration, stored)
        if isinstance(token, Secret) and configuration.api_url:
            return token
        complaints = []
        if not configuration.api_url:
            complaints.append(Complaint(("body", "config", "api_url"), "needed for a check", "missing"))
        if token is Outcome.TOKEN_UNREADABLE:
            said = "enter it again: the stored one cannot be read any more"
            complaints.append(Complaint(("body", "config", "bearer_token"), said, "missing"))
        elif token is None:
            complaints.append(Complaint(("body", "config", "bearer_token"), "needed for a check", "missing"))
        raise Refused(Refusal.INCOMPLETE_CONFIGURATION, tuple(complaints))


def _target(configuration: Configuration, ids: tuple[str, ...], unknown_id: str | None) -> Target:
    """Return what to check; raises `Refused` where an id is none."""
    target = Target(
        configuration.api_url,
        ids,
        unknown_id or NOBODY,
        configuration.method,
        configuration.identifier_parameter,
        configuration.match_path or "",
    )
    try:
        target.refuse_what_cannot_be_checked()
    except BadTarget as problem:
        raise Refused(Refusal.VALIDATION_ERROR, (Complaint(("body", "ids"), str(problem), "bad_target"),)) from None
    return target
