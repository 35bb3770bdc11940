"""What the demo adds to the service: a page, and a backend for it that keeps the token to itself."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from app.adapters.telemetry.tracing import Tracing
from app.demo.drafting import BY
from app.demo.sidebar import STATIC, application, with_sidebar
from app.serving import application as served
from app.web.http.middleware import LARGEST_REQUEST_BYTES

TOKEN = "service-token-0123456789"
TICKET = "11111111-2222-4333-8444-555555555555"
EMAIL = {"subject": "Seats", "body": "Account ID: acct_12ab34cd", "sender": "jane@example.com"}


class ScriptedService:
    """Stands where the service is: keeps what it was sent, and answers as told."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[tuple[str, dict[str, str], str, dict[str, Any]]] = []
        self.app = Starlette()
        self.app.add_route("/{path:path}", self._answer, methods=["GET", "POST"])

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        sent = json.loads(body) if body else {}
        authorization = request.headers.get("authorization", "")
        self.requests.append((request.url.path, dict(request.query_params), authorization, sent))
        kind = "application/json" if self.status == 200 else "application/problem+json"
        return JSONResponse({"from": "the service"}, self.status, media_type=kind)


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo.example") as client:
        yield client


@pytest.fixture
def service() -> ScriptedService:
    return ScriptedService()


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", TOKEN)
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", "A" * 43 + "=")


async def test_ticket_is_enriched_with_the_token_and_for_the_demo_project_when_posted(service: ScriptedService) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        answer = await client.post("/sidebar-demo/tickets", json=EMAIL)

    ((path, query, authorization, sent),) = service.requests
    assert UUID(path.removeprefix("/tickets/").removesuffix("/enrich")).version == 4
    assert (query, authorization) == ({}, f"Bearer {TOKEN}")
    assert sent == {"project_id": "prj_demo", **EMAIL}
    assert (answer.status_code, answer.json()) == (200, {"from": "the service"})
    assert answer.headers["Cache-Control"] == "no-store"


async def test_each_ticket_is_a_new_one_when_posted(service: ScriptedService) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        for _ in range(2):
            await client.post("/sidebar-demo/tickets", json=EMAIL)

    assert len({path for path, *_ in service.requests}) == 2


@pytest.mark.parametrize(
    ("query", "passed_on"),
    [
        pytest.param("", {}, id="asked again"),
        pytest.param("?refresh=true", {"refresh": "true"}, id="refreshed"),
        pytest.param("?refresh=1&project_id=prj_1", {}, id="nothing else is passed on"),
    ],
)
async def test_known_ticket_keeps_its_id_when_posted(
    service: ScriptedService, query: str, passed_on: dict[str, str]
) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        await client.post(f"/sidebar-demo/tickets/{TICKET}{query}", json=EMAIL)

    assert [request[:2] for request in service.requests] == [(f"/tickets/{TICKET}/enrich", passed_on)]


async def test_page_chooses_neither_project_nor_anything_else_when_it_tries(service: ScriptedService) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        await client.post("/sidebar-demo/tickets", json={"body": "x", "project_id": "prj_1", "is_spam": True})

    assert service.requests[0][3] == {"project_id": "prj_demo", "body": "x"}


async def test_a_reply_is_checked_for_the_demo_project_when_typed(service: ScriptedService) -> None:
    sent = {"draft": "Hi", "also_known": ["Hello"], "project_id": "prj_1"}
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        await client.post(f"/sidebar-demo/checks/{TICKET}", json=sent)

    expected = {"project_id": "prj_demo", "draft": "Hi", "also_known": ["Hello"]}
    assert [(path, body) for path, _, _, body in service.requests] == [(f"/tickets/{TICKET}/check-draft", expected)]


async def test_two_drafts_are_made_of_the_stored_result_and_nothing_that_the_page_says_of_it(
    service: ScriptedService,
) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        answer = await client.post(f"/sidebar-demo/drafts/{TICKET}", json=EMAIL | {"ai_context": "- Plan: Free"})

    ((path, query, _, _),) = service.requests
    assert (path, query) == (f"/tickets/{TICKET}/customer-context", {"project_id": "prj_demo"})
    drafted = answer.json()
    assert drafted["by"] == BY
    assert drafted["with"] == drafted["without"]
    assert "Free" not in drafted["with"]


