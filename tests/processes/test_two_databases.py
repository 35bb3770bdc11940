"""Four replicas over two databases behind examples/replicas/haproxy.cfg: each project is served from its own."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from app.adapters.postgres.embedded import embedded_postgres
from tests.support.balancer import PROGRAM, TWO_DATABASES, balancing
from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.ports import free_port
from tests.support.processes import client_of, serving

GROUPS = {"prj_1": "a", "prj_north": "b"}
"""The projects here, and the group that examples/replicas/projects.map gives each."""


@pytest.mark.skipif(PROGRAM is None, reason="needs HAProxy: apt-get install haproxy")
async def test_projects_of_two_databases_are_served_behind_one_address_and_one_loss_is_felt_by_its_own_alone(
    tmp_path: Path, database_url: str, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    ports = [free_port() for _ in range(4)]
    async with AsyncExitStack() as stack, AsyncExitStack() as second:
        urls = [database_url] * 2 + [await second.enter_async_context(embedded_postgres(data_dir))] * 2
        replicas = [
            await stack.enter_async_context(
                serving(tmp_path / str(port), {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(ca_file)}, port=port)
            )
            for port, url in zip(ports, urls, strict=True)
        ]
        balancer = await stack.enter_async_context(balancing(tmp_path / "log", ports, TWO_DATABASES))
        client = await stack.enter_async_context(client_of(balancer.url))
        for project_id in GROUPS:
            await set_up(client, origin, project_id)
        known = {
            group: {each["project_id"] for each in (await _asked(replica.base_url, "/projects"))["projects"]}
            for group, replica in {"a": replicas[0], "b": replicas[2]}.items()
        }
        answers = {project_id: await _enriched(client, project_id, "t_1") for project_id in GROUPS}
        read = {
            project_id: await client.get("/tickets/t_1/customer-context", params={"project_id": project_id})
            for project_id in GROUPS
        }
        untold = await client.post("/tickets/t_2/enrich", json=ticket())
        mistold = await client.post("/tickets/t_2/enrich", json=ticket(), headers={"X-Project-Id": "prj_north"})
        pages = [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/docs", "/settings")]
        hidden = (await client.get("/metrics")).status_code

        await replicas[0].program.kill()
        after_a_kill = [await _enriched(client, "prj_1", f"t_killed_{number}") for number in range(20)]
        await second.aclose()  # the second database stops
        lost = await _enriched(client, "prj_north", "t_lost")
        unharmed = await _enriched(client, "prj_1", "t_unharmed")

    assert known == {"a": {"prj_1"}, "b": {"prj_north"}}
    assert {answer.json()["status"] for answer in answers.values()} == {"ok"}
    assert {project_id: answer.json()["project_id"] for project_id, answer in read.items()} == {
        project_id: project_id for project_id in GROUPS
    }
    assert (untold.status_code, untold.json()["code"]) == (400, "project_not_told")
    assert (mistold.status_code, mistold.json()["code"]) == (404, "project_not_found")
    assert (pages, hidden) == ([200] * 4, 404)
    assert [answer.json()["status"] for answer in after_a_kill] == ["ok"] * 20
    assert (lost.status_code, lost.json()["code"]) == (503, "database_unavailable")
    assert unharmed.json()["status"] == "ok"


async def _enriched(client: httpx.AsyncClient, project_id: str, ticket_id: str) -> httpx.Response:
    """Submit a ticket as the example says: its project stands in the body, and the header tells the balancer."""
    headers = {"X-Project-Id": project_id}
    return await client.post(
        f"/tickets/{ticket_id}/enrich", json=ticket() | {"project_id": project_id}, headers=headers
    )


async def _asked(base_url: str, path: str) -> dict[str, list[dict[str, str]]]:
    async with client_of(base_url) as client:
        answer: dict[str, list[dict[str, str]]] = (await client.get(path)).raise_for_status().json()
    return answer
