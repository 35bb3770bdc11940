"""The stores that a test works on, real or in memory, with a project in them, and short ways to ask them."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import fetch
from app.adapters.postgres.line import Line
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import ENDED_CHANNEL, TicketStore, ended_in
from app.domain.claims import Claimed, Submission, Submitted
from app.domain.configuration import Configuration, IdentityPolicy, StoredToken
from app.domain.outcomes import Outcome
from app.domain.projects import Project
from app.domain.tickets import Email
from tests.support.memory_access import MemoryAccessTokenStore, MemoryAuditStore
from tests.support.memory_store import (
    MemoryBreakerStore,
    MemoryDatabase,
    MemoryProjectStore,
    MemoryRunStore,
    MemorySenderStore,
    MemoryTicketStore,
)

MOST_STRIKES = 3
MOST_IDENTIFIERS = 20
KEY = b"k" * 32
MOST_AT_ONCE = 600
"""Places of a project, where a test does not say: more than it fills."""

PROJECT = Project("prj_1", "business", ("u1", "u2"), 37)
OTHER_PROJECT = Project("prj_2", "business", (), 5)
CONFIGURATION = Configuration(
    "POST", "https://example.com/x", "key", "find it", "show it", True, "/email", IdentityPolicy.REQUIRE_MATCH
)
TOKEN = StoredToken(b"\x00sealed\xff", "https://example.com", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
EMAIL = Email("Seats – ünï 🎉", "Account ID: acct_12ab34cd", "jane@example.com", sender_verified=True)


def result_of(outcome: Outcome = Outcome.OK, **changes: Any) -> dict[str, Any]:
    """Return what a run stores, as far as a store looks into it."""
    credits_used = 0 if outcome is Outcome.AI_UNAVAILABLE else 1
    ending = {"status": outcome.status.value, "reason": outcome.reason, "credits_used": credits_used}
    fields = [{"label": "Plan", "value": "Pro – ünï 🎉"}]
    return {**ending, "timings_ms": {"extract": 412, "total": 499}, "fields": fields, "n": None, **changes}


RESULT = result_of()


class Behind(Protocol):
    """What only a test looks at: what the stores leave for others, and what they should have erased."""

    async def jobs(self) -> list[tuple[str, int]]:
        """Return ticket and run of every job that waits, in the order in which they were left."""

    async def second_looks(self) -> list[tuple[str, int, float]]:
        """Return ticket, run and pause in seconds of every job that was left for a later look."""

    async def run_of(self, ticket_id: str) -> int:
        """Return the number of the ticket's run."""

    async def breaker_pause_over(self) -> None:
        """Make it time for the next to try the endpoint of `prj_1`."""

    async def webhooks(self) -> list[tuple[str, str]]:
        """Return ticket and project of every message to the helpdesk that waits."""

    async def heard(self) -> list[tuple[str, str]]:
        """Return ticket and project of every run of which everybody was told that it has ended."""

    async def ended_runs(self) -> list[tuple[str, str, str | None, int]]:
        """Return project, status, reason and credits of every run that ended."""

    async def email_kept(self, ticket_id: str) -> bool:
        """Tell whether the ticket's email, what was said of its sender, or what was found in it, is stored."""

    async def grow_old(self, ticket_id: str, seconds: float) -> None:
        """Make it so many seconds longer ago that the ticket was submitted."""

    async def forget_slowly(self, seconds: float) -> None:
        """Make it so many seconds longer ago that senders asked."""

    async def senders_known(self, project_id: str) -> int:
        """Return how many senders of a project are counted."""


