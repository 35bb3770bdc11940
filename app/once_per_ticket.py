"""Runs a ticket once, however often and on however many replicas it is posted, and gives all callers that result."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from app.domain.claims import Busy, Claim, Claimed, DatabaseUnavailable, ForeignTicket, Stored, UnknownProject
from app.domain.configuration import BUSINESS_PLAN, Configuration, missing_fields
from app.domain.outcomes import Outcome, Result
from app.domain.projects import TokenUnreadable
from app.domain.refusals import Refusal, Refused
from app.domain.secrets import Secret
from app.domain.tickets import Email
from app.enrichment import Enricher

LEASE_SECONDS = 10.0
"""How long a claim holds without a sign of life; so long a ticket waits whose process died."""

RENEWAL_SECONDS = 3.0
"""How often a process renews the leases of its runs: three signs of life within one lease."""

STORING_SECONDS = 2.0
"""What a caller allows another process, beyond the run's deadline, to store its result."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.25
"""How a waiting caller looks again: soon at first, then four times a second."""


class Enrichments(Protocol):
    """The table of tickets: one row each, claimed by one process at a time."""

    async def claim(self, ticket_id: str, project_id: str, owner: str, *, refresh: bool, lease_seconds: float) -> Claim:
        """Take the ticket for one run, or say why not."""

    async def charge(self, claimed: Claimed) -> bool:
        """Take one credit for the run; False when the month's are used up."""

    async def finish(self, claimed: Claimed, result: dict[str, Any], *, refund: bool) -> bool:
        """Store the result; False, and nothing written, when the claim was lost meanwhile."""

    async def release(self, claimed: Claimed, *, refund: bool) -> None:
        """Give the ticket back without a result."""

    async def renew(self, owner: str, ticket_ids: list[str], lease_seconds: float) -> None:
        """Extend the leases of the tickets that `owner` runs."""

    async def find(self, ticket_id: str, project_id: str) -> Stored | Busy | ForeignTicket | None:
        """Look up what is stored for a ticket."""


class Tokens(Protocol):
    """Opens what was sealed for a project; raises `TokenUnreadable`."""

    def open(self, project_id: str, sealed: bytes) -> Secret:
        """Return the token in clear."""


@dataclass(frozen=True, slots=True)
class Enriched:
    """A ticket's result as it is stored and sent, and whether it was there before this request."""

    document: dict[str, Any]
    reused: bool


class OncePerTicket:
    """Claims, charges, runs and stores; holds no database connection while it waits for anybody."""

    def __init__(
        self,
        enrichments: Enrichments,
        tokens: Tokens,
        enricher: Enricher,
        deadline_seconds: float,
        on_result: Callable[[Claimed, Result], None] = lambda claimed, result: None,
        in_flight: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._enrichments = enrichments
        self._tokens = tokens
        self._enricher = enricher
        self._deadline_seconds = deadline_seconds
        self._on_result = on_result
        self._in_flight = in_flight
        self._owner = str(uuid4())
        self._running: set[tuple[str, int]] = set()  # ticket and attempt

    async def enrich(self, ticket_id: str, project_id: str, email: Email, *, refresh: bool = False) -> Enriched:
        """Return the ticket's one result; raises `Refused` for an unknown project or another project's ticket."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._deadline_seconds
        pause, waited = FIRST_PAUSE_SECONDS, False
        while clock.time() < deadline + STORING_SECONDS:
            claim = await self._enrichments.claim(
                ticket_id, project_id, self._owner, refresh=refresh and not waited, lease_seconds=LEASE_SECONDS
            )
            match claim:
                case Claimed():
                    document = await self._run(claim, email, deadline)
                    if document is not None:
                        return Enriched(document, reused=False)
                    waited = True
                case Stored() if not (waited and claim.refreshing):
                    return Enriched(claim.result, reused=not waited)
                case Stored() | Busy():
                    waited = True
                    await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only spreads callers
                    pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
                case ForeignTicket():
                    raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
                case UnknownProject():
                    raise Refused(Refusal.PROJECT_NOT_FOUND)
        raise Refused(Refusal.ENRICHMENT_RUNNING)

    @asynccontextmanager
    async def keeping_leases(self, every_seconds: float = RENEWAL_SECONDS) -> AsyncIterator[None]:
        """Renew the leases of this process's runs while the context is open."""
        renewal = asyncio.create_task(self._renew_for_ever(every_seconds))
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(asyncio.CancelledError):
                await renewal

    async def _renew_for_ever(self, every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds)
            if self._running:
                with suppress(DatabaseUnavailable):  # the next renewal tries again; a lost claim stores nothing
                    tickets = sorted({ticket_id for ticket_id, _ in self._running})
                    await self._enrichments.renew(self._owner, tickets, LEASE_SECONDS)

    async def _run(self, claimed: Claimed, email: Email, deadline: float) -> dict[str, Any] | None:
        """Run one claimed ticket; None when another process took it over and its result is the one that counts."""
        self._running.add((claimed.ticket_id, claimed.attempt))
        try:
            with self._in_flight():
                result = await self._result(claimed, email, deadline)
            document = result.as_document()
            if not await self._enrichments.finish(claimed, document, refund=_refunds(result)):
                return await self._after_a_lost_claim(claimed, document)
        except BaseException:
            with suppress(DatabaseUnavailable):  # then the lease runs out by itself
                await asyncio.shield(self._enrichments.release(claimed, refund=True))
            raise
        finally:
            self._running.discard((claimed.ticket_id, claimed.attempt))
        self._on_result(claimed, result)
        return document

    async def _after_a_lost_claim(self, claimed: Claimed, document: dict[str, Any]) -> dict[str, Any] | None:
        found = await self._enrichments.find(claimed.ticket_id, claimed.project_id)
        erased_meanwhile = found is None
        return document if erased_meanwhile else None

    async def _result(self, claimed: Claimed, email: Email, deadline: float) -> Result:
        ready = self._readied(claimed)
        if isinstance(ready, Outcome):
            return self._enricher.not_run(ready)
        if not await self._enrichments.charge(claimed):
            return self._enricher.not_run(Outcome.SKIPPED_CREDITS)
        result, _ = await self._enricher.run(email, *ready, deadline)
        return result

    def _readied(self, claimed: Claimed) -> tuple[Configuration, Secret] | Outcome:
        """Return what a run needs, or why nothing may be run."""
        if claimed.project.plan != BUSINESS_PLAN:
            return Outcome.PLAN
        stored = claimed.stored
        if stored is None or stored.token is None or missing_fields(stored.configuration, has_token=True):
            return Outcome.NOT_CONFIGURED
        if not stored.configuration.enabled:
            return Outcome.NOT_ENABLED
        try:
            return stored.configuration, self._tokens.open(claimed.project_id, stored.token.sealed)
        except TokenUnreadable:
            return Outcome.TOKEN_UNREADABLE


def _refunds(result: Result) -> bool:
    return result.outcome is Outcome.AI_UNAVAILABLE
