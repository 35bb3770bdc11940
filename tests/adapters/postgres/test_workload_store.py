"""The registry of workers, whose runs are queued again, the figures and the purge, on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.postgres.connection import Database
from app.adapters.postgres.workload_store import WORST_PROJECTS, WorkloadStore
from app.domain.breaker import EndpointVerdict
from app.domain.claims import Underway
from app.domain.workload import MOST_COUNTED, Depth, EndedRuns, ProjectRuns, Queue, Taker, WorkerBeat
from tests.support.stores import OTHER_PROJECT, RESULT, Stores, postgres_stores, submission


def worker(host: str = "web-1", in_flight: int = 3) -> WorkerBeat:
    return WorkerBeat(str(uuid4()), host, 4711, 200, in_flight)


@pytest.fixture
def workload(database: Database) -> WorkloadStore:
    return WorkloadStore(database, Taker(str(uuid4()), slots=2), lambda channel, message: None)


async def seen(workload: WorkloadStore) -> list[tuple[WorkerBeat, bool]]:
    return [(each.worker, each.is_alive) for each in (await workload.report()).workers]


async def test_a_worker_is_alive_while_it_gives_signs_of_life(workload: WorkloadStore, other: Any) -> None:
    first, second = worker(host="web-2"), worker()
    await workload.beat(first, list)
    await workload.beat(second, list)
    assert await seen(workload) == [(second, True), (first, True)]
    await other.execute("UPDATE workers SET seen_at = now() - interval '16 s' WHERE host = 'web-2'")
    assert await seen(workload) == [(second, True), (first, False)]
    busier = replace(first, in_flight=199)
    await workload.beat(busier, list)
    assert await seen(workload) == [(second, True), (busier, True)]


async def test_a_worker_is_taken_for_dead_by_the_heartbeat_that_is_set(database: Database, other: Any) -> None:
    slow = WorkloadStore(database, Taker(str(uuid4()), 2, beat_seconds=10), lambda channel, message: None)
    await slow.beat(worker(), list)
    for seconds, alive in ((29, True), (31, False)):
        await other.execute("UPDATE workers SET seen_at = now() - make_interval(secs => $1)", seconds)
        assert [lives for _, lives in await seen(slow)] == [alive]


async def test_a_worker_that_leaves_is_gone_and_one_that_fell_silent_is_seen_for_an_hour(
    stores: Stores, workload: WorkloadStore, other: Any
) -> None:
    stays = worker()
    await workload.beat(stays, list)
    await stores.workload.leave()
    await stores.workload.leave()
    assert await seen(workload) == [(stays, True)]
    for minutes, expected in ((59, [(stays, False)]), (61, [])):
        await other.execute("UPDATE workers SET seen_at = now() - make_interval(mins => $1)", minutes)
        assert await seen(workload) == expected


@pytest.mark.parametrize(
    ("age", "taken_over"),
    [pytest.param(14.0, False, id="it may live"), pytest.param(15.5, True, id="it has missed three signs of life")],
)
async def test_the_runs_of_a_worker_that_is_taken_for_dead_are_queued(
    stores: Stores, workload: WorkloadStore, other: Any, age: float, taken_over: bool
) -> None:
    claimed = await stores.claimed()
    await stores.finished("t_done")
    await other.execute("UPDATE workers SET seen_at = now() - make_interval(secs => $1)", age)
    assert await workload.take_over() == int(taken_over)
    assert await stores.behind.queued() == (["t_1"] if taken_over else [])
    assert (await stores.runs.finish(claimed, RESULT, refund=False) is None) is taken_over


@pytest.mark.parametrize(
    "until",
    [
        pytest.param(None, id="it has given none"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), id="its last is too old"),
    ],
)
async def test_a_worker_without_a_fresh_sign_of_life_takes_nothing(stores: Stores, until: datetime | None) -> None:
    stores.taker.takes_until = until
    [submitted] = await stores.tickets.submit([submission()], take=True)
    assert isinstance(submitted, Underway)
    assert await stores.runs.take(1, suspects=True) == []
    await stores.beat()
    assert (await stores.take()).ticket_id == "t_1"


async def test_a_sign_of_life_is_good_for_eight_seconds_of_taking_by_the_clock_of_the_database(
    stores: Stores, other: Any
) -> None:
    [seen_at] = await other.fetchrow("SELECT seen_at FROM workers")
    assert stores.taker.takes_until == seen_at + timedelta(seconds=8)


async def test_a_worker_that_has_left_takes_nothing(stores: Stores) -> None:
    await stores.workload.leave()
    [submitted] = await stores.tickets.submit([submission()], take=True)
    assert isinstance(submitted, Underway)
    assert await stores.runs.take(1, suspects=True) == []


async def test_what_a_worker_was_given_without_knowing_is_queued_once_no_answer_can_be_on_its_way(
    stores: Stores, other: Any
) -> None:
    known, unknown, fresh = [await stores.claimed(each) for each in ("t_known", "t_unknown", "t_fresh")]
    elsewhere = await (await postgres_stores(stores.projects._database)).claimed("t_elsewhere")
    await other.execute("UPDATE enrichments SET updated_at = now() - interval '11 s' WHERE ticket_id <> 't_fresh'")
    await stores.beat([known.run])
    assert await stores.behind.queued() == ["t_unknown"]
    again = await stores.take()
    assert (again.run, again.strikes) == (unknown.run, 1)
    for each in (known, fresh, elsewhere):
        assert await stores.runs.finish(each, RESULT, refund=False) is not None


async def test_what_is_started_while_a_sign_of_life_waits_for_the_database_is_not_given_back(
    stores: Stores, other: Any
) -> None:
    started: list[int] = []
    claimed = await stores.claimed()
    await other.execute("UPDATE enrichments SET updated_at = now() - interval '11 s'")
    holding = other.transaction()
    await holding.start()
    await other.execute("SELECT FROM workers FOR UPDATE")
    beat = asyncio.create_task(
        stores.workload.beat(replace(worker(), worker_id=stores.taker.worker_id), lambda: started)
    )
    await asyncio.sleep(0.2)
    started.append(claimed.run)  # its answer has come only now
    await holding.rollback()
    assert await beat == 0
    assert await stores.runs.finish(claimed, RESULT, refund=False) is not None


async def test_everybody_hears_of_runs_that_are_queued_again(stores: Stores) -> None:
    await stores.claimed()
    await stores.behind.worker_dies("t_1")
    stores.behind.notices.clear()
    assert await stores.workload.take_over() == 1
    assert await stores.workload.take_over() == 0
    assert stores.behind.notices == [("customer_context_queued", "")]


async def test_a_report_says_how_long_a_worker_is_up_and_unseen(workload: WorkloadStore, other: Any) -> None:
    await workload.beat(worker(), list)
    await other.execute("UPDATE workers SET started_at = now() - interval '1 h', seen_at = now() - interval '7 min'")
    [one] = (await workload.report()).workers
    assert (round(one.up_seconds, -2), round(one.unseen_seconds, -1)) == (3_600, 420)


ROW = """
    INSERT INTO enrichments (ticket_id, project_id, state, due_at, run, asynchronous, slot, submitted_at)
    SELECT gen_random_uuid(), $1, CASE $2 WHEN 'resting' THEN 'queued' ELSE $2 END,
        CASE $2 WHEN 'resting' THEN now() + interval '1 minute' ELSE '-infinity' END, nextval('enrichment_runs'), $3,
        CASE $2 WHEN 'running' THEN CAST($5 AS integer) END, now() - make_interval(secs => $4)