@dataclass(frozen=True)
class Stores:
    """One service's stores, with the project `prj_1` in them."""

    projects: ProjectStore | MemoryProjectStore
    tickets: TicketStore | MemoryTicketStore
    runs: RunStore | MemoryRunStore
    senders: SenderStore | MemorySenderStore
    behind: Behind
    trail: AuditStore | MemoryAuditStore
    access: AccessTokenStore | MemoryAccessTokenStore
    breakers: BreakerStore | MemoryBreakerStore

    async def submit(self, ticket_id: str = "t_1", project_id: str = "prj_1", **options: Any) -> Submitted:
        [submitted] = await self.tickets.submit([submission(ticket_id, project_id, **options)])
        return submitted

    async def submitted(self, ticket_id: str = "t_1", **options: Any) -> int:
        """Submit a ticket and return the number of its run."""
        await self.submit(ticket_id, **options)
        return await self.behind.run_of(ticket_id)

    async def claimed(self, ticket_id: str = "t_1", owner: str = "a", **options: Any) -> Claimed:
        """Submit a ticket and claim its run."""
        return await self.claim(await self.submitted(ticket_id, **options), owner, ticket_id)

    async def claim(self, run: int, owner: str = "a", ticket_id: str = "t_1") -> Claimed:
        claimed = await self.runs.claim(ticket_id, run, owner)
        assert isinstance(claimed, Claimed)
        return claimed

    async def finished(self, ticket_id: str = "t_1", **options: Any) -> Claimed:
        """Have a ticket run to its end."""
        claimed = await self.claimed(ticket_id, **options)
        assert await self.runs.finish(claimed, RESULT, refund=False) is True
        return claimed

    async def turn_on(self) -> None:
        """Save a configuration that is turned on: from now on, runs cost a credit."""
        await self.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")

    async def used(self, project_id: str = "prj_1") -> int:
        found = await self.projects.get(project_id)
        assert found is not None
        return found[1].used_this_month


def submission(ticket_id: str = "t_1", project_id: str = "prj_1", **options: Any) -> Submission:
    return Submission(ticket_id, project_id, **({"email": EMAIL} | options))


