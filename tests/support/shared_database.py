"""The database of one test process: migrated once, emptied between tests, served to any event loop by one thread."""

import asyncio
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]

from app.adapters.postgres.connection import Database, Row, Statement
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.tables import metadata
from app.domain.claims import DatabaseUnavailable
from tests.support.clocks import settled
from tests.support.virtual_time import is_virtual, now, time_stands_still

WORKER_ID = str(uuid.UUID(int=1))
"""The worker as whom tests take runs. Its sign of life never grows old: tests that move the time need no heartbeat."""

CONNECTIONS = 4
"""Enough for statements to meet, few enough to be opened once and stay open."""

CLOCK = """
CREATE TABLE clock (at timestamptz NOT NULL);
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS
    $$ BEGIN RETURN coalesce((SELECT at FROM clock), pg_catalog.now()); END $$;
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS
    $$ BEGIN RETURN coalesce((SELECT at FROM clock), pg_catalog.clock_timestamp()); END $$;
"""
"""Has the schema, which is made after it, ask a clock that a test in virtual time sets; without one, PostgreSQL's."""

# The trail may not be emptied otherwise; that its trigger refuses changes is tested on databases of their own.
EMPTYING = f"""
ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only;
CREATE FUNCTION empty_all() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    {" ".join(f"DELETE FROM {table.name};" for table in reversed(metadata.sorted_tables))}
    DELETE FROM clock;
    INSERT INTO workers (worker_id, host, pid, seats, in_flight, seen_at)
    VALUES ('{WORKER_ID}', 'tests', 1, 0, 0, 'infinity');
END $$;
"""  # noqa: S608 - names of tables, no value

T = TypeVar("T")


class SharedDatabase(Database):
    """A `Database` for tests of what is above the stores; `available = False` makes every call fail as a lost one does.

    Its connections live on a thread of their own, so that they stay open from one test's event loop to the next, and a
    loop in virtual time can wait for them: its time stands still meanwhile, and is the database's time too. A statement
    whose caller goes away is run to its end: cut off, the server might run it in the next test.
    """

    def __init__(self) -> None:
        self.available = True
        self.lost_at = ""  # the words of a statement at which it is lost
        self.in_flight = 0
        self._used = False
        self._time: datetime | None = None

    @contextmanager
    def opened(self, server_url: str) -> Iterator["SharedDatabase"]:
        """Make the database on that server; drop it at the end."""
        name = f"shared_{uuid.uuid4().hex}"
        url = server_url.replace("/customer_context?", f"/{name}?")
        self._loop, self._setting = asyncio.new_event_loop(), asyncio.Lock()
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            self.wait(_make(server_url, name, url))
            super().__init__(url, CONNECTIONS)
            self.wait(self._empty())
            yield self
            self.wait(self.aclose())
            self.wait(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the database's thread, and wait for it without any event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def rows(self, sql: str, **values: object) -> Sequence[Row]:
        """Run a statement as the test sees to the database itself, and return its rows."""
        self._used = True
        return self.wait(self._fetch(Statement(sql), values))

    def empty(self) -> None:
        """Remove what a test has left, and be there again."""
        if self._used:
            self.wait(self._empty())
        self.available, self.lost_at, self._used, self._time = True, "", False, None

    async def settled(self) -> None:
        """Return when all who are at work wait for something else than this database."""
        await settled()
        while self.in_flight:
            await asyncio.sleep(0.001)
            await settled()

    async def fetch(self, statement: Statement, named: Mapping[str, object] | None = None) -> Sequence[Row]:
        if self.lost_at and self.lost_at in statement.sql:
            raise DatabaseUnavailable
        return await super().fetch(statement, named)

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        if not self.available:
            raise DatabaseUnavailable
        self._used = True
        time = now() if is_virtual() else None
        with time_stands_still():
            self.in_flight += 1
            try:
                running = asyncio.run_coroutine_threadsafe(self._run_at(time, work), self._loop)
                return await asyncio.shield(asyncio.wrap_future(running))
            finally:
                self.in_flight -= 1

    async def _run_at(self, time: datetime | None, work: Callable[[Any], Awaitable[T]]) -> T:
        async with self._setting:
            if time is not None and time != self._time:
                await super()._run(lambda connection: connection.execute(_SET_CLOCK, time))
                self._time = time
        return await super()._run(work)

    async def _fetch(self, statement: Statement, values: dict[str, object]) -> Sequence[Row]:
        async def run(connection: Any) -> Sequence[Row]:
            return await connection.fetch(statement.sql, *statement.values(values))  # type: ignore[no-any-return]

        return await super()._run(run)

    async def _empty(self) -> None:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # whose callers went away
            await asyncio.wait(others)
        await super()._run(lambda connection: connection.execute("SELECT empty_all()"))


_SET_CLOCK = (
    "WITH set AS (UPDATE clock SET at = $1 RETURNING 1) INSERT INTO clock SELECT $1 WHERE NOT EXISTS (TABLE set)"
)

DATABASE = SharedDatabase()
"""The one of this process; the fixture `shared_database` opens it."""


async def _make(server_url: str, name: str, url: str) -> None:
    await _execute(server_url, f"CREATE DATABASE {name} TEMPLATE template1")
    await _execute(server_url, f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    await _execute(url, CLOCK)
    await migrate(url)
    await _execute(url, EMPTYING)


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
