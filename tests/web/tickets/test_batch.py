"""Many tickets in one request: each taken in or refused by itself, in one transaction, away from the event loop."""

import json
from typing import Any

import pytest

from app.adapters.postgres.rows.ticket_rows import unpacked
from app.web.http.middleware import LARGEST_REQUEST_BYTES_OF
from tests.support.service import CUSTOMER, EMAIL, World, set_up

ROUTE = "/tickets/enrich-batch"
STORED = "/tickets/t_stored/customer-context?project_id=prj_1"


def ticket(ticket_id: str, **changes: Any) -> dict[str, Any]:
    """Return a valid row of a batch."""
    return {"ticket_id": ticket_id, "project_id": "prj_1", **EMAIL} | changes


ROWS = [
    # the row, its outcome, its code, where its errors are
    pytest.param(ticket("t_1"), "accepted", None, [], id="new"),
    pytest.param(ticket("t_stored"), "stored", None, [], id="has a result"),
    pytest.param(ticket("t_stored", refresh=True), "accepted", None, [], id="has a result, run anew"),
    pytest.param(ticket("t_1", project_id="prj_9"), "refused", "project_not_found", [], id="unknown project"),
    pytest.param(ticket("t_other"), "refused", "ticket_project_mismatch", [], id="another project's"),
    pytest.param(ticket("t_1", is_spam=True), "refused", "is_spam", [], id="spam"),
    pytest.param(ticket("t_1", body="x" * 1_048_576), "accepted", None, [], id="1 MiB"),
    pytest.param(ticket("t_1", body="x" * 1_048_577), "refused", "body_too_large", [], id="1 MiB and a byte"),
    pytest.param(ticket("t_1", body=5), "refused", "validation_error", [["body"]], id="body is a number"),
    pytest.param({"ticket_id": "t_1", "project_id": "prj_1"}, "refused", "validation_error", [["body"]], id="no body"),
    pytest.param(ticket("t_1", refresh="yes"), "refused", "validation_error", [["refresh"]], id="refresh as a word"),
    pytest.param(
        ticket("t_1", body_format="rtf", is_spam="no"),
        "refused",
        "validation_error",
        [["body_format"], ["is_spam"]],
        id="two fields",
    ),
    pytest.param(
        ticket("t_1", something_new=1), "refused", "validation_error", [["something_new"]], id="a field that is none"
    ),
    pytest.param(ticket("t_1", subject="cut emoji \ud83d"), "accepted", None, [], id="a lone surrogate"),
]


@pytest.mark.parametrize(("row", "outcome", "code", "fields"), ROWS)
async def test_row_is_taken_in_or_refused_by_itself(
    row: dict[str, Any], outcome: str, code: str | None, fields: list[list[str]]
) -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.put("/projects/prj_2", json={"plan": "business", "owner_ids": ["u2"], "monthly_ai_credits": 5})
        await client.post("/tickets/t_stored/enrich", json={"project_id": "prj_1", **EMAIL})
        await client.post("/tickets/t_other/enrich", json={"project_id": "prj_2", **EMAIL})
        # Every odd character escaped, lone surrogates too; a good row on either side.
        content = json.dumps({"tickets": [ticket("t_before"), row, ticket("t_after")]})
        answer = await client.post(ROUTE, content=content, headers={"Content-Type": "application/json"})

    before, told, after = answer.json()["tickets"]
    assert answer.status_code == 202
    assert (before["outcome"], after["outcome"]) == ("accepted", "accepted")
    assert (told["ticket_id"], told["outcome"], told["code"]) == (row["ticket_id"], outcome, code)
    where = f"/tickets/{row['ticket_id']}/customer-context?project_id=prj_1"
    assert told["location"] == (None if outcome == "refused" else where)
    assert (told["detail"] is None) is (code is None)
    assert [error["loc"] for error in told["errors"] or []] == [["body", "tickets", 1, *field] for field in fields]
    assert (told["errors"] is not None) is (code == "validation_error")


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        pytest.param({"ticket_id": "t_1"}, "t_1", id="good id"),
        pytest.param({"ticket_id": "canary id"}, None, id="bad id"),
        pytest.param({"ticket_id": ["canary"]}, None, id="id is a list"),
        pytest.param({"body": "canary"}, None, id="no id"),
        pytest.param("canary", None, id="a word"),
        pytest.param(["canary"], None, id="a list"),
        pytest.param(7_777_777, None, id="a number"),
        pytest.param(None, None, id="null"),
        pytest.param(ticket("t_1", sender={"canary": "canary"}), "t_1", id="an object for a text"),
    ],
)
async def test_row_that_is_not_valid_is_told_apart_and_not_echoed(row: Any, kept: str | None) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json={"tickets": [row]})

    [told] = answer.json()["tickets"]
    assert (answer.status_code, told["ticket_id"], told["code"]) == (202, kept, "validation_error")
    assert told["errors"]
    assert "canary" not in answer.text
    assert "7777777" not in answer.text


async def test_counts_say_what_became_of_the_rows() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.post("/tickets/t_stored/enrich", json={"project_id": "prj_1", **EMAIL})
        rows = [ticket("t_1"), ticket("t_stored"), ticket("t_2"), {}, ticket("t_3"), ticket("t_4", is_spam=True)]
        body = (await client.post(ROUTE, json={"tickets": rows})).json()

    assert [row["outcome"] for row in body["tickets"]] == [
        "accepted", "stored", "accepted", "refused", "accepted", "refused",
    ]  # fmt: skip
    assert (body["accepted"], body["stored"], body["refused"]) == (3, 1, 2)