class BehindMemory:
    """Looks into a `MemoryDatabase`."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._jobs: list[tuple[str, int, float]] = []
        self._webhooks: list[tuple[str, str]] = []
        self._heard: list[tuple[str, str]] = []
        database.on_job = lambda job: self._jobs.append((job.ticket_id, job.run, job.after_seconds))
        database.on_webhook = lambda ticket_id, project_id: self._webhooks.append((ticket_id, project_id))
        database.on_ended = lambda ticket_id, project_id: self._heard.append((ticket_id, project_id))

    async def jobs(self) -> list[tuple[str, int]]:
        return [(ticket_id, run) for ticket_id, run, after_seconds in self._jobs if not after_seconds]

    async def second_looks(self) -> list[tuple[str, int, float]]:
        return [job for job in self._jobs if job[2]]

    async def run_of(self, ticket_id: str) -> int:
        return self._database.rows[ticket_id].run

    async def breaker_pause_over(self) -> None:
        endpoint, breaker = self._database.breakers["prj_1"]
        self._database.breakers["prj_1"] = endpoint, replace(breaker, next_probe_at=self._database.now())

    async def webhooks(self) -> list[tuple[str, str]]:
        return list(self._webhooks)

    async def heard(self) -> list[tuple[str, str]]:
        return list(self._heard)

    async def ended_runs(self) -> list[tuple[str, str, str | None, int]]:
        runs = self._database.ended_runs
        return [(run.project_id, run.status, run.reason, run.credits_used) for run in runs]

    async def email_kept(self, ticket_id: str) -> bool:
        row = self._database.rows[ticket_id]
        return row.email is not None or row.extracted is not None

    async def grow_old(self, ticket_id: str, seconds: float) -> None:
        self._database.rows[ticket_id].submitted_at -= timedelta(seconds=seconds)

    async def forget_slowly(self, seconds: float) -> None:
        for asked in self._database.senders.values():
            asked.update({key: since - timedelta(seconds=seconds) for key, since in asked.items()})

    async def senders_known(self, project_id: str) -> int:
        return len([key for key in self._database.senders if key[0] == project_id])


class BehindPostgres:
    """Looks into a real database; `notify` takes the NOTIFYs that stores send."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.notices: list[tuple[str, str]] = []

    def notify(self, channel: str, message: str) -> None:
        self.notices.append((channel, message))

    async def jobs(self) -> list[tuple[str, int]]:
        return [(facts[0], facts[1]) for facts, pause in await self._waiting("enrich") if pause < 1]

    async def second_looks(self) -> list[tuple[str, int, float]]:
        return [(facts[0], facts[1], pause) for facts, pause in await self._waiting("enrich") if pause >= 1]

    async def run_of(self, ticket_id: str) -> int:
        found = text("SELECT run FROM enrichments WHERE ticket_id = :ticket_id")
        run: int = (await fetch(self._engine, found, {"ticket_id": ticket_id}))[0].run
        return run

    async def breaker_pause_over(self) -> None:
        await fetch(self._engine, text("UPDATE breakers SET next_probe_at = now()"))

    async def webhooks(self) -> list[tuple[str, str]]:
        facts = [facts for facts, _ in await self._waiting("webhook")]
        assert len({message_id for message_id, _, _ in facts}) == len(facts)
        assert all(message_id.startswith("msg_") for message_id, _, _ in facts)
        return [(ticket_id, project_id) for _, ticket_id, project_id in facts]

    async def heard(self) -> list[tuple[str, str]]:
        return [ended_in(message) for channel, message in self.notices if channel == ENDED_CHANNEL]

    async def ended_runs(self) -> list[tuple[str, str, str | None, int]]:
        rows = await fetch(
            self._engine, text("SELECT project_id, status, reason, credits_used FROM ended_runs ORDER BY ended_at")
        )
        return [tuple(row) for row in rows]

    async def email_kept(self, ticket_id: str) -> bool:
        kept = text("""
            SELECT num_nonnulls(email, sender_verified, extracted) AS kept FROM enrichments WHERE ticket_id = :ticket_id
        """)
        return bool((await fetch(self._engine, kept, {"ticket_id": ticket_id}))[0].kept)

    async def grow_old(self, ticket_id: str, seconds: float) -> None:
        older = "UPDATE enrichments SET submitted_at = submitted_at - make_interval(secs => :s) WHERE ticket_id = :t"
        await fetch(self._engine, text(older), {"s": seconds, "t": ticket_id})

    async def forget_slowly(self, seconds: float) -> None:
        older = """
            UPDATE senders SET seen_at = seen_at - make_interval(secs => :s), identifiers = (
                SELECT jsonb_object_agg(key, CAST(value AS float8) - :s) FROM jsonb_each(identifiers)
            )
        """
        await fetch(self._engine, text(older), {"s": seconds})

    async def senders_known(self, project_id: str) -> int:
        known = text("SELECT count(*) AS n FROM senders WHERE project_id = :project_id")
        return int((await fetch(self._engine, known, {"project_id": project_id}))[0].n)

    async def _waiting(self, kind: str) -> list[tuple[Any, float]]:
        waiting = text("""
            SELECT payload, CAST(extract(epoch FROM execute_after - created) AS float8) AS pause
            FROM pgqueuer WHERE entrypoint = :kind ORDER BY id
        """)
        return [(json.loads(row.payload), row.pause) for row in await fetch(self._engine, waiting, {"kind": kind})]


async def memory_stores(*, webhooks: bool = False, places: int = MOST_AT_ONCE) -> Stores:
    """Return stores in memory, with the project in them."""
    database = MemoryDatabase(places)
    runs = MemoryRunStore(database, MOST_STRIKES, webhooks=webhooks)
    stores = Stores(
        MemoryProjectStore(database),
        MemoryTicketStore(database),
        runs,
        MemorySenderStore(database, MOST_IDENTIFIERS),
        BehindMemory(database),
        MemoryAuditStore(database),
        MemoryAccessTokenStore(database),
        MemoryBreakerStore(database),
    )
    await stores.projects.put(PROJECT)
    return stores


async def postgres_stores(engine: AsyncEngine, *, webhooks: bool = False, places: int = MOST_AT_ONCE) -> Stores:
    """Return stores on a migrated database, with the project in them."""
    behind = BehindPostgres(engine)
    line = Line(engine, places, behind.notify)
    runs = RunStore(engine, line, MOST_STRIKES, behind.notify, webhooks=webhooks)
    stores = Stores(
        ProjectStore(engine),
        TicketStore(engine, line, behind.notify),
        runs,
        SenderStore(engine, KEY, MOST_IDENTIFIERS),
        behind,
        AuditStore(engine),
        AccessTokenStore(engine),
        BreakerStore(engine),
    )
    await stores.projects.put(PROJECT)
    return stores
