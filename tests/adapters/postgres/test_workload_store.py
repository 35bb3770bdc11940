"""The registry of workers, the figures of the queue and the purge, on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.breaker_store import ENDPOINT, BreakerStore
from app.adapters.postgres.connection import fetch
from app.adapters.postgres.workload_store import PURGED_AT_ONCE, WORST_PROJECTS, Workload
from app.domain.breaker import Verdict
from app.domain.workload import MOST_COUNTED, Depth, EndedRuns, ProjectRuns, Queue, Worker
from tests.support.stores import postgres_stores


def worker(host: str = "web-1", in_flight: int = 3) -> Worker:
    return Worker(str(uuid4()), host, 4711, 200, in_flight)


@pytest.fixture
def workload(engine: AsyncEngine) -> Workload:
    return Workload(engine)


async def seen(workload: Workload) -> list[tuple[Worker, bool]]:
    return [(each.worker, each.is_alive) for each in (await workload.report()).workers]


async def test_a_worker_is_alive_while_it_gives_signs_of_life(workload: Workload, other: Any) -> None:
    first, second = worker(host="web-2"), worker()
    await workload.beat(first)
    await workload.beat(second)
    assert await seen(workload) == [(second, True), (first, True)]
    await other.execute("UPDATE workers SET seen_at = now() - interval '16 s' WHERE host = 'web-2'")
    assert await seen(workload) == [(second, True), (first, False)]
    busier = replace(first, in_flight=199)
    await workload.beat(busier)
    assert await seen(workload) == [(second, True), (busier, True)]


async def test_a_worker_that_leaves_is_gone_and_one_that_fell_silent_is_for_an_hour(
    workload: Workload, other: Any
) -> None:
    leaves, stays = worker(), worker()
    await workload.beat(leaves)
    await workload.beat(stays)
    await workload.leave(leaves.worker_id)
    await workload.leave(leaves.worker_id)
    assert await seen(workload) == [(stays, True)]
    for minutes, expected in ((59, [(stays, False)]), (61, [])):
        await other.execute("UPDATE workers SET seen_at = now() - make_interval(mins => $1)", minutes)
        assert await seen(workload) == expected


async def test_a_report_says_how_long_a_worker_is_up_and_unseen(workload: Workload, other: Any) -> None:
    await workload.beat(worker())
    await other.execute("UPDATE workers SET started_at = now() - interval '1 h', seen_at = now() - interval '7 min'")
    [one] = (await workload.report()).workers
    assert (round(one.up_seconds, -2), round(one.unseen_seconds, -1)) == (3_600, 420)


JOB = """
    INSERT INTO pgqueuer (priority, status, entrypoint, created, execute_after)
    VALUES ($1, $2, $3, now() - make_interval(secs => $4), now() + make_interval(secs => $5))
"""


async def test_depth_counts_what_waits_and_finds_the_oldest_of_every_priority(workload: Workload, other: Any) -> None:
    assert await workload.depth() == Depth(0, 0.0)
    for number, (job, queued, oldest) in enumerate(
        [
            ((0, "picked", "enrich", 900, 0), 0, 0),  # in flight
            ((0, "queued", "webhook", 800, 0), 0, 0),  # no ticket
            ((1, "queued", "enrich", 100, 0), 1, 100),  # somebody waits for it
            ((0, "queued", "enrich", 700, 50), 2, 700),  # nobody does, and it was put back for later
            ((1, "queued", "enrich", 300, 0), 3, 700),
        ]
    ):
        await other.execute(JOB, *job)
        depth = await workload.depth()
        assert (depth.queued, round(depth.oldest_seconds, -2)) == (queued, oldest), number


async def test_a_report_tells_the_kinds_of_jobs_apart(workload: Workload, other: Any) -> None:
    for job in (
        *[(0, "queued", "enrich", 0, 0)] * 3,
        *[(0, "queued", "enrich", 0, 60)] * 2,
        *[(1, "picked", "enrich", 0, 0)] * 4,
        *[(0, "queued", "webhook", 0, 0)],
        *[(0, "queued", "webhook", 0, 60)],
        *[(0, "picked", "webhook", 0, 0)] * 7,
    ):
        await other.execute(JOB, *job)
    queue = (await workload.report()).queue
    assert queue == Queue(Depth(5, queue.depth.oldest_seconds), put_back=2, in_flight=4, webhooks=2)


async def test_those_in_line_are_counted_apart(workload: Workload, other: Any) -> None:
    await other.execute("INSERT INTO projects VALUES ('prj_1', 'business', '{}', 1)")
    await other.execute(
        "INSERT INTO waiting_runs SELECT run, 't_' || run, 'prj_1', false FROM generate_series(1, 3) AS run"
    )
    assert await workload.depth() == Depth(0, 0.0, 3)
    assert (await workload.report()).queue.depth == Depth(0, 0.0, 3)


async def test_open_breakers_are_counted_while_they_hold(workload: Workload, engine: AsyncEngine, other: Any) -> None:
    breakers = BreakerStore(engine)
    await (await postgres_stores(engine)).turn_on()
    for run in range(10):
        assert (await workload.depth()).open_breakers == 0
        [endpoint] = await other.fetch(f"SELECT {ENDPOINT} AS name FROM configurations c")  # noqa: S608 - ours
        await breakers.record("prj_1", endpoint["name"], run, Verdict.FAILS)
    assert (await workload.depth()).open_breakers == 1
    await other.execute("UPDATE configurations SET api_url = 'https://example.com/mended'")
    assert (await workload.depth()).open_breakers == 0


async def test_no_more_is_counted_when_a_backlog_is_endless(workload: Workload, other: Any) -> None:
    await other.execute("ALTER TABLE pgqueuer DISABLE TRIGGER USER")
    await other.execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'queued', 'enrich' FROM generate_series(1, $1)",
        MOST_COUNTED + 1,
    )
    assert (await workload.depth()).queued == MOST_COUNTED


ENDED = """
    INSERT INTO ended_runs (project_id, ended_at, status, reason, timings_ms, credits_used)
    SELECT $1, now() - make_interval(mins => $2), $3, $4, '{}', 1 FROM generate_series(1, $5)
