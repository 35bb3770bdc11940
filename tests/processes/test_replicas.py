"""Several processes, one database: a ticket is run once, and one that died with its process is run again."""

import asyncio
import signal
from pathlib import Path

import httpx

from tests.support.customers import CustomerEndpoint, credits_used, set_up, ticket
from tests.support.messages_api import API_KEY, MessagesApi, listening
from tests.support.processes import serving


async def test_ticket_is_run_once_when_twenty_post_it_to_two_replicas(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    endpoint.seconds = 0.3
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with (
        serving(tmp_path / "a", settings) as one,
        serving(tmp_path / "b", settings) as another,
        one.client() as first,
        another.client() as second,
    ):
        await set_up(first, origin)
        posts = [client.post("/tickets/t_1/enrich", json=ticket()) for client in [first, second] * 10]
        answers = await asyncio.gather(*posts)
        used = await credits_used(second)

    assert [answer.status_code for answer in answers] == [200] * 20
    documents = [answer.json() | {"reused": False} for answer in answers]
    assert documents == [documents[0]] * 20
    assert documents[0]["status"] == "ok"
    assert (endpoint.asked, used) == (["acct_12ab34cd"], 1)


async def test_ticket_of_a_killed_process_is_run_by_another_for_one_credit(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with (
        serving(tmp_path / "a", settings) as doomed,
        serving(tmp_path / "b", settings) as other,
        doomed.client() as client,
        other.client() as survivor,
    ):
        await set_up(client, origin)
        endpoint.seconds = 4.0
        lost = asyncio.create_task(client.post("/tickets/t_1/enrich", json=ticket()))
        await endpoint.until_asked()
        doomed.program.send(signal.SIGKILL)
        ending = await asyncio.gather(lost, return_exceptions=True)
        endpoint.seconds = 0.0
        answer = await survivor.post("/tickets/t_1/enrich", json=ticket())
        used = await credits_used(survivor)

    assert isinstance(ending[0], httpx.TransportError)
    assert (answer.status_code, answer.json()["status"], answer.json()["reused"]) == (200, "ok", False)
    assert (endpoint.asked, used) == (["acct_12ab34cd"] * 2, 1)


async def test_three_hundred_are_in_flight_at_once_on_a_pool_of_ten(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    many = 300
    waiting, released = 0, 0
    all_are_in_flight = asyncio.Event()

    async def until_all_are_in_flight() -> None:
        nonlocal waiting, released
        waiting += 1
        if waiting > many:
            return  # a summary: only the first calls are held back
        if waiting == many:
            all_are_in_flight.set()
        await all_are_in_flight.wait()
        # One after the other: three hundred handshakes in one moment would measure the machine.
        released += 1
        await asyncio.sleep(released * 0.006)

    api = MessagesApi(before=until_all_are_in_flight)
    with listening(api.application()) as base_url:
        settings = {"CC_AI_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": base_url}
        settings |= {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_RUN_DEADLINE_SECONDS": "60",
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
