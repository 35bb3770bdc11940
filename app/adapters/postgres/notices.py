"""Sends NOTIFYs after the commit of what they tell of, many in one go: nobody and no disk is waited for.

Inside the transaction a NOTIFY would lock the whole database from there until the commit is flushed. If the process
dies in between, those who listen find out by themselves: they look once in a while.
"""

import asyncio
from functools import partial
from typing import Any

from app.adapters.postgres.listening import StandingConnection
from app.domain.claims import DatabaseUnavailable

MOST_AT_ONCE = 500
"""NOTIFYs of one statement; a backlog after an outage goes in several."""


class Notices:
    """What waits to be told, and the loop that tells it."""

    def __init__(self, connection: StandingConnection) -> None:
        self._connection = connection
        self._waiting: dict[tuple[str, str], None] = {}
        self._something = asyncio.Event()

    def send(self, channel: str, message: str) -> None:
        """Have a NOTIFY sent soon."""
        self._waiting[channel, message] = None
        self._something.set()

    async def send_for_ever(self) -> None:
        """Send what waits, until cancelled or the connection is closed."""
        while True:
            await self._something.wait()
            notices = list(self._waiting)[:MOST_AT_ONCE]
            for notice in notices:  # before they are sent: what is sent meanwhile tells of something newer
                del self._waiting[notice]
            if not self._waiting:
                self._something.clear()
            try:
                await self._connection.run(partial(_notify, notices))
            except DatabaseUnavailable:  # it was closed
                return


async def _notify(notices: list[tuple[str, str]], connection: Any) -> None:
    channels, messages = zip(*notices, strict=True)
    await connection.execute(
        "SELECT pg_notify(channel, message) FROM unnest($1::text[], $2::text[]) AS n (channel, message)",
        list(channels),
        list(messages),
    )
