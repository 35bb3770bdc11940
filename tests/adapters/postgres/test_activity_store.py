"""What owners see of their ended runs, as PostgreSQL sums them up."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.adapters.postgres.rows.packing import pack
from app.domain.activity import COUNTED, TIMED, EndedLookup, Pace, counted_as
from app.domain.outcomes import Status
from tests.support.rows import EndedRun
from tests.support.stores import RESULT, Stores, postgres_stores

INSERT = Statement("""
    INSERT INTO ended_runs (project_id, ended_at, status, reason, timings_ms, credits_used, ticket_id, identity, steps)
    VALUES (:project_id, :ended_at, :status, :reason, CAST(:timings_ms AS jsonb), :credits_used, :ticket_id, :identity,
        :steps)
""")

ADD = Statement("""
    INSERT INTO daily_runs AS d (project_id, day, slot, status, runs) VALUES (:project_id, :day, 1, :status, 1)
    ON CONFLICT (project_id, day, slot, status) DO UPDATE SET runs = d.runs + 1
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
        await database.fetch(
            INSERT,
            values | {"timings_ms": json.dumps(run.timings_ms), "steps": pack([asdict(each) for each in run.steps])},
        )
        await database.fetch(
            ADD,
            {"project_id": run.project_id, "day": run.ended_at.date(), "status": counted_as(run.status, run.reason)},
        )

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
    async with aclosing(Database(database_url)) as elsewhere:  # the setting is for new connections
        stores = await postgres_stores(elsewhere)
        await stores.finished()
        activity = await ActivityStore(elsewhere).of_project("prj_1", 2)

    today = datetime.now(UTC).date()
    assert [(day.day, day.by_status[Status.OK]) for day in activity.days] == [
        (today - timedelta(days=1), 0),
        (today, 1),
    ]
    assert len(activity.recent) == 1


async def test_what_a_run_leaves_is_summed_by_slot_so_that_no_two_wait_for_each_other(stores: Stores) -> None:
    claims = [await stores.taken(f"t_{n}") for n in range(5)]
    await asyncio.gather(*(stores.runs.finish(claimed, RESULT, refund=False) for claimed in claims))
    for n in range(3):
        await stores.finished(f"u_{n}")
    activity = await ActivityStore(stores.projects._database).of_project("prj_1", 1)
    assert [day.by_status[Status.OK] for day in activity.days] == [8]


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
        INSERT INTO ended_runs (project_id, ended_at, status, timings_ms, credits_used)
        SELECT 'prj_' || n % 200, now() - n * interval '1 minute', 'ok', '{"extract": 1, "total": 2}', 1
        FROM generate_series(1, 20000) AS n
    """
    await database.fetch(Statement(fill))
    await database.fetch(Statement("ANALYZE ended_runs"))
    await ActivityStore(database).of_project("prj_7", 30)

    scans = Statement("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = :name")
    await database.fetch(Statement("SELECT pg_stat_force_next_flush()"))
    row = (await database.fetch(scans, {"name": "ended_runs_project_id_ended_at_idx"}))[0]
    assert row.idx_scan == 2
