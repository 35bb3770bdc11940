"""Who waits for a result, and how long: 202 and `pending` until it is there, as the caller prefers (RFC 7240)."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest

from tests.support.service import CUSTOMER, EMAIL, World, set_up
from tests.support.shared_database import DATABASE

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
ENRICH, STORED = "/tickets/t_1/enrich", "/tickets/t_1/customer-context?project_id=prj_1"

T = TypeVar("T")


async def held_back(request: Awaitable[T]) -> asyncio.Future[T]:
    """Start a request and return it once it waits."""
    task = asyncio.ensure_future(request)
    await DATABASE.settled()
    assert not task.done()
    return task


async def test_respond_async_is_answered_at_once_and_read_later() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        taken = await client.post(ENRICH, json=TICKET, headers={"Prefer": "respond-async"})
        before = await client.get(taken.headers["Location"])
        await world.work_off()
        after = await client.get(taken.headers["Location"])

    assert taken.status_code == 202
    assert taken.headers["Location"] == STORED
    assert taken.headers["Retry-After"] == "2"
    assert taken.headers["Preference-Applied"] == "respond-async"
    assert (before.status_code, before.json()) == (200, taken.json())
    assert (after.status_code, after.json()["status"]) == (200, "ok")
    assert world.row().asynchronous


async def test_pending_has_the_shape_of_a_result_and_says_nothing_yet() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        pending = (await client.post(ENRICH, json=TICKET, headers={"Prefer": "respond-async"})).json()
        await world.work_off()
        result = (await client.get(STORED)).json()

    since = pending.pop("created_at")
    assert {"created_at", *pending} == result.keys()
    assert since.endswith("Z")
    assert since < result["created_at"]
    assert pending.pop("message").endswith(".")
    assert pending == {
        "ticket_id": "t_1", "project_id": "prj_1", "status": "pending", "reason": None, "identifier": None,
        "identified_by": None, "last_attempt": None, "steps": [], "summary": "", "fields": [], "links": [],
        "identity": "unknown", "ai_context": "", "ai_context_withheld": False,
            "credits_used": 0, "ai_provider": None,
        "ai_model": None, "usage": None, "timings_ms": {}, "reused": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        pytest.param([], None, id="nothing said: as long as a run may take"),
        pytest.param(["wait=5"], "wait=5", id="longer than a run may take"),
        pytest.param(["wait=0"], "wait=0", id="not at all"),
        pytest.param(["respond-async"], "respond-async", id="asynchronous"),
        pytest.param(["respond-async, wait=0"], "respond-async, wait=0", id="both"),
        pytest.param(["Wait=0", "RESPOND-ASYNC"], "respond-async, wait=0", id="two headers"),
        pytest.param(["wait=soon, return=minimal"], None, id="nothing that is understood"),
    ],
)
async def test_run_that_does_not_end_in_time_is_202(prefer: list[str], applied: str | None) -> None:
    world = World(seats=0, deadline_seconds=0.01)
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ENRICH, json=TICKET, headers=[("Prefer", value) for value in prefer])

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert answer.headers.get("Preference-Applied") == applied
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == (STORED, "2")
    assert world.row().asynchronous  # its end is told to who no longer waits


@pytest.mark.parametrize(
    ("prefer", "status", "applied", "asynchronous"),
    [
        pytest.param(None, 200, None, False, id="nothing said"),
        pytest.param("wait=30", 200, "wait=30", False, id="wait"),
        pytest.param("respond-async, wait=30", 200, "respond-async, wait=30", True, id="both: ends within"),
        pytest.param("respond-async", 202, "respond-async", True, id="asynchronous: not waited for"),
    ],
)
async def test_run_that_ends_in_time_is_200(
    prefer: str | None, status: int, applied: str | None, asynchronous: bool
) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ENRICH, json=TICKET, headers={"Prefer": prefer} if prefer else {})

    assert answer.status_code == status
    assert answer.headers.get("Preference-Applied") == applied
    assert world.row().asynchronous is asynchronous


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        pytest.param("respond-async", None, id="there is nothing left to do asynchronously"),
        pytest.param("respond-async, wait=5", "wait=5", id="it came within the time"),
    ],
)
async def test_stored_result_is_200_whatever_is_preferred(prefer: str, applied: str | None) -> None:
    async with World().client() as client:
        await set_up(client)
        first = await client.post(ENRICH, json=TICKET)
        answer = await client.post(ENRICH, json=TICKET, headers={"Prefer": prefer})

    assert answer.status_code == 200
    assert answer.json() == first.json() | {"reused": True}
    assert answer.headers.get("Preference-Applied") == applied


async def test_spam_is_204_also_when_asynchronous() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        spam = TICKET | {"is_spam": True}
        answer = await client.post(ENRICH, json=spam, headers={"Prefer": "respond-async"})

    assert (answer.status_code, answer.content, world.waiting) == (204, b"", [])


async def test_all_who_wait_get_the_one_result() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        posts = [await held_back(client.post(ENRICH, json=TICKET)) for _ in range(3)]
        read = await held_back(client.get(f"{STORED}&wait=30"))
        other = await client.post(ENRICH, json=TICKET, headers={"Prefer": "respond-async"})
        await world.work_off()
        answers = await asyncio.gather(*posts)
        stored = await read

    assert other.status_code == 202
    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.text for answer in answers} == {answers[0].text}
    assert stored.json() == answers[0].json() | {"reused": True}
    assert world.endpoint.asked == ["acct_12ab34cd"]


async def test_reader_waits_longer_than_a_run_may_take() -> None:
    world = World(seats=0, deadline_seconds=0.01)
    async with world.client() as client:
        await set_up(client)
        await client.post(ENRICH, json=TICKET)
        read = await held_back(client.get(f"{STORED}&wait=30"))
        await asyncio.sleep(0.02)
        await world.work_off()
        answer = await read

    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize(
    ("wait", "status"), [("0", 200), ("30", 200), ("31", 422), ("-1", 422), ("1.5", 422), ("soon", 422)]
)
async def test_reader_may_wait_up_to_30_seconds(wait: str, status: int) -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post(ENRICH, json=TICKET)
        answer = await client.get(f"{STORED}&wait={wait}")

    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["loc"] == ["query", "wait"]


async def test_reader_who_waits_for_nothing_gets_404_at_once() -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.get(f"{STORED}&wait=30")

    assert (answer.status_code, answer.json()["code"]) == (404, "result_not_found")


async def test_refresh_under_way_is_pending_to_readers_and_stored_to_later_posts() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        await client.post(ENRICH, json=TICKET, headers={"Prefer": "respond-async"})
        await world.work_off()
        old = (await client.get(STORED)).json()
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Enterprise"}
        refresh = await held_back(client.post(f"{ENRICH}?refresh=true", json=TICKET))
        during = (await client.get(STORED)).json()
        later = await client.post(ENRICH, json=TICKET)
        await world.work_off()
        new = (await refresh).json()

    assert during["status"] == "pending"
    assert later.json() == old
    assert (old["fields"][0]["value"], new["fields"][0]["value"]) == ("Pro", "Enterprise")


async def test_ticket_that_is_erased_meanwhile_is_404_to_who_waits() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        requests = [client.post(ENRICH, json=TICKET), client.get(f"{STORED}&wait=30")]
        waiting = [await held_back(request) for request in requests]
        await client.delete(STORED)
        answers = await asyncio.gather(*waiting)

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "result_not_found")] * 2


async def test_who_waits_is_let_go_when_the_process_ends() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        post = await held_back(client.post(ENRICH, json=TICKET))
        read = await held_back(client.get(f"{STORED}&wait=30"))
        world.completions.close()
        answers = await asyncio.gather(post, read)

    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (202, "pending"),
        (200, "pending"),
    ]
    assert world.row().asynchronous
