"""The test route: the whole cycle on a sample email, and a trace from which an engineer sees what to fix."""

from typing import Any

import pytest

from app.domain.outcomes import Outcome, StepFailed
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.models import ScriptedModel
from tests.support.service import API_URL, BEARER_TOKEN, CONFIGURATION, EMAIL, World, set_up

ROUTE = "/projects/prj_1/customer-context/test"


async def test_disabled_configuration_is_run_with_a_trace() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client, enabled=False)
        answer = await client.post(ROUTE, json=EMAIL)
        project = (await client.get("/projects/prj_1")).json()

    body = answer.json()
    trace = body["trace"]
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert not {"ticket_id", "reused"} & body.keys()
    assert trace["identifier_raw"] == trace["identifier_sent"] == "acct_12ab34cd"
    assert trace["request"]["method"] == "GET"
    assert trace["request"]["url"] == f"{API_URL}?id=acct_12ab34cd"
    assert {"name": "Authorization", "value": "Bearer [redacted]"} in trace["request"]["headers"]
    assert trace["response"]["http_status"] == 200
    assert trace["response"]["content_type"] == "application/json"
    assert trace["response"]["remote_address"] == "203.0.113.7"
    assert '"plan": "Pro"' in trace["response"]["body_preview"]
    assert [(step["name"], step["outcome"]) for step in trace["steps"]] == [
        ("extract", "ok"),
        ("fetch", "ok"),
        ("summarize", "ok"),
    ]
    assert project["credits_used_this_month"] == 1
    assert world.database.rows("SELECT FROM enrichments") == []
    assert BEARER_TOKEN not in answer.text


async def test_unsaved_fields_are_laid_over_what_is_stored() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        config = {"method": "POST", "identifier_parameter": "customer", "display_instructions": "Show Seats."}
        body = (await client.post(ROUTE, json={**EMAIL, "config": config})).json()
        saved = (await client.get("/projects/prj_1/customer-context")).json()

    assert body["trace"]["request"]["body"] == '{"customer": "acct_12ab34cd"}'
    assert [field["label"] for field in body["fields"]] == ["Seats"]
    assert saved["method"] == "GET"


async def test_token_of_the_test_is_used_and_not_kept() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        before = (await client.get("/projects/prj_1/customer-context")).json()
        config = {"api_url": "https://staging.example.com/", "bearer_token": "staging-token-0123456789"}
        answer = await client.post(ROUTE, json={**EMAIL, "config": config})
        after = (await client.get("/projects/prj_1/customer-context")).json()

    assert answer.json()["status"] == "ok"
    assert [token.reveal() for token in world.endpoint.tokens] == ["staging-token-0123456789"]
    assert before == after
    assert "staging-token" not in answer.text


async def test_stored_token_is_not_sent_to_another_origin() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json={**EMAIL, "config": {"api_url": "https://evil.example.com/"}})

    assert (answer.status_code, answer.json()["code"]) == (422, "bearer_token_required")
    assert world.endpoint.asked == []


async def test_stored_token_without_a_url_is_not_sent_to_an_unsaved_one() -> None:
    world = World()
    async with world.client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 5})
        token_first = {**CONFIGURATION, "api_url": "", "enabled": False}
        await client.put("/projects/prj_1/customer-context", json=token_first)
        answer = await client.post(ROUTE, json={**EMAIL, "config": {"api_url": API_URL}})

    assert (answer.status_code, answer.json()["code"]) == (422, "bearer_token_required")
    assert world.endpoint.asked == []


async def test_empty_configuration_says_what_is_missing() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 5})
        body = (await client.post(ROUTE, json=EMAIL)).json()
        project = (await client.get("/projects/prj_1")).json()

    assert (body["status"], body["reason"]) == ("disabled", "not_configured")
    assert "api_url, bearer_token, identify_instructions, display_instructions" in body["message"]
    assert [step["outcome"] for step in body["trace"]["steps"]] == ["skipped"] * 3
    assert project["credits_used_this_month"] == 0