"""


async def test_depth_counts_what_waits_and_finds_the_oldest_of_every_line(stores: Stores, other: Any) -> None:
    await stores.projects.put(OTHER_PROJECT)
    depth = await stores.workload.depth()
    assert depth == Depth(0, 0.0)
    for number, (row, queued, oldest) in enumerate(
        [
            (("prj_1", "running", True, 900.0, 1), 0, 0),
            (("prj_1", "done", True, 800.0, 0), 0, 0),
            (("prj_2", "queued", False, 100.0, 0), 1, 100),
            (("prj_1", "queued", True, 600.0, 0), 2, 600),
            (("prj_1", "queued", False, 300.0, 0), 3, 600),
            (("prj_2", "queued", True, 700.0, 0), 4, 700),
            (("prj_1", "resting", True, 50.0, 0), 5, 700),
        ]
    ):
        await other.execute(ROW, *row)
        depth = await stores.workload.depth()
        assert (depth.queued, round(depth.oldest_seconds, -2)) == (queued, oldest), number


async def test_a_report_tells_what_waits_from_what_rests_and_runs(
    stores: Stores, workload: WorkloadStore, other: Any
) -> None:
    for slot in range(4):
        await other.execute(ROW, "prj_1", "running", True, 0.0, slot)
    for _ in range(3):
        await other.execute(ROW, "prj_1", "queued", True, 0.0, 0)
    for _ in range(2):
        await other.execute(ROW, "prj_1", "resting", True, 0.0, 0)
    await other.execute(
        "INSERT INTO deliveries (message_id, ticket_id, project_id, made_at) VALUES "
        "('msg_1', 't_1', 'prj_1', now()), ('msg_2', 't_2', 'prj_1', now() - interval '9 min')"
    )
    queue = (await workload.report()).queue
    assert queue == Queue(Depth(5, queue.depth.oldest_seconds, 3), 2, 4, 2, queue.oldest_webhook_seconds)
    assert 540 <= queue.oldest_webhook_seconds < 600


async def test_those_whose_project_has_all_its_slots_in_use_are_counted_apart(
    stores: Stores, workload: WorkloadStore, other: Any
) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await other.execute(ROW, "prj_1", "running", True, 0.0, 1)
    for project_id in ("prj_1", "prj_1", "prj_2"):
        await other.execute(ROW, project_id, "queued", True, 0.0, 0)
    assert (await workload.depth()).in_line == 0
    await other.execute(ROW, "prj_1", "running", True, 0.0, 2)  # there are two slots
    assert (await workload.depth()).in_line == 2


async def test_open_breakers_are_counted_while_they_hold(stores: Stores, workload: WorkloadStore, other: Any) -> None:
    await stores.turn_on()
    for run in range(10):
        assert (await workload.depth()).open_breakers == 0
        endpoint = await other.fetchval("SELECT endpoint FROM projects")
        await stores.breakers.record("prj_1", endpoint, run, EndpointVerdict.FAILS)
    assert (await workload.depth()).open_breakers == 1
    mended = """jsonb_set(CAST(configuration AS jsonb), '{api_url}', '"https://example.com/mended"')"""
    await other.execute(f"UPDATE projects SET configuration = {mended}")  # noqa: S608 - a constant, no value
    assert (await workload.depth()).open_breakers == 0


async def test_no_more_is_counted_when_a_backlog_is_endless(stores: Stores, other: Any) -> None:
    await other.execute(
        """
            INSERT INTO enrichments (ticket_id, project_id, state, run)
            SELECT number, 'prj_1', 'queued', number FROM generate_series(1, $1) AS number
        """,
        MOST_COUNTED + 1,
    )
    assert (await stores.workload.depth()).queued == MOST_COUNTED


ENDED = """
    INSERT INTO ended_runs (project_id, ended_at, status, reason, credits_used)
    SELECT $1, now() - make_interval(mins => $2), $3, $4, 1 FROM generate_series(1, $5)
"""


async def test_a_report_counts_the_last_hour_by_project_and_by_reason(workload: WorkloadStore, other: Any) -> None:
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


async def test_a_report_names_the_worst_projects_and_counts_all(workload: WorkloadStore, other: Any) -> None:
    for number in range(WORST_PROJECTS + 5):
        await other.execute(ENDED, f"prj_{number}", 1, "disabled", "plan", number + 1)
    hour = (await workload.report()).last_hour
    assert [project.failed for project in hour.worst] == list(range(WORST_PROJECTS + 5, 5, -1))
    assert (hour.projects, hour.failed) == (25, sum(range(1, 26)))


async def test_workers_are_purged_when_they_were_unseen_for_a_day(workload: WorkloadStore, other: Any) -> None:
    await workload.beat(worker(), list)
    await workload.beat(worker(host="gone"), list)
    await other.execute(
        "UPDATE workers SET seen_at = now() - CASE host WHEN 'gone' THEN interval '25 h' ELSE interval '23 h' END"
    )
    await workload.purge()
    assert await other.fetchval("SELECT string_agg(host, ' ') FROM workers") == "web-1"
