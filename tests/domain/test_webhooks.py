"""Webhooks as they are written, and when one is sent again: a day's tries laid out."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from app.domain.webhooks.event_kinds import SENTENCES, Event
from app.domain.webhooks.webhook_messages import (
    LARGEST_SPREAD,
    LONGEST_PAUSE_SECONDS,
    TRYING_SECONDS,
    Delivery,
    Reply,
    asked_seconds,
    event_payload,
    judge,
    result_payload,
)

RESULT = {"status": "ok", "reason": None, "summary": "Zoë: 5 €", "created_at": "2026-11-22T09:30:00Z"}
DAY = 86_400.0


def test_payload_holds_the_result_as_the_enrich_route_answers_it() -> None:
    assert json.loads(result_payload("t_1", "prj_1", RESULT)) == {
        "type": "enrichment.completed",
        "timestamp": "2026-11-22T09:30:00Z",
        "data": {"ticket_id": "t_1", "project_id": "prj_1", **RESULT, "reused": False},
    }


def test_message_of_facts_that_stayed_is_as_old_as_the_try_that_it_tells_of() -> None:
    attempt = {"status": "fetch_error", "reason": "timeout", "message": "It was slow.", "at": "2026-11-25T09:00:00Z"}
    message = json.loads(result_payload("t_1", "prj_1", RESULT | {"last_attempt": attempt}))

    assert message["timestamp"] == "2026-11-25T09:00:00Z"
    assert (message["data"]["created_at"], message["data"]["last_attempt"]) == (RESULT["created_at"], attempt)


def test_payload_is_ascii_and_the_same_each_time_it_is_made() -> None:
    body = result_payload("t_1", "prj_1", RESULT)

    assert body.isascii()
    assert b" :" not in body
    assert body == result_payload("t_1", "prj_1", dict(RESULT))


TOLD: dict[Event, dict[str, Any]] = {
    Event.ENDPOINT_FAILING: {"failing_since": "2026-11-22T09:00:00Z", "failures": 10},
    Event.ENDPOINT_RECOVERED: {"failing_since": "2026-11-22T09:00:00Z"},
    Event.CREDITS_LOW: {
        "percent": 80,
        "credits_used": 800,
        "monthly_ai_credits": 1_000,
        "credits_reset_at": "2026-12-01T00:00:00Z",
    },
    Event.TOKEN_UNREADABLE: {},
    Event.AI_MISCONFIGURED: {"problem": "refuses the key (HTTP 401)", "ai_provider": "anthropic", "ai_model": "m"},
}


@pytest.mark.parametrize("event", [each for each in Event if each is not Event.ENRICHMENT_COMPLETED])
def test_every_other_event_says_what_happened_to_whom_and_since_when(event: Event) -> None:
    made_at, project = datetime(2026, 11, 22, 9, 30, tzinfo=UTC), None if event is Event.AI_MISCONFIGURED else "prj_1"

    message = json.loads(event_payload(event, made_at, project, TOLD[event]))

    assert (message["type"], message["timestamp"]) == (event, "2026-11-22T09:30:00Z")
    assert message["data"].get("project_id") == project
    assert TOLD[event].items() <= message["data"].items()
    assert message["data"]["message"] == SENTENCES[event].format(**TOLD[event])
    assert "{" not in message["data"]["message"]


@pytest.mark.parametrize(
    ("reply", "delivery"),
    [
        pytest.param(Reply(200), Delivery.DELIVERED, id="first of success"),
        pytest.param(Reply(204), Delivery.DELIVERED, id="no content"),
        pytest.param(Reply(299), Delivery.DELIVERED, id="last of success"),
        pytest.param(Reply(199), Delivery.RETRIED, id="below success"),
        pytest.param(Reply(300), Delivery.RETRIED, id="above success"),
        pytest.param(Reply(302), Delivery.RETRIED, id="redirect"),
        pytest.param(Reply(400), Delivery.RETRIED, id="bad request"),
        pytest.param(Reply(404), Delivery.RETRIED, id="not found: it may be deployed"),
        pytest.param(Reply(409), Delivery.RETRIED, id="below gone"),
        pytest.param(Reply(410), Delivery.GIVEN_UP, id="gone"),
        pytest.param(Reply(411), Delivery.RETRIED, id="above gone"),
        pytest.param(Reply(429), Delivery.RETRIED, id="too many requests"),
        pytest.param(Reply(500), Delivery.RETRIED, id="server error"),
        pytest.param(Reply(None, fault="TimeoutError"), Delivery.RETRIED, id="no answer"),
    ],
)
@pytest.mark.parametrize("age", [0.0, DAY - 1.0])
def test_status_says_what_became_of_a_message_when_it_is_younger_than_a_day(
    reply: Reply, delivery: Delivery, age: float
) -> None:
    found, pause = judge(reply, age, 1.0)

    assert found is delivery
    assert (pause is not None) == (delivery is Delivery.RETRIED)


@pytest.mark.parametrize(
    ("age", "status", "delivery"),
    [
        (DAY - 0.5, None, Delivery.RETRIED),
        (DAY, None, Delivery.GIVEN_UP),
        (DAY, 503, Delivery.GIVEN_UP),
        (DAY * 2, 500, Delivery.GIVEN_UP),
        (DAY * 2, 200, Delivery.DELIVERED),
    ],
)
def test_failure_is_final_when_the_message_is_a_day_old(age: float, status: int | None, delivery: Delivery) -> None:
    assert judge(Reply(status, retry_after=60.0), age, 1.0)[0] is delivery


def ages_of_tries(spread: float, reply: Reply | None = None) -> list[float]:
    ages, pause = [0.0], judge(reply or Reply(500), 0.0, spread)[1]
    while pause is not None:
        ages.append(ages[-1] + pause)
        pause = judge(reply or Reply(500), ages[-1], spread)[1]
    return ages


def test_tries_go_from_seconds_to_two_hours_and_end_at_a_day_when_all_fail() -> None:
    ages = ages_of_tries(1.0)

    assert ages[:8] == [0.0, 5.0, 20.0, 80.0, 320.0, 1_280.0, 5_120.0, 12_320.0]
    assert {later - earlier for earlier, later in pairwise(ages[7:-1])} == {7_200.0}
    assert ages[-1] == DAY
    assert len(ages) == 19


def test_tries_stay_few_and_end_at_a_day_when_they_are_spread_most() -> None:
    ages = ages_of_tries(LARGEST_SPREAD)

    assert ages[1] == 5.0 * LARGEST_SPREAD
    assert ages[-1] == DAY
    assert 12 < len(ages) < 19


def test_pause_follows_the_age_when_the_first_try_came_late() -> None:
    assert judge(Reply(500), 600.0, 1.0)[1] == 1_800.0


@pytest.mark.parametrize(
    ("status", "asked", "age", "pause"),
    [
        pytest.param(429, 60.0, 0.0, 60.0, id="429 is honoured"),
        pytest.param(503, 60.0, 0.0, 60.0, id="503 is honoured"),
        pytest.param(500, 60.0, 0.0, 5.0, id="no other status asks"),
        pytest.param(302, 60.0, 0.0, 5.0, id="nor a redirect"),
        pytest.param(429, None, 0.0, 5.0, id="nothing asked"),
        pytest.param(429, 0.0, 0.0, 5.0, id="at once is too soon"),
        pytest.param(429, 60.0, 100.0, 300.0, id="the own pause is longer"),
        pytest.param(429, 7_200.0, 0.0, 7_200.0, id="as long as may be asked"),
        pytest.param(429, 7_201.0, 0.0, 7_200.0, id="longer than may be asked"),
        pytest.param(429, float("inf"), 0.0, 7_200.0, id="for ever"),
        pytest.param(429, 600.0, DAY - 60.0, 600.0, id="beyond the day: the last try waits for it"),
        pytest.param(429, 30.0, DAY - 60.0, 60.0, id="within the day's rest"),
    ],
)
def test_pause_is_as_long_as_the_receiver_asks_within_bounds(
    status: int, asked: float | None, age: float, pause: float
) -> None:
    assert judge(Reply(status, asked), age, 1.0) == (Delivery.RETRIED, pause)


@pytest.mark.parametrize("spread", [1.0, LARGEST_SPREAD])
def test_pause_is_never_shorter_than_asked_when_it_is_spread(spread: float) -> None:
    pause = judge(Reply(503, 90.0), 0.0, spread)[1]

    assert pause == 90.0 * spread


def test_receiver_that_asks_for_a_pause_each_time_is_given_up_too() -> None:
    ages = ages_of_tries(1.0, Reply(503, LONGEST_PAUSE_SECONDS))

    assert TRYING_SECONDS <= ages[-1] <= TRYING_SECONDS + LONGEST_PAUSE_SECONDS


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 120\t", 120.0, id="white space around"),
        pytest.param("0", 0.0, id="at once"),
        pytest.param("9" * 5_000, float("inf"), id="more digits than an int may have"),
        pytest.param("", None, id="none"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="not whole"),
        pytest.param("1e3", None, id="exponent"),
        pytest.param("１２", None, id="full-width digits"),
        pytest.param("nan", None, id="no number"),
        pytest.param("Sun, 22 Nov 2026 09:30:00 GMT", None, id="a date"),
    ],
)
def test_retry_after_is_read_in_its_form_of_seconds_only(header: str, seconds: float | None) -> None:
    assert asked_seconds(header) == seconds
