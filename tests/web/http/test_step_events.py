"""The test route as a stream: each step when it begins and ends, then the result, and an end when nobody listens."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import structlog

from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.tickets import Email
from app.web.http.step_events import prefers_events
from support_context.lookups import LookupRequest, LookupResponse
from support_context.secrets import Secret
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.exchanges import Exchange, events_of
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, EMAIL, World, access_token, set_up
from tests.support.shared_database import DATABASE

ROUTE = "/projects/prj_1/customer-context/test"
AS_EVENTS = {"Accept": "text/event-stream"}


@dataclass
class HeldModel(ScriptedModel):
    """A model that answers when it is let, and knows whether its call was cut off."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    cut_off: bool = False

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        self.asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cut_off = True
            raise
        return await super().extract(email, instructions)


@dataclass
class HeldEndpoint(ScriptedEndpoint):
    """A customer endpoint that never answers, and knows whether its call was cut off."""

    cut_off: bool = False

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut_off = True
            raise
        raise AssertionError("nobody lets it answer")


class LosesTheDatabase(ScriptedModel):
    """A provider that is down, at the moment when the database goes away too."""

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        DATABASE.available = False
        raise StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 529")


async def streamed(client: httpx.AsyncClient, body: dict[str, Any] = EMAIL) -> list[tuple[str, dict[str, Any]]]:
    answer = await client.post(ROUTE, json=body, headers=AS_EVENTS)
    assert answer.status_code == 200, answer.text
    return events_of(answer.text)


async def credits_used(client: httpx.AsyncClient) -> int:
    used: int = (await client.get("/projects/prj_1")).json()["credits_used_this_month"]
    return used


def without_times(result: dict[str, Any]) -> dict[str, Any]:
    steps = [step | {"duration_ms": 0} for step in result["trace"]["steps"]]
    kept = [{**step, "duration_ms": 0} for step in result["steps"]]
    return result | {"created_at": "", "timings_ms": {}, "steps": kept, "trace": result["trace"] | {"steps": steps}}


async def test_each_step_is_told_and_then_the_plain_answer() -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=EMAIL, headers=AS_EVENTS)
        plain = await client.post(ROUTE, json=EMAIL)

    assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Length" not in answer.headers
    *steps, (last, result) = events_of(answer.text)
    assert [(name, step["name"], step["outcome"]) for name, step in steps] == [
        ("step", "extract", "running"),
        ("step", "extract", "ok"),
        ("step", "fetch", "running"),
        ("step", "fetch", "ok"),
        ("step", "summarize", "running"),
        ("step", "summarize", "ok"),
    ]
    assert all(step.keys() == {"name", "outcome", "duration_ms", "detail"} for _, step in steps)
    assert [step for _, step in steps if step["outcome"] != "running"] == result["trace"]["steps"]
    assert last == "result"
    again = plain.json()
    assert "- Plan: " in result["ai_context"]  # its code differs from run to run
    assert without_times(result | {"ai_context": ""}) == without_times(again | {"ai_context": ""})


async def test_step_is_told_while_it_runs() -> None:
    model = HeldModel()
    async with World(model=model).client() as client:
        await set_up(client)
        exchange = Exchange(client, ROUTE, EMAIL, **AS_EVENTS)
        start = await exchange.part()
        running = await exchange.event()
        model.may_answer.set()
        ended = await exchange.event()
        exchange.leave()
        await exchange.ended()

    assert (start["type"], start["status"]) == ("http.response.start", 200)
    assert running == ("step", {"name": "extract", "outcome": "running", "duration_ms": 0, "detail": ""})
    assert (ended[1]["name"], ended[1]["outcome"]) == ("extract", "ok")


async def test_failed_step_is_told_with_what_to_fix_and_the_rest_is_not_told() -> None:
    endpoint = ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TLS_ERROR, "certificate has expired")})
    async with World(endpoint=endpoint).client() as client:
        await set_up(client)
        events = await streamed(client)

    assert [(name, data.get("outcome"), data.get("detail")) for name, data in events[2:4]] == [
        ("step", "running", ""),
        ("step", "failed", "certificate has expired"),
    ]
    assert events[4:] == [("result", events[-1][1])]
    assert events[-1][1]["reason"] == "tls_error"


async def test_nothing_that_others_wrote_begins_an_event() -> None:
    forged = 'x\r\n\r\nevent: result\ndata: {"status": "forged"}\n\n\u2028\u0085data: 1'
    endpoint = ScriptedEndpoint({"acct_12ab34cd": {**CUSTOMER, "plan": forged, forged: forged}})
    async with World(endpoint=endpoint).client() as client:
        await set_up(client)
        body = {
            **EMAIL,
            "subject": forged,
            "config": {"display_instructions": f"Show Plan.\n{forged}".replace("\r", "")},
        }
        events = await streamed(client, body)

    assert [name for name, _ in events] == ["step"] * 6 + ["result"]
    assert events[-1][1]["status"] == "ok"


