"""What is kept how long: results for their days, and never a ticket that has not ended."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.postgres.connection import Database
from app.adapters.postgres.retention_store import LOCK, PORTION, RUN_DAYS, RetentionStore
from app.domain.claims import Stored, Underway
from tests.support.stores import PROJECT, Stores

DAY = 86_400


@pytest.fixture
def retention(database: Database) -> RetentionStore:
    return RetentionStore(database, retention_days=90)


@pytest.mark.parametrize(
    ("age", "days", "kept"),
    [
        pytest.param(90 * DAY - 60, 90, True, id="a minute before its time"),
        pytest.param(90 * DAY + 60, 90, False, id="a minute after it"),
        pytest.param(DAY + 60, 1, False, id="a day, where a day is kept"),
        pytest.param(90 * DAY + 60, 91, True, id="where a day more is kept"),
    ],
)
async def test_result_goes_when_its_days_are_over(
    stores: Stores, database: Database, age: float, days: int, kept: bool
) -> None:
    await stores.finished()
    await stores.behind.grow_old("t_1", age)
    await RetentionStore(database, days).remove_portion()

    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Stored) is kept


async def test_ticket_that_has_not_ended_is_never_removed(stores: Stores, retention: RetentionStore) -> None:
    await stores.claimed("t_running")
    await stores.finished("t_refreshed")
    await stores.submit("t_queued")
    await stores.submit("t_refreshed", refresh=True)
    for ticket_id in ("t_queued", "t_running", "t_refreshed"):
        await stores.behind.grow_old(ticket_id, 1_000 * DAY)
    await retention.remove_portion()

    for ticket_id in ("t_queued", "t_running", "t_refreshed"):
        assert isinstance(await stores.tickets.find(ticket_id, "prj_1"), Underway)


async def test_refresh_begins_a_new_age(stores: Stores, retention: RetentionStore) -> None:
    await stores.finished()
    await stores.behind.grow_old("t_1", 100 * DAY)
    await stores.finished(refresh=True)
    await retention.remove_portion()

    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Stored)


OLD_RESULTS = """
    INSERT INTO enrichments (ticket_id, project_id, state, run, result, submitted_at)
    SELECT 'old_' || n, 'prj_1', 'done', n, '', now() - interval '91 days' FROM generate_series(1, $1) AS n
"""


async def test_a_portion_is_of_all_projects_together(stores: Stores, retention: RetentionStore, other: Any) -> None:
    for number in range(4):
        await stores.projects.put(replace(PROJECT, project_id=f"prj_{number}"))
        old = OLD_RESULTS.replace("old_", f"old_{number}_").replace("prj_1", f"prj_{number}")
        await other.execute(old, PORTION // 2)
    left = []
    while await retention.remove_portion():
        left.append(await other.fetchval("SELECT count(*) FROM enrichments"))
    assert left == [PORTION, 0]


@pytest.mark.parametrize("rows", [0, 1, PORTION - 1, PORTION, PORTION + 1, 2 * PORTION])
async def test_old_results_go_in_portions(stores: Stores, retention: RetentionStore, other: Any, rows: int) -> None:
    await stores.finished()
    await other.execute(OLD_RESULTS, rows)
    portions = 0
    while await retention.remove_portion():
        portions += 1

    assert portions == rows // PORTION
    assert await other.fetchval("SELECT count(*) FROM enrichments") == 1


async def test_one_replica_removes_at_a_time(stores: Stores, retention: RetentionStore, other: Any) -> None:
    await other.execute(OLD_RESULTS, PORTION)
    await other.execute(f"SELECT pg_advisory_lock({LOCK})")

    assert await retention.remove_portion() is False
    assert await other.fetchval("SELECT count(*) FROM enrichments") == PORTION
    await other.execute(f"SELECT pg_advisory_unlock({LOCK})")
    assert await retention.remove_portion() is True


async def test_nothing_is_waited_for_that_somebody_holds(stores: Stores, retention: RetentionStore, other: Any) -> None:
    await other.execute(OLD_RESULTS, 2)
    await other.execute("BEGIN; SELECT FROM enrichments WHERE ticket_id = 'old_1' FOR UPDATE")
    async with asyncio.timeout(5):
        await retention.remove_portion()
    await other.execute("ROLLBACK")

    assert await other.fetchval("SELECT array_agg(ticket_id) FROM enrichments") == ["old_1"]


@pytest.mark.parametrize(
    ("insert", "limit"),
    [
        pytest.param(
            "INSERT INTO ended_runs (project_id, ended_at, status, credits_used) "
            "VALUES ('prj_1', now() - make_interval(secs => $1), 'ok', 1)",
            RUN_DAYS * DAY,
            id="how a run ended",
        ),
        pytest.param(
            "INSERT INTO daily_runs (project_id, day, status, runs, summed_until) "
            "SELECT 'prj_1', CAST(until AT TIME ZONE 'UTC' AS date), CAST(until AS text), 1, until "
            "FROM (SELECT now() - make_interval(secs => $1) AS until) AS input",
            RUN_DAYS * DAY,
            id="the sum of a day",
        ),
        pytest.param(
            "INSERT INTO access_tokens (token_id, token_hash, project_id, label, created_by, expires_at) "
            "SELECT 'tok_' || s, CAST(CAST(s AS text) AS bytea), 'prj_1', '', 'u1', now() - make_interval(secs => s) "
            "FROM (SELECT CAST($1 AS float8) AS s) AS input",
            0,
            id="an access token",
        ),
    ],
)
async def test_what_else_is_old_goes_too(
    stores: Stores, retention: RetentionStore, other: Any, insert: str, limit: float
) -> None:
    table = insert.split()[2]
    await other.execute(insert, limit - 60.0)
    await other.execute(insert, limit + 60.0)
    await retention.remove_portion()

    assert await other.fetchval(f"SELECT count(*) FROM {table}") == 1  # noqa: S608 - a name of ours


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(
            "SELECT ticket_id FROM enrichments WHERE project_id = 'prj_1' AND submitted_at < now() AND state = 'done' "
            "ORDER BY submitted_at LIMIT 9",
            "enrichments_project_idx",
            id="what is old",
        ),
        pytest.param(
            "SELECT min(project_id) FROM enrichments WHERE state = 'queued' AND due_at = '-infinity' "
            "AND asynchronous = true AND project_id > 'prj_1'",
            "enrichments_queued_idx",
            id="the next project in the queue",
        ),
        pytest.param(
            "SELECT slot FROM enrichments WHERE project_id = 'prj_1' AND state = 'running'",
            "enrichments_slot_idx",
            id="which slots are held",
        ),
        pytest.param(
            "SELECT ticket_id FROM enrichments WHERE state = 'queued' AND due_at > '-infinity' AND due_at <= now() "
            "ORDER BY due_at LIMIT 9",
            "enrichments_queued_idx",
            id="what has rested",
        ),
        pytest.param(
            "SELECT ticket_id FROM enrichments WHERE project_id = 'prj_1' AND customer = customer_named('ACCT_1')",
            "enrichments_customer_idx",
            id="who is a customer",
        ),
        pytest.param(
            "SELECT ctid FROM ended_runs WHERE ended_at < now() ORDER BY ended_at LIMIT 9",
            "ended_runs_time_idx",
            id="how runs ended",
        ),
    ],
)
async def test_an_index_finds_it(stores: Stores, other: Any, query: str, index: str) -> None:
    await other.execute("SET enable_seqscan = off")  # a table this small is read whole otherwise
    plan = await other.fetch(f"EXPLAIN {query}")

    assert index in "\n".join(row[0] for row in plan)
