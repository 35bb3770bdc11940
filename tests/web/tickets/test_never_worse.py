"""A card that never gets worse: facts stay, a later try is told beside them, and the reply that brings the ID works."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.domain.outcomes import Outcome, StepFailed
from support_context.secrets import Secret
from tests.support.endpoints import failing
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, EMAIL, World, access_token, set_up

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
WITHOUT_ID = TICKET | {"body": "Hello, it does not work"}
STORED = "/tickets/t_1/customer-context?project_id=prj_1"


async def enriched(client: httpx.AsyncClient, body: dict[str, Any] = TICKET, query: str = "") -> dict[str, Any]:
    answer = await client.post(f"/tickets/t_1/enrich{query}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def breaks_endpoint(world: World) -> None:
    world.endpoint.customers["acct_12ab34cd"] = failing(Outcome.TIMEOUT)


def breaks_model(world: World) -> None:
    world.model.identifier = StepFailed(Outcome.AI_UNAVAILABLE)  # type: ignore[attr-defined]


def names_nobody(world: World) -> None:
    world.model.identifier = None  # type: ignore[attr-defined]


def names_somebody_else(world: World) -> None:
    world.model.identifier = "acct_99999999"  # type: ignore[attr-defined]


def uses_credits_up(world: World) -> None:
    world.put_in_place(monthly_credits=1)


def turns_off(world: World) -> None:
    world.put_in_place(enabled=False)


@pytest.mark.parametrize(
    ("trouble", "status", "reason"),
    [
        pytest.param(breaks_endpoint, "fetch_error", "timeout", id="the endpoint is slow"),
        pytest.param(breaks_model, "no_identifier", "ai_unavailable", id="the AI is away"),
        pytest.param(names_nobody, "no_identifier", "not_found", id="a follow-up that names no ID"),
        pytest.param(names_somebody_else, "no_identifier", "not_grounded", id="an ID that is not there"),
        pytest.param(uses_credits_up, "skipped_credits", None, id="no credit is left"),
        pytest.param(turns_off, "disabled", "not_enabled", id="it was turned off"),
    ],
)
async def test_facts_stay_when_a_later_try_fails_and_the_try_is_told(
    trouble: Callable[[World], None], status: str, reason: str | None
) -> None:
    world = World(model=ScriptedModel())
    world.put_in_place()
    async with world.client() as client:
        first = await enriched(client)
        trouble(world)
        second = await enriched(client, query="?refresh=true")
        stored = (await client.get(STORED)).json()

    assert first["status"] == "ok"
    attempt = second["last_attempt"]
    assert (attempt["status"], attempt["reason"]) == (status, reason)
    assert attempt["message"].endswith(".")
    assert attempt["at"] >= first["created_at"]
    assert second == first | {"last_attempt": attempt}
    assert stored == second | {"reused": True}
    assert "just now" not in str(stored)


async def test_try_that_succeeds_replaces_the_facts_and_the_failed_try() -> None:
    world = World(model=ScriptedModel())
    world.put_in_place()
    async with world.client() as client:
        first = await enriched(client)
        breaks_endpoint(world)
        await enriched(client, query="?refresh=true")
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Team"}
        third = await enriched(client, query="?refresh=true")

    assert (third["status"], third["last_attempt"]) == ("ok", None)
    assert third["created_at"] > first["created_at"]
    assert "Team" in str(third["fields"])


async def test_try_without_facts_before_it_is_the_one_that_is_shown() -> None:
    world = World(model=ScriptedModel())
    world.put_in_place()
    async with world.client() as client:
        breaks_endpoint(world)
        first = await enriched(client)
        names_nobody(world)
        second = await enriched(client, query="?refresh=true")

    assert (first["status"], second["status"], second["last_attempt"]) == ("fetch_error", "no_identifier", None)


async def test_reply_that_brings_the_id_runs_the_ticket_by_itself() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        first = await enriched(client, WITHOUT_ID)
        same = await enriched(client, WITHOUT_ID)
        reply = await enriched(client)
        later = await enriched(client, TICKET | {"body": "Account ID: acct_99999999"})

    assert (first["status"], first["reused"]) == ("no_identifier", False)
    assert same == first | {"reused": True}
    assert (reply["status"], reply["identifier"], reply["reused"]) == ("ok", "acct_12ab34cd", False)
    assert later == reply | {"reused": True}
    assert (world.endpoint.asked, world.credits_used) == (["acct_12ab34cd"], 2)


@pytest.mark.parametrize(
    ("trouble", "runs_again"),
    [
        pytest.param(breaks_model, True, id="the AI was away"),
        pytest.param(lambda world: world.put_in_place(monthly_credits=0), True, id="no credit was left"),
        pytest.param(turns_off, True, id="it was turned off"),
        pytest.param(breaks_endpoint, False, id="the endpoint was asked"),
        pytest.param(names_nobody, False, id="the same text named nobody"),
    ],
)
async def test_same_text_is_run_again_when_what_stopped_it_may_have_passed(
    trouble: Callable[[World], None], runs_again: bool
) -> None:
    world = World(model=ScriptedModel())
    world.put_in_place()
    async with world.client() as client:
        trouble(world)
        first = await enriched(client)
        world.model.identifier = "acct_12ab34cd"  # type: ignore[attr-defined]
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER
        world.put_in_place()
        second = await enriched(client)

    assert (first["status"] == "ok", second["reused"]) == (False, not runs_again)
    assert (second["status"] == "ok") is runs_again


async def test_email_is_kept_as_a_keyed_digest_only() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await enriched(client, WITHOUT_ID)

    row = world.row()
    assert row.submission is None
    assert row.email_digest is not None
    assert len(row.email_digest) == 32


async def refreshed(client: httpx.AsyncClient, project_id: str = "prj_1", ticket_id: str = "t_1") -> httpx.Response:
    return await client.post(f"/tickets/{ticket_id}/refresh", json={"project_id": project_id})


@pytest.mark.parametrize("sender_verified", [True, None])
async def test_refresh_asks_with_the_stored_identifier_and_reads_no_email(sender_verified: bool | None) -> None:
    world = World(model=(model := ScriptedModel()))
    world.put_in_place(match_path="/email")
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"email": "jane@example.com"}
    async with world.client() as client:
        first = await enriched(client, TICKET | {"sender_verified": sender_verified})
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"email": "jane@example.com", "plan": "Team"}
        second = (await refreshed(client)).json()

    assert (len(model.extracted), len(model.summarized)) == (1, 2)
    assert world.endpoint.asked == ["acct_12ab34cd"] * 2
    assert (second["status"], second["reused"], second["identified_by"]) == ("ok", False, "ai")
    assert second["identity"] == first["identity"] == ("match" if sender_verified else "unknown")
    assert second["timings_ms"].keys() == {"fetch", "summarize", "total"}
    assert "Team" in str(second["fields"])
    assert world.credits_used == 2


@pytest.mark.parametrize(
    ("body", "ticket_id", "project_id", "status", "code"),
    [
        pytest.param(WITHOUT_ID, "t_1", "prj_1", 409, "nothing_to_refresh", id="never asked"),
        pytest.param(TICKET, "t_9", "prj_1", 404, "result_not_found", id="no result"),
        pytest.param(TICKET, "t_1", "prj_2", 409, "ticket_project_mismatch", id="another project's"),
    ],
)
async def test_refresh_needs_a_look_up_before_it(
    body: dict[str, Any], ticket_id: str, project_id: str, status: int, code: str
) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await enriched(client, body)
        asked = len(world.endpoint.asked)
        answer = await refreshed(client, project_id, ticket_id)

    assert (answer.status_code, answer.json()["code"], len(world.endpoint.asked)) == (status, code, asked)


async def test_failed_refresh_leaves_the_facts() -> None:
    world = World(model=ScriptedModel())
    world.put_in_place()
    async with world.client() as client:
        first = await enriched(client)
        breaks_endpoint(world)
        second = (await refreshed(client)).json()

    assert second["fields"] == first["fields"]
    assert (second["created_at"], second["last_attempt"]["reason"]) == (first["created_at"], "timeout")


async def looked_up(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    body = {"project_id": "prj_1", "identifier": "acct_12ab34cd", **members}
    answer = await client.post("/tickets/t_1/look-up", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_person_looks_a_customer_up_whom_no_email_names() -> None:
    world = World(model=(model := ScriptedModel(identifier=None)))
    world.put_in_place()
    async with world.client(**{"X-Actor-Id": "agent_7"}) as client:
        await enriched(client, WITHOUT_ID)
        found = await looked_up(client, identifier=" acct_12ab34cd ")
        later = await enriched(client, WITHOUT_ID)
    async with world.client() as client:
        trail = (await client.get("/projects/prj_1/audit")).json()["entries"]

    assert (found["status"], found["identifier"], found["identified_by"]) == ("ok", "acct_12ab34cd", "agent")
    assert (found["reused"], found["timings_ms"].keys()) == (False, {"fetch", "summarize", "total"})
    assert (len(model.extracted), world.endpoint.asked, world.credits_used) == (1, ["acct_12ab34cd"], 2)
    assert later == found | {"reused": True}
    [entry] = [each for each in trail if each["action"] == "ticket_looked_up"]
    assert (entry["actor"], entry["subject"], entry["fields"]) == ("agent_7", "t_1", [])
    assert "acct_12ab34cd" not in str(trail)


async def test_refresh_keeps_that_an_agent_named_the_customer() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await looked_up(client)
        again = (await refreshed(client)).json()

    assert (again["status"], again["identified_by"]) == ("ok", "agent")


@pytest.mark.parametrize(
    ("sender", "verified", "identity", "withheld"),
    [
        pytest.param("", None, "unknown", True, id="nobody"),
        pytest.param("jane@example.com", True, "match", False, id="the customer"),
        pytest.param("jane@example.com", None, "unknown", True, id="not verified"),
        pytest.param("eve@evil.test", True, "mismatch", True, id="somebody else"),
    ],
)
async def test_record_that_is_looked_up_by_hand_passes_the_identity_check_as_ever(
    sender: str, verified: bool | None, identity: str, withheld: bool
) -> None:
    world = World()
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"email": "jane@example.com"}
    async with world.client() as client:
        await set_up(client, match_path="/email", identity_policy="require_match")
        found = await looked_up(client, sender=sender, sender_verified=verified)
        again = (await refreshed(client)).json()

    assert (found["identity"], found["ai_context_withheld"]) == (identity, withheld)
    assert ("Pro" in found["ai_context"]) is not withheld
    assert (again["identity"], again["ai_context_withheld"]) == (identity, withheld)


@pytest.mark.parametrize("identifier", ["ann+work@example.com", "!!!", "müller"])
async def test_identifier_that_would_mean_somebody_else_is_not_asked_for(identifier: str) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        found = await looked_up(client, identifier=identifier)

    assert (found["status"], found["reason"], found["credits_used"]) == ("no_identifier", "not_sendable", 0)
    assert (world.endpoint.asked, world.credits_used) == ([], 0)


@pytest.mark.parametrize(
    ("headers", "members", "status", "code"),
    [
        pytest.param({"X-Actor-Id": ""}, {}, 400, "actor_required", id="nobody is named"),
        pytest.param({}, {"project_id": "prj_9"}, 404, "project_not_found", id="no such project"),
        pytest.param({}, {"identifier": ""}, 422, "validation_error", id="nothing to look up"),
        pytest.param({}, {"body": "x"}, 422, "validation_error", id="a member too many"),
    ],
)
async def test_look_up_is_refused(headers: dict[str, str], members: dict[str, Any], status: int, code: str) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        body = {"project_id": "prj_1", "identifier": "acct_12ab34cd", **members}
        answer = await client.post("/tickets/t_1/look-up", json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert world.database.rows("SELECT FROM audit_entries WHERE action = 'ticket_looked_up'") == []


@pytest.mark.parametrize("path", ["refresh", "look-up", "check-draft"])
async def test_access_token_opens_none_of_these(path: str) -> None:
    async with World().client() as client:
        await set_up(client)
        token = Secret(await access_token(client))
        headers = {"Authorization": f"Bearer {token.reveal()}"}
        answer = await client.post(f"/tickets/t_1/{path}?project_id=prj_1", json={}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope")
