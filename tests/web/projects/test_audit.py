"""The audit trail as owners read it: every change by who made it, page by page, and never a value."""

import json

import httpx
import pytest

from tests.support.service import API_URL, BEARER_TOKEN, EMAIL, World, access_token, set_up

ROUTE = "/projects/prj_1/audit"
CONTEXT = "/projects/prj_1/customer-context"


async def live_through_it_all(client: httpx.AsyncClient) -> tuple[str, str]:
    """Do everything that is noted, as several people; return an access token and its id."""
    await set_up(client)
    await client.patch(CONTEXT, json={"enabled": False, "display_instructions": "Show canary-instructions."})
    token = await access_token(client)
    [made] = (await client.get("/projects/prj_1/access-tokens")).json()["access_tokens"]
    tried = {**EMAIL, "config": {"display_instructions": "Show Plan.", "bearer_token": "another-canary-0123456789"}}
    assert (await client.post(f"{CONTEXT}/test", json=tried)).is_success
    await client.delete(f"/projects/prj_1/access-tokens/{made['token_id']}")
    await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL})
    del client.headers["X-Actor-Id"]
    await client.delete("/tickets/t_1/customer-context?project_id=prj_1", headers={"X-Actor-Id": "u7"})
    await client.delete("/projects/prj_1/customers/acct_12ab34cd")
    client.headers["X-Actor-Id"] = "u1"
    await client.delete(CONTEXT)
    return token, made["token_id"]


async def test_everything_that_happened_is_told_newest_first() -> None:
    async with World().client() as client:
        _, token_id = await live_through_it_all(client)
        answer = (await client.get(ROUTE)).json()

    told = [(e["actor"], e["action"], e["fields"], e["subject"], e["results_erased"]) for e in answer["entries"]]
    configured = ["api_url", "bearer_token", "display_instructions", "enabled", "identify_instructions"]
    assert told == [
        ("u1", "configuration_erased", [], None, None),
        (None, "customer_erased", [], None, 0),
        ("u7", "ticket_erased", [], "t_1", None),
        ("u1", "access_token_revoked", [], token_id, None),
        ("u1", "configuration_tested", ["bearer_token", "display_instructions"], None, None),
        ("u1", "access_token_made", [], token_id, None),
        ("u1", "configuration_saved", ["display_instructions", "enabled"], None, None),
        ("u1", "configuration_saved", configured, None, None),
        ("u1", "project_saved", ["monthly_ai_credits", "owner_ids", "plan"], None, None),
    ]
    assert answer["next_cursor"] is None


async def test_trail_holds_no_secret_no_value_and_no_customer() -> None:
    world = World()
    async with world.client() as client:
        token, _ = await live_through_it_all(client)
        text = (await client.get(ROUTE)).text

    kept = text + repr(world.database.rows("SELECT * FROM audit_entries"))
    for value in (BEARER_TOKEN, "another-canary", token, API_URL, "canary-instructions", "acct_12ab34cd", "jane@"):
        assert value not in kept


@pytest.mark.parametrize("limit", [1, 4, 9, 10, 200])
async def test_pages_hold_every_entry_once(limit: int) -> None:
    async with World().client() as client:
        await live_through_it_all(client)
        whole = (await client.get(ROUTE)).json()["entries"]
        pages, together, cursor = [], [], ""
        while cursor is not None:
            page = (await client.get(f"{ROUTE}?limit={limit}{cursor and f'&cursor={cursor}'}")).json()
            pages.append(page["entries"])
            together += page["entries"]
            cursor = page["next_cursor"]

    assert len(whole) == 9
    assert together == whole
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("limit=0", id="no entry"),
        pytest.param("limit=201", id="more than a page"),
        pytest.param("cursor=0", id="before the first"),
        pytest.param("cursor=-1", id="negative"),
        pytest.param("cursor=x", id="no cursor of ours"),
        pytest.param("cursor=9999999999999999999", id="beyond what a number holds"),
    ],
)
async def test_query_that_makes_no_sense_is_422(query: str) -> None:
    async with World().client() as client:
        await set_up(client)

        assert (await client.get(f"{ROUTE}?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("headers", "project", "code"),
    [
        pytest.param({}, {}, "actor_required", id="nobody named"),
        pytest.param({"X-Actor-Id": "u2"}, {}, "not_owner", id="a member"),
        pytest.param({"X-Actor-Id": "u1"}, {"plan": "team"}, "plan_required", id="another plan"),
    ],
)
async def test_only_owners_on_the_business_plan_read_it(
    headers: dict[str, str], project: dict[str, str], code: str
) -> None:
    async with World().client() as client:
        await client.put(
            "/projects/prj_1",
            json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1} | project,
        )
        del client.headers["X-Actor-Id"]
        answer = await client.get(ROUTE, headers=headers)

    assert answer.json()["code"] == code


async def test_trail_of_an_erased_project_is_told_only_when_it_is_there_again() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.delete("/projects/prj_1")
        gone = await client.get(ROUTE)
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        again = (await client.get(ROUTE)).json()["entries"]

    assert (gone.status_code, gone.json()["code"]) == (404, "project_not_found")
    assert [entry["action"] for entry in again] == [
        "project_saved",
        "project_erased",
        "configuration_saved",
        "project_saved",
    ]


async def test_name_that_could_be_nobodys_is_refused_before_anything_is_done() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        for method, path in (("DELETE", "/projects/prj_1"), ("DELETE", "/projects/prj_1/customers/acct_1")):
            answer = await client.request(method, path, headers={"X-Actor-Id": "no such name"})
            assert (answer.status_code, answer.json()["code"]) == (400, "actor_required")

    assert await world.projects.get("prj_1") is not None


async def test_test_that_cannot_be_noted_is_not_run_and_costs_nothing() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        world.database.lost_at = "INTO audit_entries"
        answer = await client.post(f"{CONTEXT}/test", json=EMAIL)

    assert answer.status_code == 503
    assert (world.credits_used, json.dumps(world.endpoint.requests, default=str)) == (0, "[]")