async def test_test_that_needs_no_run_is_one_event() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 5})
        ((name, result),) = await streamed(client)

    assert (name, result["reason"]) == ("result", "not_configured")


@pytest.mark.parametrize(
    ("body", "actor", "status", "code"),
    [
        pytest.param(EMAIL, "u2", 403, "not_owner", id="a member"),
        pytest.param({"subject": "no body"}, "u1", 422, "validation_error", id="an invalid email"),
        pytest.param(
            {**EMAIL, "config": {"api_url": "https://evil.example.com/"}},
            "u1",
            422,
            "bearer_token_required",
            id="origin",
        ),
        pytest.param({**EMAIL, "config": {"api_url": "https://10.0.0.1/"}}, "u1", 422, "validation_error", id="URL"),
    ],
)
async def test_refusal_before_the_first_step_has_its_own_status(
    body: dict[str, Any], actor: str, status: int, code: str
) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=body, headers={**AS_EVENTS, "X-Actor-Id": actor})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_database_lost_before_the_first_step_is_503() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        world.database.available = False
        answer = await client.post(ROUTE, json=EMAIL, headers=AS_EVENTS)

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


async def test_database_lost_in_between_is_a_problem_event() -> None:
    async with World(model=LosesTheDatabase()).client() as client:
        await set_up(client)
        *_, (name, problem) = await streamed(client)

    assert (name, problem["status"], problem["code"]) == ("problem", 503, "database_unavailable")


async def test_fault_is_a_problem_event_logged_once_and_gives_the_credit_back() -> None:
    world = World(model=ScriptedModel(identifier=RuntimeError("canary-in-an-exception")))
    async with world.client() as client:
        await set_up(client)
        with structlog.testing.capture_logs() as logs:
            events = await streamed(client)
        used = await credits_used(client)

    assert [(name, data.get("outcome"), data.get("code")) for name, data in events] == [
        ("step", "running", None),
        ("problem", None, "internal_error"),
    ]
    assert "canary" not in str(events)
    assert [entry["event"] for entry in logs] == ["internal_error"]
    assert used == 0


async def test_client_that_leaves_before_the_ai_has_read_ends_the_run_and_pays_nothing() -> None:
    model = HeldModel()
    async with World(model=model).client() as client:
        await set_up(client)
        exchange = Exchange(client, ROUTE, EMAIL, **AS_EVENTS)
        await model.asked.wait()
        during = await credits_used(client)
        exchange.leave()
        await exchange.ended()
        after = await credits_used(client)

    assert exchange.task.exception() is None
    assert model.cut_off
    assert (during, after) == (1, 0)


async def test_client_that_leaves_after_the_ai_has_read_ends_the_run_and_has_used_its_credit() -> None:
    endpoint = HeldEndpoint()
    async with World(endpoint=endpoint).client() as client:
        await set_up(client)
        exchange = Exchange(client, ROUTE, EMAIL, **AS_EVENTS)
        await exchange.part()
        told = [await exchange.event() for _ in range(3)]
        exchange.leave()
        await exchange.ended()
        used = await credits_used(client)

    assert (told[-1][1]["name"], told[-1][1]["outcome"]) == ("fetch", "running")
    assert endpoint.cut_off
    assert used == 1


async def test_request_that_the_server_cancels_ends_the_run_and_pays_nothing() -> None:
    model = HeldModel()
    async with World(model=model).client() as client:
        await set_up(client)
        exchange = Exchange(client, ROUTE, EMAIL, **AS_EVENTS)
        await model.asked.wait()
        exchange.task.cancel()
        await exchange.ended()
        used = await credits_used(client)

    assert exchange.task.cancelled()
    assert model.cut_off
    assert used == 0


async def test_stream_opens_to_an_access_token() -> None:
    async with World().client() as client:
        await set_up(client)
        client.headers["Authorization"] = f"Bearer {await access_token(client)}"
        del client.headers["X-Actor-Id"]
        *_, (name, result) = await streamed(client)

    assert (name, result["status"]) == ("result", "ok")


@pytest.mark.parametrize(
    ("accept", "prefers"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream", True),
        ("text/event-stream, application/json", True),
        ("application/json, text/event-stream", True),
        ("text/event-stream;q=0.5, */*;q=0.1", True),
        ("text/event-stream ; q=1.0", True),
        ("text/event-stream;q=0.5, application/json", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=0.000", False),
        ("text/event-stream;q=x", False),
        ("application/json", False),
        ("text/*", False),
        ("*/*", False),
        ("", False),
        (",;,q=", False),
    ],
)
def test_events_are_for_who_names_them(accept: str, prefers: bool) -> None:
    assert prefers_events(accept) is prefers


async def test_plain_answer_stays_for_who_does_not_ask_for_events() -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=EMAIL, headers={"Accept": "*/*"})

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["status"] == "ok"
