"""A lost database, and what failures say."""

import asyncio
import shutil
import socket
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters.postgres.connection import (
    Database,
    Row,
    Statement,
    StatementFailed,
    Transaction,
    connector,
    failure_of,
    ping,
)
from app.adapters.postgres.embedded import embedded_postgres
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.project_store import ProjectStore
from app.domain.claims import DatabaseUnavailable
from app.domain.configuration import Configuration
from app.domain.projects import Project
from tests.support.lock_waits import ended_while_waiting
from tests.support.stores import postgres_stores, result_of, submission

CANARY = "canary-7d1f"
PROJECT = Project("prj_1", "business", (), 1000)


async def test_three_hundred_in_flight_finish_when_the_pool_has_ten(database: Database) -> None:
    stores = await postgres_stores(database)
    all_in_flight = asyncio.Barrier(300)

    async def enrich(ticket_id: str) -> bool:
        claimed = await stores.taken(ticket_id)
        await all_in_flight.wait()  # stands for the AI and the customer endpoint: all 300 wait here at once
        return await stores.runs.finish(claimed, result_of(), refund=False) is not None

    assert all(await asyncio.gather(*(enrich(f"t_{n}") for n in range(300))))
    assert len(await stores.behind.ended_runs()) == 300


async def test_stores_come_back_by_themselves_when_the_database_was_stopped(tmp_path: Path) -> None:
    data_dir = Path("/tmp") / f"cc-stop-{tmp_path.parent.name[-8:]}"  # noqa: S108 - short, as a socket needs it
    async with embedded_postgres(data_dir) as url:
        database = Database(url, 10)
        await migrate(url)
        stores = await postgres_stores(database)
        projects, tickets = stores.projects, stores.tickets
        await projects.put(PROJECT)
        await asyncio.gather(*(ping(database) for _ in range(20)))  # connections that will be found dead
        running = asyncio.create_task(database.fetch(Statement("SELECT pg_sleep(60)")))
        await asyncio.sleep(0.1)
    with pytest.raises(DatabaseUnavailable):
        await running
    for call in (
        projects.get("prj_1"),
        projects.take_credit("prj_1"),
        tickets.submit([submission()]),
        migrate(url),
    ):
        with pytest.raises(DatabaseUnavailable) as unavailable:
            await call
        assert (unavailable.value.args, unavailable.value.__cause__, unavailable.value.__context__) == ((), None, None)
    async with embedded_postgres(data_dir):
        await asyncio.gather(*(ping(database) for _ in range(20)))
        assert (await projects.get("prj_1"))[0] == PROJECT  # type: ignore[index]
        await database.aclose()
    shutil.rmtree(data_dir)


