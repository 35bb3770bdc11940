"""Applies pending schema migrations, under a lock: safe for any number of processes at once."""

import asyncio

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, NullPool, exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.adapters.postgres.connection import DRIVER_ERRORS, NAME, SETTINGS, connecting, failure_of
from app.adapters.postgres.schema import FOLDER, is_pending

LOCK = 0x63637478
"""Names our advisory lock (`cctx`); PostgreSQL keeps such locks per database."""

TRY_AGAIN_SECONDS = 0.1
"""Between two attempts at the lock: asking anew never meets the sessions' lock or statement timeout, waiting would."""

LOCK_MS = 1_000
"""Longest that a step waits for a table: everybody queues behind it, and they give up after twice as long."""


def engine_for(url: str) -> AsyncEngine:
    """Return the SQLAlchemy engine that Alembic works on, over connections with our settings."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connecting(url, NAME | SETTINGS),
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        poolclass=NullPool,
    )


async def migrate(url: str) -> None:
    """Apply the pending migrations, all or none; whoever comes meanwhile waits. Raises as every store does.

    `DatabaseUnavailable` also when somebody holds a table for long: try again later. A schema that a newer release has
    migrated stays as it is. `url` must not lead through a transaction pooler, which knows no lock of a session.
    """
    try:
        async with engine_for(url).connect() as connection:
            await _lock(connection)
            try:
                # A step may read through a large table.
                await connection.execute(text("SET statement_timeout = 0"))
                await connection.execute(text(f"SET lock_timeout = {LOCK_MS}"))
                await connection.commit()
                await connection.run_sync(_upgrade)
                await connection.commit()
            finally:
                # Closing the session frees the lock, whatever state it is in, and forgets the setting.
                await connection.invalidate()
    except (exc.SQLAlchemyError, *DRIVER_ERRORS) as foreign:
        failure = failure_of(_cause_of(foreign))
    else:
        return
    raise failure


def _cause_of(foreign: BaseException) -> BaseException:
    """Return what the driver raised, where SQLAlchemy has wrapped it."""
    wrapped = foreign.orig if isinstance(foreign, exc.DBAPIError) else None
    return (wrapped.__cause__ or wrapped) if wrapped is not None else foreign


async def _lock(connection: AsyncConnection) -> None:
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        await connection.commit()
        await asyncio.sleep(TRY_AGAIN_SECONDS)
    await connection.commit()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    # Asked again under the lock: another process may have migrated meanwhile, of a newer release too.
    if is_pending(MigrationContext.configure(connection).get_current_revision()):
        connection.commit()  # Alembic must begin the transaction that a step may leave
        command.upgrade(config, "head")
