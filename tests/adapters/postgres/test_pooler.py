"""The database behind a real PgBouncer in transaction mode: many connections of ours on three sessions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters.postgres.connection import SETTINGS, Database, Statement, unset
from app.domain.claims import DatabaseUnavailable
from tests.support.pooler import PROGRAM, transaction_pooler
from tests.support.stores import RESULT, postgres_stores

SESSIONS = 3

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")


@pytest.fixture
async def pooler_url(database_url: str) -> AsyncIterator[str]:
    async with transaction_pooler(database_url, SESSIONS) as url:
        yield url


@pytest.fixture
async def pooled(pooler_url: str) -> AsyncIterator[Database]:
    async with aclosing(Database(pooler_url, pool_size=4 * SESSIONS, pooled=True)) as pool:
        yield pool


async def test_everybody_gets_their_own_answers_when_sessions_are_shared(pooled: Database, other: Any) -> None:
    async def ask(caller: int) -> None:
        for turn in range(20):
            # Thirteen texts of statements, so that one session gets the same from several callers, and others between.
            statement = Statement(f"SELECT CAST(:value AS text) AS value, {(caller + turn) % 13} AS number")
            [row] = await pooled.fetch(statement, {"value": f"{caller} {turn}"})
            assert row == (f"{caller} {turn}", (caller + turn) % 13)

    stores = await postgres_stores(pooled)

    async def submit(caller: int) -> None:
        claimed = await stores.taken(f"t_{caller}")
        await stores.runs.finish(claimed, RESULT, refund=False)

    await asyncio.gather(*(ask(n) for n in range(24)), *(submit(n) for n in range(24)))
    assert await other.fetchval("SELECT count(*) FROM enrichments WHERE state = 'done'") == 24
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert 1 < await other.fetchval(sessions) <= SESSIONS


async def test_a_known_statement_works_on_when_a_migration_gives_its_table_a_column(
    pooled: Database, other: Any
) -> None:
    statement = Statement("SELECT * FROM projects")
    await other.execute("INSERT INTO projects VALUES ('prj_1', 'business', '{}', 1)")
    assert len(await pooled.fetch(statement)) == 1
    await other.execute("ALTER TABLE projects ADD COLUMN more text DEFAULT 'more'")
    assert (await pooled.fetch(statement))[0].more == "more"


async def test_a_role_limits_sessions_that_a_pooler_does_not_let_us_limit(
    pooler_url: str, database_url: str, database: Database
) -> None:
    assert await unset(database) == ()
    asking = Database(pooler_url, 10)
    with pytest.raises(DatabaseUnavailable):  # PgBouncer says 08P01 to this, as to its passing troubles
        await unset(asking)
    async with aclosing(Database(pooler_url, 10, pooled=True)) as pooled:
        assert await unset(pooled) == tuple(sorted(SETTINGS))
    await limit_role(database_url)
    async with AsyncExitStack() as stack:  # of the new one, sessions begin with the role's settings
        fresh_url = await stack.enter_async_context(transaction_pooler(database_url, SESSIONS))
        limited = await stack.enter_async_context(aclosing(Database(fresh_url, 10, pooled=True)))
        assert await unset(limited) == ()


async def limit_role(database_url: str) -> None:
    """Do what the operator of a pooler does, for this test's database only."""
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    for limit, value in SETTINGS.items():
        await connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET {limit} = {value}")
    await connection.close()
