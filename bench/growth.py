"""What the statements of a ticket, of the purge and of an erasure cost in a full database, beside a small one."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import create_engine_for, fetch
from app.adapters.postgres.embedded import embedded_postgres
from app.adapters.postgres.line import Line
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.retention_store import PORTION, RetentionStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import Claimed, Stored, Submission
from app.domain.configuration import Configuration, StoredToken
from app.domain.extraction import Extracted
from app.domain.outcomes import Usage
from app.domain.projects import Project
from app.domain.tickets import Email
from app.runs.worker import MOST_STRIKES
from bench.plan import Plan
from bench.report import MEBIBYTE, beside, markdown, percentile, say
from bench.samples import EMAIL, IDENTIFIER, PROJECT, SUMMARY

FEW = 10_000
"""Stored results that everything is compared with."""

PLACES, RETENTION_DAYS = 16, 90
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
    "identifier": IDENTIFIER,
    **SUMMARY,
    "timings_ms": {"extract": 300, "fetch": 80, "summarize": 300, "total": 680},
    "credits_used": 1,
}

_FILL = text("""
    WITH numbers AS (
        SELECT n, now() - make_interval(days => 2 * :days) * (1 - CAST(n AS float8) / CAST(:rows AS bigint)) AS moment
        FROM generate_series(CAST(:first AS bigint), :last) AS n
    ), ended AS (
        INSERT INTO ended_runs (project_id, ended_at, status, timings_ms, credits_used)
        SELECT :project_id, moment, 'ok', CAST(:result AS jsonb) -> 'timings_ms', 1 FROM numbers
        WHERE moment > now() - make_interval(days => :days) ORDER BY n
    )
    INSERT INTO enrichments (ticket_id, project_id, state, run, owner, attempt, submitted_at, result)
    SELECT 'old-' || md5(CAST(n AS text)), :project_id, 'done', nextval('enrichment_runs'), '', 1, moment,
        CAST(:result AS jsonb)
            || jsonb_build_object('identifier', 'acct_' || n % (CAST(:rows AS bigint) / :per_customer))
    FROM numbers ORDER BY n
""")
"""Half of the results are older than they may be; ticket ids come in no order, as those of a helpdesk."""

_RUN = text("SELECT run FROM enrichments WHERE ticket_id = :ticket_id")

_SIZE = text("SELECT pg_total_relation_size('enrichments') AS bytes")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with so many results, and the seconds of each statement that was timed in it."""

    engine: AsyncEngine
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
        [row] = await fetch(self.engine, _SIZE)
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
    line = Line(filled.engine, PLACES, _tell_nobody)
    tickets = TicketStore(filled.engine, line, _tell_nobody)
    runs = RunStore(filled.engine, line, MOST_STRIKES, _tell_nobody, webhooks=False)
    ticket_id = uuid4().hex
    email = Email(EMAIL["subject"], EMAIL["body"], EMAIL["sender"])
    await filled.timed("submit", tickets.submit([Submission(ticket_id, PROJECT, email)]))
    [row] = await fetch(filled.engine, _RUN, {"ticket_id": ticket_id})
    claimed = await filled.timed("claim", runs.claim(ticket_id, row.run, "bench"))
    if not isinstance(claimed, Claimed):
        raise SystemExit("growth: a ticket could not be claimed; nothing is reported")
    kept = await filled.timed("note what the AI found", runs.keep(claimed, Extracted(IDENTIFIER, Usage(700, 60))))
    stored = await filled.timed("store the result", runs.finish(claimed, RESULT, refund=False))
    found = await filled.timed("read", tickets.find(ticket_id, PROJECT))
    if not (kept and stored and isinstance(found, Stored)):
        raise SystemExit("growth: a result was not stored; nothing is reported")


async def _erase_customer(filled: Filled, number: int) -> None:
    tickets = TicketStore(filled.engine, Line(filled.engine, PLACES, _tell_nobody), _tell_nobody)
    erasing = tickets.erase_customer(PROJECT, f"acct_{number}", "bench")
    if await filled.timed(f"erase a customer with {PER_CUSTOMER}", erasing) != PER_CUSTOMER:
        raise SystemExit("growth: an erasure missed a result; nothing is reported")


async def _purge(filled: Filled) -> None:
    if not await filled.timed(f"purge {PORTION:,}", RetentionStore(filled.engine, RETENTION_DAYS).remove_portion()):
        raise SystemExit("growth: there were too few old results; nothing is reported")


@asynccontextmanager
async def _filled(folder: Path, rows: int) -> AsyncIterator[Filled]:
    async with embedded_postgres(folder / f"rows-{rows}") as url:
        engine = create_engine_for(url)
        try:
            await migrate(engine)
            projects, token = ProjectStore(engine), StoredToken(b"sealed", "https://example.com", datetime.now(UTC))
            await projects.put(Project(PROJECT, "business", ("bench",), 1_000_000))
            configuration = Configuration(api_url="https://example.com/look-up", enabled=True)
            await projects.save_configuration(PROJECT, configuration, token, "bench")
            say(f"growth   filling in {rows:,} results …")
            for first in range(1, rows + 1, FILLED_AT_ONCE):
                await _fill(engine, rows, first)
            await _settle(url)
            yield Filled(engine, rows)
        finally:
            await engine.dispose()


async def _fill(engine: AsyncEngine, rows: int, first: int) -> None:
    last = min(rows, first + FILLED_AT_ONCE - 1)
    values = {"first": first, "last": last, "rows": rows, "days": RETENTION_DAYS, "per_customer": PER_CUSTOMER}
    await fetch(engine, _FILL, values | {"project_id": PROJECT, "result": json.dumps(RESULT)})


async def _settle(url: str) -> None:
    """Leave the tables as autovacuum would; a session as behind a pooler has no limit of eight seconds."""
    engine = create_engine_for(url, pooled=True)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
            await connection.execute(text("CHECKPOINT"))
    finally:
        await engine.dispose()


def _tell_nobody(channel: str, message: str) -> None:
    """Nobody waits for a ticket here."""
