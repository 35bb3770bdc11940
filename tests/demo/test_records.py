import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.demo.records import find, open_records


@pytest.fixture
def records() -> Iterator[sqlite3.Connection]:
    with closing(open_records()) as connection:
        yield connection


def test_find_returns_only_what_support_needs_when_the_account_exists(records: sqlite3.Connection) -> None:
    assert find(records, "acct_12ab34cd") == {
        "type": "account",
        "company": "Northwind Bikes",
        "email": "jane@example.com",
        "plan": "Pro",
        "status": "Active",
        "seats": 12,
        "monthly_revenue": "$588.00",
        "customer_since": "2023-02-08",
        "links": [{"label": "View account in admin", "url": "https://admin.example.com/accounts/acct_12ab34cd"}],
    }


def test_find_returns_the_order_and_links_to_its_account_when_given_a_number(records: sqlite3.Connection) -> None:
    assert find(records, "10482") == {
        "type": "order",
        "email": "tom@example.com",
        "item": "Trail helmet, size M",
        "amount": "$89.00",
        "fulfillment_status": "Shipped",
        "ordered_on": "2026-11-20",
        "links": [
            {"label": "View order in admin", "url": "https://admin.example.com/orders/10482"},
            {"label": "View account in admin", "url": "https://admin.example.com/accounts/acct_08f86beb"},
        ],
    }


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param("acct_00000000", id="an account that nobody has"),
        pytest.param("99999", id="an order that nobody placed"),
        pytest.param("acct_12AB34CD", id="another case: identifiers are exact"),
        pytest.param("acct_12ab34cd\n", id="a line break after it"),
        pytest.param("acct_12ab34c", id="one character short"),
        pytest.param("acct_12ab34cde", id="one character long"),
        pytest.param("1048", id="a number below the shortest"),
        pytest.param("10482104821", id="a number above the longest"),
        pytest.param("１０４８２", id="full-width digits"),
        pytest.param("acct_' OR 1=1", id="an attempt at the statement"),
        pytest.param("acct_\ud800", id="a lone surrogate, which SQLite cannot take"),
        pytest.param("jane@example.com", id="a kind of identifier that the company does not have"),
        pytest.param("", id="nothing"),
    ],
)
def test_find_returns_an_empty_object_when_nobody_is_behind_the_identifier(
    records: sqlite3.Connection, identifier: str
) -> None:
    assert find(records, identifier) == {}


def test_every_record_can_be_found_when_asked_for_by_its_own_key(records: sqlite3.Connection) -> None:
    accounts = [row["id"] for row in records.execute("SELECT id FROM accounts")]
    orders = [row["number"] for row in records.execute("SELECT number FROM orders")]

    assert len(accounts) >= 24
    assert len(orders) >= 24
    assert all(find(records, key)["type"] == "account" for key in accounts)
    assert all(find(records, key)["type"] == "order" for key in orders)


def test_every_order_belongs_to_an_account_that_exists(records: sqlite3.Connection) -> None:
    lost = "SELECT count(*) FROM orders WHERE account_id NOT IN (SELECT id FROM accounts)"

    assert records.execute(lost).fetchone()[0] == 0
