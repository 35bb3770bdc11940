"""What the statements of a ticket, of reports, purge and erasure cost in a full database, beside a small one."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TypeVar
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.embedded import embedded_postgres
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.adapters.postgres.retention_store import PORTION, RetentionStore
from app.adapters.postgres.rows.packing import pack
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import TicketStore
from app.adapters.postgres.workload_store import WorkloadStore
from app.domain.activity import LONGEST_DAYS
from app.domain.claims import Stored, Submission, Taken
from app.domain.configuration import Configuration, StoredToken
from app.domain.outcomes import Usage
from app.domain.projects import Project
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.workload import Taker, WorkerBeat
from bench.plan import Plan
from bench.report import MEBIBYTE, beside, markdown, percentile, say
from bench.samples import EMAIL, IDENTIFIER, PROJECT, SUMMARY

FEW = 10_000
"""Stored results that everything is compared with."""

SLOTS, RETENTION_DAYS = 16, 90
"""What `CC_PROJECT_CONCURRENCY` and `CC_RETENTION_DAYS` are if nobody says otherwise."""

PER_CUSTOMER = 10
"""Results of each customer, spread over the whole time."""

FILLED_AT_ONCE = 25_000
"""Rows per statement while filling: none reaches the limits that the service sets for its own."""

WARM_UP = 20

ERASURES, PURGES = 20, 4
"""Done at the end: half of the few results are old, which is five portions, and an erasure takes some of these."""

RESULT = {
    "status": "ok",
    "reason": None,
    "message": "Customer data was looked up.",
    "created_at": "2026-11-22T09:00:00Z",
    "identifier": IDENTIFIER,
    "identity": "unknown",
    **SUMMARY,
    "timings_ms": {"extract": 300, "fetch": 80, "summarize": 300, "total": 680},
    "steps": [],
    "credits_used": 1,
}

_FILL = Statement("""
    WITH numbers AS (
        SELECT n, now() - make_interval(days => 2 * :days) * (1 - CAST(n AS float8) / CAST(:rows AS bigint)) AS moment
        FROM generate_series(CAST(:first AS bigint), :last) AS n
    ), ended AS (
        INSERT INTO ended_runs (project_id, ended_at, status, credits_used, extract_ms, total_ms)
        SELECT :project_id, moment, 'ok', 1, 300, 680 FROM numbers
        WHERE moment > now() - make_interval(days => :days) ORDER BY n
    )
    INSERT INTO enrichments (ticket_id, project_id, state, run, attempt, submitted_at, status, customer, result)
    SELECT 'old-' || md5(CAST(n AS text)), :project_id, 'done', nextval('enrichment_runs'), 1, moment, 'ok',
        'acct_' || n % (CAST(:rows AS bigint) / :per_customer), :result
    FROM numbers ORDER BY n
""")
"""Half of the results are older than they may be; ticket ids come in no order, as those of a helpdesk."""

_SIZE = Statement("SELECT pg_total_relation_size('enrichments') AS bytes")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with so many results, and the seconds of each statement that was timed in it."""

    database: Database
    taker: Taker
    rows: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def timed(self, name: str, doing: Awaitable[T]) -> T:
        """Wait for one statement, and note how long it took."""
        started = perf_counter()
        done = await doing
        self.seconds.setdefault(name, []).append(perf_counter() - started)
        return done

    async def megabytes(self) -> float:
        """Return how much room the results take, with their indexes."""
        [row] = await self.database.fetch(_SIZE)
        return float(row.bytes) / MEBIBYTE


async def measure(folder: Path, plan: Plan) -> str:
    """Return the median of each statement with few results and with many, in turns."""
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(_filled(folder, rows)) for rows in (FEW, plan.results)]
        sizes = [await each.megabytes() for each in both]
        say(f"growth   {plan.growth_rounds:,} tickets with each …")
        for number in range(WARM_UP + plan.growth_rounds):
            if number == WARM_UP:
                for each in both:
                    each.seconds.clear()
            for each in both:
                await _enrich(each)
        for number in range(ERASURES):
            for each in both:
                await _erase_customer(each, number)
        for _ in range(PURGES):
            for each in both:
                await _purge(each)
    rows = [
        beside(f"{name}, ms", *(1000 * percentile(each.seconds[name], 50) for each in both)) for name in both[0].seconds
    ]
    rows.append(beside("room with indexes, MB", *sizes))
    return markdown(["p50", *(f"{each.rows:,}" for each in both), "ratio"], rows)