@pytest.mark.parametrize(
    ("config", "loc", "kind"),
    [
        pytest.param({"api_url": "https://127.0.0.1/"}, "api_url", "url_refused", id="private address"),
        pytest.param({"api_url": f"{API_URL}?id=7"}, "api_url", "parameter_twice", id="parameter twice"),
        pytest.param({"bearer_token": "short"}, "bearer_token", "value_error", id="short token"),
    ],
)
async def test_bad_field_is_named_where_it_was_sent(config: dict[str, Any], loc: str, kind: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json={**EMAIL, "config": config})

    assert answer.status_code == 422
    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(["body", "config", loc], kind)]


async def test_used_up_credits_stop_a_test() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 0})
        body = (await client.post(ROUTE, json=EMAIL)).json()

    assert body["status"] == "skipped_credits"
    assert world.endpoint.asked == []


async def test_failure_shows_how_far_it_came() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TLS_ERROR, "certificate has expired")}))
    async with world.client() as client:
        await set_up(client)
        body = (await client.post(ROUTE, json=EMAIL)).json()

    steps = {step["name"]: (step["outcome"], step["detail"]) for step in body["trace"]["steps"]}
    assert (body["status"], body["reason"]) == ("fetch_error", "tls_error")
    assert steps["fetch"] == ("failed", "certificate has expired")
    assert steps["summarize"][0] == "skipped"
    assert body["trace"]["request"] is not None
    assert body["trace"]["response"] is None


async def test_broken_json_is_shown_in_the_preview() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": b"{'plan': 'Pro'}"}))
    async with world.client() as client:
        await set_up(client)
        body = (await client.post(ROUTE, json=EMAIL)).json()

    assert body["reason"] == "invalid_json"
    assert body["trace"]["response"]["body_preview"] == "{'plan': 'Pro'}"


async def test_token_that_the_endpoint_echoes_is_blotted_out() -> None:
    echo = f'{{"plan": "Pro", "debug": "Bearer {BEARER_TOKEN}", "again": "{BEARER_TOKEN[:-1]}\\u0039"}}'
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": echo.encode()}))
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json={**EMAIL, "config": {"display_instructions": "Show everything."}})

    assert answer.json()["status"] == "ok"
    assert BEARER_TOKEN not in answer.text
    assert BEARER_TOKEN[:-1] not in answer.text
    assert "[bearer token]" in answer.json()["trace"]["response"]["body_preview"]


async def test_fault_in_a_test_gives_the_credit_back() -> None:
    world = World()

    async def broken(*_: object) -> None:
        raise RuntimeError("canary-in-an-exception")

    world.endpoint.fetch = broken  # type: ignore[assignment, method-assign]
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=EMAIL)
        project = (await client.get("/projects/prj_1")).json()

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert project["credits_used_this_month"] == 0


NO_FACTS = ScriptedEndpoint({"acct_12ab34cd": {}})
LATE = ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TIMEOUT)})


@pytest.mark.parametrize(
    ("world", "ending", "charged"),
    [
        pytest.param(World(), "ok", 1, id="data came"),
        pytest.param(
            World(model=ScriptedModel(answer=StepFailed(Outcome.SUMMARY_FALLBACK))),
            "summary_fallback",
            1,
            id="data came, no summary",
        ),
        pytest.param(World(endpoint=NO_FACTS), "no_data", 0, id="the endpoint knows nobody"),
        pytest.param(World(endpoint=LATE), "timeout", 0, id="the endpoint is late"),
        pytest.param(World(model=ScriptedModel(None)), "not_found", 0, id="no identifier"),
        pytest.param(
            World(model=ScriptedModel(StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 529"))),
            "ai_unavailable",
            0,
            id="the provider is away",
        ),
    ],
)
async def test_test_costs_a_credit_only_when_it_got_data(world: World, ending: str, charged: int) -> None:
    async with world.client() as client:
        await set_up(client)
        body = (await client.post(ROUTE, json=EMAIL)).json()
        project = (await client.get("/projects/prj_1")).json()

    assert (body["reason"] or body["status"], body["credits_used"]) == (ending, charged)
    assert project["credits_used_this_month"] == charged
    assert f'credits_total{{event="returned"}} {1.0 - charged}' in world.metrics.render()[0].decode()
