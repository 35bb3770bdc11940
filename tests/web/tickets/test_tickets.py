"""Tickets over HTTP: once per ticket, one project per ticket, and a result whatever happens."""

import asyncio
import json
from typing import Any

import pytest

from app.domain.outcomes import Outcome
from app.web.tickets.bodies import result_document
from app.web.tickets.examples import RESULT
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.service import BEARER_TOKEN, CUSTOMER, EMAIL, World, set_up
from tests.support.virtual_time import in_no_time

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
STORED = "/tickets/t_1/customer-context?project_id=prj_1"


async def test_enrich_returns_what_the_contract_says() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json=TICKET)

    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == [
        "ticket_id", "project_id", "status", "reason", "message", "identifier", "identified_by", "summary", "fields",
        "links", "identity", "ai_context", "ai_context_withheld", "credits_used", "ai_provider", "ai_model", "usage",
        "timings_ms", "steps", "created_at", "last_attempt", "reused",
    ]  # fmt: skip
    assert (body["status"], body["reason"], body["identifier"]) == ("ok", None, "acct_12ab34cd")
    assert {field["label"]: field["value"] for field in body["fields"]} == {
        "Plan": "Pro",
        "Status": "Active",
        "Seats": "12",
        "Monthly revenue": "480",
    }
    assert body["links"] == CUSTOMER["links"]
    assert "Pro" in body["ai_context"]
    assert body["credits_used"] == 1
    assert body["reused"] is False
    assert body["timings_ms"].keys() == {"extract", "fetch", "summarize", "total"}
    assert BEARER_TOKEN not in answer.text


def test_result_is_sent_in_one_order_whatever_the_database_kept() -> None:
    shuffled = {**dict(sorted(RESULT.items())), "of_a_later_version": 1}
    sent = result_document("t_1", "prj_1", shuffled, reused=True)

    assert list(sent) == ["ticket_id", "project_id", *RESULT, "of_a_later_version", "reused"]
    assert shuffled.items() <= sent.items()


async def test_second_post_returns_the_stored_result_whatever_its_body() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        first = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
        second = (await client.post("/tickets/t_1/enrich", json=TICKET | {"body": "Account ID: acct_99999999"})).json()
        stored = (await client.get(STORED)).json()
        project = (await client.get("/projects/prj_1")).json()

    assert second == stored == first | {"reused": True}
    assert world.endpoint.asked == ["acct_12ab34cd"]
    assert project["credits_used_this_month"] == 1


async def test_refresh_runs_it_anew_and_replaces_the_result() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Enterprise"}
        fresh = (await client.post("/tickets/t_1/enrich?refresh=true", json=TICKET)).json()
        stored = (await client.get(STORED)).json()

    assert fresh["fields"][0]["value"] == stored["fields"][0]["value"] == "Enterprise"
    assert fresh["reused"] is False
    assert len(world.endpoint.asked) == 2


@in_no_time
async def test_concurrent_posts_run_once_and_all_get_that_result() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=0.1))
    async with world.client() as client:
        await set_up(client)
        answers = await asyncio.gather(*(client.post("/tickets/t_1/enrich", json=TICKET) for _ in range(20)))
        project = (await client.get("/projects/prj_1")).json()

    assert world.endpoint.asked == ["acct_12ab34cd"]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert project["credits_used_this_month"] == 1


@in_no_time
async def test_concurrent_refreshes_run_once_and_both_get_the_new_result() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}))
    async with world.client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Enterprise"}
        world.endpoint.seconds = 0.1
        answers = await asyncio.gather(
            *(client.post("/tickets/t_1/enrich?refresh=true", json=TICKET) for _ in range(3))
        )

    assert len(world.endpoint.asked) == 2
    assert {answer.json()["fields"][0]["value"] for answer in answers} == {"Enterprise"}


async def test_other_project_gets_409_and_learns_nothing() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.put("/projects/prj_2", json={"plan": "business", "owner_ids": ["u2"], "monthly_ai_credits": 5})
        await client.post("/tickets/t_1/enrich", json=TICKET)
        answers = [
            await client.post("/tickets/t_1/enrich", json=TICKET | {"project_id": "prj_2"}),
            await client.post("/tickets/t_1/enrich?refresh=true", json=TICKET | {"project_id": "prj_2"}),
            await client.get("/tickets/t_1/customer-context?project_id=prj_2"),
            await client.delete("/tickets/t_1/customer-context?project_id=prj_2"),
        ]
        kept = await client.get(STORED)

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "ticket_project_mismatch")}
    assert not [answer for answer in answers if "prj_1" in answer.text or "acct_" in answer.text]
    assert kept.status_code == 200


async def test_unknown_project_is_404() -> None:
    async with World().client() as client:
        answer = await client.post("/tickets/t_1/enrich", json=TICKET)

    assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


async def test_spam_is_204_and_leaves_nothing() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json=TICKET | {"is_spam": True})
        stored = await client.get(STORED)
        project = (await client.get("/projects/prj_1")).json()

    assert (answer.status_code, answer.content, stored.status_code) == (204, b"", 404)
    assert project["credits_used_this_month"] == 0
    assert world.endpoint.asked == []


