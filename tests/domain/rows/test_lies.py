"""Lies about rows that a release before showed, by class: none of them may be shown."""

from typing import Any

import pytest

from app.domain.rows.judging import Judged
from tests.support.pointing import card, pointed, told

RECORD: dict[str, Any] = {
    "plan": "Pro",
    "status": "trialing",
    "seats": 12,
    "mrr": 49,
    "price": 129.9,
    "currency": "EUR",
    "balance": -1250,
    "renews": "2026-12-01",
    "created": 1714060800,
    "order": "A-1001",
    "verified": None,
    "discount_pct": 10,
}
DISPLAY = (
    "Show Plan; Status (Active or Inactive); Seats; Monthly revenue; Price; Balance; Renews; Created; Order; "
    "Verified (Yes or No); Discount."
)
VALUES = {
    ("Seats", "/seats"): ["21", "120", "1.2", "12 %", "12k", "12 USD", "$12", "twelve thousand", "-12", "12 (of 100)"],
    ("Plan", "/plan"): ["Pro Plus", "Enterprise", "Pro (canceled)", "Not Pro", "Pro, VIP", "Pro until 2030"],
    ("Price", "/price"): ["129.90 USD", "$129.90", "12990", "1,299.00", "130", "129.9 / year", "129.90 EUR paid"],
    ("Monthly revenue", "/mrr"): ["$49", "49 USD", "490", "49k", "4.9", "49 refunded", "EUR 94"],
    ("Balance", "/balance"): ["1250", "12.50", "-$1250", "-1250 USD", "-12.50", "0"],
    ("Renews", "/renews"): ["2026-01-12", "12 January 2026", "1 December 2027", "today", "expired 2026-12-01"],
    ("Created", "/created"): ["2025-04-25", "1714060800 days", "1714060801"],
    ("Order", "/order"): ["A-1002", "1001-A", "A-1001, A-1002", "A1001B"],
    ("Discount", "/discount_pct"): ["100", "10 EUR", "110 %", "0"],
}


@pytest.mark.parametrize(
    ("label", "source", "lie"),
    [(label, source, lie) for (label, source), lies in VALUES.items() for lie in lies],
    ids=str,
)
def test_value_that_a_model_writes_is_never_shown(label: str, source: str, lie: str) -> None:
    for kind in ("text", "number", "percent", "money", "date", "datetime", "choice", "count", "list"):
        assert lie not in told(card(RECORD, DISPLAY, pointed(label, source, kind, lie, unit=lie))).values()


@pytest.mark.parametrize(
    ("value", "display", "label", "source"),
    [
        pytest.param({"total_due": 500, "total_paid": 0}, "Show Total paid.", "Total paid", "/total_due", id="paid"),
        pytest.param({"total_due": 500}, "Show Total paid.", "Total paid", "/total_due", id="paid, which is not there"),
        pytest.param({"seats_used": 9}, "Show Seats limit.", "Seats limit", "/seats_used", id="limit"),
        pytest.param({"start_date": "2020-01-01"}, "Show End date.", "End date", "/start_date", id="end"),
        pytest.param(
            {"created_at": "2020-01-01", "renews_at": "2026-01-01"}, "Show Renews.", "Renews", "/created_at", id="time"
        ),
        pytest.param(
            {"shipping_address": "A"}, "Show Billing address.", "Billing address", "/shipping_address", id="address"
        ),
        pytest.param({"open_tickets": 3}, "Show Closed tickets.", "Closed tickets", "/open_tickets", id="closed"),
        pytest.param(
            {"trial_ends": "2026-01-01"}, "Show Contract ends.", "Contract ends", "/trial_ends", id="contract"
        ),
        pytest.param({"plan": "Pro"}, "Show Plan. Never show Refund approved.", "Refund approved", "/plan", id="never"),
        pytest.param({"plan": "Pro"}, "Show Plan. Warn if VIP customer.", "VIP customer", "/plan", id="warn"),
        pytest.param({"plan": "Pro", "seats": 12}, "Show Plan, Seats.", "Seats", "/plan", id="another fact"),
        pytest.param({"previous_plan": "Free", "plan": "Pro"}, "Show Plan.", "Plan", "/previous_plan", id="previous"),
    ],
)
def test_label_is_never_put_on_another_fact(value: dict[str, Any], display: str, label: str, source: str) -> None:
    shown: Judged = card(value, display, pointed(label, source))

    assert (label, source) not in [(field.label, field.source) for field in shown.fields]
