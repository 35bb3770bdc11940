"""Lists in PostgreSQL: pages that neither skip nor repeat, filters, and one customer in any case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters.postgres.connection import Database
from app.adapters.postgres.reports.listing_store import ListingStore
from app.domain.claims import Position, Taken, Wanted
from tests.support.stores import RESULT, Stores, submission

FACTS = RESULT | {"identifier": "acct_1"}
ENDED = [
    ("t_1", FACTS),
    ("t_2", RESULT | {"status": "no_identifier", "reason": "not_found"}),
    ("t_3", FACTS | {"identifier": "ACCT_1"}),
    ("t_4", FACTS | {"identifier": "acct_2"}),
]


async def ended(stores: Stores, ticket_id: str, result: dict[str, Any]) -> None:
    [taken] = await stores.tickets.submit([submission(ticket_id=ticket_id)], take=True)
    assert isinstance(taken, Taken)
    await stores.runs.finish(taken.claimed, result, refund=False)


@pytest.fixture
async def lists(stores: Stores, database: Database) -> ListingStore:
    await stores.turn_on()
    for ticket_id, result in ENDED:
        await ended(stores, ticket_id, result)
    await stores.tickets.submit([submission(ticket_id="t_pending")])
    return ListingStore(database)


async def test_pages_of_results_neither_skip_nor_repeat(lists: ListingStore) -> None:
    read: list[str] = []
    before: Position | None = None
    for _ in range(3):
        page = await lists.results("prj_1", Wanted(), 2, before)
        read += [each.position.ticket_id for each in page]
        before = page[-1].position if page else before

    assert read == ["t_4", "t_3", "t_2", "t_1"]


async def test_a_project_is_known_whether_it_has_results_or_not(lists: ListingStore) -> None:
    assert [await lists.has_project(each) for each in ("prj_1", "prj_9")] == [True, False]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(Wanted(status="ok"), ["t_4", "t_3", "t_1"], id="status"),
        pytest.param(Wanted(reason="not_found"), ["t_2"], id="reason"),
        pytest.param(Wanted(since=datetime.now(UTC) - timedelta(hours=1)), ["t_4", "t_3", "t_2", "t_1"], id="since"),
        pytest.param(Wanted(since=datetime.now(UTC) + timedelta(hours=1)), [], id="later"),
    ],
)
async def test_results_are_filtered(lists: ListingStore, wanted: Wanted, found: list[str]) -> None:
    assert [each.position.ticket_id for each in await lists.results("prj_1", wanted, 10, None)] == found
    assert await lists.results("prj_2", wanted, 10, None) == []


@pytest.mark.parametrize(("identifier", "found"), [("Acct_1", ["t_3", "t_1"]), ("acct_9", []), (None, [])])
async def test_customer_is_found_in_any_case(lists: ListingStore, identifier: str | None, found: list[str]) -> None:
    page = await lists.of_customer("prj_1", identifier, 10, None)

    assert [each.position.ticket_id for each in page] == found


async def test_projects_are_in_order_and_reading_a_customer_is_noted(lists: ListingStore, stores: Stores) -> None:
    page = await lists.projects(10, "")

    assert [(each.project_id, each.enabled) for each in page] == [("prj_1", True)]
    assert await lists.projects(10, "prj_1") == []
    assert await lists.note_customer_read("prj_1", "u1") is True
    assert await lists.note_customer_read("prj_9", "u1") is False
    assert [entry.action for entry in await stores.trail.of_project("prj_1", 1, None)] == ["customer_read"]
