"""The connection pool to PostgreSQL: statements that commit themselves, and two kinds of failure."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import asyncpg  # type: ignore[import-untyped]

from app.domain.claims import DatabaseUnavailable

PATIENCE_SECONDS = 10.0
"""Longest that one statement may take in all: waiting for a connection, making one, running."""

STATEMENTS_CACHED = 100
"""Prepared statements that each connection keeps: the service has about fifty."""

CONNECT_SECONDS = 5.0
"""Longest that making one connection may take; below the patience, so that a dead host is told from a busy one."""

NAME = {"application_name": "customer-context"}
"""What every session tells the server, also through a pooler: PgBouncer keeps track of it."""

SETTINGS = {
    "statement_timeout": "8000",  # ms; below our patience, so that the server ends a statement that we gave up
    "lock_timeout": "2000",  # ms; every lock here is held for one transaction of a few statements
    "idle_in_transaction_session_timeout": "10000",  # ms; only a frozen process is idle in a transaction
    "plan_cache_mode": "force_generic_plan",  # every statement here has one good plan: making it anew costs a quarter
}
"""What every session asks the server for. A pooler refuses these: there, the role needs them (`ALTER ROLE … SET`)."""

UNFLUSHED = {"synchronous_commit": "off"}
"""Has commits wait for no disk: where one is lost with the server, the same is done once more, and is harmless."""

UNFLUSHED_HERE = "set_config('synchronous_commit', 'off', true)"
"""The same for the one statement that selects or returns this: if the server dies, the work is simply done again.

What is written later, the result above all, is flushed after it: a result that survives has its credit too.
"""

FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION = "23503", "23505"
"""SQLSTATEs: the project was deleted in the same moment; somebody else was faster."""

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

DONE_ONCE_MORE = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.DeadlockDetectedError,
)
"""Errors after which work is tried once more at once: a migration has changed what a prepared statement returns, which
the connection has forgotten by then; or there was a deadlock, mostly with a migration, which holds one table and waits
for the next. The first try has changed nothing, but for one case: a lone statement whose answer holds a type that was
changed has been committed, and its second try sees that, like a call that is repeated because its answer was lost."""

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Everything that asyncpg and the network raise."""

T = TypeVar("T")

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")


