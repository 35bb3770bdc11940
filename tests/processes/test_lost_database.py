"""PostgreSQL goes away under a process and comes back: problems meanwhile, and no restart afterwards."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from app.adapters.embedded_postgres import embedded_postgres
from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.processes import serving


async def test_process_recovers_when_the_database_was_away(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        settings = {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(ca_file)}
        async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
            await set_up(client, origin)
            before = await client.post("/tickets/t_1/enrich", json=ticket())
            await postgres.aclose()  # nobody else holds the server: it stops
            lost = [
                await client.post("/tickets/t_2/enrich", json=ticket()),
                await client.get("/tickets/t_1/customer-context", params={"project_id": "prj_1"}),
                await client.get("/projects/prj_1/customer-context"),
                await client.get("/readyz"),
            ]
            alive = await client.get("/healthz")
            metrics = await client.get("/metrics")
            await postgres.enter_async_context(embedded_postgres(data_dir))
            await _until_ready(client)
            after = await client.post("/tickets/t_2/enrich", json=ticket())
            still_running = replica.program.exit_code is None

    assert before.json()["status"] == "ok"
    for answer in lost:
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
    assert (alive.status_code, metrics.status_code) == (200, 200)
    assert (after.status_code, after.json()["status"]) == (200, "ok")
    assert len(endpoint.asked) == 2
    assert still_running
    assert "Traceback" not in replica.program.stderr


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - another process, no event
            await asyncio.sleep(0.1)
