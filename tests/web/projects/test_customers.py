"""The route that erases a customer: what it takes, what it answers, and what it leaves to others."""

from typing import Any

import pytest

from tests.support.service import EMAIL, World, set_up

IDENTIFIER = "acct_12ab34cd"


async def erased(client: Any, identifier: str, **headers: str) -> Any:
    return await client.delete(f"/projects/prj_1/customers/{identifier}", headers=headers)


async def test_answer_says_who_and_how_many_and_a_second_time_none() -> None:
    async with World().client() as client:
        await set_up(client)
        for number in range(2):
            await client.post(f"/tickets/t_{number}/enrich", json={"project_id": "prj_1", **EMAIL})
        del client.headers["X-Actor-Id"]  # nobody need be named
        first, second = await erased(client, IDENTIFIER), await erased(client, IDENTIFIER)
        gone = await client.get("/tickets/t_0/customer-context?project_id=prj_1")

    body = {"project_id": "prj_1", "identifier": IDENTIFIER, "results_erased": 2}
    assert (first.status_code, first.json()) == (200, body)
    assert (second.status_code, second.json()) == (200, body | {"results_erased": 0})
    assert gone.json()["code"] == "result_not_found"


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        pytest.param("acct_12ab34cd", "acct_12ab34cd", id="as it stands"),
        pytest.param("%20acct_12ab34cd!", "acct_12ab34cd", id="with what is never sent"),
        pytest.param("ACCT_12AB34CD", "ACCT_12AB34CD", id="in another case"),
        pytest.param("jane@example.com", "jane@example.com", id="an address"),
        pytest.param("a.b:c-d_e@f", "a.b:c-d_e@f", id="every sign"),
        pytest.param("a" * 300, "a" * 256, id="cut as it was sent"),
        pytest.param("ann+work@example.com", None, id="would be somebody else without its plus"),
        pytest.param("b%C3%BCrger", None, id="would be somebody else without a letter"),
        pytest.param("%20!", None, id="nothing is left"),
    ],
)
async def test_identifier_is_read_as_the_endpoint_would_have_got_it(asked: str, sent: str | None) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await erased(client, asked)

    assert (answer.status_code, answer.json()["identifier"]) == (200, sent)


async def test_customer_whose_identifier_shrinks_to_anothers_is_not_taken_for_that_one() -> None:
    async with World().client() as client:
        await set_up(client, identify_instructions="Use the sender's email address.")
        email = {"project_id": "prj_1", "subject": "", "body": "Hello", "sender": "annwork@example.com"}
        result = (await client.post("/tickets/t_1/enrich", json=email)).json()
        answer = await erased(client, "ann+work@example.com")
        still = await client.get("/tickets/t_1/customer-context?project_id=prj_1")

    assert result["identifier"] == "annwork@example.com"
    assert answer.json()["results_erased"] == 0
    assert still.status_code == 200


async def test_unknown_project_is_404() -> None:
    async with World().client() as client:
        answer = await client.delete("/projects/prj_9/customers/acct_1")

    assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


async def test_identifier_longer_than_a_path_may_hold_is_422() -> None:
    async with World().client() as client:
        await set_up(client)
        statuses = [(await erased(client, "a" * length)).status_code for length in (1_024, 1_025)]

    assert statuses == [200, 422]
