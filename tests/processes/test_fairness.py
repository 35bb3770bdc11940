"""One project's look-ups stall: they take that project's places and no more, on however many replicas."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.customers import CustomerEndpoint, account, credits_used, numbered, set_up
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening, wants_identifier
from tests.support.processes import serving

PLACES = 4
NOISY, QUIET = range(24), range(100, 106)


@dataclass
class Stalling:
    """Holds back the AI's first answer for the noisy project; knows who came, and how many were there at once."""

    gate: Gate = field(default_factory=Gate)
    came: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, body: dict[str, Any]) -> None:
        found = re.search(r"acct_k(\d{4})", json.dumps(body["messages"]))
        if found is None or int(found[1]) not in NOISY or not wants_identifier(body):
            return
        self.came.append(int(found[1]))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.passed()
        await asyncio.sleep(0.05)  # so that those who are let in next would be seen beside it
        self.at_once -= 1


async def test_a_stalling_project_keeps_to_its_places_on_two_replicas_while_a_quiet_one_is_done(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    ledger, stalling = Ledger(database_url), Stalling()
    async with AsyncExitStack() as stack:
        ai_url = stack.enter_context(listening(MessagesApi(before=stalling).application()))
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": ai_url,
            "CC_RUN_DEADLINE_SECONDS": "120",
            "CC_PROJECT_CONCURRENCY": str(PLACES),
        }
        replicas = [await stack.enter_async_context(serving(tmp_path / name, settings)) for name in "ab"]
        clients = [await stack.enter_async_context(replica.client()) for replica in replicas]
        for project_id in ("noisy", "quiet"):
            await set_up(clients[0], origin, project_id)
        await _hand_in(clients[0], "noisy", NOISY)
        await stalling.gate.holds(PLACES)
        waiting = asyncio.create_task(_waited_for(clients[1], 23, "wait=1"))
        await _hand_in(clients[1], "quiet", QUIET)
        while await _done(ledger, "quiet") < len(QUIET):  # noqa: ASYNC110 - other processes, there is no event
            await asyncio.sleep(0.05)
        held, told, done_meanwhile = stalling.at_once, await waiting, await _done(ledger, "noisy")
        stalling.gate.open()
        await ledger.until_all_are_done()
        used = [await credits_used(clients[0], project_id) for project_id in ("noisy", "quiet")]

    assert (held, done_meanwhile) == (PLACES, 0)
    assert (told.status_code, told.json()["status"]) == (202, "pending")
    assert stalling.most_at_once == PLACES
    # First come, first served: those who are let in together may come in any order.
    assert sorted(stalling.came) == list(NOISY)
    assert all(abs(number - place) < PLACES for place, number in enumerate(stalling.came))
    assert await ledger.endings() == {("ok", None): len(NOISY) + len(QUIET)}
    assert used == [len(NOISY), len(QUIET)]
    assert len(endpoint.asked) == len(NOISY) + len(QUIET)


async def _hand_in(client: httpx.AsyncClient, project_id: str, numbers: range) -> None:
    tickets = [{"ticket_id": account(n), **numbered(n, project_id=project_id)} for n in numbers]
    (await client.post("/tickets/enrich-batch", json={"tickets": tickets})).raise_for_status()


async def _waited_for(client: httpx.AsyncClient, number: int, patience: str) -> httpx.Response:
    body = numbered(number, project_id="noisy")
    return await client.post(f"/tickets/{account(number)}/enrich", json=body, headers={"Prefer": patience})


async def _done(ledger: Ledger, project_id: str) -> int:
    rows = await ledger.rows(
        "SELECT count(*) AS many FROM enrichments WHERE project_id = $1 AND state = 'done'", project_id
    )
    many: int = rows[0]["many"]
    return many
