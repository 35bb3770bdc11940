"""The rendering table: each kind of row spells its fact in one way, and refuses what the fact is not."""

from typing import Any

import pytest

from tests.support.pointing import card, pointed, told

Typed = tuple[str, str, str]


def typed(value: dict[str, Any], display: str, source: str, kind: str = "", word: str = "", label: str = "") -> Typed:
    row = pointed(label or display.removeprefix("Show ").partition(" (")[0].rstrip("."), source, kind, word)
    field = card(value, display, row).fields[0]
    return field.value, field.type, field.raw


@pytest.mark.parametrize(
    ("value", "display", "source", "kind", "shown"),
    [
        pytest.param({"plan": " Pro\u202e\n2 "}, "Plan", "/plan", "text", ("Pro 2", "text", "Pro 2"), id="text"),
        pytest.param({"plan": "x" * 600}, "Plan", "/plan", "", ("x" * 499 + "…", "text", "x" * 499 + "…"), id="cut"),
        pytest.param({"plan": None}, "Plan", "/plan", "text", ("—", "text", ""), id="null"),
        pytest.param({"plan": ""}, "Plan", "/plan", "number", ("—", "text", ""), id="empty"),
        pytest.param({"vip": True}, "VIP", "/vip", "text", ("true", "choice", "true"), id="boolean"),
        pytest.param({"seats": 12}, "Seats", "/seats", "number", ("12", "number", "12"), id="number"),
        pytest.param({"seats": 1200}, "Seats", "/seats", "", ("1200", "number", "1200"), id="four digits stay"),
        pytest.param({"logins": 1234567}, "Logins", "/logins", "", ("1,234,567", "number", "1234567"), id="grouped"),
        pytest.param(
            {"order": 1234567}, "Order", "/order", "number", ("1234567", "number", "1234567"), id="an ID is not"
        ),
        pytest.param(
            {"churn_risk": 0.12}, "Churn risk", "/churn_risk", "percent", ("0.12", "number", "0.12"), id="no percent"
        ),
        pytest.param(
            {"uptime %": 99.95}, "Uptime", "/uptime %", "number", ("99.95 %", "percent", "99.95"), id="key: percent"
        ),
        pytest.param({"share": 40}, "Share (in percent)", "/share", "", ("40 %", "percent", "40"), id="owner: percent"),
        pytest.param(
            {"share": 0.4}, "Share (in percent)", "/share", "", ("0.4", "number", "0.4"), id="a fraction is none"
        ),
        pytest.param({"response (h)": 4}, "Response", "/response (h)", "", ("4 h", "text", "4"), id="unit in brackets"),
        pytest.param(
            {"storage_bytes": 87_000_000_000},
            "Storage",
            "/storage_bytes",
            "",
            ("87 GB", "text", "87000000000"),
            id="bytes",
        ),
        pytest.param(
            {"storage_bytes": 1234567},
            "Storage",
            "/storage_bytes",
            "",
            ("≈ 1.23 MB", "text", "1234567"),
            id="bytes, cut",
        ),
        pytest.param(
            {"mrr": 49, "currency": "EUR"},
            "Monthly revenue",
            "/mrr",
            "number",
            ("49 EUR", "money", "49 EUR"),
            id="money",
        ),
        pytest.param(
            {"price_usd": 1200}, "Price", "/price_usd", "", ("1200 USD", "money", "1200 USD"), id="currency in the key"
        ),
        pytest.param(
            {"price": 9.5}, "Price (in EUR)", "/price", "", ("9.5 EUR", "money", "9.5 EUR"), id="the owner's currency"
        ),
        pytest.param({"price": 9.5}, "Price", "/price", "money", ("9.5", "number", "9.5"), id="no currency"),
        pytest.param(
            {"seats": 12, "currency": "EUR"}, "Seats", "/seats", "money", ("12", "number", "12"), id="no money"
        ),
        pytest.param(
            {"unit_amount": 4900, "currency": "KWD"},
            "Price",
            "/unit_amount",
            "money",
            ("4.900 KWD", "money", "4.900 KWD"),
            id="three decimals",
        ),
        pytest.param(
            {"price_cents": 5}, "Price (in EUR)", "/price_cents", "", ("0.05 EUR", "money", "0.05 EUR"), id="five cents"
        ),
        pytest.param(
            {"price_cents": -1250, "currency": "usd"},
            "Price",
            "/price_cents",
            "",
            ("-12.50 USD", "money", "-12.50 USD"),
            id="a debt in cents",
        ),
        pytest.param(
            {"amount_minor": 4900},
            "Amount",
            "/amount_minor",
            "",
            ("4900 (minor units)", "number", "4900 (minor units)"),
            id="minor units of no currency",
        ),
        pytest.param(
            {"amount": {"value": "129.90", "currency_code": "EUR"}},
            "Amount",
            "/amount/value",
            "",
            ("129.90 EUR", "money", "129.90 EUR"),
            id="money object",
        ),
        pytest.param(
            {"amount": "EUR 129.90"}, "Amount", "/amount", "", ("EUR 129.90", "money", "129.90 EUR"), id="money as text"
        ),
        pytest.param(
            {"amount": "$219.00"},
            "Amount",
            "/amount",
            "money",
            ("$219.00", "text", "$219.00"),
            id="a sign of many currencies",
        ),
        pytest.param(
            {"total": 12900, "currency": "EUR"},
            "Total",
            "/total",
            "money",
            ("12900", "number", "12900"),
            id="may be cents",
        ),
        pytest.param(
            {"total": 129.00, "currency": "EUR"},
            "Total",
            "/total",
            "money",
            ("129.0 EUR", "money", "129.0 EUR"),
            id="a fraction is no cents",
        ),
        pytest.param(
            {"paid": 5, "paid_currency": "EUR", "fee": 1, "fee_currency": "USD"},
            "Fee",
            "/fee",
            "",
            ("1 USD", "money", "1 USD"),
            id="its own currency",
        ),
        pytest.param(
            {"renews": "2026-12-01"}, "Renews", "/renews", "text", ("2026-12-01", "date", "2026-12-01"), id="date"
        ),
        pytest.param(
            {"renews": "2026-13-01"}, "Renews", "/renews", "date", ("2026-13-01", "text", "2026-13-01"), id="no date"
        ),
        pytest.param(
            {"renews": "09/01/2025"},
            "Renews",
            "/renews",
            "date",
            ("09/01/2025", "text", "09/01/2025"),
            id="ambiguous date",
        ),
        pytest.param(
            {"seen": "2026-11-24T18:03:22Z"},
            "Seen",
            "/seen",
            "date",
            ("2026-11-24T18:03:22Z", "datetime", "2026-11-24T18:03:22Z"),
            id="datetime",
        ),
        pytest.param(
            {"created": 1714060800},
            "Created",
            "/created",
            "number",
            ("2024-04-25T16:00:00Z", "datetime", "2024-04-25T16:00:00Z"),
            id="unix seconds",
        ),
        pytest.param(
            {"created_at": 1767225600000},
            "Created",
            "/created_at",
            "",
            ("2026-01-01", "date", "2026-01-01"),
            id="unix milliseconds",
        ),
        pytest.param(
            {"created": 946684799},
            "Created",
            "/created",
            "date",
            ("946684799", "number", "946684799"),
            id="before 2000",
        ),
        pytest.param(
            {"created": 4102444800}, "Created", "/created", "date", ("4102444800", "number", "4102444800"), id="2100"
        ),
        pytest.param(
            {"amount": 1767225600}, "Amount", "/amount", "date", ("1767225600", "number", "1767225600"), id="no time"
        ),
        pytest.param({"tags": ["a", "b"]}, "Tags", "/tags", "text", ("a, b", "list", '["a", "b"]'), id="list"),
        pytest.param({"tags": []}, "Tags", "/tags", "list", ("none", "list", "[]"), id="empty list"),
        pytest.param({"tags": ["a", "b"]}, "Number of tags", "/tags", "", ("2", "number", "2"), id="the owner counts"),
        pytest.param(
            {"tags": [str(n) for n in range(22)]},
            "Tags",
            "/tags",
            "",
            ("0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 12 more", "list", '["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]'),
            id="and 12 more",
        ),
    ],
)
def test_fact_is_spelt_by_its_kind(value: dict[str, Any], display: str, source: str, kind: str, shown: Typed) -> None:
    assert typed(value, f"Show {display}.", source, kind) == shown


