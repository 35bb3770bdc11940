"""The standing connection of a process: listens for NOTIFY, sends NOTIFYs, and reconnects by itself.

It mends itself: a statement that meets a lost connection waits for a new one and is sent again, and every listener is
registered anew. So whoever uses it must only send what may run twice.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from app.adapters.postgres.connection import DRIVER_ERRORS, failure_of
from app.domain.claims import DatabaseUnavailable

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0
"""Pauses between attempts to connect: short at first, for a blip, then bearable for a server that starts."""

Connect = Callable[[], Awaitable[Any]]
"""Opens a connection of asyncpg."""

Heard = Callable[[str], None]
"""What a listener is called with: the payload of a NOTIFY. It must return at once and raise nothing."""

_T = TypeVar("_T")


class StandingConnection:
    """One connection of asyncpg behind a lock; `on_mended` is called after each reconnection: NOTIFYs were missed."""

    def __init__(self, connect: Connect, on_mended: Callable[[], None] = lambda: None) -> None:
        self._connect = connect
        self._on_mended = on_mended
        self._listeners: dict[str, Heard] = {}
        self._lock = asyncio.Lock()
        self._mending = asyncio.Lock()
        self._connection: Any = None
        self._was_open = False
        self._closing = False
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Connect; raises `DatabaseUnavailable` if the server does not answer."""
        try:
            await self._open()
        except DRIVER_ERRORS as foreign:
            failure = failure_of(foreign)
        else:
            return
        raise failure

    async def aclose(self) -> None:
        """Close for good; statements that wait for a connection end with `DatabaseUnavailable`."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        if self._connection is not None:
            self._connection.terminate()

    async def listen(self, channel: str, heard: Heard) -> None:
        """Call `heard`, and nobody else, for each NOTIFY on `channel`, also after every reconnection."""
        known = channel in self._listeners
        self._listeners[channel] = heard
        if not known:
            await self.run(lambda connection: connection.add_listener(channel, self._hear))

    async def run(self, statement: Callable[[Any], Awaitable[_T]]) -> _T:
        """Run a statement on the connection, as often as it takes until the server has answered it."""
        while True:
            try:
                async with self._lock:
                    return await statement(await self._ready())
            except DRIVER_ERRORS as foreign:
                failure = failure_of(foreign)
            if not isinstance(failure, DatabaseUnavailable) or self._closing:
                raise failure
            await asyncio.sleep(FIRST_PAUSE_SECONDS)

    async def _ready(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            await self._mend()
        return self._connection

    async def _mend(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        async with self._mending:
            while self._connection is None or self._connection.is_closed():
                if self._closing:
                    raise DatabaseUnavailable
                try:
                    await self._open()
                except DRIVER_ERRORS as foreign:
                    failure = failure_of(foreign)
                    if not isinstance(failure, DatabaseUnavailable):
                        raise failure from None
                    await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only spreads replicas
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _open(self) -> None:
        connection = await self._connect()
        try:
            for channel in list(self._listeners):  # somebody may listen to one more meanwhile
                await connection.add_listener(channel, self._hear)
        except BaseException:
            connection.terminate()
            raise
        if self._closing:
            connection.terminate()
            raise DatabaseUnavailable
        connection.add_termination_listener(self._lost)
        self._connection = connection
        if self._was_open:
            structlog.get_logger().info("database_connection_mended")
            self._on_mended()
        self._was_open = True

    def _hear(self, connection: object, pid: object, channel: str, payload: str) -> None:
        self._listeners[channel](payload)

    def _lost(self, connection: Any) -> None:
        """Mend at once, whether or not anybody has a statement to send: there is a NOTIFY to hear."""
        if self._closing:
            return
        structlog.get_logger().warning("database_connection_lost")
        task = asyncio.get_running_loop().create_task(self._mend_quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mend_quietly(self) -> None:
        with suppress(DatabaseUnavailable):
            await self._mend()
