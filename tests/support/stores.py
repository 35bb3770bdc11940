"""The stores that a test works on, with a project in them, and short ways to ask them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.delivery_store import DeliveryStore
from app.adapters.postgres.notify.notices import ENDED_CHANNEL, ended_in
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import TicketStore
from app.adapters.postgres.workload_store import WorkloadStore
from app.domain.claims import Claimed, Submission, Submitted, Taken
from app.domain.configuration import Configuration, IdentityPolicy, StoredToken
from app.domain.outcomes import Outcome
from app.domain.projects import Project
from app.domain.tickets import Email
from app.domain.workload import BEAT_SECONDS, Taker, WorkerBeat

MOST_IDENTIFIERS = 20
KEY = b"k" * 32
MOST_AT_ONCE = 600
"""Slots of a project, where a test does not say: more than it fills."""

PROJECT = Project("prj_1", "business", ("u1", "u2"), 37)
OTHER_PROJECT = Project("prj_2", "business", (), 5)
CONFIGURATION = Configuration(
    "POST", "https://example.com/x", "key", "find it", "show it", True, "/email", IdentityPolicy.REQUIRE_MATCH
)
TOKEN = StoredToken(b"\x00sealed\xff", "https://example.com", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
EMAIL = Email("Seats – ünï 🎉", "Account ID: acct_12ab34cd", "jane@example.com", sender_verified=True)


AT = {"created_at": "2026-11-22T12:00:00Z"}


def result_of(outcome: Outcome = Outcome.OK, **changes: Any) -> dict[str, Any]:
    """Return what a run stores, as far as a store looks into it."""
    credits_used = 0 if outcome is Outcome.AI_UNAVAILABLE else 1
    ending = {"status": outcome.status.value, "reason": outcome.reason, "credits_used": credits_used}
    fields = [{"label": "Plan", "value": "Pro – ünï 🎉"}]
    return {
        **ending,
        "timings_ms": {"extract": 412, "total": 499},
        "steps": [{"name": "extract", "outcome": "ok", "duration_ms": 412}],
        "identifier": None,
        "identity": "unknown",
        "fields": fields,
        "message": "It ended.",
        **AT,
        **changes,
    }


RESULT = result_of()


@dataclass(frozen=True)
class Stores:
    """One service's stores, with the project `prj_1` in them."""

    projects: ProjectStore
    tickets: TicketStore
    runs: RunStore
    workload: WorkloadStore
    deliveries: DeliveryStore
    behind: "Behind"
    trail: AuditStore
    access: AccessTokenStore
    breakers: BreakerStore
    taker: Taker

    async def beat(self, running: Sequence[int] = ()) -> None:
        """Have this process show itself."""
        await self.workload.beat(WorkerBeat(self.taker.worker_id, "host", 1, 10, len(running)), lambda: running)

    async def submit(self, ticket_id: str = "t_1", project_id: str = "prj_1", **options: Any) -> Submitted | Taken:
        [submitted] = await self.tickets.submit([submission(ticket_id, project_id, **options)])
        return submitted

    async def submitted(self, ticket_id: str = "t_1", **options: Any) -> int:
        """Submit a ticket and return the number of its run."""
        await self.submit(ticket_id, **options)
        return await self.behind.run_of(ticket_id)

    async def take(self, *, suspects: bool = True) -> Claimed:
        """Take the run that is next."""
        [claimed] = await self.runs.take(1, suspects=suspects)
        return claimed

    async def claimed(self, ticket_id: str = "t_1", **options: Any) -> Claimed:
        """Submit a ticket and take its run, which is the only one that waits."""
        await self.submit(ticket_id, **options)
        claimed = await self.take()
        assert claimed.ticket_id == ticket_id
        return claimed

    async def taken(self, ticket_id: str = "t_1", project_id: str = "prj_1", **options: Any) -> Claimed:
        """Submit a ticket that this process runs at once."""
        wanted = submission(ticket_id, project_id, **options)
        [taken] = await self.tickets.submit([wanted], take=True)
        assert isinstance(taken, Taken), taken
        return taken.claimed

    async def taken_over(self, claimed: Claimed) -> Claimed:
        """Have a run's worker die, and the run taken again."""
        await self.behind.worker_dies(claimed.ticket_id)
        assert await self.workload.take_over() == 1
        heir = await self.take()
        assert heir.run == claimed.run
        return heir

    async def finished(self, ticket_id: str = "t_1", **options: Any) -> Claimed:
        """Have a ticket run to its end."""
        claimed = await self.claimed(ticket_id, **options)
        assert await self.runs.finish(claimed, RESULT, refund=False) is not None
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


