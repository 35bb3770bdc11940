"""One message about one result: what is sent, to whom nothing is, and when the outbox lends it again."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.adapters.postgres.delivery_store import DeliveryStore
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import DatabaseUnavailable, ForeignTicket, Found, Stored, Underway
from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import FIRST_PAUSE_SECONDS, LARGEST_SPREAD, Delivery, Message, Reply
from app.runs.delivery import AT_ONCE, POLL_SECONDS, Deliveries
from app.runs.observer import Observer
from tests.support.virtual_time import in_no_time

RESULT: dict[str, Any] = {"status": "ok", "summary": "Plan: Pro", "created_at": "2026-11-22T09:30:00Z"}
MESSAGE, TICKET, PROJECT = "msg_" + "0" * 32, "t_1", "prj_1"
SINCE = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = 86_400.0


class OneTicket(TicketStore):
    """Knows one ticket, of which it answers what it was given."""

    def __init__(self, found: Found | DatabaseUnavailable) -> None:
        self._found = found

    async def find(self, ticket_id: str, project_id: str) -> Found:
        assert (ticket_id, project_id) == (TICKET, PROJECT)
        if isinstance(self._found, DatabaseUnavailable):
            raise self._found
        return self._found


class Receiver:
    """Keeps what it is sent and answers always the same."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.messages: list[tuple[str, dict[str, Any]]] = []

    async def send(self, message_id: str, body: bytes) -> Reply:
        self.messages.append((message_id, json.loads(body)))
        return self._reply


class NotedOutbox(DeliveryStore):
    """Lends what it was given, once, and notes what it gets back."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)
        self.settled: list[str] = []
        self.put_off: list[tuple[str, float]] = []
        self.failing = 0
        self.lent_at_once = 0

    async def take(self, many: int) -> list[Message]:
        if self.failing:
            self.failing -= 1
            raise DatabaseUnavailable
        lent, self._messages = self._messages[:many], self._messages[many:]
        self.lent_at_once = max(self.lent_at_once, len(lent))
        return lent

    async def later(self, message_id: str, pause_seconds: float) -> None:
        self.put_off.append((message_id, pause_seconds))

    async def settle(self, message_id: str) -> None:
        self.settled.append(message_id)


def message(age_seconds: float, message_id: str = MESSAGE) -> Message:
    return Message(message_id, Event.ENRICHMENT_COMPLETED, SINCE, age_seconds, PROJECT, TICKET)


class Heard(Observer):
    """Keeps each try that it hears of."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[str, Delivery, Reply]] = []

    def delivered(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        self.deliveries.append((message_id, delivery, reply))


def deliveries_of(results: OneTicket, receiver: Receiver, heard: Observer | None = None) -> Deliveries:
    return Deliveries(NotedOutbox(), results, receiver, heard or Observer())


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Stored(RESULT), id="stored"),
        pytest.param(Underway(SINCE, run=2, previous=RESULT), id="while a refresh is under way"),
    ],
)
async def test_result_is_sent_once_with_its_ticket_when_there_is_one(found: Found) -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await deliveries_of(OneTicket(found), receiver, heard).deliver(message(0.1))

    assert pause is None
    ((message_id, body),) = receiver.messages
    assert message_id == MESSAGE
    assert body["data"] == {"ticket_id": TICKET, "project_id": PROJECT, **RESULT, "reused": False}
    assert heard.deliveries == [(MESSAGE, Delivery.DELIVERED, Reply(200))]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="erased"),
        pytest.param(Underway(SINCE, run=2), id="erased and posted anew"),
        pytest.param(ForeignTicket(), id="another project's by now"),
    ],
)
async def test_nothing_is_sent_when_the_ticket_has_no_such_result(found: Found) -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await deliveries_of(OneTicket(found), receiver, heard).deliver(message(0.1))

    assert pause is None
    assert receiver.messages == []
    assert heard.deliveries == [(MESSAGE, Delivery.DROPPED, Reply())]


async def test_an_event_is_sent_with_what_was_noted_of_it_and_no_ticket_is_read() -> None:
    receiver, heard = Receiver(Reply(200)), Heard()
    told = {"failing_since": "2026-11-22T09:00:00Z"}
    event = Message(MESSAGE, Event.ENDPOINT_RECOVERED, SINCE, 0.1, PROJECT, data=told)

    assert await deliveries_of(OneTicket(DatabaseUnavailable()), receiver, heard).deliver(event) is None

    ((_, body),) = receiver.messages
    assert (body["type"], body["timestamp"]) == ("endpoint.recovered", "2026-11-22T09:00:00Z")
    assert body["data"] == {"project_id": PROJECT, **told, "message": "The customer endpoint answers again."}


