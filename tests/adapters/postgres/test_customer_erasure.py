"""Erasing a customer: whatever was stored about that one, in whatever state its ticket is, and of nobody else."""

import json
from typing import Any

import pytest

from app.domain.claims import Stored, Underway, UnknownProject
from app.domain.outcomes import Usage
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from tests.support.dump import dump
from tests.support.stores import OTHER_PROJECT, Stores, result_of

CANARY = "Canary.Customer@example.com"
EMAIL = Email("Hello", f"I am {CANARY}", CANARY)
FOUND = Extracted(CANARY, Usage(1, 1))
RESULT = result_of(identifier=CANARY, summary=f"{CANARY} is on Pro", fields=[{"label": "Email", "value": CANARY}])


async def done(stores: Stores, ticket_id: str, identifier: str | None, **options: Any) -> None:
    """Have a ticket run to a result about this customer."""
    claimed = await stores.claimed(ticket_id, **options)
    assert await stores.runs.finish(claimed, result_of(identifier=identifier), refund=False)


@pytest.mark.parametrize(
    "spelling", [CANARY, CANARY.lower(), CANARY.upper()], ids=["as stored", "in lower case", "in upper case"]
)
async def test_results_of_a_customer_go_in_whatever_case_they_are_written(stores: Stores, spelling: str) -> None:
    for number in range(3):
        await done(stores, f"t_{number}", CANARY)

    assert await stores.tickets.erase_customer("prj_1", spelling) == 3
    assert await stores.tickets.find("t_1", "prj_1") is None
    assert await stores.tickets.erase_customer("prj_1", spelling) == 0


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("acct_1", id="begins alike"),
        pytest.param("acct_123", id="goes on"),
        pytest.param("acct-12", id="another separator"),
        pytest.param("acct%12", id="a wildcard is none"),
        pytest.param(None, id="nobody was found"),
    ],
)
async def test_nobody_else_is_erased(stores: Stores, identifier: str | None) -> None:
    await done(stores, "t_1", identifier)

    assert await stores.tickets.erase_customer("prj_1", "acct_12") == 0
    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Stored)


async def test_the_same_identifier_in_another_project_is_somebody_else(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await done(stores, "t_1", CANARY, project_id="prj_2")

    assert await stores.tickets.erase_customer("prj_1", CANARY) == 0
    assert isinstance(await stores.tickets.find("t_1", "prj_2"), Stored)


async def test_what_could_be_no_identifier_erases_no_run_that_found_none(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, Extracted("", Usage()), "")
    await done(stores, "t_2", None)

    assert await stores.tickets.erase_customer("prj_1", None) == 0
    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Underway)


async def test_unknown_project_is_told(stores: Stores) -> None:
    assert await stores.tickets.erase_customer("prj_9", CANARY) == UnknownProject()


async def test_run_under_way_is_erased_and_can_store_nothing_any_more(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, FOUND, CANARY)

    assert await stores.tickets.erase_customer("prj_1", CANARY) == 1
    assert ("t_1", "prj_1") in await stores.behind.heard()  # whoever waits is told
    assert await stores.runs.finish(claimed, RESULT, refund=False) is None
    assert await stores.tickets.find("t_1", "prj_1") is None


async def test_identifier_that_was_cut_when_it_was_sent_is_found_in_a_run_too(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, Extracted("a" * 300, Usage()), "a" * 256)

    assert await stores.tickets.erase_customer("prj_1", "a" * 256) == 1


@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_many_results_go_in_batches_and_are_counted_together(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("app.adapters.postgres.ticket_store.ERASED_AT_ONCE", at_once)
    for number in range(3):
        await done(stores, f"t_{number}", CANARY)

    assert await stores.tickets.erase_customer("prj_1", CANARY, "u1") == 3
    noted = [entry.results_erased for entry in await stores.trail.of_project("prj_1", 9, None)]
    assert sum(each or 0 for each in noted) == 3


@pytest.mark.parametrize("telling", [True])
async def test_nothing_of_the_customer_is_left_in_any_table(stores: Stores, database_url: str) -> None:
    await stores.turn_on()
    for ticket_id, asynchronous in (("t_done", False), ("t_told", True), ("t_refreshed", False), ("t_again", False)):
        claimed = await stores.claimed(ticket_id, email=EMAIL, asynchronous=asynchronous)
        await stores.runs.admit(claimed, FOUND, CANARY)
        assert await stores.runs.finish(claimed, RESULT, refund=False)
    again = await stores.claimed("t_again", email=EMAIL, refresh=True)
    await stores.runs.admit(again, FOUND, CANARY)
    running = await stores.claimed("t_running", email=EMAIL)
    await stores.runs.admit(running, FOUND, CANARY)
    back = await stores.claimed("t_back", email=EMAIL, asynchronous=True)
    await stores.runs.admit(back, FOUND, CANARY)
    assert await stores.runs.rest(back, 60.0, strike=False)
    await done(stores, "t_other", "acct_of_another")
    await stores.submit("t_refreshed", email=EMAIL, refresh=True)  # waits, its last result still there
    before = await dump(database_url)

    assert await stores.tickets.erase_customer("prj_1", CANARY.lower(), "u1") == 6
    await stores.runs.finish(running, RESULT, refund=False)
    await stores.runs.admit(again, FOUND, CANARY)
    after = await dump(database_url)

    assert before.lower().count(CANARY.lower()) >= 6
    assert CANARY.lower() not in after.lower()
    assert json.dumps(CANARY).encode().hex() not in after
    assert "acct_of_another" in after
    assert await stores.behind.webhooks() == [("t_told", "prj_1")]  # names a ticket only; it is dropped when it is due
    assert await stores.tickets.find("t_told", "prj_1") is None
