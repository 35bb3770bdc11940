"""Both clients against the running service: a helpdesk's story from its first project to the last erasure."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from customer_context_client import AsyncClient, Client, CustomerContextError, Event

from tests.clients.conftest import Running
from tests.support.customers import ticket
from tests.support.processes import SERVICE_TOKEN
from tests.support.service import BEARER_TOKEN, CONFIGURATION

TYPESCRIPT = Path(__file__).parents[2] / "clients" / "typescript"
TSC = TYPESCRIPT / "node_modules" / "typescript" / "bin" / "tsc"


class Listening:
    """A stream of the waiting client, listened to in a thread."""

    def __init__(self, entered: AbstractContextManager[Any]) -> None:
        self._entered = entered

    async def __aenter__(self) -> AsyncIterator[Event[Any]]:
        events = await asyncio.to_thread(self._entered.__enter__)

        async def each() -> AsyncIterator[Event[Any]]:
            while event := await asyncio.to_thread(next, events, None):
                yield event

        return each()

    async def __aexit__(self, *ended: Any) -> None:
        await asyncio.to_thread(self._entered.__exit__, *ended)


class InThreads:
    """The waiting client, each call of which is made in a thread: one story tells of both."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name.endswith("events"):
            return lambda *given, **named: Listening(method(*given, **named))
        return lambda *given, **named: asyncio.to_thread(method, *given, **named)


@pytest.fixture(params=["sync", "async"])
async def client(request: pytest.FixtureRequest, service: Running) -> AsyncIterator[Any]:
    if request.param == "sync":
        with Client(service.base_url, SERVICE_TOKEN) as waiting:
            yield InThreads(waiting)
    else:
        async with AsyncClient(service.base_url, SERVICE_TOKEN) as awaited:
            yield awaited


async def test_python_client_does_all_that_a_helpdesk_does(client: Any, service: Running) -> None:
    await set_up(client, service)
    await enrich(client, service)
    await check_and_look_again(client, service)
    await tell(client)
    await erase(client)


async def set_up(client: Any, service: Running) -> None:
    project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 100}
    assert (await client.put_project("prj_1", project))["credits_used_this_month"] == 0
    with pytest.raises(CustomerContextError) as refused:
        await client.get_configuration("prj_1", actor_id="u2")
    assert (refused.value.status, refused.value.code) == (403, "not_owner")
    assert refused.value.request_id

    empty = await client.get_configuration("prj_1", actor_id="u1")
    email = {"subject": "Seats", "body": "Account ID: acct_12ab34cd"}
    unsaved = {"config": {**CONFIGURATION, "api_url": service.api_url}}
    async with client.try_configuration_events("prj_1", {**email, **unsaved}, actor_id="u1") as events:
        told = [event async for event in events]
    assert [event.name for event in told][-1] == "result"
    assert told[-1].data["trace"]["identifier_sent"] == "acct_12ab34cd"

    configuration = {**CONFIGURATION, "api_url": service.api_url}
    saved = await client.put_configuration("prj_1", configuration, if_match=empty.etag, actor_id="u1")
    assert saved.body["bearer_token_configured"]
    with pytest.raises(CustomerContextError) as lost:
        await client.patch_configuration("prj_1", {"enabled": False}, if_match=empty.etag, actor_id="u1")
    assert lost.value.code == "precondition_failed"
    assert (await client.try_configuration("prj_1", email, actor_id="u1"))["status"] == "ok"

    made = await client.make_access_token("prj_1", {"label": "Jane", "expires_in": 3_600}, actor_id="u1")
    assert [each["label"] for each in (await client.list_access_tokens("prj_1", actor_id="u1"))["access_tokens"]] == [
        "Jane"
    ]
    with Client(service.base_url, made["token"]) as owner:
        assert (await asyncio.to_thread(owner.get_configuration, "prj_1")).body["enabled"]
    await client.revoke_access_token("prj_1", made["token_id"], actor_id="u1")
    service.endpoint.asked.clear()


