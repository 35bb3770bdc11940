"""The AI provider is away or wants fewer calls: who can wait waits, who cannot is answered, and nobody hammers."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from tests.support.customers import CustomerEndpoint, credits_used, numbered, set_up
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, Gate, MessagesApi, Reply, listening
from tests.support.ports import free_port
from tests.support.processes import serving

REFUSED_SECONDS, OVERLOADED_SECONDS = 8.0, 9.0
"""How long nobody listens, and how long everybody is told 529 after that."""

DEADLINE_SECONDS = 10.0
SLOWEST_SECONDS = 5.0
"""What a busy machine may take beyond the deadline."""

PATIENT, IMPATIENT = 20, 3

PAUSE_SECONDS = 3.0
"""What the overloaded provider asks for."""


async def test_asynchronous_tickets_finish_when_the_provider_comes_back_and_others_are_answered_in_time(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    api, ledger, port = (
        MessagesApi(always=Reply(529, headers={"retry-after": f"{PAUSE_SECONDS:g}"})),
        Ledger(database_url),
        free_port(),
    )
    settings = _settings(database_url, ca_file, f"http://127.0.0.1:{port}")
    settings |= {"CC_RUN_DEADLINE_SECONDS": f"{DEADLINE_SECONDS:g}"}
    async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        with ExitStack() as provider:
            patient = [await _post(client, f"patient{n}", n, {"Prefer": "respond-async"}) for n in range(PATIENT)]
            gone = [asyncio.create_task(_timed(client, f"gone{n}")) for n in range(IMPATIENT)]
            await asyncio.sleep(REFUSED_SECONDS)
            url = provider.enter_context(listening(api.application(), port))
            busy = [asyncio.create_task(_timed(client, f"busy{n}")) for n in range(IMPATIENT)]
            await asyncio.sleep(OVERLOADED_SECONDS)
            calls_while_overloaded, api.always = len(api.requests), None
            await ledger.until_all_are_done()
            answered = [await each for each in [*gone, *busy]]
            used = await credits_used(client)

    assert url.endswith(str(port))
    assert {answer.status_code for answer in patient} == {202}
    assert {(answer.status_code, answer.json()["reason"]) for answer, _ in answered} == {(200, "ai_unavailable")}
    assert max(took for _, took in answered) < DEADLINE_SECONDS + SLOWEST_SECONDS
    assert await ledger.endings() == {("ok", None): PATIENT, ("no_identifier", "ai_unavailable"): 2 * IMPATIENT}
    assert (used, await ledger.ended_runs(), len(endpoint.asked)) == (PATIENT, PATIENT + 2 * IMPATIENT, PATIENT)
    # Each ticket may have called before the first refusal, and one does after each pause; not all of them, three times.
    assert calls_while_overloaded <= PATIENT + IMPATIENT + OVERLOADED_SECONDS / PAUSE_SECONDS + 1


async def test_all_runs_of_a_process_leave_the_provider_alone_for_as_long_as_it_asks(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    runs, asked_seconds, slow_seconds = 50, 5.0, 1.0
    gate = Gate()

    async def before(body: dict[str, Any]) -> None:
        await gate.passed()
        if len(api.requests) == runs + 1:
            await asyncio.sleep(slow_seconds)

    api = MessagesApi(script=[Reply(429, headers={"retry-after": f"{asked_seconds:g}"})] * runs, before=before)
    with listening(api.application()) as url:
        settings = _settings(database_url, ca_file, url)
        async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
            await set_up(client, origin)
            posts = [asyncio.create_task(_post(client, f"t_{number}", number)) for number in range(runs)]
            await gate.holds(runs)
            refused_at = monotonic()
            gate.open()
            answers = await asyncio.gather(*posts)

    assert {(answer.status_code, answer.json()["status"], answer.json()["reason"]) for answer in answers} == {
        (200, "ok", None)
    }
    assert len(api.requests) == runs + 2 * runs
    first, second = api.came_at[runs : runs + 2]
    assert first - refused_at >= asked_seconds
    # Nor do all of them return in one moment: one goes first, and the others wait for what it is told.
    assert second - first >= slow_seconds


def _settings(database_url: str, ca_file: Path, api_url: str) -> dict[str, str]:
    return {
        "CC_DATABASE_URL": database_url,
        "CC_EGRESS_CA_FILE": str(ca_file),
        "CC_AI_PROVIDER": "anthropic",
        "ANTHROPIC_API_KEY": API_KEY,
        "ANTHROPIC_BASE_URL": api_url,
    }


async def _post(
    client: httpx.AsyncClient, ticket_id: str, number: int = 0, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await client.post(f"/tickets/{ticket_id}/enrich", json=numbered(number), headers=headers)


async def _timed(client: httpx.AsyncClient, ticket_id: str) -> tuple[httpx.Response, float]:
    started = monotonic()
    return await _post(client, ticket_id), monotonic() - started
