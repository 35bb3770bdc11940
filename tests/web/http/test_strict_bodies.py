"""A member that a request body does not have is refused on every route, and no path becomes another one."""

from typing import Any

import pytest

from tests.support.service import CONFIGURATION, EMAIL, World, set_up
from tests.support.yaml_files import OPENAPI_FILE, yaml_of

OPENAPI: dict[str, Any] = yaml_of(OPENAPI_FILE)
WITH_BODY = sorted(
    (method.upper(), path)
    for path, item in OPENAPI["paths"].items()
    for method, operation in item.items()
    if "requestBody" in operation
)


@pytest.mark.parametrize(("method", "path"), WITH_BODY, ids=lambda part: part)
async def test_unknown_member_is_refused_on_every_route_that_takes_a_body(method: str, path: str) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.request(
            method, path.format(project_id="prj_1", ticket_id="t_1"), json={"sender_verifed": True}
        )

    assert answer.status_code == 422
    refused = [error for error in answer.json()["errors"] if error["loc"] == ["body", "sender_verifed"]]
    assert [error["type"] for error in refused] == ["extra_forbidden"]
    assert world.credits_used == 0


@pytest.mark.parametrize(
    ("path", "body", "loc"),
    [
        pytest.param(
            "/tickets/t_1/enrich",
            {"project_id": "prj_1", **EMAIL, "sender_verifed": True},
            ["body", "sender_verifed"],
            id="a typo that would turn the identity check off",
        ),
        pytest.param(
            "/projects/prj_1/customer-context/test",
            {**EMAIL, "config": {"api_ulr": "https://api.example.com"}},
            ["body", "config", "api_ulr"],
            id="inside the configuration of a test",
        ),
    ],
)
async def test_place_of_an_unknown_member_is_named(path: str, body: dict[str, Any], loc: list[str]) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(path, json=body)

    assert (answer.status_code, world.endpoint.asked, world.credits_used) == (422, [], 0)
    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(loc, "extra_forbidden")]


async def test_ticket_of_a_batch_with_an_unknown_member_is_refused_by_itself() -> None:
    tickets: list[dict[str, Any]] = [
        {"ticket_id": f"t_{number}", "project_id": "prj_1", **EMAIL} for number in range(2)
    ]
    tickets[0] |= {"sender_verifed": True}
    async with World().client() as client:
        await set_up(client)
        rows = (await client.post("/tickets/enrich-batch", json={"tickets": tickets})).json()["tickets"]

    assert [row["outcome"] for row in rows] == ["refused", "accepted"]
    assert rows[0]["errors"][0]["loc"] == ["body", "tickets", 0, "sender_verifed"]


async def test_answer_of_get_can_be_sent_back_as_it_stands() -> None:
    async with World().client() as client:
        await set_up(client)
        for path in ("/projects/prj_1", "/projects/prj_1/customer-context"):
            shown = (await client.get(path)).json()
            assert (await client.put(path, json=shown)).status_code == 200


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        pytest.param({"project_id": ".."}, ["body", "project_id"], id="two dots"),
        pytest.param({"project_id": "a b"}, ["body", "project_id"], id="a space"),
        pytest.param({"project_id": ""}, ["body", "project_id"], id="nothing"),
    ],
)
async def test_id_that_is_none_is_told_in_words(body: dict[str, Any], loc: list[str]) -> None:
    async with World().client() as client:
        answer = await client.post("/tickets/t_1/enrich", json={**EMAIL, **body})

    [error] = answer.json()["errors"]
    assert error["loc"] == loc
    assert error["msg"] == "must be 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -, and neither . nor .. alone"


@pytest.mark.parametrize(
    "path",
    [
        "/projects/prj_1/customers/%2E%2E",
        "/projects/prj_1/customers/%2E",
        "/projects/prj_1/customers/",
        "/projects/prj_1/",
    ],
)
async def test_path_that_a_client_shortened_erases_no_project(path: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.delete(path, follow_redirects=True)
        still = await client.get("/projects/prj_1/customer-context")

    assert answer.status_code in (404, 405, 422)
    assert still.json()["api_url"] == CONFIGURATION["api_url"]