async def test_accepted_tickets_are_run_asynchronously_and_end_with_a_result() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        body = (await client.post(ROUTE, json={"tickets": [ticket(f"t_{n}") for n in range(3)]})).json()
        pending = [(await client.get(row["location"])).json()["status"] for row in body["tickets"]]
        told_later = {row.asynchronous for row in world.database.rows("SELECT * FROM enrichments")}
        await world.work_off()
        results = [(await client.get(row["location"])).json()["status"] for row in body["tickets"]]

    assert (pending, results, told_later) == (["pending"] * 3, ["ok"] * 3, {True})
    assert len(world.endpoint.asked) == 3


async def test_ticket_under_way_is_accepted_and_run_once() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        answers = [(await client.post(ROUTE, json={"tickets": [ticket("t_1")]})).json() for _ in range(2)]
        await world.work_off()

    assert [answer["accepted"] for answer in answers] == [1, 1]
    assert world.endpoint.asked == ["acct_12ab34cd"]


async def test_refresh_under_way_is_stored_to_who_asks_for_none() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        await client.post(ROUTE, json={"tickets": [ticket("t_stored")]})
        await world.work_off()
        world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Enterprise"}
        outcomes = [
            (await client.post(ROUTE, json={"tickets": [ticket("t_stored", refresh=refresh)]})).json()["tickets"][0]
            for refresh in (True, False)
        ]
        await world.work_off()
        new = (await client.get(STORED)).json()

    assert [outcome["outcome"] for outcome in outcomes] == ["accepted", "stored"]
    assert new["fields"][0]["value"] == "Enterprise"


async def test_first_counts_of_a_ticket_that_stands_twice() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await client.put("/projects/prj_2", json={"plan": "business", "owner_ids": ["u2"], "monthly_ai_credits": 5})
        rows = [
            ticket("t_1", body="no id", is_spam=True),  # refused, so it is not the first
            ticket("t_1"),
            ticket("t_1", body="Account ID: acct_99999999"),
            ticket("t_1", project_id="prj_2"),
        ]
        body = (await client.post(ROUTE, json={"tickets": rows})).json()
        result = (await client.get(f"{body['tickets'][1]['location']}&wait=30")).json()

    assert [(row["outcome"], row["code"]) for row in body["tickets"]] == [
        ("refused", "is_spam"),
        ("accepted", None),
        ("accepted", None),
        ("refused", "ticket_project_mismatch"),
    ]
    assert (result["project_id"], result["identifier"]) == ("prj_1", "acct_12ab34cd")
    assert world.endpoint.asked == ["acct_12ab34cd"]


async def test_batch_may_hold_tickets_of_two_projects() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.put("/projects/prj_2", json={"plan": "team", "owner_ids": ["u2"], "monthly_ai_credits": 5})
        rows = [ticket("t_1"), ticket("t_2", project_id="prj_2")]
        body = (await client.post(ROUTE, json={"tickets": rows})).json()
        results = [(await client.get(f"{row['location']}&wait=30")).json() for row in body["tickets"]]

    assert [(result["project_id"], result["status"]) for result in results] == [("prj_1", "ok"), ("prj_2", "disabled")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"tickets": [ticket("t_1")] * 500}, 202, id="500"),
        pytest.param({"tickets": [ticket("t_1")] * 501}, 422, id="501"),
        pytest.param({"tickets": []}, 422, id="none"),
        pytest.param({"tickets": ticket("t_1")}, 422, id="one that is no list"),
        pytest.param({"tickets": None}, 422, id="null"),
        pytest.param({}, 422, id="nothing"),
        pytest.param([ticket("t_1")], 422, id="a bare list"),
    ],
)
async def test_batch_holds_1_to_500_tickets(body: Any, status: int) -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=body)

    assert answer.status_code == status
    assert len(world.waiting) == (1 if status == 202 else 0)
    if status == 422:
        assert answer.json()["code"] == "validation_error"
        assert answer.json()["errors"][0]["loc"][0] == "body"


async def test_batch_without_a_valid_ticket_is_answered_row_by_row() -> None:
    async with World().client() as client:
        answer = await client.post(ROUTE, json={"tickets": [{}, ticket("t_1", is_spam=True)]})

    assert answer.status_code == 202
    assert [row["code"] for row in answer.json()["tickets"]] == ["validation_error", "is_spam"]


@pytest.mark.parametrize(
    ("beyond", "status"), [pytest.param(0, 202, id="32 MiB"), pytest.param(1, 413, id="32 MiB and a byte")]
)
async def test_batch_up_to_32_mib_is_taken(beyond: int, status: int) -> None:
    rows = [ticket(f"t_{n}", body="Account ID: acct_12ab34cd\n" + "x" * 1_000_000) for n in range(32)]
    content = json.dumps({"tickets": rows}).encode()
    padded = content + b" " * (LARGEST_REQUEST_BYTES_OF[ROUTE] + beyond - len(content))
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, content=padded, headers={"Content-Type": "application/json"})

    assert answer.status_code == status
    assert len(world.waiting) == (32 if status == 202 else 0)
    if status == 413:
        assert "send fewer per request" in answer.json()["detail"]


async def test_html_is_reduced_to_what_its_reader_sees() -> None:
    world = World(seats=0)
    async with world.client() as client:
        await set_up(client)
        html = "<p>Account&nbsp;ID:</p><p hidden>acct_99999999</p><p>acct_12ab34cd</p>"
        await client.post(ROUTE, json={"tickets": [ticket("t_1", body=html, body_format="html")]})

    email, _, _ = unpacked(world.row().submission)
    assert email is not None
    assert email.body.split() == ["Account", "ID:", "acct_12ab34cd"]


async def test_lost_database_is_503_for_the_whole_batch() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        world.database.available = False
        answer = await client.post(ROUTE, json={"tickets": [ticket("t_1"), {}]})

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert world.database.rows("SELECT FROM enrichments") == []
