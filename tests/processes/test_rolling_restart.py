"""Three replicas behind HAProxy are restarted one after the other under load, and nobody notices."""

import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.balancer import PROGRAM, balancing
from tests.support.customers import CustomerEndpoint, credits_used, set_up
from tests.support.ledger import Ledger
from tests.support.load import Load
from tests.support.ports import free_port
from tests.support.processes import client_of, serving

PER_SECOND = 50


@pytest.mark.skipif(PROGRAM is None, reason="needs HAProxy: apt-get install haproxy")
async def test_no_request_fails_when_three_replicas_are_restarted_one_after_the_other(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    endpoint.seconds = 0.3
    ports = [free_port() for _ in range(3)]
    ledger = Ledger(database_url)
    async with AsyncExitStack() as stack:
        replicas = [
            await stack.enter_async_context(serving(tmp_path / f"first {port}", settings, port=port)) for port in ports
        ]
        balancer = await stack.enter_async_context(balancing(tmp_path / "log", ports))
        client = await stack.enter_async_context(client_of(balancer.url))
        await set_up(client, origin)
        async with Load(client, PER_SECOND).running() as load:
            await load.goes_on(1.0)
            for number, (replica, port) in enumerate(zip(replicas, ports, strict=True), 1):
                replica.program.send(signal.SIGTERM)
                assert await replica.program.ended() == 0
                await stack.enter_async_context(serving(tmp_path / f"second {port}", settings, port=port))
                await balancer.until_up(number)
                await load.goes_on(1.0)
        await ledger.until_all_are_done()
        used = await credits_used(client)

    assert (load.failures, load.put_off) == ([], 0)
    assert await ledger.endings() == {("ok", None): load.tickets}
    assert (await ledger.ended_runs(), used) == (load.tickets, load.tickets)
