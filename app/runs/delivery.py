"""Delivers webhooks to the helpdesk, about ended asynchronous runs above all: signed, retried for a day.

At least once, in no promised order: a message that arrived but whose answer was lost is sent again under the same id.
"""

import asyncio
import random
from contextlib import suppress
from typing import Any, Protocol

from app.adapters.postgres.delivery_store import DeliveryStore
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import DatabaseUnavailable, Found, Stored, Underway
from app.domain.webhooks.webhook_messages import (
    FIRST_PAUSE_SECONDS,
    LARGEST_SPREAD,
    Delivery,
    Message,
    Reply,
    event_payload,
    judge,
    result_payload,
)
from app.runs.observer import Observer

AT_ONCE = 20
"""Tries under way in one process: it is one host that gets them."""

POLL_SECONDS = 1.0
"""How often a process looks for messages that are due."""


class Sender(Protocol):
    """The sender of webhooks to the operator's receiver."""

    async def send(self, message_id: str, body: bytes) -> Reply:
        """Sign the body for this moment and post it, once; never raises."""


class Deliveries:
    """Delivers the messages of the outbox, at most `AT_ONCE` at a time; the observer hears of each try."""

    def __init__(
        self,
        outbox: DeliveryStore,
        results: TicketStore,
        sender: Sender,
        observer: Observer,
    ) -> None:
        self._outbox = outbox
        self._results = results
        self._sender = sender
        self._observer = observer
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    async def deliver_for_ever(self) -> None:
        """Deliver the webhooks that are due, until `stop`; then return when the tries under way have ended."""
        while not self._stopped.is_set():
            free, messages = AT_ONCE - len(self._tasks), list[Message]()
            if free:
                with suppress(DatabaseUnavailable):
                    messages = await self._outbox.take(free)
            for message in messages:
                task = asyncio.create_task(self._settle(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if len(messages) < free or not free:
                await self._pause(busy=not free)
        await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        """Take no further message; those under way are finished."""
        self._stopped.set()

    async def _pause(self, *, busy: bool) -> None:
        """Wait for the next look: until a try ends where all are under way."""
        stopped = asyncio.ensure_future(self._stopped.wait())
        await asyncio.wait(
            {stopped, *(self._tasks if busy else ())}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()

    async def _settle(self, message: Message) -> None:
        pause = await self.deliver(message)
        with suppress(DatabaseUnavailable):  # then it is due again when the time is over for which it was lent
            if pause is None:
                await self._outbox.settle(message.message_id)
            else:
                await self._outbox.later(message.message_id, pause)

    async def deliver(self, message: Message) -> float | None:
        """Send the message; return the seconds until the next try, or None where there is to be none.

        One try is always made, however old the message is.
        """
        message_id = message.message_id
        try:
            body = await self._body(message)
        except DatabaseUnavailable:
            self._observer.delivered(message_id, Delivery.RETRIED, Reply(fault=DatabaseUnavailable.__name__))
            return FIRST_PAUSE_SECONDS
        if body is None:
            self._observer.delivered(message_id, Delivery.DROPPED, Reply())
            return None
        reply = await self._sender.send(message_id, body)
        spread = random.uniform(1.0, LARGEST_SPREAD)  # noqa: S311 - only spreads the load
        delivery, pause = judge(reply, message.age_seconds, spread)
        self._observer.delivered(message_id, delivery, reply)
        return pause

    async def _body(self, message: Message) -> bytes | None:
        """Return what is sent, or None where the ticket or the project was erased since."""
        if message.data is not None:
            return event_payload(message.event, message.made_at, message.project_id, message.data)
        if message.ticket_id is None or message.project_id is None:
            return None
        result = _result_of(await self._results.find(message.ticket_id, message.project_id))
        return None if result is None else result_payload(message.ticket_id, message.project_id, result)


def _result_of(found: Found) -> dict[str, Any] | None:
    """Return the result that the ticket has, or None where it was erased, even if it was posted anew since."""
    match found:
        case Stored():
            return found.result
        case Underway():
            return found.previous
        case _:
            return None