async def enrich(client: Any, service: Running) -> None:
    found = await client.enrich_ticket("t_1", ticket())
    assert (found["status"], found["reused"], found["fields"][0]["value"]) == ("ok", False, "Pro")
    assert (await client.enrich_ticket("t_1", ticket()))["reused"]
    assert service.endpoint.asked == ["acct_12ab34cd"]
    assert not (await client.enrich_ticket("t_1", ticket(), refresh=True))["reused"]
    assert await client.enrich_ticket("t_2", ticket(is_spam=True)) is None
    assert (await client.get_activity("prj_1", days=1, actor_id="u1"))["lookups"] == 2


async def check_and_look_again(client: Any, service: Running) -> None:
    checked = await client.check_draft("t_1", {"project_id": "prj_1", "draft": "You have 4711 seats on Pro."})
    assert [(each["kind"], each["text"]) for each in checked["findings"]] == [("number", "4711")]
    assert (await client.refresh_ticket("t_1", {"project_id": "prj_1"}))["last_attempt"] is None
    by_hand = {"project_id": "prj_1", "identifier": "acct_12ab34cd"}
    found = await client.look_up_customer("t_9", by_hand, actor_id="agent_7")
    assert (found["status"], found["identified_by"]) == ("ok", "agent")
    assert [each["project_id"] for each in (await client.list_projects(limit=1))["projects"]] == ["prj_1"]
    listed = await client.list_results(project_id="prj_1", status="ok", limit=1)
    assert [each["ticket_id"] for each in listed["tickets"]] == ["t_9"]
    held = await client.read_customer("prj_1", "ACCT_12AB34CD", limit=1)
    assert [each["ticket_id"] for each in held["results"]] == ["t_9"]
    await client.delete_result("t_9", project_id="prj_1")


async def tell(client: Any) -> None:
    async with client.get_events(project_id="prj_1") as events:
        assert (await client.enrich_ticket("t_3", ticket(), prefer="respond-async"))["status"] == "pending"
        # Of a run before, the stream may tell late.
        told = await anext(event async for event in events if event.data["ticket_id"] == "t_3")
    assert (told.name, told.data["ticket_id"], told.data["status"]) == ("completed", "t_3", "ok")
    handed_in = await client.enrich_batch({"tickets": [{"ticket_id": "t_4", **ticket()}, {"ticket_id": "t_5"}]})
    assert [row["outcome"] for row in handed_in["tickets"]] == ["accepted", "refused"]
    assert (await client.get_result("t_4", project_id="prj_1", wait=20))["status"] == "ok"


async def erase(client: Any) -> None:
    await client.delete_result("t_4", project_id="prj_1")
    with pytest.raises(CustomerContextError) as gone:
        await client.get_result("t_4", project_id="prj_1")
    assert gone.value.code == "result_not_found"
    assert (await client.erase_customer("prj_1", "acct_12ab34cd", actor_id="u1"))["results_erased"] == 2
    noted = await client.get_audit("prj_1", limit=1, actor_id="u1")
    assert [entry["action"] for entry in noted["entries"]] == ["customer_erased"]
    await client.delete_configuration("prj_1", actor_id="u1")
    await client.delete_project("prj_1")
    assert await client.get_health() == {"status": "ok"}
    readiness = await client.get_readiness()
    assert (readiness["status"], readiness["ai"]["problem"]) == ("ok", None)
    assert "customer_context_" in await client.get_metrics()


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt install nodejs npm)")
@pytest.mark.skipif(not TSC.exists(), reason="no TypeScript here; type: scripts/typescript")
async def test_typescript_client_does_all_that_a_helpdesk_does(service: Running, tmp_path: Path) -> None:
    environment = {"CC_URL": service.base_url, "CC_TOKEN": SERVICE_TOKEN, "CC_API_URL": service.api_url}
    environment |= {"CC_BEARER_TOKEN": BEARER_TOKEN, "PATH": os.environ["PATH"]}
    compiled = tmp_path / "compiled"

    await ran(["node", str(TSC), "--project", str(TYPESCRIPT), "--outDir", str(compiled)], environment)
    (compiled / "package.json").write_text('{"type": "module"}')
    await ran(["node", "--test", *map(str, sorted(compiled.glob("test/*.js")))], environment)


async def ran(command: list[str], environment: dict[str, str]) -> None:
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
