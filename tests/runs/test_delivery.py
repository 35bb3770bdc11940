"""One message about one result: what is sent, to whom nothing is, and what the queue is told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.claims import DatabaseUnavailable, ForeignTicket, Found, Stored, Underway
from app.domain.webhooks import FIRST_PAUSE_SECONDS, LARGEST_SPREAD, Delivery, Reply
from app.runs.delivery import Deliveries

RESULT: dict[str, Any] = {"status": "ok", "summary": "Plan: Pro", "created_at": "2026-11-22T09:30:00Z"}
MESSAGE, TICKET, PROJECT = "msg_" + "0" * 32, "t_1", "prj_1"
SINCE = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = 86_400.0


class OneTicket:
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


class Heard:
    """Keeps what `on_delivery` is told."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[str, Delivery, Reply]] = []

    def __call__(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        self.deliveries.append((message_id, delivery, reply))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Stored(RESULT), id="stored"),
        pytest.param(Underway(SINCE, previous=RESULT), id="while a refresh is under way"),
    ],
)
async def test_result_is_sent_once_with_its_ticket_when_there_is_one(found: Found) -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await Deliveries(OneTicket(found), receiver, heard).deliver(MESSAGE, TICKET, PROJECT, 0.1)

    assert pause is None
    ((message_id, message),) = receiver.messages
    assert message_id == MESSAGE
    assert message["data"] == {"ticket_id": TICKET, "project_id": PROJECT, **RESULT, "reused": False}
    assert heard.deliveries == [(MESSAGE, Delivery.DELIVERED, Reply(200))]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="erased"),
        pytest.param(Underway(SINCE), id="erased and posted anew"),
        pytest.param(ForeignTicket(), id="another project's by now"),
    ],
)
async def test_nothing_is_sent_when_the_ticket_has_no_such_result(found: Found) -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await Deliveries(OneTicket(found), receiver, heard).deliver(MESSAGE, TICKET, PROJECT, 0.1)

    assert pause is None
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

    pause = await Deliveries(OneTicket(Stored(RESULT)), receiver, heard).deliver(MESSAGE, TICKET, PROJECT, age)

    assert (pause is not None) == (delivery is Delivery.RETRIED)
    assert len(receiver.messages) == 1
    assert heard.deliveries == [(MESSAGE, delivery, reply)]


async def test_pause_is_drawn_from_its_spread_when_a_try_failed() -> None:
    deliveries = Deliveries(OneTicket(Stored(RESULT)), Receiver(Reply(500)))

    pauses = [await deliveries.deliver(MESSAGE, TICKET, PROJECT, 0.0) for _ in range(50)]

    least, most = FIRST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * LARGEST_SPREAD
    assert all(pause is not None and least <= pause <= most for pause in pauses)
    assert len(set(pauses)) > 1


async def test_message_waits_when_the_database_is_away() -> None:
    receiver, heard = Receiver(Reply(200)), Heard()

    pause = await Deliveries(OneTicket(DatabaseUnavailable()), receiver, heard).deliver(MESSAGE, TICKET, PROJECT, DAY)

    assert pause == FIRST_PAUSE_SECONDS
    assert receiver.messages == []
    assert heard.deliveries == [(MESSAGE, Delivery.RETRIED, Reply(fault="DatabaseUnavailable"))]
