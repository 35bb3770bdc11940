"""One attempt at a claimed run: plan and configuration checked, the email enriched, the result stored or put off."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from app.adapters.postgres.run_store import RunStore
from app.adapters.vault import Vault
from app.domain.breaker import Admission, EndpointVerdict, verdict_of
from app.domain.claims import Claimed, DatabaseUnavailable
from app.domain.configuration import Configuration, missing_fields
from app.domain.outcomes import Outcome, Result
from app.domain.projects import TokenUnreadable, includes_customer_context
from app.domain.reading.extraction import Extracted, as_sent
from app.domain.steps import Run, Span
from app.domain.workload import MOST_STRIKES
from app.enrichment import Enricher
from app.runs import pauses
from app.runs.observer import Observer
from support_context.identifiers import sanitize
from support_context.secrets import Secret

DATABASE_PAUSE_SECONDS = 1.0
"""Pause before a statement is tried again while the database is away."""

STORING_SECONDS = 60.0
"""How long a run is held while the database is away; after that the ticket is run again."""

LARGEST_SPREAD = 1.25
"""A pause is lengthened by chance up to this factor, so that tickets put back together do not return together."""

_T = TypeVar("_T")


class ClaimLost(Exception):
    """Another worker has taken the ticket over; nothing that this one finds counts any more."""


class Attempts:
    """Makes the attempts of one process; holds no database connection while it waits for anybody."""

    def __init__(
        self, runs: RunStore, vault: Vault, enricher: Enricher, deadline_seconds: float, observer: Observer
    ) -> None:
        self._runs = runs
        self._vault = vault
        self._enricher = enricher
        self._deadline_seconds = deadline_seconds
        self._observer = observer

    async def make(self, claimed: Claimed, span: Span) -> None:
        """Run the ticket to its result, or put it back for later.

        Raises `ClaimLost`, and `DatabaseUnavailable` where it was away for too long.
        """
        clock = asyncio.get_running_loop()
        started = clock.time()
        result, run = await self._result(claimed, started + self._deadline_seconds, span)
        if result.outcome is Outcome.AI_UNAVAILABLE:
            age = claimed.age_seconds + clock.time() - started
            asked, spread = run.retry_after if run else 0.0, random.uniform(1.0, LARGEST_SPREAD)  # noqa: S311 - spreads
            pause = pauses.before_next_try(age, asked, spread)
            if pause is not None and await _patiently(partial(self._runs.rest, claimed, pause, strike=False)):
                self._observer.put_back("ai_unavailable")
                span.put_back("ai_unavailable")
                return
        await self._store(claimed, result, _told_by(result, run))
        span.ended(result)

    async def _store(self, claimed: Claimed, result: Result, verdict: EndpointVerdict) -> None:
        document, refund = result.as_document(), result.credits_used == 0
        finish = partial(self._runs.finish, claimed, document, refund=refund, verdict=verdict)
        shown = await _patiently(finish)
        if shown is None:
            raise ClaimLost
        self._observer.ended(claimed, result, shown)

    async def _result(self, claimed: Claimed, deadline: float, span: Span) -> tuple[Result, Run | None]:
        """Return how the run ends, and what it did, if anything."""
        if claimed.strikes > MOST_STRIKES:
            return self._enricher.not_run(Outcome.INTERRUPTED), None
        if claimed.given is not None and as_sent(claimed.given.identifier) != claimed.given.identifier:
            return self._enricher.not_run(Outcome.NOT_SENDABLE), None
        ready = self._readied(claimed)
        if isinstance(ready, Outcome):
            if ready is Outcome.TOKEN_UNREADABLE:
                await _patiently(partial(self._runs.token_unreadable, claimed))
            return self._enricher.not_run(ready), None
        if claimed.breaker_open:
            claimed = await _patiently(partial(self._runs.ask_breaker, claimed))
        if claimed.admission is Admission.REFUSED:
            return self._enricher.not_run(Outcome.CIRCUIT_OPEN), None
        if not claimed.charged:
            return self._enricher.not_run(Outcome.SKIPPED_CREDITS), None
        admit = partial(self._admit, claimed)
        return await self._enricher.run(
            claimed.email, *ready, deadline, span, extracted=claimed.extracted, admit=admit, given=claimed.given
        )

    async def _admit(self, claimed: Claimed, identifier: str, extracted: Extracted) -> bool:
        """Keep what was found and count who asks; stop before the endpoint is called where the claim was lost."""
        # A model may name characters that no database takes; what is left may be sent, and is accepted again.
        found = replace(extracted, identifier=sanitize(extracted.identifier or ""))
        admitted = await _patiently(partial(self._runs.admit, claimed, found, identifier))
        if admitted is None:
            raise ClaimLost
        return admitted

    def _readied(self, claimed: Claimed) -> tuple[Configuration, Secret] | Outcome:
        """Return what a run needs, or why nothing may be run."""
        if not includes_customer_context(claimed.plan):
            return Outcome.PLAN
        configuration, token = claimed.configuration, claimed.token_sealed
        if configuration is None or token is None or missing_fields(configuration, has_token=True):
            return Outcome.NOT_CONFIGURED
        if not configuration.enabled:
            return Outcome.NOT_ENABLED
        try:
            return configuration, self._vault.open(claimed.project_id, token)
        except TokenUnreadable:
            return Outcome.TOKEN_UNREADABLE


async def _patiently(call: Callable[[], Awaitable[_T]]) -> _T:
    """Call the database, again and again while it is away, within `STORING_SECONDS`."""
    clock = asyncio.get_running_loop()
    give_up = clock.time() + STORING_SECONDS
    while True:
        try:
            return await call()
        except DatabaseUnavailable:
            if clock.time() > give_up:
                raise
        await asyncio.sleep(DATABASE_PAUSE_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spreads


def _told_by(result: Result, run: Run | None) -> EndpointVerdict:
    """Return what the run tells of its endpoint."""
    response = run.response if run else None
    return verdict_of(result.outcome, response.http_status if response else None)
