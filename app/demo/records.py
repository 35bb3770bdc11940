"""The sample company's records: a few dozen made-up customers and orders in an SQLite database in memory."""

import re
import sqlite3
from pathlib import Path

ACCOUNT_ID = re.compile(r"acct_[0-9a-f]{8}", re.ASCII)
ORDER_NUMBER = re.compile(r"[0-9]{5,10}", re.ASCII)

ADMIN_URL = "https://admin.example.com"
"""Where the links lead; example.com is reserved for this (RFC 2606)."""


def open_records() -> sqlite3.Connection:
    """Return a fresh database with every record in it; any one thread at a time may use it."""
    records = sqlite3.connect(":memory:", check_same_thread=False)
    records.row_factory = sqlite3.Row
    records.executescript(Path(__file__).with_name("records.sql").read_text("utf-8"))
    return records


def find(records: sqlite3.Connection, identifier: str) -> dict[str, object]:
    """Return what support may see of the account or order behind this identifier, `{}` where there is none."""
    if ACCOUNT_ID.fullmatch(identifier):
        return _account(records, identifier)
    if ORDER_NUMBER.fullmatch(identifier):
        return _order(records, identifier)
    return {}


def _account(records: sqlite3.Connection, account_id: str) -> dict[str, object]:
    # The identifier comes from an email that anybody can write: it is a parameter, never part of the statement.
    row = records.execute(
        "SELECT company, email, plan, status, seats, monthly_revenue, customer_since FROM accounts WHERE id = ?",
        (account_id,),
    ).fetchone()
    if row is None:
        return {}
    return {
        "type": "account",
        "company": row["company"],
        "email": row["email"],
        "plan": row["plan"],
        "status": row["status"],
        "seats": row["seats"],
        "monthly_revenue": _dollars(row["monthly_revenue"]),
        "customer_since": row["customer_since"],
        "links": [{"label": "View account in admin", "url": f"{ADMIN_URL}/accounts/{account_id}"}],
    }


def _order(records: sqlite3.Connection, number: str) -> dict[str, object]:
    row = records.execute(
        "SELECT account_id, email, item, amount, fulfillment_status, ordered_on "
        "FROM orders JOIN accounts ON accounts.id = account_id WHERE number = ?",
        (number,),
    ).fetchone()
    if row is None:
        return {}
    return {
        "type": "order",
        "email": row["email"],
        "item": row["item"],
        "amount": _dollars(row["amount"]),
        "fulfillment_status": row["fulfillment_status"],
        "ordered_on": row["ordered_on"],
        "links": [
            {"label": "View order in admin", "url": f"{ADMIN_URL}/orders/{number}"},
            {"label": "View account in admin", "url": f"{ADMIN_URL}/accounts/{row['account_id']}"},
        ],
    }


def _dollars(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02}"
