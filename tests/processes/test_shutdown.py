"""A process that is told to stop: what it cannot finish goes back into the queue, and nobody is left hanging."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from tests.support.customers import credits_used, numbered, set_up
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening
from tests.support.processes import serving

EACH = 10
"""Tickets of either process, half of them with somebody who waits."""

PROMISED_SECONDS = 25.0


async def posted(client: httpx.AsyncClient, number: int) -> httpx.Response:
    """Post a ticket; of every four, nobody waits for the first two."""
    headers = {"Prefer": "respond-async"} if number % 4 < 2 else {}
    return await client.post(f"/tickets/t_{number}/enrich", json=numbered(number), headers=headers)


async def test_unfinished_tickets_go_back_when_the_draining_is_over_or_hurried_by_a_second_signal(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    gate, ledger = Gate(), Ledger(database_url)

    async def before(body: dict[str, Any]) -> None:
        await gate.passed()

    api = MessagesApi(before=before)
    with listening(api.application()) as api_url:
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": api_url,
            "CC_RUN_DEADLINE_SECONDS": "120",
        }
        seats = settings | {"CC_SEATS": str(EACH)}
        async with AsyncExitStack() as stack:
            stack.callback(gate.open)
            patient = await stack.enter_async_context(serving(tmp_path / "patient", seats))
            hurried = await stack.enter_async_context(serving(tmp_path / "hurried", seats))
            clients = [await stack.enter_async_context(each.client()) for each in (patient, hurried)]
            await set_up(clients[0], origin)
            posts = [asyncio.create_task(posted(clients[number % 2], number)) for number in range(2 * EACH)]
            await gate.holds(2 * EACH)
            asked = monotonic()
            patient.program.send(signal.SIGTERM)
            hurried.program.send(signal.SIGTERM)
            await asyncio.sleep(1.0)
            still_running = hurried.program.exit_code is None
            hurried.program.send(signal.SIGTERM)
            codes = [await hurried.program.ended()]
            patient_code = patient.program.exit_code
            codes.append(await patient.program.ended())
            patient_seconds = monotonic() - asked
            answers = await asyncio.gather(*posts)
            put_back = await ledger.rows("SELECT state, strikes, submission IS NOT NULL AS kept FROM enrichments")

            gate.open()
            heir = await stack.enter_async_context(serving(tmp_path / "heir", settings))
            await ledger.until_all_are_done()
            used = await credits_used(await stack.enter_async_context(heir.client()))

    assert (codes, still_running, patient_code) == ([0, 0], True, None)
    assert patient_seconds < PROMISED_SECONDS
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(202, "pending")}
    assert all(answer.headers["location"].startswith("/tickets/t_") for answer in answers)
    assert put_back == [{"state": "queued", "strikes": 0, "kept": True}] * 2 * EACH
    assert await ledger.endings() == {("ok", None): 2 * EACH}
    assert (await ledger.ended_runs(), used) == (2 * EACH, 2 * EACH)
    assert "Traceback" not in patient.program.stderr + hurried.program.stderr
