"""The pages' files and the policy that pages leave with."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.domain.activity import COUNTED
from app.domain.outcomes import Outcome, Status
from app.web.configuration.bodies import ConfigurationIn
from app.web.configuration.examples import CONFIGURATION
from app.web.http.pages import MEDIA_TYPES, POLICY, SETTINGS, STATIC, serve_page
from tests.support.service import World

CARD = "/static/customer-context-card.js"

REQUESTS = {
    "api.js": ["at + path, { ...options, ...always });"],
}
"""Where scripts of pages ask the API, and how; the card asks nobody."""


async def test_card_is_served_to_everybody_as_a_script() -> None:
    async with World().client(Authorization="") as client:
        answer = await client.get(CARD)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.content == (STATIC / "customer-context-card.js").read_bytes()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("{etag}", 304, id="the same"),
        pytest.param("W/{etag}", 304, id="weak, as a proxy that compresses makes it"),
        pytest.param('"other", {etag}', 304, id="one of several"),
        pytest.param('"other"', 200, id="another"),
        pytest.param("", 200, id="none"),
        pytest.param("*", 200, id="any: only for requests that change something"),
    ],
)
async def test_file_is_sent_only_when_the_browser_lacks_it(header: str, status: int) -> None:
    async with World().client() as client:
        etag = (await client.get(CARD)).headers["ETag"]
        answer = await client.get(CARD, headers={"If-None-Match": header.format(etag=etag)})

    assert answer.status_code == status
    assert answer.headers["ETag"] == etag
    assert (answer.content == b"") is (status == 304)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("HEAD", CARD, 200, id="head"),
        pytest.param("POST", CARD, 405, id="another method"),
        pytest.param("GET", "/static/nothing.js", 404, id="no such file"),
        pytest.param("GET", "/static/", 404, id="the folder"),
        pytest.param("GET", "/static/%2e%2e/pages.py", 404, id="above it"),
        pytest.param("GET", "/static/..%2fpages.py", 404, id="above it, in one part"),
        pytest.param("GET", "/static/%2fetc%2fpasswd", 404, id="elsewhere"),
        pytest.param("GET", "/static/%2e%2e/metrics", 404, id="a route of another path"),
        pytest.param("GET", "/static", 401, id="beside it"),
        pytest.param("GET", "/staticx/a.js", 401, id="another folder"),
    ],
)
async def test_nothing_else_is_served_without_a_token(method: str, path: str, status: int) -> None:
    async with World().client(Authorization="") as client:
        answer = await client.request(method, path)  # dots that are not escaped would not leave the client

    assert answer.status_code == status
    assert status == 200 or answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("origins", "ancestors"),
    [
        pytest.param((), "'none'", id="nobody"),
        pytest.param(("https://help.example.com",), "https://help.example.com", id="one"),
        pytest.param(("https://a.test", "https://*.b.test"), "https://a.test https://*.b.test", id="several"),
    ],
)
async def test_page_leaves_with_its_policy(tmp_path: Path, origins: tuple[str, ...], ancestors: str) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>ü</title>", "utf-8")
    app = FastAPI()
    serve_page(app, "/page", tmp_path / "page.html", origins)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/page")
        again = await client.get("/page", headers={"If-None-Match": answer.headers["ETag"]})

    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert answer.text == "<!doctype html><title>ü</title>"
    assert policy.pop("frame-ancestors") == ancestors
    assert policy.pop("default-src") == policy.pop("base-uri") == "'none'"
    assert policy == dict.fromkeys(("script-src", "style-src", "connect-src", "img-src", "form-action"), "'self'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (again.status_code, again.headers["Content-Security-Policy"]) == (
        304,
        answer.headers["Content-Security-Policy"],
    )


def test_no_file_is_left_out_for_its_type_but_pages() -> None:
    assert {path.suffix for path in STATIC.rglob("*.*")} - {".html"} <= MEDIA_TYPES.keys()


@pytest.mark.parametrize("script", [str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js")])
def test_script_turns_no_text_into_markup_or_code(script: str) -> None:
    source = (STATIC / script).read_text("utf-8")
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|DOMParser|createContextualFragment|document\.write|\beval\s*\("
    )
    others = r"|new Function|(?<!\.)\.style\b|cssText|XMLHttpRequest|sendBeacon|https?://(?!www\.w3)"

    assert re.findall(ways + others, source) == []


@pytest.mark.parametrize("script", [str(path.relative_to(STATIC)) for path in STATIC.rglob("*.js")])
def test_script_requests_nothing_but_the_api_and_only_where_that_is_its_task(script: str) -> None:
    source = (STATIC / script).read_text("utf-8")

    assert re.findall(r"\bfetch\((.*)", source) == REQUESTS.get(Path(script).name, [])


async def test_settings_page_is_open_and_framed_by_those_who_may() -> None:
    async with World().client(Authorization="") as client:
        answer = await client.get("/settings")
        beside = await client.get("/settings/")
    async with World(embed_origins=("https://help.example.com",)).client(Authorization="") as client:
        framed = await client.get("/settings")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == POLICY + "'none'"
    assert framed.headers["Content-Security-Policy"] == POLICY + "https://help.example.com"
    assert beside.status_code == 401


def test_settings_page_has_no_inline_script_or_style_and_names_only_files_that_are_there() -> None:
    page = (SETTINGS / "page.html").read_text("utf-8")
    named = re.findall(r'(?:src|href)="([^"]*)"', page)

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page) == []
    beside = {"customer-context.svg", "customer-context-card.js"}
    assert {path.removeprefix("static/") for path in named} == {
        *beside,
        *(str(path.relative_to(STATIC)) for path in SETTINGS.rglob("*.*") if path.suffix != ".html"),
    }
    assert [name for name in beside if not (STATIC / name).is_file()] == []


def test_settings_page_asks_for_every_field_in_the_guides_order() -> None:
    page = (SETTINGS / "page.html").read_text("utf-8").split('id="trial"', 1)[0]
    fields = list(ConfigurationIn.model_fields)

    assert re.findall(r'data-field="(\w+)"', page) == fields
    for name in fields:
        assert f'id="{name}-help"' in page
        assert f'id="{name}-error"' in page
    for text in (CONFIGURATION["everything"]["value"][f"{each}_instructions"] for each in ("identify", "display")):
        assert text in " ".join(page.split())


def test_settings_page_has_words_for_every_ending_of_a_test() -> None:
    words = (SETTINGS / "words.js").read_text("utf-8")
    endings = set(re.findall(r"^  (\w+): \[", words.split("const ENDINGS = {", 1)[1].split("\n};", 1)[0], re.MULTILINE))
    statuses = words.split("const STATUSES = {", 1)[1].split("};", 1)[0]
    # A ticket's endings that no test has: nobody is counted, left alone or cut off there.
    elsewhere = {"enumeration_limit", "interrupted", "circuit_open", "not_enabled", "not_configured", "plan"}

    assert {outcome.reason or outcome.status.value for outcome in Outcome} - elsewhere <= endings
    assert re.findall(r"^  (\w+): ", statuses, re.MULTILINE) == list(COUNTED)


def test_no_word_of_the_page_sends_an_owner_to_the_owner() -> None:
    texts = {path.name: path.read_text("utf-8") for path in SETTINGS.rglob("*.*") if path.suffix in {".js", ".html"}}

    assert {
        name for name, text in texts.items() if re.search(r"ask (one of )?the owner|its owner|CC_[A-Z]+_", text, re.I)
    } == set()


def test_card_has_a_label_for_every_status() -> None:
    source = (STATIC / "customer-context-card.js").read_text("utf-8")
    labels = source.split("const STATES = {", 1)[1].split("};", 1)[0]

    assert set(re.findall(r"^  (\w+): \[", labels, re.MULTILINE)) == {*Status, "no_data", "pending"}
