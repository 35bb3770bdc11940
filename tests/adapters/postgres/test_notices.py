"""NOTIFYs that are sent after the commit: all of them arrive, many in one statement, none is waited for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.adapters.postgres.connection import connector
from app.adapters.postgres.notify.listening import StandingConnection
from app.adapters.postgres.notify.notices import MOST_AT_ONCE, Notices


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[StandingConnection]:
    connection = StandingConnection(connector(database_url))
    await connection.open()
    yield connection
    await connection.aclose()


@dataclass
class Ears:
    """Keeps what it hears until it has heard so much."""

    count: int
    heard: list[str] = field(default_factory=list)
    all_heard: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, connection: object, pid: int, channel: str, message: str) -> None:
        self.heard.append(message)
        if len(self.heard) >= self.count:
            self.all_heard.set()


@pytest.mark.parametrize("count", [1, 2, MOST_AT_ONCE, MOST_AT_ONCE + 1])
async def test_everything_is_heard_in_its_order(connection: StandingConnection, other: Any, count: int) -> None:
    ears, notices = Ears(count), Notices(connection)
    await other.add_listener("mine", ears.hear)
    for n in range(count):
        notices.send("mine", str(n))
        notices.send("mine", str(n))  # nobody needs to hear it twice
    sending = asyncio.create_task(notices.send_for_ever())
    await asyncio.wait_for(ears.all_heard.wait(), 30)
    assert ears.heard == [str(n) for n in range(count)]
    sending.cancel()


async def test_the_loop_ends_when_the_connection_is_closed(connection: StandingConnection) -> None:
    notices = Notices(connection)
    sending = asyncio.create_task(notices.send_for_ever())
    await connection.aclose()
    notices.send("mine", "too late")
    await asyncio.wait_for(sending, 30)

    assert sending.exception() is None


@dataclass
class Statements:
    """Stands for the connection: keeps what each statement tells, and takes as long for it as the test wants."""

    sent: list[list[tuple[str, str]]] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, statement: Callable[[Any], Awaitable[Any]]) -> Any:
        await statement(self)
        await self.may_go_on.wait()

    async def until_sent(self, statements: int) -> None:
        async with asyncio.timeout(30):
            while len(self.sent) < statements:  # noqa: ASYNC110 - they wait for others to go with them
                await asyncio.sleep(0.001)

    async def execute(self, statement: str, channels: list[str], messages: list[str]) -> None:
        self.sent.append(list(zip(channels, messages, strict=True)))


async def test_what_is_sent_again_while_it_is_being_told_is_told_again() -> None:
    # It tells of something new, which those who have just heard may not have seen.
    statements = Statements()
    notices = Notices(statements)  # type: ignore[arg-type]
    sending = asyncio.create_task(notices.send_for_ever())
    notices.send("jobs", "news")
    await statements.until_sent(1)
    assert statements.sent == [[("jobs", "news")]]
    notices.send("jobs", "news")
    notices.send("jobs", "news")
    statements.may_go_on.set()
    await statements.until_sent(2)
    assert statements.sent == [[("jobs", "news")], [("jobs", "news")]]
    sending.cancel()
