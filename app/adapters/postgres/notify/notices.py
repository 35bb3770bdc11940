"""Sends NOTIFYs in batches after the commit of what they announce, so that no statement waits for them.

Inside the transaction a NOTIFY would lock the whole database from there until the commit is flushed. If the process
dies in between, those who listen find out by themselves: they look once in a while.
"""

import asyncio
import json
from functools import partial
from typing import Any

from app.adapters.postgres.notify.listening import StandingConnection
from app.domain.claims import DatabaseUnavailable

ENDED_CHANNEL = "customer_context_ended"
"""On which every process hears that a run has ended."""

QUEUED_CHANNEL = "customer_context_queued"
"""On which those who take runs hear that there may be one."""

GATHERING_SECONDS = 0.005
"""How long a notice waits for others: many go in one statement."""

MOST_AT_ONCE = 500
"""NOTIFYs of one statement; a backlog after an outage goes in several."""


class Notices:
    """The NOTIFYs that wait to be sent, and the loop that sends them."""

    def __init__(self, connection: StandingConnection) -> None:
        self._connection = connection
        self._waiting: dict[tuple[str, str], None] = {}
        self._something = asyncio.Event()

    def send(self, channel: str, message: str) -> None:
        """Send a NOTIFY on a channel within milliseconds; returns at once, and what is sent twice goes out once."""
        self._waiting[channel, message] = None
        self._something.set()

    async def send_for_ever(self) -> None:
        """Send the waiting NOTIFYs in batches, until cancelled or the connection is closed."""
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHERING_SECONDS)
            notices = list(self._waiting)[:MOST_AT_ONCE]
            for notice in notices:  # before they are sent: what is sent meanwhile tells of something newer
                del self._waiting[notice]
            if not self._waiting:
                self._something.clear()
            try:
                await self._connection.run(partial(_notify, notices))
            except DatabaseUnavailable:  # it was closed
                return


def ended_message(ticket_id: str, project_id: str) -> str:
    """Return the NOTIFY payload that announces on `ENDED_CHANNEL` that a ticket's run has ended."""
    return json.dumps([ticket_id, project_id])


def ended_in(message: str) -> tuple[str, str]:
    """Return the ticket id and the project id in a payload of `ENDED_CHANNEL`."""
    ticket_id, project_id = json.loads(message)
    return ticket_id, project_id


async def _notify(notices: list[tuple[str, str]], connection: Any) -> None:
    channels, messages = zip(*notices, strict=True)
    await connection.execute(
        "SELECT pg_notify(channel, message) FROM unnest($1::text[], $2::text[]) AS n (channel, message)",
        list(channels),
        list(messages),
    )
