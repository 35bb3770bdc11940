"""Runs queued tickets: claim, enrich, store. Whatever happens meanwhile, each ends with exactly one result."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from app.domain import pauses
from app.domain.breaker import Admission, Verdict, verdict_of
from app.domain.claims import Claimed, DatabaseUnavailable, InLine, Suspect
from app.domain.configuration import Configuration, missing_fields
from app.domain.extraction import Extracted
from app.domain.outcomes import Outcome, Result
from app.domain.projects import TokenUnreadable
from app.domain.traces import Trace, untold
from app.enrichment import Enricher, Run, Step
from support_context.identifiers import sanitize
from support_context.secrets import Secret

MOST_STRIKES = 3
"""Attempts of one run that may end in a crash: a ticket that kills its worker each time must not do so for ever."""

DATABASE_PAUSE_SECONDS = 1.0
"""Pause before a job, or the storing of a result, is tried again while the database is away."""

STORING_SECONDS = 60.0
"""How long a result is held while the database is away; after that the ticket is run again."""

LARGEST_SPREAD = 1.25
"""A pause is lengthened by chance up to this factor, so that tickets put back together do not return together."""

SUSPECT_PAUSE_SECONDS = 2.0
"""Pause of a run that may have killed its workers while another such is running: one at a time, so that no ticket is
given up for what its neighbour did."""

SECOND_LOOK_SECONDS = 60.0
"""When, after the longest run, somebody looks again at a ticket whose claim was lost: its job may be gone with that."""


class Runs(Protocol):
    """The rows of tickets that are run; every method may raise `DatabaseUnavailable`, every write is fenced."""

    async def claim(
        self, ticket_id: str, run: int, owner: str, *, suspects: bool = True
    ) -> Claimed | Suspect | InLine | None:
        """Take the run, and a credit for it where it may use one; None where it has ended or been replaced.

        `InLine` where its project has as many in flight as it may: it comes again with a new job. Without `suspects`,
        one that has a single attempt left stays as it is.
        """

    async def keep(self, claimed: Claimed, extracted: Extracted) -> bool:
        """Note what the first AI call found; False if the claim was lost."""

    async def finish(
        self, claimed: Claimed, result: dict[str, Any], *, refund: bool, verdict: Verdict = Verdict.UNKNOWN
    ) -> bool:
        """Store the result, erase the email and tell everybody, the breaker too what the run tells of the endpoint.

        False, and nothing written, if the claim was lost.
        """

    async def put_back(self, claimed: Claimed, *, if_asynchronous: bool) -> bool:
        """Return the ticket to the queue without a strike; False if the claim was lost, or somebody waits for it."""

    async def look_again(self, claimed: Claimed, after_seconds: float) -> None:
        """Have a worker look at the ticket later."""


class Tokens(Protocol):
    """Opens what was sealed for a project; raises `TokenUnreadable`."""

    def open(self, project_id: str, sealed: bytes) -> Secret:
        """Return the token in clear."""


class RunSpan(Protocol):
    """A run in a trace: what it is told is what people see who ask where the time went."""

    def step(self, name: str, outcome: str, failure: Outcome | None) -> None:
        """Note that a step begins (`running`) or has ended."""

    def ended(self, result: Result) -> None:
        """Note the result."""

    def put_back(self, why: str) -> None:
        """Note that the run was returned to the queue."""


class Senders(Protocol):
    """What each sender has asked about; may raise `DatabaseUnavailable`, and then the run begins anew."""

    async def admit(self, project_id: str, sender: str, identifier: str) -> bool:
        """Tell whether the sender may ask about this customer, and count that they did."""


Traced = Callable[[str, str | None, Trace | None], AbstractContextManager[RunSpan]]
"""Follows a run of this project and ticket (None for a test) in the trace of its submitter while it is open."""


def told_to(span: RunSpan) -> Callable[[Step], None]:
    """Return what tells the span of each step."""
    return lambda step: span.step(step.name, step.outcome, step.failure)


class ClaimLost(Exception):
    """Another worker has taken the ticket over; nothing that this one finds counts any more."""


class Worker:
    """Runs the tickets of one process; holds no database connection while it waits for anybody."""

    def __init__(
        self,
        runs: Runs,
        tokens: Tokens,
        senders: Senders,
        enricher: Enricher,
        deadline_seconds: float,
        on_result: Callable[[Claimed, Result], None] = lambda claimed, result: None,
        on_put_back: Callable[[str], None] = lambda why: None,
        in_flight: Callable[[], AbstractContextManager[None]] = nullcontext,
        traced: Traced = untold,
    ) -> None:
        self._runs = runs
        self._tokens = tokens
        self._senders = senders
        self._enricher = enricher
        self._deadline_seconds = deadline_seconds
        self._on_result = on_result
        self._on_put_back = on_put_back
        self._in_flight = in_flight
        self._traced = traced
        self._tasks: set[asyncio.Task[Any]] = set()
        self._putting_back = False
        self._suspect = asyncio.Lock()

    @property
    def in_flight(self) -> int:
        """How many tickets are running now."""
        return len(self._tasks)

    def put_back_all(self) -> None:
        """Stop every run and return its ticket to the queue: this process is about to end."""
        self._putting_back = True
        for task in self._tasks:
            task.cancel()

    async def work(self, ticket_id: str, run: int) -> float | None:
        """Run one queued ticket; return None when that is settled, or the seconds after which to look at it again."""
        task = asyncio.current_task()
        if task is None or self._putting_back:
            return 0.0
        self._tasks.add(task)
        try:
            with self._in_flight():
                return await self._work(ticket_id, run)
        except DatabaseUnavailable:
            return DATABASE_PAUSE_SECONDS
        except asyncio.CancelledError:
            if not self._putting_back:
                raise
            task.uncancel()
            return 0.0
        finally:
            self._tasks.discard(task)

    async def _work(self, ticket_id: str, run: int) -> float | None:
        claimed = await self._runs.claim(ticket_id, run, uuid4().hex, suspects=False)
        if isinstance(claimed, Claimed):
            return await self._run(claimed)
        if not isinstance(claimed, Suspect):
            self._leave(claimed)
            return None
        if self._suspect.locked():
            return SUSPECT_PAUSE_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311 - spreads
        async with self._suspect:
            claimed = await self._runs.claim(ticket_id, run, uuid4().hex)
            if isinstance(claimed, Claimed):
                return await self._run(claimed)
            self._leave(claimed)
            return None

    def _leave(self, claimed: Suspect | InLine | None) -> None:
        """Let go of a job: its run has ended, or stands in line and gets another job when it is let in."""
        if isinstance(claimed, InLine):
            self._on_put_back("project_limit")

    async def _run(self, claimed: Claimed) -> float | None:
        with self._traced(claimed.project_id, claimed.ticket_id, claimed.trace) as span:
            return await self._run_in(span, claimed)

    async def _run_in(self, span: RunSpan, claimed: Claimed) -> float | None:
        started = asyncio.get_running_loop().time()
        try:
            result, run = await self._result(claimed, started + self._deadline_seconds, told_to(span))
            if result.outcome is Outcome.AI_UNAVAILABLE:
                age = claimed.age_seconds + asyncio.get_running_loop().time() - started
                asked, spread = run.retry_after if run else 0.0, random.uniform(1.0, LARGEST_SPREAD)  # noqa: S311 - spreads
                pause = pauses.before_next_try(age, asked, spread)
                if pause is not None and await self._runs.put_back(claimed, if_asynchronous=True):
                    self._on_put_back("ai_unavailable")
                    span.put_back("ai_unavailable")
                    return pause
            await self._store(claimed, result, _told_by(result, run))
            span.ended(result)
        except asyncio.CancelledError:
            with suppress(DatabaseUnavailable):  # then it is taken over as from a worker that died
                await asyncio.shield(self._runs.put_back(claimed, if_asynchronous=False))
            self._on_put_back("shutdown")
            span.put_back("shutdown")
            raise
        except ClaimLost:
            await self._runs.look_again(claimed, self._deadline_seconds + SECOND_LOOK_SECONDS)
        return None

    async def _store(self, claimed: Claimed, result: Result, verdict: Verdict) -> None:
        """Store the result, however long the database is away within `STORING_SECONDS`."""
        document, clock = result.as_document(), asyncio.get_running_loop()
        give_up = clock.time() + STORING_SECONDS
        while True:
            try:
                refund = result.credits_used == 0
                stored = await self._runs.finish(claimed, document, refund=refund, verdict=verdict)
                break
            except DatabaseUnavailable:
                if clock.time() > give_up:
                    raise
                await asyncio.sleep(DATABASE_PAUSE_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spreads
        if not stored:
            raise ClaimLost
        self._on_result(claimed, result)

    async def _result(
        self, claimed: Claimed, deadline: float, on_step: Callable[[Step], None]
    ) -> tuple[Result, Run | None]:
        """Return how the run ends, and what it did, if anything."""
        if claimed.strikes > MOST_STRIKES:
            return self._enricher.not_run(Outcome.INTERRUPTED), None
        ready = self._readied(claimed)
        if isinstance(ready, Outcome):
            return self._enricher.not_run(ready), None
        if claimed.admission is Admission.REFUSED:
            return self._enricher.not_run(Outcome.CIRCUIT_OPEN), None
        if not claimed.charged:
            return self._enricher.not_run(Outcome.SKIPPED_CREDITS), None
        keep = partial(self._keep, claimed)
        admit = partial(self._senders.admit, claimed.project_id, claimed.email.sender)
        return await self._enricher.run(
            claimed.email, *ready, deadline, on_step, extracted=claimed.extracted, keep=keep, admit=admit
        )

    async def _keep(self, claimed: Claimed, extracted: Extracted) -> None:
        """Keep what was found, and stop before the customer endpoint is called where the claim was lost."""
        # A model may name characters that no database takes; what is left may be sent, and is accepted again.
        found = replace(extracted, identifier=sanitize(extracted.identifier or ""))
        with suppress(DatabaseUnavailable):  # then a run that starts again asks the AI again
            if not await self._runs.keep(claimed, found):
                raise ClaimLost

    def _readied(self, claimed: Claimed) -> tuple[Configuration, Secret] | Outcome:
        """Return what a run needs, or why nothing may be run."""
        if not claimed.project.includes_customer_context:
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


def _told_by(result: Result, run: Run | None) -> Verdict:
    """Return what the run tells of its endpoint."""
    response = run.response if run else None
    return verdict_of(result.outcome, response.http_status if response else None)