async def test_delete_erases_the_result_and_can_be_repeated() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        codes = [(await client.delete(STORED)).status_code for _ in range(2)]
        gone = await client.get(STORED)

    assert codes == [204, 204]
    assert (gone.status_code, gone.json()["code"]) == (404, "result_not_found")


async def test_failing_endpoint_is_a_result_not_an_error() -> None:
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.HTTP_STATUS, "HTTP 503")}))
    async with world.client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json=TICKET)

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["reason"], body["ai_context"], body["fields"]) == (
        "fetch_error",
        "http_status",
        "",
        [],
    )
    assert body["message"].endswith("(HTTP 503)")
    assert body["timings_ms"].keys() == {"extract", "fetch", "total"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"enabled": False}, "not_enabled", id="turned off"),
        pytest.param({"enabled": False, "display_instructions": ""}, "not_configured", id="incomplete"),
    ],
)
async def test_disabled_says_why_and_costs_nothing(change: dict[str, Any], reason: str) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client, **change)
        body = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
        project = (await client.get("/projects/prj_1")).json()

    assert (body["status"], body["reason"], body["credits_used"]) == ("disabled", reason, 0)
    assert body["timings_ms"].keys() == {"total"}
    assert project["credits_used_this_month"] == 0


async def test_never_configured_and_other_plan_are_disabled() -> None:
    async with World().client() as client:
        project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 5}
        await client.put("/projects/prj_1", json=project)
        bare = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
        await set_up(client)
        await client.put("/projects/prj_1", json=project | {"plan": "team"})
        downgraded = (await client.post("/tickets/t_2/enrich", json=TICKET)).json()

    assert [bare["reason"], downgraded["reason"]] == ["not_configured", "plan"]


async def test_lost_key_disables_and_a_new_token_mends_it() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
    world.keys = (b"n" * 32,)
    async with world.client() as client:
        lost = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
        tested = (await client.post("/projects/prj_1/customer-context/test", json=EMAIL)).json()
        await client.patch("/projects/prj_1/customer-context", json={"bearer_token": BEARER_TOKEN})
        mended = (await client.post("/tickets/t_2/enrich", json=TICKET)).json()

    assert (lost["status"], lost["reason"]) == (tested["status"], tested["reason"]) == ("disabled", "token_unreadable")
    assert mended["status"] == "ok"


async def test_second_key_of_the_ring_still_opens() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
    world.keys = (b"n" * 32, b"k" * 32)
    async with world.client() as client:
        body = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()

    assert body["status"] == "ok"


async def test_used_up_credits_skip_the_run() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 2})
        bodies = [(await client.post(f"/tickets/t_{n}/enrich", json=TICKET)).json() for n in range(3)]

    assert [body["status"] for body in bodies] == ["ok", "ok", "skipped_credits"]
    assert (bodies[2]["reason"], bodies[2]["credits_used"]) == (None, 0)
    assert len(world.endpoint.asked) == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"subject": None, "sender": None}, "ok", id="nulls"),
        pytest.param(
            {"subject": "cut emoji \ud83d", "body": "Account ID: acct_12ab34cd \ude00"}, "ok", id="surrogates"
        ),
        pytest.param({"body": None}, "no_identifier", id="no body"),
        pytest.param({"body": "<p>Account&nbsp;ID:</p><p>acct_12ab34cd</p>", "body_format": "html"}, "ok", id="html"),
        pytest.param(
            {"body": "<p hidden>Account ID: acct_12ab34cd</p>", "body_format": "html"},
            "no_identifier",
            id="hidden html",
        ),
    ],
)
async def test_odd_emails_are_read(change: dict[str, Any], status: str) -> None:
    async with World().client() as client:
        await set_up(client)
        content = json.dumps(TICKET | change)  # every odd character escaped, lone surrogates too
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/tickets/t_1/enrich", content=content, headers=headers)

    assert (answer.status_code, answer.json()["status"]) == (200, status)


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        pytest.param({"project_id": None}, "project_id", id="no project"),
        pytest.param({"body": 5}, "body", id="body is a number"),
        pytest.param({"body_format": "markdown"}, "body_format", id="unknown format"),
        pytest.param({"is_spam": "no"}, "is_spam", id="spam as a word"),
    ],
)
async def test_bad_field_is_named(change: dict[str, Any], loc: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json=TICKET | change)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", loc]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("x" * 1_048_576, 200, id="1 MiB"),
        pytest.param("x" * 1_048_577, 413, id="1 MiB and a byte"),
        pytest.param("é" * 524_289, 413, id="bytes count, not characters"),
    ],
)
async def test_body_up_to_1_mib_is_taken(body: str, status: int) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json=TICKET | {"body": body})

    assert answer.status_code == status


async def test_lost_database_is_503_with_retry_after_and_recovers() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        world.database.available = False
        away = await client.post("/tickets/t_1/enrich", json=TICKET)
        world.database.available = True
        back = await client.post("/tickets/t_1/enrich", json=TICKET)

    assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")
    assert int(away.headers["Retry-After"]) > 0
    assert back.json()["status"] == "ok"
