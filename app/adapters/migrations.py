"""Brings the schema up to date when a process starts: safe for any number of them at once."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.database import DRIVER_ERRORS, failure_of

FOLDER = Path(__file__).parents[2] / "migrations"
"""Beside the package, in a checkout as in an installed wheel."""

LOCK = 0x63637478
"""Names our advisory lock (`cctx`); PostgreSQL keeps such locks per database."""

TRY_AGAIN_SECONDS = 0.1
"""Between two attempts at the lock: asking anew never meets the sessions' lock or statement timeout, waiting would."""


async def migrate(engine: AsyncEngine) -> None:
    """Apply the pending migrations, all or none; whoever comes meanwhile waits. Raises as every store does."""
    # Alembic's own transactions need a session that does not commit each statement by itself.
    transactional = engine.execution_options(isolation_level="READ COMMITTED")
    try:
        async with transactional.connect() as connection:
            await _lock(connection)
            try:
                # A step may rewrite a large table.
                await connection.execute(text("SET statement_timeout = 0"))
                await connection.commit()
                await connection.run_sync(_upgrade)
                await connection.commit()
            finally:
                # Closing the session frees the lock, whatever state it is in, and forgets the setting.
                await connection.invalidate()
    except DRIVER_ERRORS as foreign:
        failure = failure_of(foreign)
    else:
        return
    raise failure


async def _lock(connection: AsyncConnection) -> None:
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        await connection.commit()
        await asyncio.sleep(TRY_AGAIN_SECONDS)
    await connection.commit()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
