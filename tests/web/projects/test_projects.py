"""Projects over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.service import EMAIL, World, set_up

PROJECT = {"plan": "business", "owner_ids": ["u1", "u2"], "monthly_ai_credits": 1000}


async def test_put_then_get_returns_the_project_and_its_credits() -> None:
    async with World().client() as client:
        put = await client.put("/projects/prj_1", json=PROJECT)
        got = await client.get("/projects/prj_1")

    assert put.status_code == got.status_code == 200
    assert put.json() == got.json()
    body = got.json()
    resets = datetime.fromisoformat(body.pop("credits_reset_at"))
    assert body == {"project_id": "prj_1", **PROJECT, "customer_context_included": True, "credits_used_this_month": 0}
    assert (resets.day, resets.hour) == (1, 0)
    assert resets > datetime.now(UTC)


async def test_put_replaces_and_keeps_what_was_used() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL})
        body = (await client.put("/projects/prj_1", json=PROJECT | {"plan": "free"})).json()

    assert (body["plan"], body["credits_used_this_month"]) == ("free", 1)


async def test_an_answer_can_be_put_back() -> None:
    async with World().client() as client:
        first = (await client.put("/projects/prj_1", json=PROJECT)).json()

        assert (await client.put("/projects/prj_1", json=first)).json() == first


async def test_plan_is_compared_without_regard_to_case() -> None:
    async with World().client() as client:
        await set_up(client)
        shown = []
        for plan in ("Business", "BUSINESS", "business", "Busines", "free"):
            put = (await client.put("/projects/prj_1", json=PROJECT | {"plan": plan})).json()
            read = await client.get("/projects/prj_1/customer-context")
            ticket = await client.post(f"/tickets/{plan}/enrich", json={"project_id": "prj_1", **EMAIL})
            shown.append((put["plan"], put["customer_context_included"], read.status_code, ticket.json()["status"]))

    assert shown == [
        ("Business", True, 200, "ok"),
        ("BUSINESS", True, 200, "ok"),
        ("business", True, 200, "ok"),
        ("Busines", False, 403, "disabled"),
        ("free", False, 403, "disabled"),
    ]


async def test_unknown_project_is_not_found() -> None:
    async with World().client() as client:
        answers = [await client.get("/projects/prj_9"), await client.delete("/projects/prj_9")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["code"] for answer in answers} == {"project_not_found"}


async def test_delete_erases_configuration_and_results() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL})

        assert (await client.delete("/projects/prj_1")).status_code == 204
        await client.put("/projects/prj_1", json=PROJECT)
        configuration = (await client.get("/projects/prj_1/customer-context")).json()
        result = await client.get("/tickets/t_1/customer-context?project_id=prj_1")

    assert configuration["bearer_token_configured"] is False
    assert result.status_code == 404


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        pytest.param({"plan": ""}, "plan", id="no plan"),
        pytest.param({"plan": None}, "plan", id="null plan"),
        pytest.param({"owner_ids": ["u 1"]}, "owner_ids", id="space in an id"),
        pytest.param({"owner_ids": ["u" * 129]}, "owner_ids", id="129 characters"),
        pytest.param({"owner_ids": ["u1\n"]}, "owner_ids", id="line end behind an id"),
        pytest.param({"owner_ids": "u1"}, "owner_ids", id="no list"),
        pytest.param({"monthly_ai_credits": -1}, "monthly_ai_credits", id="negative"),
        pytest.param({"monthly_ai_credits": "5"}, "monthly_ai_credits", id="a string"),
        pytest.param({"monthly_ai_credits": 1e30}, "monthly_ai_credits", id="beyond any database"),
        pytest.param({"monthly_ai_credits": True}, "monthly_ai_credits", id="a boolean"),
    ],
)
async def test_bad_field_is_named(change: dict[str, Any], loc: str) -> None:
    async with World().client() as client:
        answer = await client.put("/projects/prj_1", json=PROJECT | change)

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "validation_error"
    assert problem["errors"][0]["loc"][:2] == ["body", loc]
    assert problem["errors"][0].keys() == {"loc", "msg", "type"}


@pytest.mark.parametrize(
    ("project_id", "status"),
    [
        ("p" * 128, 200),
        ("p" * 129, 422),
        ("A-z0.9_:@-", 200),
        ("...", 200),
        (".a", 200),
        ("%2E", 422),
        ("%2E%2E", 422),
        ("a%20b", 422),
        ("a%0a", 422),
        ("%C3%A9", 422),
    ],
)
async def test_project_id_keeps_to_its_alphabet(project_id: str, status: int) -> None:
    async with World().client() as client:
        assert (await client.put(f"/projects/{project_id}", json=PROJECT)).status_code == status
