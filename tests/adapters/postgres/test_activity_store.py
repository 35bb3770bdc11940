"""What owners see of their ended runs, as PostgreSQL sums them up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.reports.activity_store import SUMMING_LOCK, ActivityStore
from app.adapters.postgres.rows.packing import pack
from app.domain.activity import COUNTED, TIMED, UNKNOWN_CUSTOMER, EndedLookup, Pace
from app.domain.outcomes import Status
from app.domain.projects import Project
from tests.support.lock_waits import waiting_for_locks
from tests.support.rows import EndedRun
from tests.support.stores import Stores, postgres_stores

INSERT = Statement("""
    INSERT INTO ended_runs (project_id, ended_at, status, reason, extract_ms, fetch_ms, summarize_ms, total_ms,
        credits_used, ticket_id, identity, steps)
    VALUES (:project_id, :ended_at, :status, :reason, :extract, :fetch, :summarize, :total, :credits_used, :ticket_id,
        :identity, :steps)
""")

ALL_THREE = {"extract": 400, "fetch": 80, "summarize": 500, "total": 1_000}


@dataclass(frozen=True)
class Ran:
    """A store, and a way to have runs end."""

    store: ActivityStore
    end: Callable[[EndedRun], Awaitable[None]]

    async def ended(
        self,
        ago: timedelta = timedelta(0),
        status: str = "ok",
        timings: dict[str, int] | None = None,
        project_id: str = "prj_1",
        reason: str | None = None,
    ) -> EndedRun:
        run = EndedRun(project_id, datetime.now(UTC) - ago, status, reason, ALL_THREE if timings is None else timings)
        await self.end(run)
        return run


@pytest.fixture
async def ran(database: Database) -> Ran:
    async def end(run: EndedRun) -> None:
        values: dict[str, Any] = {name: getattr(run, name) for name in run.__slots__}
        values |= {step: run.timings_ms.get(step) for step in TIMED}
        await database.fetch(INSERT, values | {"steps": pack([asdict(each) for each in run.steps])})

    return Ran(ActivityStore(database), end)


def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("days", [1, 2, 30, 90])
async def test_every_day_is_there_when_nothing_ended(ran: Ran, days: int) -> None:
    activity = await ran.store.of_project("prj_1", days)

    today = datetime.now(UTC).date()
    assert [each.day for each in activity.days] == [today - timedelta(days=n) for n in reversed(range(days))]
    assert all(each.by_status == dict.fromkeys(COUNTED, 0) for each in activity.days)
    assert activity.paces == dict.fromkeys(TIMED, Pace(None, None))
    assert activity.recent == ()


async def test_look_ups_are_counted_by_day_and_status_when_they_ended(ran: Ran) -> None:
    for days_ago, status, times in ((0, "ok", 3), (0, "fetch_error", 1), (1, "no_identifier", 2), (2, "disabled", 1)):
        for _ in range(times):
            await ran.end(EndedRun("prj_1", midnight() - timedelta(days=days_ago), status, None, ALL_THREE))
    await ran.ended(project_id="prj_2")

    activity = await ran.store.of_project("prj_1", 3)

    counted = [{status: n for status, n in day.by_status.items() if n} for day in activity.days]
    assert counted == [{"disabled": 1}, {"no_identifier": 2}, {"ok": 3, "fetch_error": 1}]
    assert activity.lookups == 7


async def test_days_begin_at_midnight_utc(ran: Ran) -> None:
    moment = timedelta(microseconds=1)
    for ended_at in (
        midnight() - moment,
        midnight(),
        midnight() - timedelta(days=1),
        midnight() - timedelta(days=1, microseconds=1),
    ):
        await ran.end(EndedRun("prj_1", ended_at, "ok", None, ALL_THREE))

    activity = await ran.store.of_project("prj_1", 2)

    assert [day.by_status[Status.OK] for day in activity.days] == [2, 1]
    assert len(activity.recent) == 3


async def test_days_are_utc_when_the_session_is_elsewhere(database: Database, database_url: str) -> None:
    name = (await database.fetch(Statement("SELECT current_database() AS name")))[0].name
    await database.fetch(Statement(f"ALTER DATABASE {name} SET timezone = 'Pacific/Kiritimati'"))
    async with aclosing(Database(database_url, 10)) as elsewhere:  # the setting is for new connections
        stores = await postgres_stores(elsewhere)
        await stores.finished()
        activity = await ActivityStore(elsewhere).of_project("prj_1", 2)

    today = datetime.now(UTC).date()
    assert [(day.day, day.by_status[Status.OK]) for day in activity.days] == [
        (today - timedelta(days=1), 0),
        (today, 1),
    ]
    assert len(activity.recent) == 1


async def counted(database: Database, project_id: str = "prj_1", days: int = 3) -> list[dict[str, int]]:
    """Return what is counted on each day, the oldest first."""
    activity = await ActivityStore(database).of_project(project_id, days)
    return [{status: n for status, n in day.by_status.items() if n} for day in activity.days]


async def sums(database: Database) -> int:
    """Count the runs that are in the sums of their days."""
    [row] = await database.fetch(Statement("SELECT CAST(coalesce(sum(runs), 0) AS bigint) AS runs FROM daily_runs"))
    runs: int = row.runs
    return runs


async def test_a_run_is_counted_once_from_its_end_on(stores: Stores, ran: Ran, database: Database) -> None:
    for days_ago, status, reason in (
        (0, "ok", None),
        (0, "ok", UNKNOWN_CUSTOMER),
        (1, "fetch_error", "timeout"),
        (1, "fetch_error", "http_status"),
        (1, "ok", UNKNOWN_CUSTOMER),
        (2, "skipped_credits", None),
    ):
        await ran.end(EndedRun("prj_1", midnight() - timedelta(days=days_ago), status, reason, ALL_THREE))
    expected = [{"skipped_credits": 1}, {UNKNOWN_CUSTOMER: 1, "fetch_error": 2}, {UNKNOWN_CUSTOMER: 1, "ok": 1}]
    assert await counted(database) == expected

    while await ran.store.sum_up():
        assert await counted(database) == expected
    assert await counted(database) == expected

    await stores.finished()
    expected[2]["ok"] += 1
    assert await counted(database) == expected
    assert await ran.store.sum_up() is False
    assert await counted(database) == expected


async def test_a_batch_is_an_hour_so_that_a_backlog_holds_up_nobody(
    stores: Stores, ran: Ran, database: Database
) -> None:
    for minutes in (600, 541, 100, 41, 39):
        await ran.ended(timedelta(minutes=minutes))
    batches = [await ran.store.sum_up() for _ in range(4)]
    assert batches == [True, True, False, False]
    assert await sums(database) == 5


async def test_two_processes_sum_up_each_run_once(stores: Stores, ran: Ran, database: Database) -> None:
    for n in range(100):
        await ran.ended(timedelta(minutes=5 * n + 1), status="ok" if n % 2 else "fetch_error")
    while True in await asyncio.gather(*(ran.store.sum_up() for _ in range(8))):
        pass
    assert await sums(database) == 100


async def test_whoever_does_not_get_the_turn_leaves_it_to_who_has_it(
    stores: Stores, ran: Ran, database: Database, other: Any
) -> None:
    await ran.ended(timedelta(minutes=5))
    await other.execute(f"BEGIN; SELECT pg_advisory_xact_lock({SUMMING_LOCK})")
    async with asyncio.timeout(5):
        assert await ran.store.sum_up() is False
    assert await sums(database) == 0
    await other.execute("ROLLBACK")
    await ran.store.sum_up()
    assert await sums(database) == 1


async def test_a_run_that_is_being_stored_is_not_missed(
    stores: Stores, ran: Ran, database: Database, other: Any
) -> None:
    await ran.ended(timedelta(minutes=5))
    await other.execute("BEGIN")
    await other.execute(
        "INSERT INTO ended_runs (project_id, ended_at, status, credits_used) "
        "VALUES ('prj_1', now() - interval '10 s', 'ok', 1)"
    )
    await ran.store.sum_up()
    await other.execute("COMMIT")
    assert sum(day.get("ok", 0) for day in await counted(database)) == 2


async def test_sums_go_with_their_project_and_nothing_of_the_others_is_counted_twice(
    stores: Stores, ran: Ran, database: Database
) -> None:
    await stores.projects.put(Project("prj_2", "business", ("u1",), 1_000))
    await ran.ended(timedelta(minutes=30))
    await ran.store.sum_up()
    await database.fetch(Statement("UPDATE daily_runs SET summed_until = now() - interval '20 minutes'"))
    for project_id in ("prj_1", "prj_2", "prj_2"):
        await ran.ended(timedelta(minutes=10), project_id=project_id)
    await ran.store.sum_up()
    await database.fetch(Statement("UPDATE daily_runs SET summed_until = now() - interval '5 minutes'"))
    await ran.ended(timedelta(minutes=3), project_id="prj_2")
    await ran.store.sum_up()
    assert await sums(database) == 5

    await stores.projects.delete("prj_2")
    assert await sums(database) == 2
    await ran.store.sum_up()
    assert await sums(database) == 2


async def test_project_that_is_deleted_in_this_moment_is_not_summed_up_and_the_others_are(
    stores: Stores, ran: Ran, database: Database, other: Any
) -> None:
    await stores.projects.put(Project("prj_2", "business", ("u1",), 1_000))
    for project_id in ("prj_1", "prj_2", "prj_gone_long_ago"):
        await ran.ended(timedelta(minutes=5), project_id=project_id)
    await other.execute("BEGIN; DELETE FROM projects WHERE project_id = 'prj_2'")
    summing = asyncio.create_task(ran.store.sum_up())
    await waiting_for_locks(other, 1)
    await other.execute("COMMIT")

    assert await summing is True
    assert await sums(database) == 0
    assert await ran.store.sum_up() is False
    assert await sums(database) == 1


async def test_percentiles_lie_between_the_two_nearest(ran: Ran) -> None:
    for extract in (100, 200, 300, 400):
        await ran.ended(timings={"extract": extract, "total": extract + 1})
    await ran.ended(timings={"extract": 500, "fetch": 70, "total": 700})
    await ran.ended(status="disabled", timings={"total": 0})

    paces = (await ran.store.of_project("prj_1", 1)).paces

    assert paces == {
        "extract": Pace(300, 480),
        "fetch": Pace(70, 70),
        "summarize": Pace(None, None),
        "total": Pace(301, 640),
    }


async def test_last_fifty_are_listed_the_newest_first(ran: Ran) -> None:
    runs = [await ran.ended(timedelta(seconds=n), timings={"total": n}) for n in range(51)]

    recent = (await ran.store.of_project("prj_1", 90)).recent

    assert recent == tuple(EndedLookup(run.ended_at, Status.OK, None, n) for n, run in enumerate(runs[:50]))


async def test_ending_is_shown_with_its_reason_and_no_time_where_none_was_kept(ran: Ran) -> None:
    run = await ran.ended(status="disabled", timings={}, reason="plan")

    (ended,) = (await ran.store.of_project("prj_1", 1)).recent

    assert ended == EndedLookup(run.ended_at, Status.DISABLED, "plan", 0)


async def test_index_on_project_and_time_finds_the_runs_when_there_are_many(database: Database) -> None:
    fill = """
        INSERT INTO ended_runs (project_id, ended_at, status, extract_ms, total_ms, credits_used)
        SELECT 'prj_' || n % 200, now() - n * interval '1 minute', 'ok', 1, 2, 1
        FROM generate_series(1, 20000) AS n
    """
    await database.fetch(Statement(fill))
    await database.fetch(Statement("ANALYZE ended_runs"))
    await ActivityStore(database).of_project("prj_7", 30)

    scans = Statement("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = :name")
    await database.fetch(Statement("SELECT pg_stat_force_next_flush()"))
    row = (await database.fetch(scans, {"name": "ended_runs_project_id_ended_at_idx"}))[0]
    assert row.idx_scan == 3
