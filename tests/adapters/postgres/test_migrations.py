"""The schema's history leads to the tables that the code expects, and back, however many processes start at once."""

import asyncio
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from app.adapters.postgres.connection import create_engine_for, fetch
from app.adapters.postgres.migrations import FOLDER, LOCK, migrate
from app.domain.claims import DatabaseUnavailable

NEWEST = ScriptDirectory(str(FOLDER)).get_current_head()
OURS = text("SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')")


async def alembic(engine: AsyncEngine, order: str, *arguments: str) -> None:
    """Run one of Alembic's commands, as a developer would."""

    def run(connection: Connection) -> None:
        config = Config(FOLDER.parent / "alembic.ini")
        config.attributes["connection"] = connection
        getattr(command, order)(config, *arguments)

    async with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
        await connection.run_sync(run)


async def test_the_migrated_schema_is_the_one_that_the_code_describes(engine: AsyncEngine) -> None:
    await alembic(engine, "check")
    # Alembic does not compare these.
    rows = await fetch(
        engine,
        text(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace ORDER BY 1"
        ),
    )
    assert [row.conname for row in rows] == [
        "configurations_token_check",
        "credits_used_check",
        "projects_monthly_ai_credits_check",
    ]


async def test_every_step_goes_down_and_up_again(engine: AsyncEngine) -> None:
    before = (await fetch(engine, OURS))[0].n
    await alembic(engine, "downgrade", "base")
    assert (await fetch(engine, OURS))[0].n == 1  # Alembic's own
    await migrate(engine)
    assert (await fetch(engine, OURS))[0].n == before


async def test_eight_processes_can_start_at_once(empty_database_url: str) -> None:
    engines = [create_engine_for(empty_database_url) for _ in range(8)]
    await asyncio.gather(*(migrate(engine) for engine in engines))
    rows = await fetch(engines[0], text("SELECT version_num FROM alembic_version"))
    assert [row.version_num for row in rows] == [NEWEST]
    for engine in engines:
        await engine.dispose()


async def test_a_start_waits_while_another_process_migrates(empty_database_url: str) -> None:
    engine = create_engine_for(empty_database_url)
    async with engine.connect() as other:
        await other.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        waiting = asyncio.create_task(migrate(engine))
        await asyncio.sleep(0.5)
        assert (await fetch(engine, OURS))[0].n == 0
        await other.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        await waiting
    assert (await fetch(engine, OURS))[0].n == 24
    await engine.dispose()


async def test_the_lock_is_free_and_sessions_keep_their_limits_when_migrated(engine: AsyncEngine) -> None:
    await migrate(engine)
    held = text("""
        SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE datname = current_database() AND locktype = 'advisory'
    """)
    async with asyncio.timeout(30):
        while await fetch(engine, held):  # noqa: ASYNC110 - the server ends the session in its own time
            await asyncio.sleep(0.01)
    for setting, value in (("statement_timeout", "8s"), ("lock_timeout", "2s")):
        rows = await fetch(engine, text("SELECT current_setting(:setting) AS value"), {"setting": setting})
        assert rows[0].value == value


async def test_a_start_serves_on_when_a_newer_release_has_migrated(engine: AsyncEngine) -> None:
    await fetch(engine, text("UPDATE alembic_version SET version_num = '9999'"))
    before = (await fetch(engine, OURS))[0].n
    with capture_logs() as lines:
        await migrate(engine)
    assert [(line["event"], line["log_level"]) for line in lines] == [("schema_is_newer", "warning")]
    assert (await fetch(engine, OURS))[0].n == before
    assert (await fetch(engine, text("SELECT version_num FROM alembic_version")))[0].version_num == "9999"


async def test_nothing_is_logged_when_a_release_meets_its_own_schema(engine: AsyncEngine) -> None:
    with capture_logs() as lines:
        await migrate(engine)
    assert lines == []


async def test_a_start_tries_again_when_somebody_holds_a_table_for_long(engine: AsyncEngine, other: Any) -> None:
    await alembic(engine, "downgrade", "0001")
    before = (await fetch(engine, OURS))[0].n
    await other.execute("BEGIN; SELECT FROM enrichments")
    with pytest.raises(DatabaseUnavailable):
        await migrate(engine)
    assert (await fetch(engine, OURS))[0].n == before
    await other.execute("COMMIT")
    await migrate(engine)
    assert (await fetch(engine, text("SELECT version_num FROM alembic_version")))[0].version_num == NEWEST


async def test_whoever_queues_behind_a_waiting_migration_is_served_in_the_end(engine: AsyncEngine, other: Any) -> None:
    await alembic(engine, "downgrade", "0001")
    await other.execute("BEGIN; SELECT FROM enrichments")
    migrating = asyncio.create_task(migrate(engine))
    waiting = """
        SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE datname = current_database() AND relation = 'enrichments'::regclass AND NOT granted
    """
    while not await other.fetch(waiting):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0.01)
    assert list(await fetch(engine, text("SELECT * FROM enrichments"))) == []
    with pytest.raises(DatabaseUnavailable):
        await migrating


def test_steps_follow_each_other_in_one_line() -> None:
    assert len(ScriptDirectory(str(FOLDER)).get_heads()) == 1
