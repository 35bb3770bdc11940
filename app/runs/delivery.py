"""Tells the helpdesk that an asynchronous run has ended: one signed message for each, tried again for a day.

At least once, in no promised order: a message that arrived but whose answer was lost is sent again under the same id.
"""

import random
from collections.abc import Callable
from typing import Any, Protocol

from app.domain.claims import DatabaseUnavailable, Found, Stored, Underway
from app.domain.webhooks import FIRST_PAUSE_SECONDS, LARGEST_SPREAD, Delivery, Reply, judge, payload


class Results(Protocol):
    """The stored results of tickets; may raise `DatabaseUnavailable`."""

    async def find(self, ticket_id: str, project_id: str) -> Found:
        """Look a ticket of this project up."""


class Sender(Protocol):
    """The way to the helpdesk."""

    async def send(self, message_id: str, body: bytes) -> Reply:
        """Sign the body for this moment and post it, once; never raises."""


class Deliveries:
    """Delivers the messages that the queue hands over; `on_delivery` hears what became of each try."""

    def __init__(
        self,
        results: Results,
        sender: Sender,
        on_delivery: Callable[[str, Delivery, Reply], None] = lambda message_id, delivery, reply: None,
    ) -> None:
        self._results = results
        self._sender = sender
        self._on_delivery = on_delivery

    async def deliver(self, message_id: str, ticket_id: str, project_id: str, age_seconds: float) -> float | None:
        """Send the ticket's result; return the seconds until the next try, or None where there is to be none.

        `age_seconds` counts from the moment that the message was made. One try is always made, however late.
        """
        try:
            found = await self._results.find(ticket_id, project_id)
        except DatabaseUnavailable:
            self._on_delivery(message_id, Delivery.RETRIED, Reply(fault=DatabaseUnavailable.__name__))
            return FIRST_PAUSE_SECONDS
        result = _result_of(found)
        if result is None:
            self._on_delivery(message_id, Delivery.DROPPED, Reply())
            return None
        reply = await self._sender.send(message_id, payload(ticket_id, project_id, result))
        spread = random.uniform(1.0, LARGEST_SPREAD)  # noqa: S311 - only spreads the load
        delivery, pause = judge(reply, age_seconds, spread)
        self._on_delivery(message_id, delivery, reply)
        return pause


def _result_of(found: Found) -> dict[str, Any] | None:
    """Return the result that the ticket has, or None where it was erased, even if it was posted anew since."""
    match found:
        case Stored():
            return found.result
        case Underway():
            return found.previous
        case _:
            return None
