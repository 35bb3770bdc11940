"""Lists over HTTP: projects, a project's results, and what is held about a customer, page by page."""

from typing import Any

import pytest

from tests.support.service import EMAIL, World, set_up

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
PROJECT = {"plan": "Business", "owner_ids": ["u1"], "monthly_ai_credits": 100}


async def pages(client: Any, path: str, name: str, **query: Any) -> list[list[dict[str, Any]]]:
    """Read every page."""
    read: list[list[dict[str, Any]]] = []
    cursor = None
    while cursor is not None or not read:
        answer = await client.get(path, params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        read.append(answer.json()[name])
        cursor = answer.json()["next_cursor"]
    return read


async def test_projects_are_listed_page_by_page_without_owners() -> None:
    async with World().client() as client:
        await set_up(client)
        for number in range(2, 6):
            await client.put(f"/projects/prj_{number}", json=PROJECT | {"plan": "free"})
        read = await pages(client, "/projects", "projects", limit=2)

    assert [len(page) for page in read] == [2, 2, 1]
    assert read[0][0] == {
        "project_id": "prj_1",
        "plan": "business",
        "customer_context_included": True,
        "enabled": True,
    }
    assert [each["project_id"] for page in read for each in page] == [f"prj_{number}" for number in range(1, 6)]
    assert read[2][0] == {"project_id": "prj_5", "plan": "free", "customer_context_included": False, "enabled": False}


async def test_results_are_listed_newest_first_without_facts() -> None:
    async with World().client() as client:
        await set_up(client)
        for number in range(5):
            body = TICKET if number % 2 else TICKET | {"body": "Hello"}
            await client.post(f"/tickets/t_{number}/enrich", json=body)
        await client.put("/projects/prj_2", json=PROJECT)
        await client.post("/tickets/other/enrich", json=TICKET | {"project_id": "prj_2"})
        read = await pages(client, "/tickets", "tickets", project_id="prj_1", limit=2)
        found = await pages(client, "/tickets", "tickets", project_id="prj_1", status="ok")
        nobody = await pages(client, "/tickets", "tickets", project_id="prj_1", reason="not_found")
        none = await pages(client, "/tickets", "tickets", project_id="prj_1", since="2099-01-01T00:00:00Z")

    assert [each["ticket_id"] for page in read for each in page] == ["t_4", "t_3", "t_2", "t_1", "t_0"]
    assert read[0][0].keys() == {"ticket_id", "status", "reason", "created_at", "last_attempt"}
    assert [each["ticket_id"] for page in found for each in page] == ["t_3", "t_1"]
    assert [each["ticket_id"] for page in nobody for each in page] == ["t_4", "t_2", "t_0"]
    assert none == [[]]
    assert "Pro" not in str(read)


async def test_results_of_a_project_without_any_are_none_and_those_of_an_unknown_project_are_refused() -> None:
    async with World().client() as client:
        await set_up(client)
        empty = await client.get("/tickets", params={"project_id": "prj_1"})
        unknown = await client.get("/tickets", params={"project_id": "prj_9"})

    assert (empty.status_code, empty.json()) == (200, {"tickets": [], "next_cursor": None})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "project_not_found")


async def test_what_is_held_about_a_customer_is_told_whole_and_that_somebody_asked_is_audited() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        for number in range(3):
            await client.post(f"/tickets/t_{number}/enrich", json=TICKET)
        stored = (await client.get("/tickets/t_2/customer-context?project_id=prj_1")).json()
        answer = await client.get("/projects/prj_1/customers/ACCT_12AB34CD", params={"limit": 2})
        stranger = await client.get("/projects/prj_1/customers/acct_99999999")
        trail = (await client.get("/projects/prj_1/audit")).json()["entries"]

    body = answer.json()
    assert (body["project_id"], body["identifier"]) == ("prj_1", "ACCT_12AB34CD")
    assert [each["ticket_id"] for each in body["results"]] == ["t_2", "t_1"]
    assert body["results"][0] == stored
    assert body["next_cursor"] is not None
    assert (stranger.json()["results"], stranger.json()["next_cursor"]) == ([], None)
    assert [each["action"] for each in trail[:2]] == ["customer_read", "customer_read"]
    assert "acct_12ab34cd" not in str(trail).lower()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/projects?cursor=", id="projects"),
        pytest.param("/tickets?project_id=prj_1&status=&reason=&since=&cursor=", id="results"),
        pytest.param("/projects/prj_1/customers/acct_12ab34cd?cursor=", id="a customer's"),
        pytest.param("/projects/prj_1/audit?cursor=", id="audit trail"),
    ],
)
async def test_parameter_that_is_left_empty_is_as_if_it_were_not_there(path: str) -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        bare = path.replace("status=&reason=&since=&", "").replace("cursor=", "")
        empty, without = await client.get(path), await client.get(bare)

    assert (empty.status_code, without.status_code) == (200, 200)
    assert empty.json() == without.json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("/tickets", 422, "validation_error", id="no project"),
        pytest.param("/tickets?project_id=prj_1&limit=0", 422, "validation_error", id="no entries"),
        pytest.param("/tickets?project_id=prj_1&limit=201", 422, "validation_error", id="too many"),
        pytest.param("/tickets?project_id=prj_1&cursor=x", 422, "validation_error", id="no cursor"),
        pytest.param("/tickets?project_id=prj_1&status=nice", 422, "validation_error", id="no status"),
        pytest.param("/tickets?project_id=prj_1&since=2026-11-25T00:00:00", 422, "validation_error", id="no zone"),
        pytest.param(
            "/tickets?project_id=prj_1&since=0001-01-01T00:00:00%2B14:00", 422, "validation_error", id="before year 1"
        ),
        pytest.param(
            "/tickets?project_id=prj_1&since=9999-12-31T23:00:00-14:00", 422, "validation_error", id="after year 9999"
        ),
        pytest.param("/tickets?project_id=prj_1&reason=%00", 422, "validation_error", id="no reason"),
        pytest.param("/projects/prj_9/customers/acct_1", 404, "project_not_found", id="no such project"),
        pytest.param("/projects/prj_1/customers/%2E%2E", 422, "validation_error", id="no identifier"),
    ],
)
async def test_list_is_refused(path: str, status: int, code: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
