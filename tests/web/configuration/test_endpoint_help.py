"""The check of an endpoint as a route, and the operator's sample endpoint."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, sample_endpoint
from app.demo.records import open_records
from app.owners.sample_endpoint import SampleEndpoint
from support_context.check.requirements import Requirement
from support_context.egress import Egress
from support_context.secrets import Secret
from tests.support.service import BEARER_TOKEN, World, access_token, set_up

ROUTE = "/projects/prj_1/customer-context/check"
SAMPLE = "/projects/prj_1/customer-context/sample-endpoint"
ASKED = {"ids": ["acct_12ab34cd"]}


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("check") / "ca.pem"


@pytest.fixture(scope="module")
def answering() -> threading.Event:
    """Holds the good endpoint's answers back while it is not set."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture(scope="module")
def good_url(ca_file: Path, answering: threading.Event) -> Iterator[str]:
    with closing(open_records()) as records:
        sample = sample_endpoint(records, BEARER_TOKEN)

        async def held(scope: Scope, receive: Receive, send: Send) -> None:
            while not answering.is_set():  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(0.01)
            await sample(scope, receive, send)

        with hosted(held, ca_file) as origin:
            yield origin + PATH


@pytest.fixture
def world(ca_file: Path) -> World:
    return World(egress=Egress((ip_network("127.0.0.0/8"),), ca_file))


async def test_good_endpoint_passes_with_a_finding_for_each_requirement(world: World, good_url: str) -> None:
    async with world.client() as client:
        await set_up(client, api_url=good_url)
        before = (await client.get("/projects/prj_1")).json()
        answer = await client.post(ROUTE, json=ASKED)
        after = (await client.get("/projects/prj_1")).json()

    report = answer.json()
    assert (answer.status_code, report["passed"]) == (200, True), report
    assert [each["id"] for each in report["requirements"]] == [
        requirement.id
        for requirement in Requirement
        if requirement is not Requirement.MATCH_PATH  # none is configured
    ]
    assert BEARER_TOKEN not in answer.text
    assert before == after
    noted = [row.action for row in world.database.rows("SELECT action FROM audit_entries")]
    assert noted == ["project_saved", "configuration_saved"]  # the check leaves no entry: it writes nothing


async def test_finding_says_what_was_seen_and_how_to_mend_it(world: World, good_url: str) -> None:
    async with world.client() as client:
        await set_up(client, api_url=good_url)
        wrong = {"bearer_token": "another-token-0123456789"}
        report = (await client.post(ROUTE, json={**ASKED, "config": wrong})).json()

    known = next(each for each in report["requirements"] if each["id"] == "known_id")
    assert (report["passed"], known["verdict"]) == (False, "fail")
    assert "401" in known["seen"]
    assert known["mend"]


async def test_each_request_and_each_finding_is_told_where_events_are_accepted(world: World, good_url: str) -> None:
    async with world.client() as client:
        await set_up(client, api_url=good_url)
        answer = await client.post(ROUTE, json=ASKED, headers={"Accept": "text/event-stream"})

    lines = (event.split("\n") for event in answer.text.strip().split("\n\n"))
    events = [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines]
    steps = [told for name, told in events if name == "step"]
    findings = [told for name, told in events if name == "finding"]
    names = [name for name, _ in events]
    assert [step["done"] for step in steps] == list(range(steps[0]["total"]))
    assert names[-1] == "result"
    by_id = {each["id"]: each for each in events[-1][1]["requirements"]}
    assert {each["id"]: each for each in findings} == by_id
    assert names.index("finding") < len(names) - 1 - names[::-1].index("step")  # while requests are still to come


@asynccontextmanager
async def checking(
    world: World, client: httpx.AsyncClient, answering: threading.Event
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """Have a check under way, whose endpoint answers once the block ends."""
    answering.clear()
    try:
        check = asyncio.create_task(client.post(ROUTE, json=ASKED))
        while not world.database.rows("SELECT 1 AS turn FROM projects WHERE checked_until IS NOT NULL"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield check
    finally:
        answering.set()
    await check


async def test_second_check_of_a_project_waits_for_the_first(
    world: World, good_url: str, answering: threading.Event
) -> None:
    other = World(egress=world.egress)
    async with world.client() as client, other.client() as elsewhere:
        await set_up(client, api_url=good_url)
        async with checking(world, client, answering) as check:
            refused = [await each.post(ROUTE, json=ASKED) for each in (client, elsewhere)]  # of another process, too
        again = await client.post(ROUTE, json=ASKED)

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "check_running")] * 2
    assert (check.result().status_code, again.status_code) == (200, 200)


async def test_turn_is_given_back_when_a_check_breaks_off(world: World, good_url: str) -> None:
    broken = World(egress=Egress(world.egress.allowed, Path("no-such-ca.pem")))
    async with world.client() as client, broken.client() as elsewhere:
        await set_up(client, api_url=good_url)
        fault = await elsewhere.post(ROUTE, json=ASKED)
        again = await client.post(ROUTE, json=ASKED)

    assert (fault.status_code, again.status_code) == (500, 200)


@pytest.mark.parametrize(
    ("configuration", "body", "code", "fields"),
    [
        pytest.param({"api_url": "", "enabled": False}, ASKED, "incomplete_configuration", {"api_url"}, id="no URL"),
        pytest.param({}, {"ids": ["not an id"]}, "validation_error", {"ids"}, id="id that is never sent"),
        pytest.param({}, {"ids": []}, "validation_error", {"ids"}, id="no id"),
        pytest.param(
            {},
            {**ASKED, "config": {"api_url": "https://other.example.com/"}},
            "bearer_token_required",
            {"bearer_token"},
            id="another host",
        ),
    ],
)
async def test_what_is_missing_is_named(
    configuration: dict[str, Any], body: dict[str, Any], code: str, fields: set[str]
) -> None:
    async with World().client() as client:
        await set_up(client, **configuration)
        answer = await client.post(ROUTE, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert {error["loc"][-1] for error in answer.json()["errors"]} == fields


@pytest.mark.parametrize(("actor", "status"), [("u1", 200), ("u7", 403)])
async def test_sample_endpoint_is_told_to_owners_only(actor: str, status: int) -> None:
    sample = SampleEndpoint("https://sample.example.com/customer-context", Secret("sample-token-0123456789"))
    world = World(sample=sample)
    async with world.client() as client:
        await set_up(client)
        answer = await client.get(SAMPLE, headers={"X-Actor-Id": actor})

    assert answer.status_code == status
    if status == 200:
        assert answer.json()["sample"] == {
            "api_url": sample.api_url,
            "method": "GET",
            "identifier_parameter": "id",
            "bearer_token": "sample-token-0123456789",
        }


async def test_access_token_opens_both_and_no_sample_is_null() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        token = await access_token(client)
    async with world.client(Authorization=f"Bearer {token}") as owner:
        del owner.headers["X-Actor-Id"]
        sample = await owner.get(SAMPLE)
        check = await owner.post(ROUTE, json={"ids": []})

    assert (sample.status_code, sample.json()) == (200, {"sample": None})
    assert check.json()["code"] == "validation_error"