"""


async def test_a_report_counts_the_last_hour_by_project_and_by_reason(workload: Workload, other: Any) -> None:
    assert (await workload.report()).last_hour == EndedRuns(0, 0, {}, 0, ())
    for line in (
        ("prj_a", 0, "ok", None, 5),
        ("prj_a", 59, "ok", "no_data", 2),
        ("prj_a", 1, "fetch_error", "timeout", 1),
        ("prj_b", 1, "fetch_error", "timeout", 2),
        ("prj_b", 1, "fetch_error", "tls_error", 1),
        ("prj_b", 1, "skipped_credits", None, 1),
        ("prj_c", 30, "ok", None, 1),
        ("prj_d", 61, "fetch_error", "timeout", 99),
    ):
        await other.execute(ENDED, *line)
    assert (await workload.report()).last_hour == EndedRuns(
        ended=13,
        failed=5,
        failed_because={"timeout": 3, "tls_error": 1, "skipped_credits": 1},
        projects=3,
        worst=(
            ProjectRuns("prj_b", 4, 4, {"fetch_error": 3, "skipped_credits": 1}),
            ProjectRuns("prj_a", 8, 1, {"ok": 7, "fetch_error": 1}),
            ProjectRuns("prj_c", 1, 0, {"ok": 1}),
        ),
    )


async def test_a_report_names_the_worst_projects_and_counts_all(workload: Workload, other: Any) -> None:
    for number in range(WORST_PROJECTS + 5):
        await other.execute(ENDED, f"prj_{number}", 1, "disabled", "plan", number + 1)
    hour = (await workload.report()).last_hour
    assert [project.failed for project in hour.worst] == list(range(WORST_PROJECTS + 5, 5, -1))
    assert (hour.projects, hour.failed) == (25, sum(range(1, 26)))


LOG = """
    INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)
    SELECT now() - make_interval(mins => $1), 1, 'successful', 0, 'enrich' FROM generate_series(1, $2)
"""


@pytest.mark.parametrize(
    "lines",
    [0, 1, PURGED_AT_ONCE - 1, PURGED_AT_ONCE, PURGED_AT_ONCE + 1, 2 * PURGED_AT_ONCE],
)
async def test_the_old_log_is_purged_in_portions_and_the_fresh_one_kept(
    workload: Workload, other: Any, lines: int
) -> None:
    await other.execute(LOG, 61, lines)
    await other.execute(LOG, 59, 7)
    assert await workload.purge() == lines
    assert await other.fetchval("SELECT count(*) FROM pgqueuer_log") == 7


async def test_nothing_is_purged_twice_when_replicas_purge_at_once(
    workload: Workload, engine: AsyncEngine, other: Any
) -> None:
    await other.execute(LOG, 61, 3 * PURGED_AT_ONCE)
    await fetch(engine, text("SELECT 1"))
    purged = await asyncio.gather(*(workload.purge() for _ in range(4)))
    assert sum(purged) == 3 * PURGED_AT_ONCE
    assert await other.fetchval("SELECT count(*) FROM pgqueuer_log") == 0


async def test_workers_are_purged_when_they_were_unseen_for_a_day(workload: Workload, other: Any) -> None:
    await workload.beat(worker())
    await workload.beat(worker(host="gone"))
    await other.execute(
        "UPDATE workers SET seen_at = now() - CASE host WHEN 'gone' THEN interval '25 h' ELSE interval '23 h' END"
    )
    await workload.purge()
    assert await other.fetchval("SELECT string_agg(host, ' ') FROM workers") == "web-1"
