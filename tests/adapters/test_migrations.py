"""The schema's history leads to the tables that the code expects, and back, however many processes start at once."""

import asyncio

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.database import create_engine_for, fetch
from app.adapters.migrations import FOLDER, LOCK, migrate

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
        "enrichments_state_check",
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
    assert [row.version_num for row in rows] == ["0001"]
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
    assert (await fetch(engine, OURS))[0].n == 6
    await engine.dispose()


async def test_the_lock_is_free_and_sessions_keep_their_limits_when_migrated(engine: AsyncEngine) -> None:
    await migrate(engine)
    rows = await fetch(engine, text("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'"))
    assert rows[0].n == 0
    for setting, value in (("statement_timeout", "8s"), ("lock_timeout", "2s")):
        rows = await fetch(engine, text("SELECT current_setting(:setting) AS value"), {"setting": setting})
        assert rows[0].value == value