class StatementFailed(Exception):
    """The server refused a statement: a mistake of ours. It carries a class and a state, never a value."""

    def __init__(self, kind: str, sqlstate: str | None) -> None:
        super().__init__(f"{kind} (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


class Statement:
    """An SQL statement with named parameters, as `:name`, which it turns into PostgreSQL's `$1`."""

    def __init__(self, sql: str) -> None:
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
        self.sql = _PARAMETER.sub(lambda found: f"${self.names.index(found[1]) + 1}", sql)

    def values(self, named: Mapping[str, object]) -> list[object]:
        """Return the parameters' values in the order of their numbers."""
        return [named[name] for name in self.names]


class Row(asyncpg.Record):  # type: ignore[misc]
    """A row of a result, its columns as attributes too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Database:
    """A pool of connections to one database; `ValueError`, without the value, where the URL is none of PostgreSQL's.

    At most `pool_size` are open, each from when it is first needed; none is held while anything waits on the network.
    `pooled` says that the URL leads to a transaction pooler, such as PgBouncer: any statement may meet another session
    than the one before. So nothing is prepared for later, and no session is asked for its settings (see `unset`).
    """

    def __init__(self, url: str, pool_size: int, pooled: bool = False) -> None:
        cached = 0 if pooled else STATEMENTS_CACHED
        self._connect = connecting(url, NAME if pooled else NAME | SETTINGS, statement_cache_size=cached)
        self._idle: list[Any] = []
        self._line = asyncio.Semaphore(pool_size)  # first come, first served

    async def aclose(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            await self._idle.pop().close(timeout=CONNECT_SECONDS)

    async def fetch(self, statement: Statement, named: Mapping[str, object] | None = None) -> Sequence[Row]:
        """Run one statement and return its rows; raise `DatabaseUnavailable` or `StatementFailed`, nothing foreign."""
        values = statement.values(named or {})

        async def run(connection: Any) -> Sequence[Row]:
            return await connection.fetch(statement.sql, *values)  # type: ignore[no-any-return]

        return await self._run(run)

    async def transact(self, work: Callable[["Transaction"], Awaitable[T]]) -> T:
        """Run `work` in one transaction and return its result; fails as `fetch` does, and then nothing was done.

        Work that met a deadlock or a migration is begun anew.
        """

        async def run(connection: Any) -> T:
            async with connection.transaction():
                return await work(Transaction(connection))

        return await self._run(run)

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._line:
                connection = self._free() or await self._connect()
                try:
                    try:
                        return await work(connection)
                    except DONE_ONCE_MORE:
                        return await work(connection)
                except asyncpg.PostgresError:
                    raise  # the server has answered: the connection is as good as before
                except BaseException:
                    connection.terminate()
                    raise
                finally:
                    if not connection.is_closed():
                        self._idle.append(connection)
        except DRIVER_ERRORS as foreign:
            failure = failure_of(foreign)
        # Raised here, not in the handler: the foreign exception, whose text can hold values, is not even its context.
        raise failure

    def _free(self) -> Any:
        """Return the connection that was used last, and forget those that the server has closed meanwhile."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None


class Transaction:
    """Runs statements in one transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, statement: Statement, named: Mapping[str, object] | None = None) -> Sequence[Row]:
        """Run a statement and return its rows."""
        rows: Sequence[Row] = await self._connection.fetch(statement.sql, *statement.values(named or {}))
        return rows


async def ping(database: Database) -> None:
    """Return if the database answers; raise `DatabaseUnavailable` if not."""
    await database.fetch(_PING)


async def unset(database: Database) -> tuple[str, ...]:
    """Return the names of `SETTINGS` that a session lacks: behind a pooler the role, or its database, must set them."""
    return tuple(row.name for row in await database.fetch(_UNSET, {"names": list(SETTINGS)}))


_PING = Statement("SELECT 1")
_UNSET = Statement("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting IN ('0', 'auto') ORDER BY name")


def connecting(url: str, settings: Mapping[str, str], **options: Any) -> Callable[[], Awaitable[Any]]:
    """Return a function that opens one asyncpg connection to a libpq URL with these settings."""
    dsn = _dsn(url)

    async def connect() -> Any:
        connection = await asyncpg.connect(
            dsn, timeout=CONNECT_SECONDS, server_settings=dict(settings), record_class=Row, **options
        )
        # A value is sent as JSON text and comes back read. The first byte of `jsonb` is the version of its format.
        for kind, version in (("json", b""), ("jsonb", b"\x01")):
            await connection.set_type_codec(
                kind,
                schema="pg_catalog",
                format="binary",
                encoder=lambda text, version=version: version + text.encode(),
                decoder=lambda content, version=version: json.loads(content[len(version) :]),
            )
        return connection

    return connect


def connector(url: str) -> Callable[[], Awaitable[Any]]:
    """Return a function that opens one connection past any pool, for statements of which one may be lost.

    They end within `PATIENCE_SECONDS`, and their commits are `UNFLUSHED`.
    """
    return connecting(url, NAME | SETTINGS | UNFLUSHED, command_timeout=PATIENCE_SECONDS)


def failure_of(foreign: BaseException) -> DatabaseUnavailable | StatementFailed:
    """Translate an exception of the driver, keeping only its class and its SQLSTATE."""
    sqlstate = getattr(foreign, "sqlstate", None)
    if sqlstate is not None:
        passing = sqlstate.startswith(PASSING_STATES)
        return DatabaseUnavailable() if passing else StatementFailed(type(foreign).__name__, sqlstate)
    # A lost connection; or one of which the server has said that it ends, and which is not closed yet.
    if isinstance(foreign, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return DatabaseUnavailable()
    return StatementFailed(type(foreign).__name__, None)


def _dsn(url: str) -> str:
    """Return the URL if it is one that asyncpg takes, which then reads `sslmode` and its like as libpq does."""
    try:
        parsed = urlsplit(url)
    except ValueError:
        parsed = urlsplit("")
    if parsed.scheme not in ("postgresql", "postgres", "postgresql+asyncpg") or not _has_good_port(parsed):
        raise ValueError("not a PostgreSQL URL, which looks like postgresql://user:password@host:5432/database")
    if not parsed.path.strip("/"):
        raise ValueError("the PostgreSQL URL names no database, as in postgresql://user:password@host:5432/database")
    return url.replace("+asyncpg", "", 1) if parsed.scheme.endswith("+asyncpg") else url


def _has_good_port(parsed: SplitResult) -> bool:
    try:
        return parsed.port != 0
    except ValueError:
        return False
