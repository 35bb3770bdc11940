"""One process that serves: a real ticket in, a real answer out, and an end in order."""

import asyncio
import json
import re
import signal
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from app.runs.shutdown import DRAIN_SECONDS
from tests.support.customers import CustomerEndpoint, credits_used, set_up, ticket
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening
from tests.support.processes import serving


async def test_ticket_is_enriched_once_over_real_tls_and_a_real_database(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATA_DIR": str(data_dir), "CC_EGRESS_CA_FILE": str(ca_file)}
    async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        first = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
        second = (await client.post("/tickets/t_1/enrich", json=ticket(body="something else"))).json()
        used = await credits_used(client)

    assert (first["status"], first["reason"], first["identifier"]) == ("ok", None, "acct_12ab34cd")
    assert {row["label"]: row["value"] for row in first["fields"]}["Plan"] == "Pro"
    assert (first["ai_provider"], first["reused"]) == ("offline", False)
    assert second == first | {"reused": True}
    assert (endpoint.asked, used) == (["acct_12ab34cd"], 1)


async def test_run_in_flight_is_answered_and_everything_ends_when_the_process_is_told_to_stop(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    endpoint.seconds = 1.5
    settings = {"CC_DATA_DIR": str(data_dir), "CC_EGRESS_CA_FILE": str(ca_file)}
    async with serving(tmp_path / "a", settings) as leaving, serving(tmp_path / "b", settings) as staying:
        async with leaving.client() as client, staying.client() as other:
            await set_up(client, origin)
            answer = asyncio.create_task(client.post("/tickets/t_1/enrich", json=ticket()))
            await endpoint.until_asked()
            leaving.program.send(signal.SIGTERM)
            answered = await answer
            code = await leaving.program.ended()
            while_one_stays = (data_dir / "postgres" / "data" / "postmaster.pid").exists()
            stored = await other.get("/tickets/t_1/customer-context", params={"project_id": "prj_1"})
        staying.program.send(signal.SIGTERM)
        other_code = await staying.program.ended()

    assert (answered.status_code, answered.json()["status"]) == (200, "ok")
    assert stored.json()["fields"] == answered.json()["fields"]
    assert (code, other_code) == (0, 0)
    assert while_one_stays
    assert not (data_dir / "postgres" / "data" / "postmaster.pid").exists()
    assert "Traceback" not in leaving.program.stderr + staying.program.stderr


async def test_processes_of_one_command_count_together_and_end_together_at_a_second_signal_at_once(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    tickets = 12
    gate, held = Gate(), "Held back."

    async def before(body: dict[str, Any]) -> None:
        if held in json.dumps(body["messages"]):
            await gate.passed()

    with listening(MessagesApi(before=before).application()) as api_url:
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": api_url,
        }
        async with serving(tmp_path / "service", settings, "--workers", "2", cold=True) as replica:
            async with replica.client() as client:
                await set_up(client, origin)
            for number in range(tickets):
                async with replica.client() as client:  # a new connection may go to the other worker
                    (await client.post(f"/tickets/t_{number}/enrich", json=ticket())).raise_for_status()
            async with replica.client() as client:
                metrics = (await client.get("/metrics")).text
                unfinished = asyncio.create_task(client.post("/tickets/t_held/enrich", json=ticket(body=held)))
                await gate.holds(1)
                replica.program.send(signal.SIGTERM)
                while anybody_listens(replica.base_url):  # noqa: ASYNC110 - another process, no event
                    await asyncio.sleep(0.05)
                replica.program.send(signal.SIGTERM)
                hurried_at = monotonic()
                answer = await unfinished
            code = await replica.program.ended()
            seconds = monotonic() - hurried_at
        gate.open()

    counted = re.search(r'^customer_context_enrichments_total\{reason="none",status="ok"\} (\S+)$', metrics, re.M)
    assert counted is not None
    assert float(counted[1]) == tickets
    assert (code, answer.status_code) == (0, 202)
    assert seconds < DRAIN_SECONDS / 2


def anybody_listens(base_url: str) -> bool:
    try:
        httpx.get(f"{base_url}/healthz", trust_env=False)
    except httpx.TransportError:
        return False
    return True
