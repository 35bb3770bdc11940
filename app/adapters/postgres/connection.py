"""The way to PostgreSQL: one small pool, single statements that commit themselves, and two kinds of failure."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

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

STATEMENTS_CACHED = 100
"""Prepared statements that each connection keeps: the service has about fifty."""

CONNECT_SECONDS = 5.0
"""Longest that making one connection may take; below the patience, so that a dead host is told from a busy one."""

NAME = {"application_name": "customer-context"}
"""What every session tells the server, also through a pooler: PgBouncer keeps track of it."""

LIMITS = {
    "statement_timeout": "8000",  # ms; below our patience, so that the server ends a statement that we gave up
    "lock_timeout": "2000",  # ms; every lock here is held for one transaction of a few statements
    "idle_in_transaction_session_timeout": "10000",  # ms; only a frozen process is idle in a transaction
}
"""What every session asks the server for. A pooler refuses these: there, the role needs them (`ALTER ROLE … SET`)."""


UNFLUSHED = {"synchronous_commit": "off"}
"""Has commits wait for no disk: where one is lost with the server, the same is done once more, and is harmless."""

UNFLUSHED_HERE = "set_config('synchronous_commit', 'off', true)"
"""The same for the one statement that selects or returns this: if the server dies, the run is simply claimed again.

What is written later, the result above all, is flushed after it: a result that survives has its claim and its credit.
"""

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

STATEMENT_CHANGED = (exc.NotSupportedError, asyncpg.InvalidCachedStatementError)
"""What a prepared statement ends with after a migration changed what it returns; it has done nothing by then."""

DRIVER_ERRORS = (
    exc.SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""Everything that SQLAlchemy, asyncpg and the network raise; asyncpg's own comes through while connecting."""


class StatementFailed(Exception):
    """The server refused a statement: a mistake of ours. It carries a class and a state, never a value."""

    def __init__(self, kind: str, sqlstate: str | None) -> None:
        super().__init__(f"{kind} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


_lines: WeakKeyDictionary[AsyncEngine, asyncio.Semaphore] = WeakKeyDictionary()
"""For each engine the line before its pool, first come first served: the pool's own lets newcomers pass, and in a crowd
some would wait for ever."""


def create_engine_for(url: str, pool_size: int = POOL_SIZE, pooled: bool = False) -> AsyncEngine:
    """Return an engine for a PostgreSQL URL as libpq writes it; `ValueError`, without the value, if it is none.

    `pooled` says that the URL leads to a transaction pooler, such as PgBouncer: any statement may meet another session
    than the one before. So nothing is prepared for later, and no session is asked for its limits (see `unlimited`).
    """
    cached = 0 if pooled else STATEMENTS_CACHED
    connect = _connect(url, NAME if pooled else NAME | LIMITS, statement_cache_size=cached)

    def adapted() -> Any:
        # What `async_creator` does, and the dialect's own cache, which that cannot reach. Without asyncpg's, statements
        # have no name and go out whole each time; the dialect's would then only keep what a table looked like once, and
        # fail for good after a migration that adds a column.
        driver: Any = engine.dialect.dbapi
        return driver.connect(async_creator_fn=connect, prepared_statement_cache_size=cached)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        creator=adapted,
        isolation_level="AUTOCOMMIT",  # a statement is its own transaction: no BEGIN and COMMIT round trips
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=PATIENCE_SECONDS,
        pool_use_lifo=True,
    )
    event.listen(engine.sync_engine, "checkout", _replace_if_closed)
    _lines[engine] = asyncio.Semaphore(pool_size)
    return engine


def connector(url: str) -> Callable[[], Awaitable[Any]]:
    """Return what opens one connection of its own, past any pool, for statements of which one may be lost.

    They end within `PATIENCE_SECONDS`, and their commits are `UNFLUSHED`.
    """
    return _connect(url, NAME | LIMITS | UNFLUSHED, command_timeout=PATIENCE_SECONDS)


async def fetch(
    engine: AsyncEngine, statement: Executable, values: Mapping[str, object] | None = None
) -> Sequence[Row[Any]]:
    """Run one statement and return its rows; raise `DatabaseUnavailable` or `StatementFailed`, nothing foreign."""

    def run() -> Sequence[Row[Any]]:
        with engine.sync_engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else ()

    try:
        async with asyncio.timeout(PATIENCE_SECONDS), _lines[engine]:
            # What AsyncEngine does in four hops between greenlets, in one: a quarter less CPU per statement.
            try:
                return await greenlet_spawn(run)
            except STATEMENT_CHANGED:
                # Both libraries have forgotten all that they prepared, so it happens once.
                return await greenlet_spawn(run)
    except DRIVER_ERRORS as foreign:
        failure = failure_of(foreign)
    # Raised here, not in the handler: the foreign exception, whose text can hold values, is not even its context.
    raise failure


async def ping(engine: AsyncEngine) -> None:
    """Return if the database answers; raise `DatabaseUnavailable` if not."""
    await fetch(engine, text("SELECT 1"))


async def unlimited(engine: AsyncEngine) -> tuple[str, ...]:
    """Return which of `LIMITS` a session lacks: behind a pooler the role, or its database, must set them."""
    lacking = text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = '0' ORDER BY name")
    return tuple(row.name for row in await fetch(engine, lacking, {"names": list(LIMITS)}))


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
    if isinstance(foreign, (asyncpg.InternalClientError, exc.InternalError)) and sqlstate is None:
        return DatabaseUnavailable()  # the server has said that it ends the connection, which is not closed yet
    return StatementFailed(type(cause).__name__, sqlstate)


def _connect(url: str, settings: Mapping[str, str], **options: Any) -> Callable[[], Awaitable[Any]]:
    dsn = _dsn(url)

    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=dict(settings), **options)

    return connect


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
