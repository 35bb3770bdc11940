"""The gate between a record and the reply: what each way of asking says of the sender, and what it keeps back."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.adapters.postgres.rows.packing import pack, unpack
from app.domain.outcomes import Outcome, StepFailed
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, EMAIL, World, set_up

ON_FILE = {**CUSTOMER, "email": "jane@example.com", "contacts": ["ann@example.com", "Jane@Example.com"]}
VALUES = ["Pro", "Active", "12", "480", "Plan", "Seats", "revenue", "View in admin", "admin.example.com", "acct_"]
"""What the endpoint said or was asked, and what the rows are called."""


@dataclass(frozen=True)
class Case:
    """How a project is set up and who writes; what follows for the drafting AI."""

    name: str
    config: dict[str, Any]
    email: dict[str, Any]
    identity: str
    told: str  # everything, warned, nothing


SHOW = {"match_path": "/email"}
REQUIRE = {"match_path": "/email", "identity_policy": "require_match"}
VERIFIED = {"sender_verified": True}
EVE = {"sender": "eve@evil.test", "sender_verified": True}
CASES = [
    Case("nothing configured", {}, VERIFIED, "unknown", "everything"),
    Case("show, match", SHOW, VERIFIED, "match", "everything"),
    Case("show, not verified", SHOW, {"sender_verified": False}, "unknown", "everything"),
    Case("show, no verdict", SHOW, {}, "unknown", "everything"),
    Case("show, another", SHOW, EVE, "mismatch", "warned"),
    Case("show, no value there", {"match_path": "/missing"}, VERIFIED, "unknown", "everything"),
    Case("require, match", REQUIRE, VERIFIED, "match", "everything"),
    Case("require, match in an array", REQUIRE | {"match_path": "/contacts"}, VERIFIED, "match", "everything"),
    Case("require, not verified", REQUIRE, {"sender_verified": False}, "unknown", "nothing"),
    Case("require, no verdict", REQUIRE, {"sender_verified": None}, "unknown", "nothing"),
    Case("require, another", REQUIRE, EVE, "mismatch", "nothing"),
    Case("require, another unverified", REQUIRE, {"sender": "eve@evil.test"}, "mismatch", "nothing"),
    Case("require, no sender", REQUIRE, {"sender": None, "sender_verified": True}, "unknown", "nothing"),
    Case(
        "require, a hidden character", REQUIRE, {"sender": "jane@exam\u200bple.com", **VERIFIED}, "unknown", "nothing"
    ),
    Case(
        "require, their address as a name",
        REQUIRE,
        {**EVE, "sender": '"jane@example.com" <e@x.y>'},
        "unknown",
        "nothing",
    ),
    Case("require, no path", {"identity_policy": "require_match"}, VERIFIED, "unknown", "nothing"),
    Case("require, no value there", REQUIRE | {"match_path": "/missing"}, VERIFIED, "unknown", "nothing"),
]


async def enriched(client: httpx.AsyncClient, email: dict[str, Any]) -> dict[str, Any]:
    return dict((await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **email})).json())


async def in_a_batch(client: httpx.AsyncClient, email: dict[str, Any]) -> dict[str, Any]:
    row = {"ticket_id": "t_1", "project_id": "prj_1", **email}
    assert (await client.post("/tickets/enrich-batch", json={"tickets": [row]})).json()["accepted"] == 1
    return dict((await client.get("/tickets/t_1/customer-context?project_id=prj_1&wait=5")).json())


async def tried(client: httpx.AsyncClient, email: dict[str, Any]) -> dict[str, Any]:
    return dict((await client.post("/projects/prj_1/customer-context/test", json=email)).json())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("ask", [enriched, in_a_batch, tried])
async def test_what_the_drafting_ai_is_told(ask: Any, case: Case) -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": ON_FILE}))
    async with world.client() as client:
        await set_up(client, **case.config)
        result = await ask(client, EMAIL | case.email)

    assert (result["status"], result["identity"]) == ("ok", case.identity)
    assert {field["label"]: field["value"] for field in result["fields"]}["Plan"] == "Pro"  # agents see the rows
    told = "\n".join(result["ai_context"].split("\n")[4:])  # after the date of the look-up
    assert result["ai_context_withheld"] is (case.told == "nothing")
    assert ("verify who is writing" in result["message"]) is (case.told != "everything")
    assert ("Warning: this email" in result["ai_context"]) is (case.told == "warned")
    assert "\n" not in result["message"]
    if case.told == "nothing":
        assert [value for value in VALUES if value in told] == []
        assert "A record exists" in told
    else:
        assert "- Plan: Pro" in result["ai_context"]


@pytest.mark.parametrize(
    ("world", "context"),
    [
        pytest.param(World(endpoint=ScriptedEndpoint({})), "", id="no data"),
        pytest.param(World(model=ScriptedModel(None)), "", id="no identifier"),
        pytest.param(World(endpoint=ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TIMEOUT)})), "", id="no answer"),
        pytest.param(
            World(
                model=ScriptedModel(answer=StepFailed(Outcome.SUMMARY_FALLBACK)),
                endpoint=ScriptedEndpoint({"acct_12ab34cd": ON_FILE}),
            ),
            "A record exists",
            id="no summary",
        ),
    ],
)
async def test_nothing_leaves_when_a_step_did_not_run(world: World, context: str) -> None:
    async with world.client() as client:
        await set_up(client, **REQUIRE)
        result = await enriched(client, EMAIL)

    assert (result["identity"], result["ai_context_withheld"]) == ("unknown", bool(context))
    assert context in result["ai_context"]
    assert "Pro" not in result["ai_context"]
    assert context or result["ai_context"] == ""


async def test_stored_result_keeps_what_was_decided_when_the_policy_changes() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": ON_FILE}))
    async with world.client() as client:
        await set_up(client, **REQUIRE)
        first = await enriched(client, EMAIL)
        await set_up(client, **SHOW)
        again = await enriched(client, EMAIL | VERIFIED)
        url = "/tickets/t_1/enrich?refresh=true"
        fresh = (await client.post(url, json={"project_id": "prj_1", **EMAIL, **VERIFIED})).json()

    assert again["ai_context"] == first["ai_context"]
    assert (again["reused"], fresh["identity"]) == (True, "match")


@pytest.mark.parametrize("verdict", ["yes", "true", 1, 0, [], {}])
async def test_verdict_that_is_no_boolean_is_refused(verdict: object) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(
            "/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL, "sender_verified": verdict}
        )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "sender_verified"]


async def test_result_of_an_earlier_release_reads_as_unknown() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await enriched(client, EMAIL)
        result = unpack(world.row().result)
        del result["identity"], result["ai_context_withheld"]
        world.database.rows("UPDATE enrichments SET result = :result", result=pack(result))
        stored = (await client.get("/tickets/t_1/customer-context?project_id=prj_1")).json()

    assert (stored["identity"], stored["ai_context_withheld"]) == ("unknown", False)