class Behind:
    """Looks into a real database; `notify` takes the NOTIFYs that stores send."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.notices: list[tuple[str, str]] = []

    def notify(self, channel: str, message: str) -> None:
        self.notices.append((channel, message))

    async def queued(self) -> list[str]:
        """Return every ticket that waits, in the order in which they came."""
        rows = await self._database.fetch(
            Statement("SELECT ticket_id FROM enrichments WHERE state = 'queued' ORDER BY run")
        )
        return [row.ticket_id for row in rows]

    async def rested(self, ticket_id: str) -> None:
        """Make it time for a run that rests."""
        due = Statement("UPDATE enrichments SET due_at = now() WHERE ticket_id = :ticket_id")
        await self._database.fetch(due, {"ticket_id": ticket_id})

    async def worker_dies(self, ticket_id: str) -> None:
        """Have the one that runs this ticket be one of whom nobody has heard."""
        gone = "UPDATE enrichments SET worker = gen_random_uuid() WHERE ticket_id = :ticket_id AND state = 'running'"
        await self._database.fetch(Statement(gone), {"ticket_id": ticket_id})

    async def run_of(self, ticket_id: str) -> int:
        found = Statement("SELECT run FROM enrichments WHERE ticket_id = :ticket_id")
        run: int = (await self._database.fetch(found, {"ticket_id": ticket_id}))[0].run
        return run

    async def breaker_pause_over(self) -> None:
        over = "UPDATE projects SET breaker = breaker || jsonb_build_object('next_probe_at', now())"
        await self._database.fetch(Statement(over))

    async def webhooks(self) -> list[tuple[str, str]]:
        """Return ticket and project of every message to the helpdesk that waits."""
        rows = await self._database.fetch(Statement("SELECT * FROM deliveries ORDER BY made_at"))
        assert all(row.message_id.startswith("msg_") for row in rows)
        return [(row.ticket_id, row.project_id) for row in rows]

    async def heard(self) -> list[tuple[str, str]]:
        return [ended_in(message) for channel, message in self.notices if channel == ENDED_CHANNEL]

    async def ended_runs(self) -> list[tuple[str, str, str | None, int]]:
        rows = await self._database.fetch(
            Statement("SELECT project_id, status, reason, credits_used FROM ended_runs ORDER BY ended_at")
        )
        return [tuple(row) for row in rows]

    async def email_kept(self, ticket_id: str) -> bool:
        kept = Statement("""
            SELECT num_nonnulls(submission, extracted) AS kept FROM enrichments WHERE ticket_id = :ticket_id
        """)
        return bool((await self._database.fetch(kept, {"ticket_id": ticket_id}))[0].kept)

    async def grow_old(self, ticket_id: str, seconds: float) -> None:
        older = "UPDATE enrichments SET submitted_at = submitted_at - make_interval(secs => :s) WHERE ticket_id = :t"
        await self._database.fetch(Statement(older), {"s": seconds, "t": ticket_id})

    async def forget_slowly(self, seconds: float) -> None:
        older = """
            UPDATE senders SET seen_at = seen_at - make_interval(secs => :s), identifiers = (
                SELECT jsonb_object_agg(key, CAST(value AS float8) - :s) FROM jsonb_each(identifiers)
            )
        """
        await self._database.fetch(Statement(older), {"s": seconds})

    async def senders_known(self, project_id: str) -> int:
        known = Statement("SELECT count(*) AS n FROM senders WHERE project_id = :project_id")
        return int((await self._database.fetch(known, {"project_id": project_id}))[0].n)


async def postgres_stores(
    database: Database,
    *,
    webhooks: bool = False,
    slots: int = MOST_AT_ONCE,
    most: int = MOST_IDENTIFIERS,
    key: bytes = KEY,
    beat_seconds: float = BEAT_SECONDS,
) -> Stores:
    """Return the stores of a process that has just shown itself, on a migrated database with the project in it."""
    behind = Behind(database)
    taker = Taker(str(uuid4()), slots, beat_seconds)
    stores = Stores(
        ProjectStore(database),
        TicketStore(database, taker, behind.notify),
        RunStore(database, taker, SenderStore(key, most), behind.notify, webhooks=webhooks),
        WorkloadStore(database, taker, behind.notify),
        DeliveryStore(database),
        behind,
        AuditStore(database),
        AccessTokenStore(database),
        BreakerStore(database),
        taker,
    )
    await stores.projects.put(PROJECT)
    await stores.beat()
    return stores
