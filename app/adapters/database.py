"""The way to PostgreSQL: one small pool, single statements that commit themselves, and two kinds of failure."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Executable, Row, event, exc, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from app.domain.claims import DatabaseUnavailable

POOL_SIZE = 10
"""Connections per process: statements take a millisecond, and none is held while anything waits on the network."""

PATIENCE_SECONDS = 10.0
"""Longest that one statement may take in all: waiting for a connection, making one, running."""

CONNECT_SECONDS = 5.0
"""Longest that making one connection may take; below the patience, so that a dead host is told from a busy one."""

SERVER_SETTINGS = {
    "application_name": "customer-context",
    "statement_timeout": "8000",  # ms; below our patience, so that the server ends a statement that we gave up
    "lock_timeout": "2000",  # ms; every lock here is held for one statement
    "idle_in_transaction_session_timeout": "10000",  # ms; only a frozen process is idle in a transaction
}
"""What every session asks the server for."""

FOREIGN_KEY_VIOLATION = "23503"
"""The SQLSTATE of a row whose project was deleted in the same moment."""

PASSING_STATES = (
    "08",  # connection exception
    "25006",  # the primary has just become a standby
    "28",  # the password is being rotated
    "3D000",  # the database is not there (yet)
    "40",  # deadlock, serialization: nothing was done, the same call may succeed
    "53",  # out of connections, memory or disk
    "55P03",  # lock not available within lock_timeout
    "57",  # shutdown, starting up, statement_timeout, terminated by an operator
    "58",  # I/O error on the server
)
"""SQLSTATEs, or their classes (PostgreSQL manual, appendix A), that tell of the server's state, not of our mistake."""

DRIVER_ERRORS = (exc.SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""Everything that SQLAlchemy, asyncpg and the network raise; asyncpg's own comes through while connecting."""


class StatementFailed(Exception):
    """The server refused a statement: a mistake of ours. It carries a class and a state, never a value."""

    def __init__(self, kind: str, sqlstate: str | None) -> None:
        super().__init__(f"{kind} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


def create_engine_for(url: str) -> AsyncEngine:
    """Return an engine for a PostgreSQL URL as libpq writes it; `ValueError`, without the value, if it is none."""
    dsn = _dsn(url)

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=SERVER_SETTINGS)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",  # a statement is its own transaction: no BEGIN and COMMIT round trips
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=PATIENCE_SECONDS,
        pool_use_lifo=True,
    )
    event.listen(engine.sync_engine, "checkout", _replace_if_closed)
    return engine


async def fetch(
    engine: AsyncEngine, statement: Executable, values: Mapping[str, object] | None = None
) -> Sequence[Row[Any]]:
    """Run one statement and return its rows; raise `DatabaseUnavailable` or `StatementFailed`, nothing foreign."""

    def run() -> Sequence[Row[Any]]:
        with engine.sync_engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else ()

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            # What AsyncEngine does in four hops between greenlets, in one: a quarter less CPU per statement.
            return await greenlet_spawn(run)
    except DRIVER_ERRORS as foreign:
        failure = failure_of(foreign)
    # Raised here, not in the handler: the foreign exception, whose text can hold values, is not even its context.
    raise failure


async def ping(engine: AsyncEngine) -> None:
    """Return if the database answers; raise `DatabaseUnavailable` if not."""
    await fetch(engine, text("SELECT 1"))


def failure_of(foreign: BaseException) -> DatabaseUnavailable | StatementFailed:
    """Translate what the drivers raise, keeping the class and the SQLSTATE only."""
    cause = foreign.orig if isinstance(foreign, exc.DBAPIError) and foreign.orig is not None else foreign
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is not None and sqlstate.startswith(PASSING_STATES):
        return DatabaseUnavailable()
    if isinstance(foreign, (OSError, exc.TimeoutError, exc.DisconnectionError, exc.InterfaceError)):
        return DatabaseUnavailable()
    if isinstance(foreign, asyncpg.InterfaceError) or getattr(foreign, "connection_invalidated", False):
        return DatabaseUnavailable()
    return StatementFailed(type(cause).__name__, sqlstate)


def _dsn(url: str) -> str:
    """Return the URL as asyncpg takes it, which then reads `sslmode` and its like as libpq does."""
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise ValueError("not a PostgreSQL URL, which looks like postgresql://user:password@host:5432/database")
    if not parsed.database:
        raise ValueError("the PostgreSQL URL names no database, as in postgresql://user:password@host:5432/database")
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def _replace_if_closed(connection: Any, _record: object, _fairy: object) -> None:
    """Have the pool replace a connection that the server closed meanwhile: costs no round trip, unlike a ping."""
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError
