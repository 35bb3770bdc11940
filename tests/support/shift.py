"""One worker at work on one ticket, over the memory store, with everything that may come between."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.adapters.vault import Vault
from app.domain.breaker import Verdict
from app.domain.claims import Claimed, DatabaseUnavailable, InLine, Stored, Submission, Suspect
from app.domain.extraction import Extracted
from app.domain.outcomes import Outcome, Result, StepFailed, Usage
from app.domain.tickets import Email
from app.enrichment import Enricher
from app.runs.worker import MOST_STRIKES, Worker
from tests.support.endpoints import ScriptedEndpoint
from tests.support.memory_store import MemoryRunStore, MemorySenderStore, Row
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, World
from tests.support.virtual_time import now

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")

AWAY = StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 529")
"""What an AI provider that is down makes of a call."""


@dataclass
class Shift:
    """One worker and one ticket, `t_1`, whose jobs nobody takes but the test."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    endpoint_seconds: float = 0.0
    asynchronous: bool = False
    results: list[Result] = field(default_factory=list)
    put_back: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=self.endpoint_seconds)
        self.world = World(model=self.model, endpoint=endpoint, seats=0)
        self.world.database.now = now
        self.world.put_in_place()
        self.runs = Runs(self.world)
        self.senders = Senders(self.world.database, self.world.identifiers_per_sender_hour)
        self.worker = self.another_worker()

    def another_worker(self) -> Worker:
        enricher = Enricher(self.model, self.world.endpoint)
        return Worker(
            self.runs, Vault(self.world.keys), self.senders, enricher, 30.0, self._on_result, self.put_back.append
        )

    def _on_result(self, claimed: Claimed, result: Result) -> None:
        assert claimed.ticket_id == "t_1"
        self.results.append(result)

    async def submit(self, **options: Any) -> None:
        options = {"asynchronous": self.asynchronous} | options
        await self.world.tickets.submit([Submission("t_1", "prj_1", EMAIL, **options)])

    async def work(self) -> float | None:
        """Have the worker do the newest job of the ticket."""
        return await self.worker.work("t_1", self.row.run)

    async def at_work(self, until: Callable[[], bool]) -> "asyncio.Task[float | None]":
        """Have the worker do it up to some point."""
        await self.submit()
        task = asyncio.create_task(self.work())
        async with asyncio.timeout(100):
            while not until():  # noqa: ASYNC110 - the loop's time is virtual
                await asyncio.sleep(0.01)
        return task

    @property
    def row(self) -> Row:
        return self.world.database.rows["t_1"]

    async def stored(self) -> dict[str, Any]:
        found = await self.world.tickets.find("t_1", "prj_1")
        assert isinstance(found, Stored), found
        return found.result


class Runs(MemoryRunStore):
    """Fails as often as told; `stalling`, it takes a minute for a method."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, MOST_STRIKES)
        self.failing: dict[str, int] = {}
        self.stalling = ""
        self.called: list[str] = []

    async def claim(
        self, ticket_id: str, run: int, owner: str, *, suspects: bool = True
    ) -> Claimed | Suspect | InLine | None:
        await self._meet("claim")
        return await super().claim(ticket_id, run, owner, suspects=suspects)

    async def keep(self, claimed: Claimed, extracted: Extracted) -> bool:
        await self._meet("keep")
        return await super().keep(claimed, extracted)

    async def finish(
        self, claimed: Claimed, result: dict[str, Any], *, refund: bool, verdict: Verdict = Verdict.UNKNOWN
    ) -> bool:
        await self._meet("finish")
        return await super().finish(claimed, result, refund=refund, verdict=verdict)

    async def put_back(self, claimed: Claimed, *, if_asynchronous: bool) -> bool:
        await self._meet("put_back")
        return await super().put_back(claimed, if_asynchronous=if_asynchronous)

    async def look_again(self, claimed: Claimed, after_seconds: float) -> None:
        await self._meet("look_again")
        await super().look_again(claimed, after_seconds)

    async def _meet(self, method: str) -> None:
        self.called.append(method)
        if method == self.stalling:
            await asyncio.sleep(60.0)
        if self.failing.get(method):
            self.failing[method] -= 1
            raise DatabaseUnavailable


class Senders(MemorySenderStore):
    """Has lost its database as often as told."""

    failing = 0

    async def admit(self, project_id: str, sender: str, identifier: str) -> bool:
        if self.failing:
            self.failing -= 1
            raise DatabaseUnavailable
        return await super().admit(project_id, sender, identifier)


class SlowToSummarize(ScriptedModel):
    """Takes an hour for its second answer."""

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        answer = await super().extract(email, instructions)
        self.seconds = 3600.0
        return answer
