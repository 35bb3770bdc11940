"""PostgreSQL goes away under a process that is busy and comes back: no ticket is lost, and no restart is needed."""

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import httpx
import psutil

from app.adapters.postgres.embedded import embedded_postgres
from tests.support.customers import CustomerEndpoint, credits_used, numbered, set_up, ticket
from tests.support.ledger import Ledger
from tests.support.load import Load
from tests.support.processes import serving

HEARTBEAT = {"CC_HEARTBEAT_SECONDS": "2"}
"""Of who is gone, others take over after six seconds instead of fifteen."""

LONGEST_WAIT_SECONDS = 90.0
"""The promise of how long a ticket may wait for a database that has come back; on a quiet machine it is ten."""

PER_SECOND = 20
AWAY_SECONDS = 10.0


async def test_no_ticket_is_lost_when_the_database_is_away_for_ten_seconds(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    endpoint.seconds = 1.0
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        ledger, settings = Ledger(url), {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(ca_file)}
        async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
            await set_up(client, origin)
            (await client.post("/tickets/t_before/enrich", json=ticket())).raise_for_status()
            async with Load(client, PER_SECOND).running() as load:
                await load.goes_on(2.0)
                await postgres.aclose()  # nobody else holds the server: it stops
                back = asyncio.create_task(asyncio.sleep(AWAY_SECONDS))
                lost = [
                    await client.post("/tickets/t_lost/enrich", json=ticket()),
                    await client.get("/tickets/t_before/customer-context", params={"project_id": "prj_1"}),
                    await client.get("/projects/prj_1/customer-context"),
                    await client.get("/readyz"),
                ]
                alive = [await client.get("/healthz"), await client.get("/metrics")]
                await back
                await postgres.enter_async_context(embedded_postgres(data_dir))
                await _until_ready(client)
                await load.goes_on(2.0)
            await ledger.until_all_are_done()
            used, runs, endings = await credits_used(client), await ledger.ended_runs(), await ledger.endings()
            still_running = replica.program.exit_code is None

    for answer in lost:
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
    assert [answer.status_code for answer in alive] == [200, 200]
    assert load.failures == []
    assert load.put_off > 0
    assert len(load.known) > PER_SECOND
    assert endings == {("ok", None): load.tickets + 1}
    assert (runs, used) == (load.tickets + 1, load.tickets + 1)
    assert set(Counter(endpoint.asked).values()) == {1}
    assert still_running
    assert "Traceback" not in replica.program.stderr


async def test_process_ends_when_it_is_told_to_while_the_database_is_away_and_its_ticket_is_run_by_the_next(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    endpoint.seconds = 1.0
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        ledger, settings = Ledger(url), {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(ca_file), **HEARTBEAT}
        async with serving(tmp_path / "first", settings) as replica, replica.client() as client:
            await set_up(client, origin)
            submitted = await client.post("/tickets/t_1/enrich", json=ticket(), headers={"Prefer": "respond-async"})
            await endpoint.until_asked()
            await postgres.aclose()
            replica.program.send(signal.SIGTERM)
            await asyncio.sleep(1.0)
            replica.program.send(signal.SIGTERM)
            code = await replica.program.ended()
        await postgres.enter_async_context(embedded_postgres(data_dir))
        await ledger.age_heartbeats()
        async with serving(tmp_path / "second", settings) as replica, replica.client() as client:
            await ledger.until_all_are_done()
            used, runs = await credits_used(client), await ledger.ended_runs()

    assert (submitted.status_code, code, used, runs) == (202, 0, 1, 1)
    assert "Traceback" not in replica.program.stderr


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - another process, no event
            await asyncio.sleep(0.1)


async def test_nobody_waits_for_long_when_the_database_is_killed_with_a_hundred_in_flight(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    """What is under way when the server dies, submissions and takings too, ends soon after it is back."""
    many = 100
    endpoint.seconds = 2.0
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        ledger = Ledger(url)
        settings = {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(ca_file), "CC_SEATS": str(many // 2), **HEARTBEAT}
        async with AsyncExitStack() as replicas:
            both = [await replicas.enter_async_context(serving(tmp_path / name, settings)) for name in "ab"]
            clients = [await replicas.enter_async_context(replica.client()) for replica in both]
            await set_up(clients[0], origin)
            posts = [
                asyncio.create_task(clients[number % 2].post(f"/tickets/t_{number}/enrich", json=numbered(number)))
                for number in range(many)
            ]
            await endpoint.until_asked(many // 4)
            _kill_the_server(data_dir)
            await asyncio.sleep(3.0)
            await postgres.enter_async_context(embedded_postgres(data_dir))
            back_at = asyncio.get_running_loop().time()
            answers = await asyncio.gather(*posts)
            refused = [n for n, answer in enumerate(answers) if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE]
            again = [clients[0].post(f"/tickets/t_{number}/enrich", json=numbered(number)) for number in refused]
            for answer in await asyncio.gather(*again):
                answer.raise_for_status()
            await ledger.until_all_are_done(seconds=LONGEST_WAIT_SECONDS)
            waited = asyncio.get_running_loop().time() - back_at
            used, runs, endings = await credits_used(clients[0]), await ledger.ended_runs(), await ledger.endings()

    assert {answer.status_code for answer in answers} <= {200, 202, 503}
    assert endings == {("ok", None): many}
    assert (runs, used) == (many, many)
    assert waited < LONGEST_WAIT_SECONDS


def _kill_the_server(data_dir: Path) -> None:
    """End PostgreSQL with every process of it, as a power cut does."""
    [pid_file] = data_dir.rglob("postmaster.pid")
    postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