STATUS = "Show Status (Active or Inactive)."
YES = "Show Verified (Yes or No)."


@pytest.mark.parametrize(
    ("value", "display", "says", "shown"),
    [
        pytest.param({"status": "ACTIVE"}, STATUS, "Inactive", "Active", id="equal, whatever the model says"),
        pytest.param({"active": True}, STATUS, "Inactive", "Active", id="true under the word"),
        pytest.param({"is_active": 0}, STATUS, "Active", "Inactive", id="0 under the word"),
        pytest.param({"active": "N"}, STATUS, "Active", "Inactive", id="N under the word"),
        pytest.param({"verified": "yes"}, YES, "No", "Yes", id="yes under the label"),
        pytest.param({"verified": False}, YES, "Yes", "No", id="false under the label"),
        pytest.param(
            {"status": "trialing"}, STATUS, "Active", "Active (trialing)", id="the word, and the fact behind it"
        ),
        pytest.param({"status": "trialing"}, STATUS, "", "trialing", id="no word"),
        pytest.param({"status": "trialing"}, STATUS, "Gold", "trialing", id="a word that is not the owner's"),
        pytest.param({"status": "not active"}, STATUS, "Active", "not active", id="a negation denies"),
        pytest.param(
            {"status": "inactive since May"}, STATUS, "Active", "inactive since May", id="the contrary denies"
        ),
        pytest.param({"status": "canceled"}, STATUS, "Active", "canceled", id="a contrary state denies"),
        pytest.param({"verified": None}, YES, "Yes", "—", id="null states nothing"),
    ],
)
def test_choice_never_replaces_a_fact_that_does_not_state_it(
    value: dict[str, Any], display: str, says: str, shown: str
) -> None:
    label = display.split(" ")[1]
    assert told(card(value, display, pointed(label, f"/{next(iter(value))}", "choice", says))) == {label: shown}


