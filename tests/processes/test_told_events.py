"""The helpdesk hears of each change once, through kill -9 between change, delivery and answer, and from any replica."""

import asyncio
import base64
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from customer_context_client import read_event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.customers import CustomerEndpoint, numbered, set_up
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, MessagesApi, Reply, listening
from tests.support.ports import free_port
from tests.support.processes import Replica, serving

SECRET = f"whsec_{'A' * 43}="
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
WAIT_SECONDS = 120.0
"""Longest wait for a message: one that a killed process held is lent again within a minute."""


@dataclass
class ListeningHelpdesk:
    """Verifies and keeps what it hears; while it is `silent`, it takes a message and never answers."""

    silent: bool = False
    heard: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def application(self) -> Starlette:
        return Starlette(routes=[Route("/events", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        event = read_event(await request.body(), request.headers, SECRET)
        self.heard.append((request.headers["webhook-id"], event["type"], dict(event["data"])))
        while self.silent:  # noqa: ASYNC110 - whoever asked is killed meanwhile
            await asyncio.sleep(0.05)
        return Response(status_code=204)

    def kinds(self) -> Counter[str]:
        """Count the messages by what they tell, each id once."""
        known = {message_id: (kind, data) for message_id, kind, data in self.heard}
        return Counter(f"{kind} {data.get('percent', '')}".strip() for kind, data in known.values())

    async def hears(self, many: int) -> None:
        """Wait until so many different messages have come."""
        async with asyncio.timeout(WAIT_SECONDS):
            while self.kinds().total() < many:  # noqa: ASYNC110 - an event belongs to one loop, and there are two
                await asyncio.sleep(0.05)


def settings_of(database_url: str, ca_file: Path, port: int, **more: str) -> dict[str, str | None]:
    return {
        "CC_DATABASE_URL": database_url,
        "CC_EGRESS_CA_FILE": str(ca_file),
        "CC_WEBHOOK_URL": f"http://127.0.0.1:{port}/events",
        "CC_WEBHOOK_SECRETS": SECRET,
        **more,
    }


async def enriched(client: httpx.AsyncClient, name: str, numbers: range, **changes: Any) -> list[str]:
    """Post tickets one after the other and return how they ended."""
    endings = []
    for number in numbers:
        answer = await client.post(f"/tickets/{name}_{number}/enrich", json=numbered(number, **changes))
        result = answer.raise_for_status().json()
        endings.append(result["reason"] or result["status"])
    return endings


async def test_changes_are_told_when_the_process_that_made_them_was_killed_and_so_was_who_told_them(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    helpdesk, port = ListeningHelpdesk(silent=True), free_port()
    settings = settings_of(database_url, ca_file, port)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(serving(tmp_path / "first", settings))
        async with first.client() as client:
            await set_up(client, origin, credit=5)
            await set_up(client, origin, "prj_2")
            nowhere = {"api_url": f"https://127.0.0.1:{free_port()}/", "bearer_token": "a-token-of-sixteen"}
            answer = await client.patch("/projects/prj_2/customer-context", json=nowhere)
            answer.raise_for_status()
            assert await enriched(client, "paid", range(6)) == ["ok"] * 5 + ["skipped_credits"]
            failing = await enriched(client, "fails", range(12), project_id="prj_2")
            assert failing == ["connect_error"] * 10 + ["circuit_open"] * 2
        await first.program.kill()  # nobody has listened yet
        stack.enter_context(listening(helpdesk.application(), port))
        second = await stack.enter_async_context(serving(tmp_path / "second", settings))
        await helpdesk.hears(3)
        await second.program.kill()  # all three were taken, and no answer came
        await Ledger(database_url).end_loans()
        helpdesk.silent = False
        before = len(helpdesk.heard)
        third = await stack.enter_async_context(serving(tmp_path / "third", settings))
        async with third.client() as client:
            mended = {"api_url": f"{origin}/support-context", "bearer_token": "canary-bearer-token-0123456789"}
            (await client.patch("/projects/prj_2/customer-context", json=mended)).raise_for_status()
            assert await enriched(client, "mended", range(2), project_id="prj_2") == ["ok", "ok"]
            await helpdesk.hears(4)
            async with asyncio.timeout(WAIT_SECONDS):
                while len(helpdesk.heard) < before + 4:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.05)

    once = {"credits.low 80": 1, "credits.low 100": 1, "endpoint.failing": 1, "endpoint.recovered": 1}
    assert helpdesk.kinds() == once
    again = Counter(message_id for message_id, _, _ in helpdesk.heard)
    assert sorted(again.values()) == [1, 2, 2, 2]  # told again, under the same id, what was told to no answer


async def test_two_replicas_of_which_one_lacks_the_key_tell_it_once(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    helpdesk, port = ListeningHelpdesk(), free_port()
    settings = settings_of(database_url, ca_file, port)
    with listening(helpdesk.application(), port):
        async with AsyncExitStack() as stack:
            good = await stack.enter_async_context(serving(tmp_path / "good", settings))
            blind = await stack.enter_async_context(
                serving(tmp_path / "blind", settings | {"CC_ENCRYPTION_KEYS": OTHER_KEY})
            )
            clients = [await stack.enter_async_context(each.client()) for each in (good, blind)]
            await set_up(clients[0], origin)
            for turn in range(4):  # flapping: which one a ticket meets is chance
                assert await enriched(clients[0], f"good{turn}", range(1)) == ["ok"]
                assert await enriched(clients[1], f"blind{turn}", range(1)) == ["token_unreadable"]
            await helpdesk.hears(1)
            await blind.program.kill()
            again = await stack.enter_async_context(
                serving(tmp_path / "again", settings | {"CC_ENCRYPTION_KEYS": OTHER_KEY})
            )
            async with again.client() as client:
                assert await enriched(client, "again", range(2)) == ["token_unreadable"] * 2
            await _a_message_later(clients[0], helpdesk)

    assert helpdesk.kinds() == {"token.unreadable": 1, "enrichment.completed": 1}
    (told,) = [data for _, kind, data in helpdesk.heard if kind == "token.unreadable"]
    assert told["project_id"] == "prj_1"


async def test_a_refused_key_is_told_once_by_all_replicas_and_restarts(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    helpdesk, port, api = ListeningHelpdesk(), free_port(), MessagesApi(always=Reply(401))
    with listening(helpdesk.application(), port), listening(api.application()) as api_url:
        ai = {"CC_AI_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": api_url}
        settings = settings_of(database_url, ca_file, port, **ai)
        async with AsyncExitStack() as stack:
            replicas: list[Replica] = [
                await stack.enter_async_context(serving(tmp_path / name, settings)) for name in ("one", "two")
            ]
            clients = [await stack.enter_async_context(each.client()) for each in replicas]
            await set_up(clients[0], origin)
            for number, client in enumerate(clients):
                assert await enriched(client, f"at{number}", range(2)) == ["ai_misconfigured"] * 2
            await helpdesk.hears(1)
            await replicas[0].program.kill()
            reborn = await stack.enter_async_context(serving(tmp_path / "reborn", settings))
            async with reborn.client() as client:
                assert await enriched(client, "reborn", range(2)) == ["ai_misconfigured"] * 2
            api.always = None  # mended for a moment, and refused again: replicas differ while a key is changed
            assert await enriched(clients[1], "mended", range(1)) == ["ok"]
            api.always = Reply(401)
            assert await enriched(clients[1], "refused", range(1, 2)) == ["ai_misconfigured"]
            await _a_message_later(clients[1], helpdesk)

    assert helpdesk.kinds() == {"ai.misconfigured": 1, "enrichment.completed": 1}
    (told,) = [data for _, kind, data in helpdesk.heard if kind == "ai.misconfigured"]
    assert (told["ai_provider"], "ANTHROPIC_API_KEY" in told["problem"]) == ("anthropic", True)
    assert API_KEY not in str(told)


async def _a_message_later(client: httpx.AsyncClient, helpdesk: ListeningHelpdesk) -> None:
    """Have one more message delivered: whatever was told before has come by then."""
    answer = await client.post("/tickets/last/enrich", json=numbered(99), headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    async with asyncio.timeout(WAIT_SECONDS):
        while helpdesk.kinds()["enrichment.completed"] < 1:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
