"""The connection that stays: lost, it comes back by itself, hears again, and sends again what was not answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.adapters.postgres.connection import StatementFailed, connector
from app.adapters.postgres.notify.listening import Connect, StandingConnection
from app.domain.claims import DatabaseUnavailable

KILL_ALL_BUT_ME = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Listening:
    """A connection that begins to listen when it may."""

    def __init__(self, connection: Any, may: asyncio.Event) -> None:
        self._connection = connection
        self._may = may

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None:
        await self._may.wait()
        await self._connection.add_listener(channel, callback)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@dataclass
class Server:
    """The way to a real server: while it is `away`, it refuses; until `listening` is set, nobody listens to it."""

    connect: Connect
    away: bool = False
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0
    opened: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listening.set()

    async def __call__(self) -> Any:
        if self.away:
            self.refused += 1
            raise ConnectionRefusedError("canary of a host name")
        self.opened.append(Listening(await self.connect(), self.listening))
        return self.opened[-1]


@dataclass
class Ears:
    """Keeps what it hears, and how often the connection was mended."""

    heard: list[str] = field(default_factory=list)
    mended: int = 0

    def hear(self, message: str) -> None:
        self.heard.append(message)

    def on_mended(self) -> None:
        self.mended += 1


@pytest.fixture
def server(database_url: str) -> Server:
    return Server(connector(database_url))


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
async def connection(server: Server, ears: Ears) -> AsyncIterator[StandingConnection]:
    connection = StandingConnection(server, ears.on_mended)
    await connection.open()
    yield connection
    await connection.aclose()


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not seen():  # noqa: ASYNC110 - much of it happens in the server
            await asyncio.sleep(0.01)


async def one(connection: Any) -> int:
    return int(await connection.fetchval("SELECT 1"))


async def test_statements_take_their_turn(connection: StandingConnection) -> None:
    async def double(n: int) -> Any:
        return await connection.run(lambda c: c.fetchval("SELECT 2 * $1::int", n))

    assert await asyncio.gather(*(double(n) for n in range(20))) == [2 * n for n in range(20)]


async def test_a_listener_hears_its_channel_and_no_other(
    connection: StandingConnection, ears: Ears, other: Any
) -> None:
    others = Ears()
    await connection.listen("mine", ears.hear)
    await connection.listen("yours", others.hear)
    await other.execute("NOTIFY mine, 'one'; NOTIFY yours, 'two'; NOTIFY nobodys, 'three'")
    await until(lambda: bool(ears.heard and others.heard))
    assert (ears.heard, others.heard) == (["one"], ["two"])


async def test_a_second_listener_takes_the_place_of_the_first(
    connection: StandingConnection, ears: Ears, other: Any
) -> None:
    before = Ears()
    await connection.listen("mine", before.hear)
    await connection.listen("mine", ears.hear)
    await other.execute("NOTIFY mine, 'one'")
    await until(lambda: bool(ears.heard))
    assert (before.heard, ears.heard) == ([], ["one"])


async def test_it_mends_itself_and_hears_again_when_the_server_ends_it(
    connection: StandingConnection, ears: Ears, other: Any
) -> None:
    await connection.listen("mine", ears.hear)
    for loss in range(1, 4):
        await other.execute(KILL_ALL_BUT_ME)
        await until(lambda: ears.mended == loss)  # noqa: B023 - awaited in this round
        await other.execute(f"NOTIFY mine, '{loss}'")
        await until(lambda: len(ears.heard) == loss)  # noqa: B023 - awaited in this round
    assert ears.heard == ["1", "2", "3"]
    assert await connection.run(one) == 1


async def test_nothing_is_said_of_mending_when_nothing_was_lost(connection: StandingConnection, ears: Ears) -> None:
    await connection.run(one)
    assert ears.mended == 0


async def test_a_statement_is_sent_again_when_the_connection_is_lost_under_it(
    connection: StandingConnection, ears: Ears, other: Any
) -> None:
    seconds = [60, 0]

    async def slow(connection: Any) -> str:
        await connection.execute("SELECT pg_sleep($1)", seconds.pop(0))
        return "answered"

    running = asyncio.create_task(connection.run(slow))
    sleeping = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()"
    )
    while not await other.fetchval(sleeping):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0.01)
    await other.execute(KILL_ALL_BUT_ME)
    assert await running == "answered"
    assert (seconds, ears.mended) == ([], 1)


async def test_a_statement_waits_while_the_server_is_away(
    connection: StandingConnection, server: Server, ears: Ears, other: Any
) -> None:
    await connection.listen("mine", ears.hear)
    server.away = True
    await other.execute(KILL_ALL_BUT_ME)
    waiting = [asyncio.create_task(connection.run(one)) for _ in range(3)]
    await until(lambda: server.refused >= 2)
    assert not any(task.done() for task in waiting)
    server.away = False
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert (ears.mended, len(server.opened)) == (1, 2)
    await other.execute("NOTIFY mine, 'one'")
    await until(lambda: bool(ears.heard))


async def test_a_new_channel_is_heard_when_it_is_asked_for_while_the_server_is_away(
    connection: StandingConnection, server: Server, ears: Ears, other: Any
) -> None:
    server.away = True
    await other.execute(KILL_ALL_BUT_ME)
    await until(lambda: server.refused >= 1)
    listening = [asyncio.create_task(connection.listen(f"channel_{n}", ears.hear)) for n in range(9)]
    server.listening.clear()
    server.away = False
    await until(lambda: len(server.opened) == 2)  # the first nine are being registered anew
    listening.append(asyncio.create_task(connection.listen("channel_9", ears.hear)))
    await asyncio.sleep(0)
    server.listening.set()
    await asyncio.gather(*listening)
    await other.execute("NOTIFY channel_0, 'first'; NOTIFY channel_9, 'last'")
    await until(lambda: len(ears.heard) == 2)
    assert sorted(ears.heard) == ["first", "last"]


async def test_a_mistake_of_ours_is_told_at_once_and_not_sent_again(connection: StandingConnection) -> None:
    sent = []

    async def wrong(connection: Any) -> None:
        sent.append(1)
        await connection.execute("SELECT $1::int", "canary")

    with pytest.raises(StatementFailed) as failure:
        await connection.run(wrong)
    assert len(sent) == 1
    assert "canary" not in repr(failure.value)
    assert await connection.run(one) == 1


async def test_opening_fails_when_the_server_is_away(server: Server) -> None:
    server.away = True
    connection = StandingConnection(server)
    with pytest.raises(DatabaseUnavailable) as unavailable:
        await connection.open()
    assert (unavailable.value.args, unavailable.value.__context__) == ((), None)
    await connection.aclose()


async def test_who_waits_is_let_go_when_it_is_closed_while_the_server_is_away(
    connection: StandingConnection, server: Server, other: Any
) -> None:
    server.away = True
    await other.execute(KILL_ALL_BUT_ME)
    waiting = [asyncio.create_task(connection.run(one)) for _ in range(3)]
    await until(lambda: server.refused >= 1)
    await connection.aclose()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ended] == [DatabaseUnavailable] * 3


async def test_nothing_stays_open_when_it_is_closed(connection: StandingConnection, server: Server, other: Any) -> None:
    await connection.aclose()
    with pytest.raises(DatabaseUnavailable):
        await connection.run(one)
    while await other.fetchval(OTHERS):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0.01)
    assert [opened.is_closed() for opened in server.opened] == [True]


async def test_nothing_stays_open_when_it_is_closed_while_it_comes_back(
    connection: StandingConnection, server: Server, ears: Ears, other: Any
) -> None:
    await connection.listen("mine", ears.hear)
    server.listening.clear()
    await other.execute(KILL_ALL_BUT_ME)
    waiting = asyncio.create_task(connection.run(one))
    await until(lambda: len(server.opened) == 2)
    await connection.aclose()
    server.listening.set()
    with pytest.raises(DatabaseUnavailable):
        await waiting
    await until(lambda: all(opened.is_closed() for opened in server.opened))
    assert len(server.opened) == 2


async def test_nothing_stays_open_when_it_was_closed_before_it_was_open(server: Server) -> None:
    connection = StandingConnection(server)
    await connection.aclose()
    with pytest.raises(DatabaseUnavailable):
        await connection.open()
    assert [opened.is_closed() for opened in server.opened] == [True]
