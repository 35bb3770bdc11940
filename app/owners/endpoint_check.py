"""Checks an owner's endpoint against the contract, from this service's own network, with the token that is stored."""

from collections.abc import Callable
from typing import Any

from app.adapters.vault import Vault
from app.domain.configuration import Configuration, StoredConfiguration
from app.domain.outcomes import Outcome
from app.domain.refusals import Complaint, Refusal, Refused
from app.owners.configuring import Changes, Configuring
from app.owners.test_run import stored_token
from support_context.check.report import as_document
from support_context.check.running import check_endpoint
from support_context.check.target import BadTarget, Target
from support_context.egress import Egress
from support_context.identifiers import NOBODY
from support_context.secrets import Secret

OnStep = Callable[[dict[str, Any]], None]
"""Is told before each request what comes now, and how many of how many are done."""


class EndpointChecks:
    """Runs checks, in each process one at a time for a project; writes nothing and costs no credit."""

    def __init__(self, configuring: Configuring, vault: Vault, egress: Egress) -> None:
        self._configuring = configuring
        self._vault = vault
        self._egress = egress
        self._running: set[str] = set()

    async def run(
        self,
        project_id: str,
        actor: str,
        ids: tuple[str, ...],
        changes: Changes,
        unknown_id: str | None = None,
        on_step: OnStep = lambda step: None,
    ) -> dict[str, Any]:
        """Check the stored endpoint with `changes` laid over it; raises `Refused` unless an owner asks."""
        stored = await self._configuring.read(project_id, actor)
        configuration = self._configuring.merged(stored, changes, ("body", "config"))
        token = self._token(project_id, configuration, stored, changes)
        target = _target(configuration, ids, unknown_id)
        if project_id in self._running:
            raise Refused(Refusal.CHECK_RUNNING)
        self._running.add(project_id)
        try:
            return as_document(
                await check_endpoint(
                    target,
                    token,
                    self._egress,
                    on_step=lambda done, total, what: on_step({"done": done, "total": total, "what": what}),
                )
            )
        finally:
            self._running.discard(project_id)

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
