"""Service tokens and encryption keys are rotated under load, as docs/rotation.md says, and no request fails."""

import asyncio
import base64
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.balancer import PROGRAM, Balancer, balancing
from tests.support.customers import CustomerEndpoint, set_up
from tests.support.ledger import Ledger
from tests.support.load import Load
from tests.support.ports import free_port
from tests.support.processes import ENCRYPTION_KEY, SERVICE_TOKEN, Replica, client_of, running, serving

PER_SECOND = 20
NEW_KEY = base64.b64encode(b"n" * 32).decode()
NEW_TOKEN = "new-service-token-of-the-processes-0123"


@dataclass
class Fleet:
    """Replicas on fixed ports, which are restarted one after the other with other settings."""

    folder: Path
    settings: dict[str, str]
    ports: list[int]
    stack: AsyncExitStack
    generation: int = 0
    replicas: "list[Replica] | None" = None

    async def restart(self, balancer: Balancer | None, **settings: str) -> None:
        """Have every replica know these settings; the others serve meanwhile."""
        self.settings |= settings
        self.generation += 1
        before, self.replicas = self.replicas, []
        for number, port in enumerate(self.ports):
            if before is not None:
                before[number].program.send(signal.SIGTERM)
                assert await before[number].program.ended() == 0
            folder = self.folder / f"{self.generation} {port}"
            replica = await self.stack.enter_async_context(serving(folder, self.settings, port=port))
            self.replicas.append(replica)
            if balancer is not None:
                await balancer.until_up(number + 1)

    async def keys(self, order: str) -> tuple[int, dict[str, Any]]:
        """Run a command for keys with what the replicas know."""
        self.generation += 1
        folder = self.folder / f"{self.generation} {order}"
        async with running(folder, self.settings, "keys", order, "--json") as program:
            code = await program.ended()
            return code, json.loads(program.stdout)


@asynccontextmanager
async def saving_for_ever(client: httpx.AsyncClient) -> AsyncIterator[list[str]]:
    """Have an owner save without an end, the token kept each time; yields what came of each: `""`, or the refusal."""
    answers: list[str] = []

    async def save() -> None:
        while True:
            body = {"display_instructions": f"Show Plan and Seats. {len(answers)}"}
            answer = await client.patch("/projects/prj_1/customer-context", json=body)
            answers.append("" if answer.status_code == httpx.codes.OK else f"{answer.status_code} {answer.text}")
            await asyncio.sleep(0.05)

    task = asyncio.create_task(save())
    try:
        yield answers
    finally:
        task.cancel()


def secrets_of(report: Mapping[str, Any]) -> list[int]:
    return [key["secrets"] for key in report["keys"]]


@pytest.mark.skipif(PROGRAM is None, reason="needs HAProxy: apt-get install haproxy")
async def test_no_request_fails_while_keys_and_tokens_are_rotated(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    ports = [free_port() for _ in range(3)]
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    ledger = Ledger(database_url)
    async with AsyncExitStack() as stack:
        # HAProxy's file knows three; two that take turns show everything, and the third counts as down.
        fleet = Fleet(tmp_path, settings, ports[:2], stack)
        await fleet.restart(None)
        balancer = await stack.enter_async_context(balancing(tmp_path / "log", ports))
        client = await stack.enter_async_context(client_of(balancer.url))
        await set_up(client, origin)
        saved = await stack.enter_async_context(saving_for_ever(client))
        async with Load(client, PER_SECOND).running() as load:
            await load.goes_on(0.5)
            both_tokens = f"{SERVICE_TOKEN},{NEW_TOKEN}"
            await fleet.restart(
                balancer, CC_SERVICE_TOKENS=both_tokens, CC_ENCRYPTION_KEYS=f"{ENCRYPTION_KEY},{NEW_KEY}"
            )
            client.headers["Authorization"] = f"Bearer {NEW_TOKEN}"
            await load.goes_on(0.5)
            await fleet.restart(balancer, CC_ENCRYPTION_KEYS=f"{NEW_KEY},{ENCRYPTION_KEY}")
            needed = await fleet.keys("check")
            rotated = await fleet.keys("rotate")
            await load.goes_on(0.5)
            settled = await fleet.keys("check")
            await fleet.restart(balancer, CC_SERVICE_TOKENS=NEW_TOKEN, CC_ENCRYPTION_KEYS=NEW_KEY)
            await load.goes_on(0.5)
        await ledger.until_all_are_done()
        alone = await fleet.keys("check")
        refused = await client.get("/projects/prj_1", headers={"Authorization": f"Bearer {SERVICE_TOKEN}"})
        reread = (await client.get("/projects/prj_1/customer-context")).json()

    assert (load.failures, load.put_off) == ([], 0)
    assert set(saved) == {""}
    assert await ledger.endings() == {("ok", None): load.tickets}
    assert (needed[0], secrets_of(needed[1])) == (1, [0, 1])
    assert [(code, secrets_of(report)) for code, report in (rotated, settled)] == [(0, [1, 0])] * 2
    assert (alone[0], secrets_of(alone[1])) == (0, [1])
    assert (refused.status_code, reread["bearer_token_configured"]) == (401, True)