@pytest.mark.parametrize(
    ("value", "display", "shown"),
    [
        pytest.param({"not_verified": True}, YES, {"Not verified": "true"}, id="not"),
        pytest.param({"refund_denied": True}, "Show Refund (Yes or No).", {"Refund denied": "true"}, id="denied"),
        pytest.param(
            {"account_closed": True}, "Show Account (Open or Closed).", {"Account closed": "true"}, id="closed"
        ),
        pytest.param(
            {"auto_renew_disabled": True}, "Show Auto-renew (On or Off).", {"Auto renew disabled": "true"}, id="off"
        ),
        pytest.param({"vip_revoked": "yes"}, "Show VIP (Yes or No).", {"VIP revoked": "yes"}, id="revoked"),
    ],
)
def test_boolean_is_shown_under_its_own_name_where_the_label_is_not_its_key(
    value: dict[str, Any], display: str, shown: dict[str, str]
) -> None:
    label = display.removeprefix("Show ").partition(" (")[0]
    lower = {name.lower(): text for name, text in shown.items()}
    for judged in (
        card(value, display, pointed(label, f"/{next(iter(value))}", "choice", "Yes")),
        card(value, display),
    ):
        assert {name.lower(): text for name, text in told(judged).items()} in (lower, {})


@pytest.mark.parametrize(
    ("value", "row", "shown"),
    [
        pytest.param(
            {"name": {"given": "Ann", "family": "Voss"}},
            pointed("Name", "/name/given"),
            "Ann Voss",
            id="a part of a name",
        ),
        pytest.param(
            {"shipping": {"street": "Weg 4", "city": "Leipzig"}},
            pointed("Shipping address", "/shipping/street"),
            "Weg 4, Leipzig",
            id="a part of an address",
        ),
        pytest.param(
            {"plan": {"nickname": "Pro", "amount": 5}}, pointed("Plan", "/plan"), "Pro", id="an object with a name"
        ),
        pytest.param(
            {"usage": {"used": 9, "total": 10}}, pointed("Usage", "/usage"), "used: 9; total: 10", id="an object"
        ),
        pytest.param({"csm": {"data": {"name": "Ines"}}}, pointed("CSM", "/csm"), "Ines", id="objects around one fact"),
        pytest.param(
            {"orders": [{"id": 1, "item": "Desk"}, {"id": 2, "item": "Lamp"}]},
            pointed("Orders", "/orders", members=["item"]),
            "Desk; Lamp",
            id="members of items",
        ),
        pytest.param(
            {"orders": [{"id": 1}, {"id": 2}]},
            pointed("Number of orders", "/orders/0/id", "count"),
            "2",
            id="a number of items",
        ),
    ],
)
def test_object_and_list_are_joined_in_their_order(value: dict[str, Any], row: Any, shown: str) -> None:
    assert list(told(card(value, f"Show {row.label}.", row)).values()) == [shown]
