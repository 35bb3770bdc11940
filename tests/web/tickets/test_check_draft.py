"""The draft check over HTTP: what it takes, what it is held against, and what it leaves behind."""

import json
from typing import Any

import pytest

from tests.support.service import CUSTOMER, EMAIL, World, set_up

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}


async def checked(client: Any, draft: str, **members: Any) -> dict[str, Any]:
    answer = await client.post("/tickets/t_1/check-draft", json={"project_id": "prj_1", "draft": draft, **members})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_draft_is_held_against_the_stored_facts_and_what_the_caller_knows() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        result = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
        draft = "Your plan is Pro with 13 seats, and it is inactive. Invoice 4711 is paid."
        body = await checked(client, draft)
        known = await checked(client, draft, also_known=["Has invoice 4711 arrived? We are inactive, with 13 people."])

    assert [(each["kind"], each["text"]) for each in body["findings"]] == [
        ("number", "13"),
        ("status", "inactive"),
        ("number", "4711"),
    ]
    assert all(draft[each["start"] : each["end"]] == each["text"] for each in body["findings"])
    assert body["checked_against"] == {
        "created_at": result["created_at"],
        "fields": len(result["fields"]),
        "withheld": False,
    }
    assert known["findings"] == []
    assert world.credits_used == 1  # the ticket's own


@pytest.mark.parametrize(
    ("changes", "sender_verified", "withheld"),
    [
        pytest.param({"match_path": "/email", "identity_policy": "require_match"}, True, False, id="the customer"),
        pytest.param({"match_path": "/email", "identity_policy": "require_match"}, None, True, id="not verified"),
        pytest.param({"match_path": "/other", "identity_policy": "show"}, True, True, id="certainly somebody else"),
        pytest.param({"identity_policy": "require_match"}, True, True, id="nobody can match"),
        pytest.param({}, None, False, id="nobody asks"),
    ],
)
async def test_record_of_somebody_else_is_withheld(
    changes: dict[str, Any], sender_verified: bool | None, withheld: bool
) -> None:
    world = World()
    world.endpoint.customers["acct_12ab34cd"] = {**CUSTOMER, "email": "jane@example.com", "other": "ines@example.com"}
    async with world.client() as client:
        await set_up(client, **changes)
        await client.post("/tickets/t_1/enrich", json=TICKET | {"sender_verified": sender_verified})
        body = await checked(client, "You are on the PRO plan.", also_known=["Am I on the Pro plan?"])

    assert body["checked_against"]["withheld"] is withheld
    assert [each["kind"] for each in body["findings"]] == (["withheld"] if withheld else [])


async def test_ticket_without_facts_leaves_what_the_caller_knows() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET | {"body": "Hello"})
        body = await checked(client, "It is 5 EUR, or 6 EUR.", also_known=["5 EUR"])

    assert [each["text"] for each in body["findings"]] == ["6 EUR"]
    assert body["checked_against"]["fields"] == 0


@pytest.mark.parametrize(
    ("ticket_id", "project_id", "status", "code"),
    [
        pytest.param("t_9", "prj_1", 404, "result_not_found", id="no result"),
        pytest.param("t_1", "prj_2", 409, "ticket_project_mismatch", id="another project's"),
        pytest.param("t_9", "prj_9", 404, "result_not_found", id="no such project"),
    ],
)
async def test_ticket_that_has_no_result_is_refused(ticket_id: str, project_id: str, status: int, code: str) -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        body = {"project_id": project_id, "draft": "Hi"}
        answer = await client.post(f"/tickets/{ticket_id}/check-draft", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("members", "status", "loc"),
    [
        pytest.param({"draft": "x" * 32_768}, 200, None, id="32 KB"),
        pytest.param({"draft": "x" * 32_769}, 422, ["body", "draft"], id="32 KB and a byte"),
        pytest.param({"draft": "é" * 16_385}, 422, ["body", "draft"], id="bytes count, not characters"),
        pytest.param({"also_known": ["x" * 8_192] * 20}, 200, None, id="20 of 8 KB"),
        pytest.param({"also_known": ["x" * 8_193]}, 422, ["body", "also_known", 0], id="8 KB and a byte"),
        pytest.param({"also_known": ["x"] * 21}, 422, ["body", "also_known"], id="21 texts"),
        pytest.param({"draft": "cut emoji \ud83d 7"}, 200, None, id="a lone surrogate"),
        pytest.param({"also_know": []}, 422, ["body", "also_know"], id="a typo"),
    ],
)
async def test_limits_of_a_draft(members: dict[str, Any], status: int, loc: list[Any] | None) -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        content = json.dumps({"project_id": "prj_1", "draft": "Hi", **members})  # a lone surrogate escaped
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/tickets/t_1/check-draft", content=content, headers=headers)

    assert answer.status_code == status
    assert loc is None or answer.json()["errors"][0]["loc"] == loc


async def test_nothing_of_a_draft_is_logged_or_stored(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.post("/tickets/t_1/enrich", json=TICKET)
        before = world.row().result
        await checked(client, "canary-in-a-draft 4711", also_known=["canary-in-a-text"])

    assert world.row().result == before
    assert "canary" not in "".join(capsys.readouterr())
