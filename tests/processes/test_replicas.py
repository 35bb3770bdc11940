"""Several processes, one database: a ticket is run once, and hundreds may be in flight."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.support.customers import CustomerEndpoint, credits_used, numbered, set_up, ticket
from tests.support.messages_api import API_KEY, MessagesApi, listening
from tests.support.processes import serving

HANDSHAKES_AT_ONCE = 4


async def test_ticket_is_run_once_when_twenty_post_it_to_three_replicas(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    endpoint.seconds = 0.3
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(serving(tmp_path / name, settings)) for name in "abc"]
        clients = [await stack.enter_async_context(replica.client()) for replica in replicas]
        await set_up(clients[0], origin)
        posts = [clients[number % 3].post("/tickets/t_1/enrich", json=ticket()) for number in range(20)]
        answers = await asyncio.gather(*posts)
        used = await credits_used(clients[2])

    assert [answer.status_code for answer in answers] == [200] * 20
    documents = [answer.json() | {"reused": False} for answer in answers]
    assert documents == [documents[0]] * 20
    assert documents[0]["status"] == "ok"
    assert (endpoint.asked, used) == (["acct_12ab34cd"], 1)


async def test_three_hundred_are_in_flight_at_once_on_a_pool_of_ten(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    many = 300
    waiting, released = 0, 0
    all_are_in_flight, turn = asyncio.Event(), asyncio.Lock()

    async def until_all_are_in_flight(body: dict[str, Any]) -> None:
        nonlocal waiting, released
        waiting += 1
        if waiting > many:
            return  # a summary: only the first calls are held back
        if waiting == many:
            all_are_in_flight.set()
        await all_are_in_flight.wait()
        # A few at a time: three hundred handshakes in one moment would measure the machine. Only the next one looks
        # whether it is its turn: three hundred that look would take a core from the service.
        async with turn:
            released += 1
            while released > len(endpoint.asked) + HANDSHAKES_AT_ONCE:  # noqa: ASYNC110 - asked in another thread
                await asyncio.sleep(0.01)

    api = MessagesApi(before=until_all_are_in_flight)
    with listening(api.application()) as base_url:
        settings = {
            "CC_DATABASE_POOL_SIZE": "10",
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": base_url,
        }
        settings |= {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_RUN_DEADLINE_SECONDS": "120",
            "CC_SEATS": str(many),
        }
        async with (
            serving(tmp_path / "service", settings) as replica,
            replica.client() as client,
        ):
            await set_up(client, origin)
            endpoint.seconds = 0.1
            posts = [client.post(f"/tickets/t_{number}/enrich", json=ticket()) for number in range(many)]
            answers = [answer.json() for answer in await asyncio.gather(*posts)]
            used = await credits_used(client)

    assert {(answer["status"], answer["reason"]) for answer in answers} == {("ok", None)}
    assert (len(endpoint.asked), used) == (many, many)


async def test_exactly_20_customers_are_asked_about_when_one_sender_tries_200_on_two_replicas(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(serving(tmp_path / name, settings)) for name in "ab"]
        clients = [await stack.enter_async_context(replica.client()) for replica in replicas]
        await set_up(clients[0], origin)
        tickets = [numbered(number, known=False, sender="eve@evil.test") for number in range(1, 201)]
        posts = [clients[n % 2].post(f"/tickets/t_{n}/enrich", json=each) for n, each in enumerate(tickets)]
        answers = [answer.json() for answer in await asyncio.gather(*posts)]
        used = await credits_used(clients[1])

    assert len(endpoint.asked) == len(set(endpoint.asked)) == 20
    assert Counter(answer["reason"] for answer in answers) == {"no_data": 20, "enumeration_limit": 180}
    assert used == 200