async def test_refusal_of_the_service_is_passed_on_when_it_refuses() -> None:
    async with client_of(with_sidebar(ScriptedService(422).app, TOKEN)) as client:
        answer = await client.post("/sidebar-demo/tickets", json={})

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "content_type", "body", "status"),
    [
        pytest.param("", "text/plain", "{}", 415, id="a form of another origin can send this type unasked"),
        pytest.param("", "application/x-www-form-urlencoded", "{}", 415, id="and this one"),
        pytest.param("", "", "{}", 415, id="none"),
        pytest.param("", "application/json", "{", 400, id="not JSON"),
        pytest.param("", "application/json", "[" * 100_000, 400, id="too deep"),
        pytest.param("", "application/json", "\udcff".encode("utf-8", "surrogatepass"), 400, id="not UTF-8"),
        pytest.param("", "application/json", "[]", 400, id="not an object"),
        pytest.param("", "application/json", "x" * (LARGEST_REQUEST_BYTES + 1), 413, id="too large"),
        pytest.param("/t_1", "application/json", "{}", 404, id="an id that the demo did not make"),
        pytest.param("/..%2f..%2fprojects", "application/json", "{}", 404, id="a way to another route"),
        pytest.param(f"/{TICKET}/enrich", "application/json", "{}", 404, id="deeper"),
    ],
)
async def test_service_is_not_called_when_the_request_is_none_of_the_page(
    service: ScriptedService, path: str, content_type: str, body: str | bytes, status: int
) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        answer = await client.post(f"/sidebar-demo/tickets{path}", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, service.requests) == (status, [])


async def test_other_parameters_of_the_type_do_no_harm_when_sent(service: ScriptedService) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        answer = await client.post("/sidebar-demo/tickets", content=b"{}", headers=headers)

    assert answer.status_code == 200


async def test_the_start_leads_to_the_page(service: ScriptedService) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/sidebar-demo")
    assert service.requests == []


@pytest.mark.parametrize(
    "path", ["/sidebar-demos", "/sidebar", "/tickets/t_1/enrich", "/static/customer-context-card.js"]
)
async def test_everything_else_is_the_services_when_asked_for(service: ScriptedService, path: str) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        await client.get(path)

    # With no token but what the caller brings.
    assert service.requests == [(path, {}, "", {})]


async def test_page_leaves_under_the_policy_and_all_that_it_loads_is_there(service: ScriptedService) -> None:
    async with client_of(with_sidebar(service.app, TOKEN)) as client:
        page = await client.get("/sidebar-demo")
        paths = re.findall(r'(?:href|src)="(sidebar-demo/[^"]+)"', page.text)
        files = [await client.get(f"/{path}") for path in paths]

    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.text == (STATIC / "sidebar-demo.html").read_text("utf-8")
    assert {path.rpartition(".")[2]: file.status_code for path, file in zip(paths, files, strict=True)} == {
        "css": 200,
        "js": 200,
    }
    assert service.requests == []


def served_without_the_demo() -> ASGIApp:
    app = served()
    app.state.services = SimpleNamespace(tracing=Tracing())  # what each request meets first
    return app


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(
    ("factory", "seen"),
    [
        pytest.param(served_without_the_demo, [404, 404, 404], id="served"),
        pytest.param(application, [200, 200, 405], id="the demo"),
    ],
)
async def test_page_is_there_only_in_the_demo(factory: Callable[[], ASGIApp], seen: list[int]) -> None:
    paths = ["/sidebar-demo", "/sidebar-demo/static/sidebar-demo.js", "/sidebar-demo/tickets"]
    async with client_of(factory()) as client:
        answers = [await client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}) for path in paths]

    assert [answer.status_code for answer in answers] == seen


def test_page_has_nothing_inline_and_makes_no_markup_of_text() -> None:
    html = (STATIC / "sidebar-demo.html").read_text("utf-8")
    script = "".join((STATIC / name).read_text("utf-8") for name in ("sidebar-demo.js", "sidebar-reply.js"))

    assert re.findall(r"<style|style=|\son\w+=|<script>|https?:", html) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|\.style\b|cssText|\beval\b", script) == []
