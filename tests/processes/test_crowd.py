"""A crowd of waiting readers and listeners on one process: others' tickets go on, and the crowd gets its answer."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.customers import set_up, ticket
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening
from tests.support.processes import SERVICE_TOKEN, Replica, serving

EACH = 300
"""Readers, and as many listeners: with the other end of each connection below the 1,024 handles of a shell."""

OTHERS = 5
"""Ordinary tickets beside them."""

HELD = "Please wait for the gate."


async def asked(replica: Replica, path: str, until: bytes, there: list[str]) -> bytes:
    """Ask over a socket of its own, and return what came until these bytes, or the end; note who is `there`.

    A reader is once its request is sent, a listener once its stream has begun.
    """
    at = urlsplit(replica.base_url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SERVICE_TOKEN}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        if not until:
            there.append(path)
            return await reader.read()
        got = await reader.readuntil(b"\r\n\r\n")
        there.append(path)
        while until not in got:
            chunk = await reader.read(65536)
            assert chunk, got
            got += chunk
        return got
    finally:
        writer.close()


async def test_others_tickets_go_on_beside_a_crowd_and_the_crowd_gets_its_answer(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    gate = Gate()

    async def before(body: dict[str, Any]) -> None:
        if HELD in json.dumps(body):
            await gate.passed()

    api = MessagesApi(before=before)
    async with AsyncExitStack() as stack:
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": stack.enter_context(listening(api.application())),
            "CC_RUN_DEADLINE_SECONDS": "120",
        }
        replica = await stack.enter_async_context(serving(tmp_path / "service", settings))
        client = await stack.enter_async_context(replica.client())
        stack.callback(gate.open)
        await set_up(client, origin)
        held = ticket(body=f"{HELD}\nAccount ID: acct_12ab34cd")
        await client.post("/tickets/t_held/enrich", json=held, headers={"Prefer": "respond-async"})
        await gate.holds(1)
        reading = "/tickets/t_held/customer-context?project_id=prj_1&wait=30"
        stream, there = "/events?project_id=prj_1", list[str]()
        readers = [asyncio.create_task(asked(replica, reading, b"", there)) for _ in range(EACH)]
        listeners = [asyncio.create_task(asked(replica, stream, b'"t_held"', there)) for _ in range(EACH)]
        async with asyncio.timeout(60):
            while len(there) < 2 * EACH:  # noqa: ASYNC110 - two kinds of waiting, and no event for both
                await asyncio.sleep(0.01)
        others = [(await client.post(f"/tickets/t_{n}/enrich", json=ticket())).json() for n in range(OTHERS)]
        waiting = sum(not each.done() for each in (*readers, *listeners))
        gate.open()
        answers = await asyncio.wait_for(asyncio.gather(*readers), 60)
        heard = await asyncio.wait_for(asyncio.gather(*listeners), 60)

    assert [other["status"] for other in others] == ["ok"] * OTHERS
    assert waiting == 2 * EACH
    results = {answer.partition(b"\r\n\r\n")[2] for answer in answers}
    assert len(results) == 1
    assert json.loads(results.pop())["status"] == "ok"
    assert len(heard) == EACH