async def _enrich(filled: Filled) -> None:
    """Have one ticket go through the stores as a run does."""
    tickets = TicketStore(filled.database, filled.taker, _tell_nobody)
    runs = RunStore(filled.database, filled.taker, SenderStore(b"k" * 32, 0), _tell_nobody, webhooks=False)
    workload = WorkloadStore(filled.database, filled.taker, _tell_nobody)
    await workload.beat(WorkerBeat(filled.taker.worker_id, "", 0, 1, 0), list)
    ticket_id = uuid4().hex
    email = Email(EMAIL["subject"], EMAIL["body"], EMAIL["sender"])
    [taken] = await filled.timed("submit", tickets.submit([Submission(ticket_id, PROJECT, email)], take=True))
    await tickets.submit([Submission(f"{ticket_id} queued", PROJECT, email)])
    [queued] = await filled.timed("take", runs.take(1, suspects=True))
    if not isinstance(taken, Taken) or await runs.finish(queued, RESULT, refund=False) is None:
        raise SystemExit("growth: a ticket could not be taken; nothing is reported")
    claimed, found_by_ai = taken.claimed, Extracted(IDENTIFIER, Usage(700, 60))
    kept = await filled.timed("note what the AI found", runs.admit(claimed, found_by_ai, IDENTIFIER))
    stored = await filled.timed("store the result", runs.finish(claimed, RESULT, refund=False))
    found = await filled.timed("read", tickets.find(ticket_id, PROJECT))
    if not (kept and stored and isinstance(found, Stored)):
        raise SystemExit("growth: a result was not stored; nothing is reported")
    activity = ActivityStore(filled.database)
    await filled.timed("sum up what has ended", activity.sum_up())
    shown = await filled.timed(f"activity of {LONGEST_DAYS} days", activity.of_project(PROJECT, LONGEST_DAYS))
    await filled.timed("status report", workload.report())
    if shown.lookups < filled.rows // 3:
        raise SystemExit("growth: the activity misses look-ups; nothing is reported")


async def _erase_customer(filled: Filled, number: int) -> None:
    tickets = TicketStore(filled.database, filled.taker, _tell_nobody)
    erasing = tickets.erase_customer(PROJECT, f"acct_{number}", "bench")
    if await filled.timed(f"erase a customer with {PER_CUSTOMER}", erasing) != PER_CUSTOMER:
        raise SystemExit("growth: an erasure missed a result; nothing is reported")


async def _purge(filled: Filled) -> None:
    if not await filled.timed(f"purge {PORTION:,}", RetentionStore(filled.database, RETENTION_DAYS).remove_portion()):
        raise SystemExit("growth: there were too few old results; nothing is reported")


@asynccontextmanager
async def _filled(folder: Path, rows: int) -> AsyncIterator[Filled]:
    async with embedded_postgres(folder / f"rows-{rows}") as url, aclosing(Database(url, 10)) as database:
        await migrate(url)
        projects, token = ProjectStore(database), StoredToken(b"sealed", "https://example.com", datetime.now(UTC))
        await projects.put(Project(PROJECT, "business", ("bench",), 1_000_000))
        configuration = Configuration(api_url="https://example.com/look-up", enabled=True)
        await projects.save_configuration(PROJECT, configuration, token, "bench")
        say(f"growth   filling in {rows:,} results …")
        for first in range(1, rows + 1, FILLED_AT_ONCE):
            await _fill(database, rows, first)
        while await ActivityStore(database).sum_up():
            pass
        await _settle(url)
        yield Filled(database, Taker(str(uuid4()), SLOTS), rows)


async def _fill(database: Database, rows: int, first: int) -> None:
    last = min(rows, first + FILLED_AT_ONCE - 1)
    numbers = {"first": first, "last": last, "rows": rows, "days": RETENTION_DAYS, "per_customer": PER_CUSTOMER}
    values: dict[str, object] = {"project_id": PROJECT, "result": pack(RESULT), **numbers}
    await database.fetch(_FILL, values)


async def _settle(url: str) -> None:
    """Leave the tables as autovacuum would; a session of its own has no limit of eight seconds."""
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


def _tell_nobody(channel: str, message: str) -> None:
    """Nobody waits for a ticket here."""