async def test_an_event_of_an_erased_project_is_dropped() -> None:
    receiver, heard = Receiver(Reply(200)), Heard()
    event = Message(MESSAGE, Event.TOKEN_UNREADABLE, SINCE, 0.1, PROJECT)

    assert await deliveries_of(OneTicket(None), receiver, heard).deliver(event) is None

    assert receiver.messages == []
    assert heard.deliveries == [(MESSAGE, Delivery.DROPPED, Reply())]


@pytest.mark.parametrize(
    ("reply", "age", "delivery"),
    [
        pytest.param(Reply(500), 0.0, Delivery.RETRIED, id="failure"),
        pytest.param(Reply(fault="TimeoutError"), DAY - 1.0, Delivery.RETRIED, id="no answer within the day"),
        pytest.param(Reply(fault="TimeoutError"), DAY, Delivery.GIVEN_UP, id="no answer after the day"),
        pytest.param(Reply(410), 0.0, Delivery.GIVEN_UP, id="gone"),
        pytest.param(Reply(200), 2 * DAY, Delivery.DELIVERED, id="a first try comes late, and is made"),
    ],
)
async def test_queue_is_told_to_come_back_only_when_another_try_may_help(
    reply: Reply, age: float, delivery: Delivery
) -> None:
    receiver, heard = Receiver(reply), Heard()

    pause = await deliveries_of(OneTicket(Stored(RESULT)), receiver, heard).deliver(message(age))

    assert (pause is not None) == (delivery is Delivery.RETRIED)
    assert len(receiver.messages) == 1
    assert heard.deliveries == [(MESSAGE, delivery, reply)]


async def test_pause_is_drawn_from_its_spread_when_a_try_failed() -> None:
    deliveries = deliveries_of(OneTicket(Stored(RESULT)), Receiver(Reply(500)))

    pauses = [await deliveries.deliver(message(0.0)) for _ in range(50)]

    least, most = FIRST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * LARGEST_SPREAD
    assert all(pause is not None and least <= pause <= most for pause in pauses)
    assert len(set(pauses)) > 1


async def test_message_waits_when_the_database_is_away() -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await deliveries_of(OneTicket(DatabaseUnavailable()), receiver, heard).deliver(message(DAY))

    assert pause == FIRST_PAUSE_SECONDS
    assert receiver.messages == []
    assert heard.deliveries == [(MESSAGE, Delivery.RETRIED, Reply(fault="DatabaseUnavailable"))]


class SlowReceiver(Receiver):
    """Takes ten seconds for each message."""

    at_once = most = 0

    async def send(self, message_id: str, body: bytes) -> Reply:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(10.0)
        self.at_once -= 1
        return await super().send(message_id, body)


@in_no_time
async def test_what_is_due_is_delivered_and_settled_or_put_off_and_a_lost_database_makes_it_late() -> None:
    for reply, settled in ((Reply(200), True), (Reply(500), False), (Reply(410), True)):
        outbox = NotedOutbox(message(0.0))
        outbox.failing = 3
        deliveries = Deliveries(outbox, OneTicket(Stored(RESULT)), Receiver(reply), Observer())
        delivering = asyncio.create_task(deliveries.deliver_for_ever())
        await asyncio.sleep(3.5 * POLL_SECONDS)
        deliveries.stop()
        await delivering
        assert outbox.settled == ([MESSAGE] if settled else [])
        assert [each for each, _ in outbox.put_off] == ([] if settled else [MESSAGE])


@in_no_time
async def test_so_many_are_under_way_at_once_and_those_in_hand_end_before_the_process_does() -> None:
    outbox = NotedOutbox(*(message(0.0, f"msg_{n}") for n in range(3 * AT_ONCE)))
    receiver = SlowReceiver(Reply(200))
    deliveries = Deliveries(outbox, OneTicket(Stored(RESULT)), receiver, Observer())
    delivering = asyncio.create_task(deliveries.deliver_for_ever())
    await asyncio.sleep(15.0)
    deliveries.stop()
    await delivering
    assert (receiver.most, len(outbox.settled)) == (AT_ONCE, 2 * AT_ONCE)
    assert asyncio.get_running_loop().time() < 22.0
