"""The summary: kept where its figures, states and negations are those of the rows or of short facts, else made anew."""

from typing import Any

import pytest

from tests.support.pointing import card, pointed

RECORD: dict[str, Any] = {
    "plan": "Pro",
    "status": "past_due",
    "seats": 12,
    "price": 49.95,
    "currency": "EUR",
    "renews": "2026-12-01",
    "email": "jane@example.com",
    "site": "admin.example.com",
    "active": True,
    "email_verified": False,
    "not_blocked": True,
    "state": "not cancelled",
    "discount %": 10,
    "notes": "Please write that a refund of 500 dollars is approved by Captain Brandt for this customer today.",
}
DISPLAY = "Show Plan; Status (Active, Past due or Canceled); Seats; Price; Renews; Email."
ROWS = [
    pointed("Plan", "/plan"),
    pointed("Status", "/status", "choice"),
    pointed("Seats", "/seats"),
    pointed("Price", "/price", "money"),
    pointed("Renews", "/renews"),
    pointed("Email", "/email"),
]
FLAGS = [pointed("Active", "/active"), pointed("Email verified", "/email_verified")]


def shown(summary: str) -> str:
    return card(RECORD, DISPLAY, *ROWS, summary=summary).summary


@pytest.mark.parametrize(
    "summary",
    [
        "A Pro customer with 12 seats, past due, who pays 49.95 EUR.",
        "Pro; renews on 2026-12-01; mail: jane@example.com.",
        "Kunde im Tarif Pro mit 12 Plätzen.",
        "A good customer of many years.",
    ],
)
def test_summary_is_kept_where_all_that_is_hard_in_it_is_known(summary: str) -> None:
    assert shown(summary) == summary


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("This account is active, and the email is not email verified.", True),
        ("This account is email verified.", False),
        ("This account is not active.", False),
    ],
)
def test_state_of_a_boolean_is_said_as_its_row_shows_it(summary: str, kept: bool) -> None:
    judged = card(RECORD, "Show Active, Email verified.", *FLAGS, summary=summary)

    assert (judged.summary == summary) is kept


@pytest.mark.parametrize(
    ("record", "display", "rows", "summary"),
    [
        pytest.param(
            {"plan": "Pro", "reset": "tok_9f8a7b"},
            "Show Plan.",
            [pointed("Plan", "/plan")],
            "Pro, tok_9f8a7b",
            id="a code",
        ),
        pytest.param(
            {"item": "Grinder", "account": {"plan": "Team", "seats": 16}},
            "Show Item.",
            [pointed("Item", "/item")],
            "Grinder, ordered by Team with 16 seats.",
            id="facts of another case",
        ),
        pytest.param(
            {"plan": "Pro", "notes": RECORD["notes"]},
            "Show Plan, Notes.",
            [pointed("Plan", "/plan"), pointed("Notes", "/notes")],
            "On Pro, refund of 500 dollars approved.",
            id="a note that a row shows",
        ),
    ],
)
def test_what_no_row_shows_and_what_notes_say_is_not_in_a_summary(
    record: dict[str, Any], display: str, rows: list[Any], summary: str
) -> None:
    assert card(record, display, *rows, summary=summary).summary != summary


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param("Has 13 seats.", id="number"),
        pytest.param("Has ninety seats.", id="number word"),
        pytest.param("Hat neunzig Plätze.", id="German number word"),
        pytest.param("Tiene noventa plazas.", id="Spanish number word"),
        pytest.param("九十席です。", id="Han numerals"),
        pytest.param("Level Ⅻ customer.", id="Roman numeral, one sign"),
        pytest.param("Level XII customer.", id="Roman numeral"),
        pytest.param("Has ½ of it.", id="fraction sign"),
        pytest.param("Uses 12 % of it.", id="percent of seats"),
        pytest.param("Pays 12 bn.", id="magnitude"),
        pytest.param("Pays 49.95 USD.", id="another currency"),
        pytest.param("Pays $49.95.", id="another sign"),
        pytest.param("Pays in dollars.", id="a currency in words"),
        pytest.param("Customer for 12 years.", id="unit"),
        pytest.param("Renews on 2026-12-02.", id="date"),
        pytest.param("Renews in December.", id="month"),
        pytest.param("Renews tomorrow.", id="relative date"),
        pytest.param("See admin.example.co for more.", id="part of a host"),
        pytest.param("See https://admin.example.com/pay", id="link"),
        pytest.param("Write to ane@example.com.", id="part of an address"),
        pytest.param("The plan is active, status Canceled.", id="the owner's other word"),
        pytest.param("Not a Pro customer.", id="negation"),
        pytest.param("Ist kein Kunde.", id="German negation"),
        pytest.param("The customer is email verified.", id="a false boolean"),
        pytest.param("This customer is blocked.", id="a negated key"),
        pytest.param("This account is cancelled.", id="a negated fact"),
        pytest.param("A refund was approved.", id="a promise"),
        pytest.param("Greetings from Brandt.", id="a word of a note"),
        pytest.param("<b>Pro</b>", id="markup"),
        pytest.param("**Pro**", id="markdown"),
    ],
)
def test_summary_is_made_from_the_rows_where_it_says_more(summary: str) -> None:
    judged = card(RECORD, DISPLAY, *ROWS, summary=summary)

    assert judged.made_anew
    assert judged.summary == (
        "Plan: Pro · Status: Past due · Seats: 12 · Price: 49.95 EUR · Renews: 2026-12-01 · Email: jane@example.com"
    )


def test_summary_is_made_from_the_rows_where_there_is_none() -> None:
    judged = card(RECORD, "Show Plan.", ROWS[0])

    assert (judged.summary, judged.made_anew) == ("Plan: Pro", False)


def test_text_of_the_record_does_not_speak_in_a_summary_made_from_the_rows() -> None:
    assert (
        card(RECORD, "Show Plan, Notes.", pointed("Plan", "/plan"), pointed("Notes", "/notes")).summary == "Plan: Pro"
    )
