"""What holds for every request: a token, an id, a bounded body, problem details, no traceback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app import __version__
from app.domain.refusals import Refusal
from app.web.app import create_app
from app.web.http.errors import STATUS, problem_of
from app.web.http.middleware import LARGEST_REQUEST_BYTES
from app.web.http.services import Services
from tests.support.service import EMAIL, OTHER_SERVICE_TOKEN, SERVICE_TOKEN, World, set_up


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param("Bearer", id="no token"),
        pytest.param(f"Basic {SERVICE_TOKEN}", id="another scheme"),
        pytest.param(f"Bearer {SERVICE_TOKEN[:-1]}", id="one character short"),
        pytest.param(f"Bearer {SERVICE_TOKEN[:-1]}x", id="last character wrong"),
        pytest.param(f"Bearer {SERVICE_TOKEN}, {OTHER_SERVICE_TOKEN}", id="two"),
        pytest.param(f"Bearer {SERVICE_TOKEN.upper()}", id="other case"),
    ],
)
@pytest.mark.parametrize("path", ["/projects/p", "/tickets/t/customer-context?project_id=p", "/nowhere"])
async def test_missing_or_wrong_token_is_401(header: str, path: str) -> None:
    async with World().client(Authorization=header) as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", [f"Bearer {SERVICE_TOKEN}", f"bearer {OTHER_SERVICE_TOKEN}", f"Bearer  {SERVICE_TOKEN}"]
)
async def test_each_token_of_the_list_is_let_in(header: str) -> None:
    async with World().client(Authorization=header) as client:
        assert (await client.get("/projects/p")).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"])
async def test_open_routes_need_no_token(path: str) -> None:
    async with World().client(Authorization="") as client:
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_may_ask_for_the_head_alone(path: str) -> None:
    async with World().client(Authorization="") as client:
        assert (await client.head(path)).status_code == 200


async def test_bad_json_without_token_is_401_first() -> None:
    async with World().client(Authorization="") as client:
        assert (await client.put("/projects/p", content=b"{")).status_code == 401


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("req-1.a:b_c", True, id="sane"),
        pytest.param("r" * 128, True, id="128 characters"),
        pytest.param("r" * 129, False, id="129 characters"),
        pytest.param("a b", False, id="a space"),
        pytest.param('x","level":"forged', False, id="a forged log line"),
    ],
)
async def test_sane_request_id_is_kept_and_any_other_replaced(sent: str, kept: bool) -> None:
    async with World().client() as client:
        answers = [
            await client.get(path, headers={"X-Request-Id": sent, "Authorization": token})
            for path, token in (("/healthz", ""), ("/projects/p", ""), ("/projects/p", f"Bearer {SERVICE_TOKEN}"))
        ]

    assert [answer.headers["X-Request-Id"] == sent for answer in answers] == [kept] * 3
    assert all(answer.headers["X-Request-Id"] for answer in answers)


async def test_unknown_route_and_method_are_problems() -> None:
    async with World().client() as client:
        nowhere = await client.get("/nowhere")
        wrong = await client.post("/projects/p")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "PUT" in wrong.headers["Allow"]
    assert nowhere.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'"x"', b"\xff", b"", b'{"plan":' + b"[" * 100_000])
async def test_unreadable_body_is_a_4xx_problem(content: bytes) -> None:
    async with World().client() as client:
        answer = await client.put("/projects/p", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("bad_request", "validation_error")


async def test_body_that_is_not_declared_as_json_gets_told_how() -> None:
    async with World().client() as client:
        answer = await client.put("/projects/p", content=b'{"plan": "business"}')

    assert answer.status_code == 422
    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(["body"], "not_json")]


@pytest.mark.parametrize(
    ("method", "path", "largest"),
    [
        pytest.param("PUT", "/projects/p", LARGEST_REQUEST_BYTES, id="7 MiB"),
        pytest.param("POST", "/tickets/enrich-batch", 32 * 1_048_576, id="a batch: 32 MiB"),
        pytest.param("POST", "/tickets/enrich-batch/enrich", LARGEST_REQUEST_BYTES, id="a ticket that is named so"),
    ],
)
async def test_declared_length_over_the_limit_is_413_unread(method: str, path: str, largest: int) -> None:
    async with World().client() as client:
        answers = [
            await client.request(method, path, content=b"{}", headers={"Content-Length": str(length)})
            for length in (largest, largest + 1)
        ]

    assert [answer.status_code for answer in answers] == [422, 413]
    assert answers[1].json()["code"] == "body_too_large"
    assert "send fewer per request" in answers[1].json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "largest"),
    [
        pytest.param("PUT", "/projects/p", LARGEST_REQUEST_BYTES, id="7 MiB"),
        pytest.param("POST", "/tickets/enrich-batch", 32 * 1_048_576, id="a batch: 32 MiB"),
    ],
)
async def test_streamed_body_is_stopped_at_the_limit(method: str, path: str, largest: int) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    async with World().client() as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.request(method, path, content=endless(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert largest < sent <= largest + 2 * 65_536


async def test_fault_is_a_500_problem_without_its_text() -> None:
    world = World()

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("canary-in-an-exception")

    world.tickets.submit = broken  # type: ignore[assignment, method-assign]
    async with world.client() as client:
        await set_up(client)
        answer = await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "canary" not in answer.text
    assert answer.headers["X-Request-Id"]


async def test_readiness_follows_the_database_and_health_does_not() -> None:
    world = World()
    async with world.client(Authorization="") as client:
        world.database.available = False
        away = [(await client.get(path)).status_code for path in ("/readyz", "/healthz")]
        world.database.available = True
        back = await client.get("/readyz")

    assert away == [503, 200]
    ai = {"provider": "offline", "model": "offline-patterns-1", "problem": None}
    assert back.json() == {"status": "ok", "version": __version__, "ai": ai}


async def test_readiness_ends_when_the_process_is_asked_to_and_health_does_not() -> None:
    world = World()
    async with world.client(Authorization="") as client:
        before = await client.get("/readyz")
        world.draining.ask()
        after = await client.get("/readyz")
        alive = await client.get("/healthz")

    assert (before.status_code, alive.status_code) == (200, 200)
    assert before.json()["version"] == __version__
    assert (after.status_code, after.json()["code"]) == (503, "shutting_down")


@pytest.mark.parametrize("refusal", list(Refusal), ids=lambda refusal: refusal.code)
def test_every_refusal_has_a_status_and_a_complete_problem(refusal: Refusal) -> None:
    problem = problem_of(refusal)

    assert problem["status"] == STATUS[refusal]
    assert problem["code"] == refusal.code
    assert problem["detail"].endswith(".")
    assert ("errors" in problem) is (STATUS[refusal] == 422)


async def test_docs_page_has_a_table_of_each_bodys_members() -> None:
    async with World().client() as client:
        page = (await client.get("/docs")).text

    row = "<tr><td><code>expires_in</code></td><td>integer, at least 300, at most 7,776,000, required</td>"
    assert f"{row}<td>seconds until it expires: 5 minutes to 90 days</td></tr>" in page
    assert "<td>string or null, one of &quot;GET&quot;, &quot;POST&quot;</td>" in page


async def test_docs_page_loads_nothing_and_runs_nothing() -> None:
    async with World().client() as client:
        answer = await client.get("/docs")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not [word for word in ("<script", "<link", "<img", "http://", "src=") if word in answer.text]
    assert "/tickets/{ticket_id}/enrich" in answer.text


async def test_lifespan_opens_the_services() -> None:
    @asynccontextmanager
    async def opening() -> AsyncIterator[Services]:
        yield World().services()

    app = create_app((), opening)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        pytest.param("/projects/prj_1", "no-store", id="a project"),
        pytest.param("/projects/prj_1/customer-context", "no-store", id="a configuration"),
        pytest.param(
            "/tickets/t_1/customer-context?project_id=prj_1", "no-store", id="a result, or that there is none"
        ),
        pytest.param("/openapi.json", None, id="what is nobody's secret"),
        pytest.param("/static/customer-context-card.js", "no-cache", id="a page's own file"),
    ],
)
async def test_no_cache_keeps_what_a_token_opens(path: str, kept: str | None) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.get(path, headers={"X-Actor-Id": "u1"})

    assert answer.headers.get("Cache-Control") == kept
