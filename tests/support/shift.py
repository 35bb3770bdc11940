"""One worker at work on one ticket, on the database of the tests, with everything that may come between."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.adapters.postgres.connection import Row
from app.adapters.postgres.run_store import RunStore
from app.adapters.vault import Vault
from app.domain.breaker import EndpointVerdict
from app.domain.claims import Claimed, DatabaseUnavailable, Stored, Submission
from app.domain.outcomes import Outcome, Result, StepFailed, Usage
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.enrichment import Enricher
from app.runs.attempt import Attempts
from app.runs.observer import Observer
from app.runs.worker import Worker
from tests.support.endpoints import ScriptedEndpoint
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, World
from tests.support.virtual_time import now

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")

AWAY = StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 529")
"""What an AI provider that is down makes of a call."""


@dataclass
class Shift(Observer):
    """One worker and one ticket, `t_1`, whose run nobody takes but the test."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    endpoint_seconds: float = 0.0
    asynchronous: bool = False
    results: list[Result] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=self.endpoint_seconds)
        self.world = World(model=self.model, endpoint=endpoint, seats=0)
        self.world.put_in_place()
        self.runs = Runs(self.world)
        self.worker = self.another_worker()

    def another_worker(self) -> Worker:
        enricher = Enricher(self.model, self.world.endpoint)
        attempts = Attempts(self.runs, Vault(self.world.keys), enricher, 30.0, self)
        return Worker(self.runs, attempts, 10, self)

    def ended(self, claimed: Claimed, result: Result, document: dict[str, Any]) -> None:
        assert (claimed.ticket_id, document) == ("t_1", result.as_document())
        self.results.append(result)

    def put_back(self, why: str) -> None:
        self.returned.append(why)

    def failed(self, fault: Exception) -> None:
        self.faults.append(fault)

    async def submit(self, **options: Any) -> None:
        options = {"asynchronous": self.asynchronous} | options
        await self.world.tickets.submit([Submission("t_1", "prj_1", EMAIL, **options)])

    async def work(self, worker: Worker | None = None) -> bool:
        """Have the worker take the run, if it may be taken, and see to it; tell whether it was there."""
        taken = await self.runs.take(1, suspects=True)
        for claimed in taken:
            await asyncio.wait([(worker or self.worker).start(claimed)])
        return bool(taken)

    async def at_work(self, until: Callable[[], bool]) -> "asyncio.Task[bool]":
        """Have the worker do it up to some point."""
        await self.submit()
        task = asyncio.create_task(self.work())
        async with asyncio.timeout(100):
            while not until():  # noqa: ASYNC110 - the loop's time is virtual
                await asyncio.sleep(0.01)
        return task

    def orphaned(self) -> None:
        """Queue the run again, as is done with those of a worker that gives no sign of life."""
        self.world.database.rows("UPDATE enrichments SET state = 'queued'")

    async def taken_over(self) -> Claimed:
        """Have another worker get the run."""
        self.orphaned()
        [claimed] = await self.world.runs.take(1, suspects=True)
        return claimed

    @property
    def row(self) -> Row:
        return self.world.row()

    @property
    def rests(self) -> bool:
        """Tell whether the run is queued for later."""
        return bool(self.row.state == "queued" and self.row.due_at > now())

    async def stored(self) -> dict[str, Any]:
        found = await self.world.tickets.find("t_1", "prj_1")
        assert isinstance(found, Stored), found
        return found.result


class Runs(RunStore):
    """Fails as often as told; `stalling`, it takes a minute for a method."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.taker, world.senders, world.notify, webhooks=False)
        self.failing: dict[str, int] = {}
        self.stalling = ""
        self.called: list[str] = []

    async def take(self, want: int, *, suspects: bool) -> list[Claimed]:
        await self._meet("take")
        return await super().take(want, suspects=suspects)

    async def admit(self, claimed: Claimed, extracted: Extracted, identifier: str) -> bool | None:
        await self._meet("admit")
        return await super().admit(claimed, extracted, identifier)

    async def finish(
        self,
        claimed: Claimed,
        result: dict[str, Any],
        *,
        refund: bool,
        verdict: EndpointVerdict = EndpointVerdict.UNKNOWN,
    ) -> dict[str, Any] | None:
        await self._meet("finish")
        return await super().finish(claimed, result, refund=refund, verdict=verdict)

    async def rest(self, claimed: Claimed, pause_seconds: float, *, strike: bool) -> bool:
        await self._meet("rest")
        return await super().rest(claimed, pause_seconds, strike=strike)

    async def _meet(self, method: str) -> None:
        self.called.append(method)
        if method == self.stalling:
            await asyncio.sleep(60.0)
        if self.failing.get(method):
            self.failing[method] -= 1
            raise DatabaseUnavailable


class SlowToSummarize(ScriptedModel):
    """Takes an hour for its second answer."""

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        answer = await super().extract(email, instructions)
        self.seconds = 3600.0
        return answer
