"""A sender who tries one identifier after the other: stopped before the owner's endpoint is asked."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.endpoints import ScriptedEndpoint
from tests.support.service import CUSTOMER, World, set_up

EVE = "eve@evil.test"


def email(number: int) -> dict[str, Any]:
    return {"subject": "Hi", "body": f"Account ID: acct_{number + 100:08d}", "sender": EVE}


def ticket(number: int, **changes: Any) -> dict[str, Any]:
    return {"project_id": "prj_1", **email(number)} | changes


async def post(client: httpx.AsyncClient, ticket_id: str, body: dict[str, Any], query: str = "") -> dict[str, Any]:
    answer = await client.post(f"/tickets/{ticket_id}/enrich{query}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def used(client: httpx.AsyncClient) -> int:
    return int((await client.get("/projects/prj_1")).json()["credits_used_this_month"])


def knowing_everybody() -> World:
    return World(endpoint=ScriptedEndpoint({f"acct_{number:08d}": CUSTOMER for number in range(100, 400)}))


async def test_21st_customer_is_refused_before_the_endpoint_is_asked_and_says_so() -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client)
        results = [await post(client, f"t_{number}", ticket(number)) for number in range(21)]
        credits_used = await used(client)

    assert [result["status"] for result in results[:20]] == ["ok"] * 20
    last = results[20]
    assert (last["status"], last["reason"], last["identifier"]) == ("no_identifier", "enumeration_limit", None)
    assert (last["credits_used"], last["fields"], last["ai_context"], last["identity"]) == (1, [], "", "unknown")
    assert last["timings_ms"].keys() == {"extract", "total"}
    assert (len(world.endpoint.asked), credits_used) == (20, 21)  # the AI had read the email


async def test_exactly_20_of_200_in_the_same_moment_reach_the_endpoint() -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client)
        project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 300}
        await client.put("/projects/prj_1", json=project)
        results = await asyncio.gather(*(post(client, f"t_{number}", ticket(number)) for number in range(200)))

    assert sorted(result["reason"] or "found" for result in results) == ["enumeration_limit"] * 180 + ["found"] * 20
    assert len(set(world.endpoint.asked)) == len(world.endpoint.asked) == 20


async def test_known_customer_a_refresh_and_other_senders_go_on_at_the_limit() -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client)
        for number in range(20):
            await post(client, f"t_{number}", ticket(number))
        cases = {
            "the same in another ticket": await post(client, "t_a", ticket(3)),
            "a refresh": await post(client, "t_3", ticket(3), "?refresh=true"),
            "another sender": await post(client, "t_b", ticket(21, sender="jane@example.com")),
            "no sender": await post(client, "t_c", ticket(22, sender="")),
        }
        refused = await post(client, "t_d", ticket(23, sender=f"Jane <{EVE}>"))

    assert {name: result["status"] for name, result in cases.items()} == dict.fromkeys(cases, "ok")
    assert refused["reason"] == "enumeration_limit"


async def test_owner_who_tests_is_not_counted() -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client)
        tests = [
            (await client.post("/projects/prj_1/customer-context/test", json=email(number))).json()["status"]
            for number in range(25)
        ]
        result = await post(client, "t_1", ticket(26))

    assert tests == ["ok"] * 25
    assert (result["status"], len(world.database.rows("SELECT FROM senders"))) == ("ok", 1)


@pytest.mark.parametrize(
    "relay",
    [
        pytest.param("forms@shop.example", id="address"),
        pytest.param("Forms@Shop.EXAMPLE", id="address in another case"),
        pytest.param("@shop.example", id="host"),
    ],
)
async def test_contact_form_that_is_named_writes_for_any_number(relay: str) -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client, relay_senders=[relay], match_path="/email")
        form = {"sender": "Contact form <forms@shop.example>", "sender_verified": True}
        results = [await post(client, f"t_{number}", ticket(number, **form)) for number in range(60)]

    assert [(result["status"], result["identity"]) for result in results] == [("ok", "unknown")] * 60
    assert world.database.rows("SELECT FROM senders") == []


@pytest.mark.parametrize("sender", ["forms@shop.example.evil.test", "forms@other.example", "x@notshop.example"])
async def test_sender_that_only_looks_like_a_relay_is_counted(sender: str) -> None:
    world = knowing_everybody()
    async with world.client() as client:
        await set_up(client, relay_senders=["forms@shop.example", "@shop.example"])
        results = [await post(client, f"t_{number}", ticket(number, sender=sender)) for number in range(21)]

    assert results[-1]["reason"] == "enumeration_limit"
    assert "relay_senders" in results[-1]["message"]


@pytest.mark.parametrize(("most", "admitted"), [(1, 1), (3, 3), (0, 5)])
async def test_limit_is_the_operators(most: int, admitted: int) -> None:
    world = World(endpoint=knowing_everybody().endpoint, identifiers_per_sender_hour=most)
    async with world.client() as client:
        await set_up(client)
        results = [await post(client, f"t_{number}", ticket(number)) for number in range(5)]

    assert [result["status"] for result in results].count("ok") == admitted