async def test_a_call_says_unavailable_when_its_connection_is_killed(database: Database, other: Any) -> None:
    running = asyncio.create_task(database.fetch(Statement("SELECT pg_sleep(60)")))
    # Of this test's own database: on the same server, other test processes sleep too.
    kill = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query = 'SELECT pg_sleep(60)'
    """
    while not await other.fetch(kill):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0.01)
    with pytest.raises(DatabaseUnavailable):
        await running
    await ping(database)


async def test_nothing_is_waited_for_longer_than_a_lock_may_take(database: Database, other: Any) -> None:
    await ProjectStore(database).put(PROJECT)
    await other.execute("BEGIN")
    await other.execute("UPDATE projects SET plan = 'free'")
    with pytest.raises(DatabaseUnavailable):
        await ProjectStore(database).put(PROJECT)


async def in_two_steps(transaction: Transaction) -> Sequence[Row]:
    await transaction.fetch(Statement("SELECT 1 FROM credits"))
    return await transaction.fetch(Statement("SELECT * FROM projects"))


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda database: database.fetch(Statement("SELECT 1 FROM credits, projects")), id="a statement"),
        pytest.param(lambda database: database.transact(in_two_steps), id="a transaction"),
    ],
)
async def test_work_that_waits_in_a_circle_with_a_migration_is_done_once_more(
    database: Database, other: Any, ask: Callable[[Database], Coroutine[Any, Any, Sequence[Row]]]
) -> None:
    await other.execute("BEGIN; ALTER TABLE projects ADD COLUMN more text")
    asking = ask(database)
    assert await ended_while_waiting(asking, other, "ALTER TABLE credits ADD COLUMN more text; COMMIT") == []


async def test_the_pool_is_whole_when_callers_were_cancelled(database: Database) -> None:
    tasks = [asyncio.create_task(database.fetch(Statement("SELECT pg_sleep(60)"))) for _ in range(30)]
    await asyncio.sleep(0.3)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    await asyncio.gather(*(ping(database) for _ in range(30)))


async def test_a_host_that_refuses_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    database = Database(f"postgresql://u:{CANARY}@127.0.0.1:{port}/d", 10)
    with pytest.raises(DatabaseUnavailable) as unavailable:
        await ping(database)
    assert CANARY not in repr(unavailable.value)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT CAST(:value AS text)::integer", id="the server's text quotes the value"),
        pytest.param("SELECT nothing FROM nowhere WHERE CAST(:value AS text) = ''", id="no such table"),
        pytest.param(
            "WITH a AS (SELECT CAST(:value AS text) AS v) "
            "INSERT INTO projects SELECT v, v, ARRAY[v], -1, now(), now() FROM a",
            id="DETAIL quotes the row",
        ),
    ],
)
async def test_a_mistake_of_ours_names_class_and_state_and_no_value(database: Database, statement: str) -> None:
    with pytest.raises(StatementFailed) as failure:
        await database.fetch(Statement(statement), {"value": CANARY})
    assert failure.value.sqlstate in ("22P02", "42P01", "23514")
    assert CANARY not in "".join(traceback.format_exception(failure.value))
    assert failure.value.__context__ is None


async def test_no_more_connections_are_made_than_the_pool_holds(database_url: str, other: Any) -> None:
    async with aclosing(Database(database_url, 3)) as small:
        await asyncio.gather(*(small.fetch(Statement("SELECT pg_sleep(0.01)")) for _ in range(30)))
        sessions = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert await other.fetchval(sessions) == 3


async def change_and_fail(transaction: Transaction) -> None:
    await transaction.fetch(Statement("UPDATE projects SET plan = 'free'"))
    await transaction.fetch(Statement("SELECT nothing FROM nowhere"))


async def test_nothing_of_a_transaction_is_done_when_a_statement_of_it_fails(database: Database) -> None:
    await ProjectStore(database).put(PROJECT)
    with pytest.raises(StatementFailed):
        await database.transact(change_and_fail)
    found = await ProjectStore(database).get("prj_1")
    assert found is not None
    assert found[0].plan == "business"


def test_parameters_are_numbered_in_the_order_of_their_names_and_casts_are_left_alone() -> None:
    statement = Statement("SELECT :b::text, CAST(:a AS text), :b WHERE x = '{\"k\": 1}' AND y = now()::date")
    assert statement.sql == "SELECT $1::text, CAST($2 AS text), $1 WHERE x = '{\"k\": 1}' AND y = now()::date"
    assert statement.values({"a": 1, "b": 2}) == [2, 1]


async def test_the_other_mistakes_stay_mistakes(database: Database) -> None:
    stores = await postgres_stores(database)
    projects, tickets, runs = stores.projects, stores.tickets, stores.runs
    no_text = "p\0"  # PostgreSQL's text cannot hold it; the routes refuse it long before
    for call in (
        runs.take(2**70, suspects=True),  # no integer of PostgreSQL's
        tickets.find(no_text, "prj_1"),
        tickets.submit([submission(no_text)]),
        projects.take_credit(no_text),
        projects.save_configuration(no_text, Configuration(), None, "u"),
    ):
        with pytest.raises(StatementFailed):
            await call


PASSING = {
    "AdminShutdownError", "CannotConnectNowError", "ConnectionDoesNotExistError", "ConnectionFailureError",
    "CrashShutdownError", "DeadlockDetectedError", "DiskFullError", "LockNotAvailableError", "PostgresIOError",
    "QueryCanceledError", "ReadOnlySQLTransactionError", "SerializationError", "TooManyConnectionsError",
    "InvalidPasswordError", "InvalidCatalogNameError", "IdleSessionTimeoutError",
}  # fmt: skip
OURS = {
    "UniqueViolationError", "CheckViolationError", "UndefinedTableError", "PostgresSyntaxError", "DataError",
    "InvalidTextRepresentationError", "NumericValueOutOfRangeError", "InternalServerError",
    "InsufficientPrivilegeError", "IdleInTransactionSessionTimeoutError",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PASSING | OURS))
def test_the_servers_errors_are_told_from_our_mistakes(name: str) -> None:
    error = getattr(asyncpg, name)(CANARY)
    assert type(failure_of(error)) is (DatabaseUnavailable if name in PASSING else StatementFailed)
    assert CANARY not in repr(failure_of(error))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError(CANARY), id="the network"),
        pytest.param(TimeoutError(), id="our patience"),
        pytest.param(asyncpg.InterfaceError(CANARY), id="the driver, while connecting"),
        pytest.param(asyncpg.InternalClientError(CANARY), id="a connection that is going down"),
    ],
)
def test_a_lost_connection_is_unavailable(error: Exception) -> None:
    assert isinstance(failure_of(error), DatabaseUnavailable)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://u:p@h/d", id="libpq"),
        pytest.param("postgres://u:p@h/d?sslmode=require", id="short scheme"),
        pytest.param("postgresql+asyncpg://u:p@h:5433/d", id="SQLAlchemy"),
        pytest.param("postgresql://u@/d?host=/run/postgresql", id="socket"),
    ],
)
def test_a_postgresql_url_is_taken(url: str) -> None:
    assert callable(Database(url, 10).fetch)
    assert callable(connector(url))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param(CANARY, id="no URL"),
        pytest.param(f"mysql://u:{CANARY}@h/d", id="another database"),
        pytest.param(f"postgresql+psycopg://u:{CANARY}@h/d", id="another driver"),
        pytest.param(f"postgresql://u:{CANARY}@h:port/d", id="port is no number"),
        pytest.param(f"postgresql://u:{CANARY}@h", id="no database"),
    ],
)
def test_another_url_is_refused_without_its_value(url: str) -> None:
    for make in (partial(Database, pool_size=10), connector):
        with pytest.raises(ValueError, match="PostgreSQL URL") as refused:
            make(url)
        assert CANARY not in "".join(traceback.format_exception(refused.value))


async def in_a_transaction(database: Database, statement: Statement) -> Sequence[Row]:
    return await database.transact(lambda transaction: transaction.fetch(statement))


@pytest.mark.parametrize("run", [Database.fetch, in_a_transaction])
async def test_a_known_statement_works_on_when_a_migration_gives_its_table_a_column(
    database: Database, other: Any, run: Callable[[Database, Statement], Coroutine[Any, Any, Sequence[Row]]]
) -> None:
    everything = Statement("SELECT * FROM projects")
    await database.fetch(Statement("INSERT INTO projects VALUES ('prj_1', 'business', '{}', 1)"))
    assert len(await run(database, everything)) == 1
    await other.execute("ALTER TABLE projects ADD COLUMN more text DEFAULT 'more'")
    assert (await run(database, everything))[0].more == "more"
