"""The database behind a real PgBouncer in transaction mode: many connections of ours on three sessions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import LIMITS, create_engine_for, fetch, unlimited
from app.adapters.postgres.line import Line
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import DatabaseUnavailable, Submission
from app.domain.tickets import Email
from tests.support.pooler import PROGRAM, transaction_pooler

SESSIONS = 3

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")


@pytest.fixture
async def pooler_url(database_url: str) -> AsyncIterator[str]:
    async with transaction_pooler(database_url, SESSIONS) as url:
        yield url


@pytest.fixture
async def pooled(pooler_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine_for(pooler_url, pool_size=4 * SESSIONS, pooled=True)
    yield engine
    await engine.dispose()


async def test_everybody_gets_their_own_answers_when_sessions_are_shared(pooled: AsyncEngine, other: Any) -> None:
    async def ask(caller: int) -> None:
        for turn in range(20):
            # Thirteen texts of statements, so that one session gets the same from several callers, and others between.
            statement = text(f"SELECT CAST(:value AS text) AS value, {(caller + turn) % 13} AS number")
            [row] = await fetch(pooled, statement, {"value": f"{caller} {turn}"})
            assert row == (f"{caller} {turn}", (caller + turn) % 13)

    def unheard(channel: str, message: str) -> None:
        pass

    store = TicketStore(pooled, Line(pooled, 16, unheard), unheard)

    async def submit(caller: int) -> None:
        await store.submit([Submission(f"t_{caller}", "prj_1", Email.of("subject", f"body {caller}", None))])

    await fetch(pooled, text("INSERT INTO projects VALUES ('prj_1', 'business', '{}', 1)"))
    await asyncio.gather(*(ask(n) for n in range(24)), *(submit(n) for n in range(24)))
    assert await other.fetchval("SELECT count(*) FROM enrichments") == 24
    assert await other.fetchval("SELECT count(DISTINCT payload) FROM pgqueuer") == 24
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert 1 < await other.fetchval(sessions) <= SESSIONS


async def test_a_known_statement_works_on_when_a_migration_gives_its_table_a_column(
    pooled: AsyncEngine, other: Any
) -> None:
    statement = text("SELECT * FROM projects")
    await other.execute("INSERT INTO projects VALUES ('prj_1', 'business', '{}', 1)")
    assert len(await fetch(pooled, statement)) == 1
    await other.execute("ALTER TABLE projects ADD COLUMN more text DEFAULT 'more'")
    assert (await fetch(pooled, statement))[0].more == "more"


async def test_a_role_limits_sessions_that_a_pooler_does_not_let_us_limit(
    pooler_url: str, database_url: str, engine: AsyncEngine
) -> None:
    assert await unlimited(engine) == ()
    asking = create_engine_for(pooler_url)
    with pytest.raises(DatabaseUnavailable):  # PgBouncer says 08P01 to this, as to its passing troubles
        await unlimited(asking)
    pooled = create_engine_for(pooler_url, pooled=True)
    assert await unlimited(pooled) == tuple(sorted(LIMITS))
    await limit_role(database_url)
    await pooled.dispose()
    async with transaction_pooler(database_url, SESSIONS) as fresh_url:  # its sessions begin with the role's settings
        limited = create_engine_for(fresh_url, pooled=True)
        assert await unlimited(limited) == ()
        await limited.dispose()


async def limit_role(database_url: str) -> None:
    """Do what the operator of a pooler does, for this test's database only."""
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    for limit, value in LIMITS.items():
        await connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET {limit} = {value}")
    await connection.close()
