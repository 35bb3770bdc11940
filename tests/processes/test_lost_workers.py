"""Workers are killed and frozen with hundreds of tickets in flight: each ticket ends once, for one credit."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.customers import STRANGER, CustomerEndpoint, account, credits_used, numbered, set_up, ticket
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening, wants_identifier
from tests.support.processes import Program, Replica, serving, working

MANY = 200
FROZEN_SECONDS = 30.0
ASYNCHRONOUS = {"Prefer": "respond-async"}

POISON = "This email kills whoever reads it."


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def api(gate: Gate) -> MessagesApi:
    """An AI that holds back the first call for strangers, and the second for everybody else."""

    async def before(body: dict[str, Any]) -> None:
        if not wants_identifier(body) or STRANGER in json.dumps(body["messages"]):
            await gate.passed()

    return MessagesApi(before=before)


@pytest.fixture
def settings(database_url: str, api: MessagesApi, origin: str, ca_file: Path) -> Iterator[dict[str, str]]:
    with listening(api.application()) as api_url:
        yield {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": api_url,
            "CC_HEARTBEAT_SECONDS": "2",  # of who is killed, others take over after six
        }


def post(client: httpx.AsyncClient, number: int, *, asynchronous: bool) -> "asyncio.Task[httpx.Response]":
    """Post ticket `number`: an odd one's customer is known, an even one's is a stranger."""
    body = numbered(number, known=bool(number % 2))
    headers = ASYNCHRONOUS if asynchronous else {}
    return asyncio.create_task(client.post(f"/tickets/t_{number}/enrich", json=body, headers=headers))


async def test_every_ticket_ends_once_when_one_worker_is_killed_and_another_is_frozen(
    tmp_path: Path,
    database_url: str,
    settings: dict[str, str],
    api: MessagesApi,
    gate: Gate,
    endpoint: CustomerEndpoint,
    origin: str,
) -> None:
    ledger = Ledger(database_url)
    half = settings | {"CC_SEATS": str(MANY // 2), "CC_RUN_DEADLINE_SECONDS": "120"}
    async with AsyncExitStack() as stack:
        doomed = await stack.enter_async_context(serving(tmp_path / "doomed", half))
        frozen = await stack.enter_async_context(serving(tmp_path / "frozen", half))
        clients = [await stack.enter_async_context(each.client()) for each in (doomed, frozen)]
        await set_up(clients[0], origin)
        # Four kinds: known or not, and waited for or not; half of each with either replica.
        waiting = [post(clients[number // 4 % 2], number, asynchronous=number % 4 < 2) for number in range(MANY)]
        await gate.holds(MANY)

        frozen.program.send(signal.SIGSTOP)
        await doomed.program.kill()
        gate.open()
        async with asyncio.timeout(60):  # the promise: a minute from here
            thaw = asyncio.create_task(asyncio.sleep(FROZEN_SECONDS))
            heir = await stack.enter_async_context(serving(tmp_path / "heir", settings))
            await ledger.until_all_are_done()
            await thaw
        before = await ledger.everything()
        frozen.program.send(signal.SIGCONT)
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        await _until_nothing_is_in_flight(frozen)
        after = await ledger.everything()
        used = await credits_used(await stack.enter_async_context(heir.client()))

    assert await ledger.endings() == {("ok", None): MANY // 2, ("ok", "no_data"): MANY // 2}
    assert (await ledger.ended_runs(), used) == (MANY, MANY)
    # The frozen one has found all of its claims lost and has written nothing.
    assert after == before
    assert '"enriched"' not in frozen.program.stderr
    # What the customer endpoint was asked before the kill it was asked again; the rest it was asked once.
    assert Counter(endpoint.asked) == {
        account(number, known=bool(number % 2)): 2 if number % 2 else 1 for number in range(MANY)
    }
    # Who waited at the dead replica knows; who waited at the frozen one has the result that the heir stored.
    heard = Counter(_kind(each) for each in answers)
    assert heard == {"202 pending": MANY // 2, "200 ok": MANY // 4, "lost": MANY // 4}


async def test_tickets_wait_for_a_worker_when_the_only_one_is_killed(
    tmp_path: Path,
    database_url: str,
    settings: dict[str, str],
    gate: Gate,
    endpoint: CustomerEndpoint,
    origin: str,
) -> None:
    ledger = Ledger(database_url)
    brief, long = ({"CC_RUN_DEADLINE_SECONDS": seconds} for seconds in ("10", "120"))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(tmp_path / "server", settings | brief, "--no-worker"))
        worker = await stack.enter_async_context(working(tmp_path / "worker", settings | long, "--seats", str(MANY)))
        client = await stack.enter_async_context(server.client())
        await set_up(client, origin)
        waiting = [post(client, number, asynchronous=number % 4 < 2) for number in range(MANY)]
        await gate.holds(MANY)
        await worker.kill()
        gate.open()
        answers = await asyncio.gather(*waiting)
        late = await client.post("/tickets/t_late/enrich", json=numbered(MANY + 1), headers={"Prefer": "wait=1"})
        held = await ledger.unfinished()
        await server.program.kill()

        again = await stack.enter_async_context(serving(tmp_path / "again", settings))
        await ledger.until_all_are_done()
        used = await credits_used(await stack.enter_async_context(again.client()))

    assert {(answer.status_code, answer.json()["status"]) for answer in [*answers, late]} == {(202, "pending")}
    assert all(answer.headers["location"].startswith("/tickets/t_") for answer in [*answers, late])
    assert held == MANY + 1
    assert await ledger.endings() == {("ok", None): MANY // 2 + 1, ("ok", "no_data"): MANY // 2}
    assert (await ledger.ended_runs(), used) == (MANY + 1, MANY + 1)


async def test_ticket_that_kills_its_worker_is_given_up_and_others_are_not_lost_with_it(
    tmp_path: Path,
    database_url: str,
    settings: dict[str, str],
    api: MessagesApi,
    endpoint: CustomerEndpoint,
    origin: str,
) -> None:
    others = 4
    ledger = Ledger(database_url)
    workers: list[Program] = []

    async def before(body: dict[str, Any]) -> None:
        if POISON in json.dumps(body["messages"]):
            await asyncio.sleep(0.3)  # the others are under way by now
            workers[-1].send(signal.SIGKILL)
        await asyncio.sleep(0.8)

    api.before = before
    patient = settings | {"CC_RUN_DEADLINE_SECONDS": "120"}  # three starts and three takeovers
    async with serving(tmp_path / "server", patient, "--no-worker") as server, server.client() as client:
        await set_up(client, origin)
        poisoned = asyncio.create_task(client.post("/tickets/t_poison/enrich", json=ticket(body=POISON)))
        for number in range(others):
            (await post(client, number, asynchronous=True)).raise_for_status()
        while await ledger.unfinished():
            async with working(tmp_path / f"worker {len(workers)}", settings) as worker:
                workers.append(worker)
                await _ended_or_idle(worker, ledger)
            await ledger.age_heartbeats()
        answer = await poisoned
        used = await credits_used(client)

    assert [worker.exit_code for worker in workers] == [-signal.SIGKILL] * 3 + [0]
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"], answer.json()["credits_used"]) == (
        200,
        "no_identifier",
        "interrupted",
        0,
    )
    assert await ledger.endings() == {
        ("no_identifier", "interrupted"): 1,
        ("ok", None): others // 2,
        ("ok", "no_data"): others // 2,
    }
    assert (await ledger.ended_runs(), used) == (others + 1, others)


async def _ended_or_idle(worker: Program, ledger: Ledger) -> None:
    async with asyncio.timeout(60):
        while worker.exit_code is None and await ledger.unfinished():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def _until_nothing_is_in_flight(replica: Replica) -> None:
    async with asyncio.timeout(30), replica.client() as client:
        while "enrichments_in_flight 0.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _kind(answer: httpx.Response | BaseException) -> str:
    if isinstance(answer, httpx.Response):
        return f"{answer.status_code} {answer.json()['status']}"
    assert isinstance(answer, httpx.TransportError), answer
    return "lost"
