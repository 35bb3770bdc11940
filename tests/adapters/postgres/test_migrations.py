"""The schema's history leads to the tables that the code expects, and back, however many processes start at once."""

import asyncio
from contextlib import aclosing

import asyncpg  # type: ignore[import-untyped]
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from structlog.testing import capture_logs

from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.migrations import LOCK, engine_for, migrate
from app.adapters.postgres.schema import FOLDER, REVISIONS, is_pending, revision_of
from app.domain.claims import DatabaseUnavailable

NEWEST = REVISIONS[-1]


async def alembic(url: str, order: str, *arguments: str) -> None:
    """Run one of Alembic's commands, as a developer would."""

    def run(connection: Connection) -> None:
        config = Config(FOLDER.parent / "alembic.ini")
        config.attributes["connection"] = connection
        getattr(command, order)(config, *arguments)

    async with engine_for(url).begin() as connection:
        await connection.run_sync(run)


async def test_the_migrated_schema_is_the_one_that_the_code_describes(database: Database, database_url: str) -> None:
    await alembic(database_url, "check")
    # Alembic does not compare these.
    checks = """
        SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace ORDER BY 1
    """
    assert [row.conname for row in await database.fetch(Statement(checks))] == [
        "credits_used_check",
        "deliveries_data_check",
        "projects_configuration_check",
        "projects_monthly_ai_credits_check",
        "projects_token_check",
    ]


async def test_no_index_is_in_the_order_of_a_language(database: Database) -> None:
    sorted_so = """
        SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace AND relname <> 'alembic_version_pkc'
            AND (SELECT oid FROM pg_collation WHERE collname = 'default') = ANY(CAST(indcollation AS oid[]))
    """
    assert [row.name for row in await database.fetch(Statement(sorted_so))] == []


async def test_every_step_goes_down_and_up_again(database: Database, database_url: str) -> None:
    before = await all_of_ours(database)
    await alembic(database_url, "downgrade", "base")
    assert await all_of_ours(database) == ["alembic_version"]
    await migrate(database_url)
    assert await all_of_ours(database) == before


async def all_of_ours(database: Database) -> list[str]:
    """Name every table, sequence, index, view and function."""
    named = Statement("""
        SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relname <> 'alembic_version_pkc'
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY name
    """)
    return [row.name for row in await database.fetch(named)]


async def test_eight_processes_can_start_at_once(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(8)))
    async with aclosing(Database(empty_database_url, 10)) as database:
        rows = await database.fetch(Statement("SELECT version_num FROM alembic_version"))
    assert [row.version_num for row in rows] == [NEWEST]


async def test_a_start_waits_while_another_process_migrates(empty_database_url: str) -> None:
    async with aclosing(Database(empty_database_url, 10)) as database:
        other = await asyncpg.connect(empty_database_url)
        await other.execute(f"SELECT pg_advisory_lock({LOCK})")
        waiting = asyncio.create_task(migrate(empty_database_url))
        await asyncio.sleep(0.5)
        assert await all_of_ours(database) == []
        await other.close()
        await waiting
        assert "enrichments" in await all_of_ours(database)


async def test_the_lock_is_free_and_sessions_keep_their_limits_when_migrated(
    database: Database, database_url: str
) -> None:
    await migrate(database_url)
    held = Statement("""
        SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE datname = current_database() AND locktype = 'advisory'
    """)
    async with asyncio.timeout(30):
        while await database.fetch(held):  # noqa: ASYNC110 - the server ends the session in its own time
            await asyncio.sleep(0.01)
    for setting, value in (
        ("statement_timeout", "8s"),
        ("lock_timeout", "2s"),
        ("plan_cache_mode", "force_generic_plan"),
    ):
        rows = await database.fetch(Statement("SELECT current_setting(:setting) AS value"), {"setting": setting})
        assert rows[0].value == value


async def test_a_start_serves_on_when_a_newer_release_has_migrated(database: Database, database_url: str) -> None:
    await database.fetch(Statement("UPDATE alembic_version SET version_num = '9999'"))
    before = await all_of_ours(database)
    with capture_logs() as lines:
        await migrate(database_url)
    assert [(line["event"], line["log_level"]) for line in lines] == [("schema_is_newer", "warning")]
    assert await all_of_ours(database) == before
    assert (await database.fetch(Statement("SELECT version_num FROM alembic_version")))[0].version_num == "9999"


async def test_nothing_is_logged_when_a_release_meets_its_own_schema(database_url: str) -> None:
    with capture_logs() as lines:
        await migrate(database_url)
    assert lines == []


async def test_a_start_tries_again_when_somebody_holds_what_it_needs_for_long(empty_database_url: str) -> None:
    other = await asyncpg.connect(empty_database_url)
    await other.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
    await other.execute("BEGIN; LOCK alembic_version")
    with pytest.raises(DatabaseUnavailable):
        await migrate(empty_database_url)
    await other.execute("COMMIT")
    await migrate(empty_database_url)
    assert await other.fetchval("SELECT version_num FROM alembic_version") == NEWEST
    await other.close()


def test_steps_follow_each_other_in_one_line_in_the_order_of_their_files() -> None:
    assert tuple(step.revision for step in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions()))) == REVISIONS


async def test_migrations_are_pending_until_the_newest_is_there(empty_database_url: str) -> None:
    assert is_pending(await revision_of(empty_database_url))
    await migrate(empty_database_url)
    assert await revision_of(empty_database_url) == NEWEST
    assert not is_pending(NEWEST)
    await alembic(empty_database_url, "downgrade", "base")
    assert is_pending(await revision_of(empty_database_url))
