"""The MCP route, by the official SDK's client and by hand."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from app.adapters.postgres.rows.packing import pack
from tests.support.service import CUSTOMER, EMAIL, SERVICE_TOKEN, World, access_token, set_up

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
ASKED = {"project_id": "prj_1", "ticket_id": "t_1"}


@pytest.fixture(autouse=True)
def no_grammar_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the SDK's validator from reading a grammar that judges nothing here: it takes two seconds of CPU."""
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", None)


@asynccontextmanager
async def assistant(world: World, token: str = SERVICE_TOKEN, mode: str = "auto") -> AsyncIterator[Client]:
    """The SDK's client, connected to the routes."""
    transport = httpx2.ASGITransport(world.app())
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(transport=transport, headers=headers) as http,
        Client(streamable_http_client("http://service/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def enriched(world: World, **changes: Any) -> dict[str, Any]:
    async with world.client() as client:
        await set_up(client, **changes)
        return dict((await client.post("/tickets/t_1/enrich", json=TICKET)).json())


@pytest.mark.parametrize(
    ("mode", "version"),
    [
        pytest.param("auto", "2026-07-28", id="without a handshake"),
        pytest.param("legacy", "2025-11-25", id="with a handshake"),
    ],
)
async def test_official_client_finds_the_tool_and_reads_the_context(mode: str, version: str) -> None:
    world = World()
    result = await enriched(world)
    async with assistant(world, mode=mode) as client:
        spoken = client.protocol_version
        [tool] = (await client.list_tools()).tools
        answer = await client.call_tool("get_customer_context", ASKED)

    assert spoken == version
    assert (tool.name, tool.annotations and tool.annotations.read_only_hint) == ("get_customer_context", True)
    assert not answer.is_error
    assert [block.text for block in answer.content] == [result["ai_context"]]  # type: ignore[union-attr]
    assert [row["value"] for row in answer.structured_content["fields"]] == [row["value"] for row in result["fields"]]
    assert (answer.structured_content["status"], answer.structured_content["withheld"]) == ("ok", False)
    assert world.credits_used == 1  # the ticket's own: reading looks nothing up


async def test_withheld_record_has_no_rows() -> None:
    world = World()
    await enriched(world, identity_policy="require_match")
    async with assistant(world) as client:
        answer = await client.call_tool("get_customer_context", ASKED)

    assert answer.structured_content["fields"] == []
    assert answer.structured_content["withheld"] is True
    assert CUSTOMER["plan"] not in str(answer.content)


async def test_row_that_only_agents_may_see_is_left_out() -> None:
    world = World()
    result = await enriched(world)
    next(row for row in result["fields"] if row["label"] == "Seats")["agent_only"] = True
    world.database.rows("UPDATE enrichments SET result = :result", result=pack(result))
    async with assistant(world) as client:
        answer = await client.call_tool("get_customer_context", ASKED)

    assert "Seats" not in [each["label"] for each in answer.structured_content["fields"]]
    assert len(answer.structured_content["fields"]) == 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({"project_id": "prj_1", "ticket_id": "t_9"}, "Nothing is stored", id="no result"),
        pytest.param({"project_id": "prj_2", "ticket_id": "t_1"}, "belongs to one project", id="another project's"),
    ],
)
async def test_tool_that_fails_tells_the_model_why(asked: dict[str, str], said: str) -> None:
    world = World()
    await enriched(world)
    async with assistant(world) as client:
        answer = await client.call_tool("get_customer_context", asked)

    assert answer.is_error
    assert said in answer.content[0].text  # type: ignore[union-attr]


async def test_access_token_opens_its_own_project_only() -> None:
    world = World()
    await enriched(world)
    async with world.client() as client:
        token = await access_token(client)
        await client.put("/projects/prj_2", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 9})
        await client.post("/tickets/t_2/enrich", json=TICKET | {"project_id": "prj_2"})
    async with assistant(world, token) as client:
        own = await client.call_tool("get_customer_context", ASKED)
        other = await client.call_tool("get_customer_context", {"project_id": "prj_2", "ticket_id": "t_2"})
        others_ticket = await client.call_tool("get_customer_context", {"project_id": "prj_1", "ticket_id": "t_2"})
        nobodys_ticket = await client.call_tool("get_customer_context", {"project_id": "prj_1", "ticket_id": "t_9"})

    assert (own.is_error, other.is_error, others_ticket.is_error) == (False, True, True)
    assert "its own project" in other.content[0].text  # type: ignore[union-attr]
    assert others_ticket.content == nobodys_ticket.content  # it does not tell which tickets others have


def message(method: str, params: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}} | members


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(message("tools/call", {"name": "delete_everything"}), 200, -32602, id="another tool"),
        pytest.param(message("tools/call", {"name": "get_customer_context"}), 200, -32602, id="no arguments"),
        pytest.param(
            message("tools/call", {"name": "get_customer_context", "arguments": {**ASKED, "as": "u1"}}),
            200,
            -32602,
            id="an argument too many",
        ),
        pytest.param(
            message("tools/call", {"name": "get_customer_context", "arguments": {**ASKED, "ticket_id": ".."}}),
            200,
            -32602,
            id="no id",
        ),
        pytest.param(message("resources/list"), 200, -32601, id="what is not offered"),
        pytest.param({"jsonrpc": "2.0", "method": "notifications/initialized"}, 202, None, id="a notification"),
        pytest.param({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 422, None, id="another version of JSON-RPC"),
        pytest.param(message("ping", extra=1), 422, None, id="a member too many"),
        pytest.param([message("ping")], 422, None, id="several at once"),
    ],
)
async def test_message_is_answered_by_itself(sent: Any, status: int, code: int | None) -> None:
    async with World().client() as client:
        answer = await client.post("/mcp", json=sent)

    assert answer.status_code == status
    assert code is None or answer.json()["error"]["code"] == code


async def test_version_that_is_not_spoken_is_told_which_are() -> None:
    async with World().client() as client:
        answer = await client.post("/mcp", json=message("tools/list"), headers={"MCP-Protocol-Version": "1999-01-01"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32022)
    assert "2026-07-28" in answer.json()["error"]["data"]["supported"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_there_is_no_stream_and_no_session(method: str) -> None:
    async with World().client() as client:
        assert (await client.request(method, "/mcp")).status_code == 405


async def test_token_is_needed() -> None:
    async with World().client(Authorization="") as client:
        assert (await client.post("/mcp", json=message("ping"))).status_code == 401
