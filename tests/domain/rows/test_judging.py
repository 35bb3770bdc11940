"""Rows of an answer: pointers repaired, labels kept or refused, nothing that nobody asked for, whatever it says."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.rows.answer import Answer, PointedRow
from app.domain.rows.judging import judge, without_model
from support_context.facts import Facts
from tests.support.pointing import card, pointed, told

RECORD: dict[str, Any] = {
    "plan": "pro",
    "plan/tier": "gold",
    "usage": {"seats_used": 12},
    "previous_plan": "free",
    "total_due": 50,
    "total_paid": 40,
    "data": {"attributes": {"company-name": "Harbor", "tier": "silver"}},
    "owner": {"name": "Li"},
    "items": [{"status": "past", "code": "A"}, {"status": "active", "code": "B"}],
    "orders": [{"at": "2026-01-02", "total": 5}, {"at": "2026-03-04", "total": 7}],
}


@pytest.mark.parametrize(
    ("display", "row", "shown"),
    [
        pytest.param("Plan", pointed("Plan", "/plan"), {"Plan": "pro"}, id="right"),
        pytest.param("Plan", pointed("Plan", "plan"), {"Plan": "pro"}, id="no slash"),
        pytest.param("Plan", pointed("Plan", "/previous_plan"), {"Plan": "pro"}, id="the one of that name beside it"),
        pytest.param(
            "Plan/tier", pointed("Plan/tier", "/plan/tier"), {"Plan/tier": "gold"}, id="unescaped slash in a key"
        ),
        pytest.param(
            "Company", pointed("Company", "/data/company-name"), {"Company": "Harbor"}, id="attributes left out"
        ),
        pytest.param("Owner", pointed("Owner", "owner.name"), {"Owner": "Li"}, id="dots"),
        pytest.param("Nothing", pointed("Nothing", "/nope"), {}, id="nowhere"),
        pytest.param(
            "Code", pointed("Code", "/code"), {"Code 1": "A", "Code 2": "B"}, id="nowhere, and two leaves of that name"
        ),
        pytest.param(
            "Total paid",
            pointed("Total paid", "/total_due"),
            {"Total paid": "40"},
            id="the leaf that has the label's words",
        ),
        pytest.param(
            "Seats limit", pointed("Seats limit", "/usage/seats_used"), {"Seats used": "12"}, id="another fact's name"
        ),
        pytest.param("Plan", pointed("Refund promised", "/plan"), {"Plan": "pro"}, id="nobody's words"),
        pytest.param("Plan", pointed("<b>Plan</b>", "/plan"), {"Plan": "pro"}, id="markup"),
        pytest.param(
            "the active item's code", pointed("Code", "/items/0/code"), {"Code": "B"}, id="the owner's condition"
        ),
        pytest.param(
            "Total of the latest order",
            pointed("Total of the latest order", "/orders/0/total"),
            {"Total of the latest order": "7"},
            id="the latest",
        ),
        pytest.param("Plan", pointed("", "/plan"), {"Plan": "pro"}, id="no label"),
        pytest.param(
            "Plan (pro or free)", pointed("Plan (pro or free)", "/plan"), {"Plan": "pro"}, id="the owner's note"
        ),
    ],
)
def test_row_is_led_to_its_fact_and_named_after_it(display: str, row: PointedRow, shown: dict[str, str]) -> None:
    assert told(card(RECORD, f"Show {display}.", row)) == shown


@pytest.mark.parametrize(
    ("value", "display", "source", "shown"),
    [
        pytest.param(
            {"plan": {"amount": 58800}, "currency": "usd"},
            "Show Price (amounts are in cents).",
            "/plan/amount",
            {"Price": "588.00 USD"},
            id="price",
        ),
        pytest.param(
            {"unit_amount": 4900, "currency": "JPY"},
            "Show Monthly price.",
            "/unit_amount",
            {"Monthly price": "4900 JPY"},
            id="minor units",
        ),
        pytest.param(
            {"current_period_end": 1767225600},
            "Show Renewal date.",
            "/current_period_end",
            {"Renewal date": "2026-01-01"},
            id="renewal",
        ),
        pytest.param({"balance": 5}, "Show Price.", "/balance", {}, id="a balance is no price"),
        pytest.param({"created": "2026-01-01"}, "Show Renewal.", "/created", {}, id="a beginning is no renewal"),
        pytest.param(
            {"plan": {"amount": 5}, "setup": {"amount": 9}}, "Show Price.", "/plan/amount", {}, id="two amounts"
        ),
    ],
)
def test_fact_is_found_by_what_billing_systems_call_it(
    value: dict[str, Any], display: str, source: str, shown: dict[str, str]
) -> None:
    by_key = source.rpartition("/")[2].replace("_", " ").capitalize()

    assert told(card(value, display, pointed(by_key, source))) == shown
    assert told(without_model(Facts(value), display)) == shown


def test_fact_is_shown_once_and_items_of_one_kind_are_numbered() -> None:
    value = {"flights": [{"flight": "LH1"}, {"flight": "LH2"}]}
    rows = [pointed("Flight", f"/flights/{n}/flight") for n in (0, 1, 0)]

    assert told(card(value, "Show Flight.", *rows)) == {"Flight 1": "LH1", "Flight 2": "LH2"}


@pytest.mark.parametrize(
    ("display", "rows", "shown"),
    [
        pytest.param("Show Plan.", ["/plan", "/password_hash"], {"Plan": "pro"}, id="a secret beside it"),
        pytest.param("Show Plan.", ["/password_hash"], {"Plan": "pro"}, id="a secret alone"),
        pytest.param("Show Credit score.", ["/password_hash"], {}, id="a secret in place of what is not there"),
        pytest.param("Zeige Tarif.", ["/plan"], {"Plan": "pro"}, id="a wish in another language"),
        pytest.param("Show everything but not the password hash.", ["/plan"], {"Plan": "pro"}, id="everything else"),
    ],
)
def test_nothing_is_shown_that_nobody_asked_for(display: str, rows: list[str], shown: dict[str, str]) -> None:
    value = {"plan": "pro", "password_hash": "$2b$12$abc"}
    said = [pointed(pointer[1:].capitalize(), pointer) for pointer in rows]

    assert told(card(value, display, *said)) == shown


@pytest.mark.parametrize(
    "display",
    [
        "Never show the refund state. Show Plan.",
        "Show Plan. Warn the agent if a refund was promised.",
        "Show Plan. If a refund was promised, say 'Handle with care'.",
        "Show Plan. Don't mention a refund promised.",
        "Show Plan. Highlight a refund promised by us.",
    ],
)
def test_words_of_a_sentence_that_asks_for_no_row_are_no_label(display: str) -> None:
    assert "Refund promised" not in told(card({"plan": "pro"}, display, pointed("Refund promised", "/plan")))


@pytest.mark.parametrize(
    ("display", "said", "label"),
    [
        ("Show everything.", "\uff30\uff4c\uff41\uff4e", "Plan"),
        ("Show everything.", "𝐏lan", "Plan"),
        ("Show everything.", "ᴾlan", "Plan"),
        ("Show \uff30\uff4c\uff41\uff4e.", "\uff30\uff4c\uff41\uff4e", "\uff30\uff4c\uff41\uff4e"),
    ],
)
def test_label_is_in_the_letters_of_the_owner_or_of_the_key(display: str, said: str, label: str) -> None:
    assert told(card({"plan": "pro"}, display, pointed(said, "/plan"))) == {label: "pro"}


def test_rows_are_the_owners_where_a_model_gives_none() -> None:
    assert told(card(RECORD, "Show Plan; Total paid.")) == {"Plan": "pro", "Total paid": "40"}
    assert told(without_model(Facts({"id": "sub_1", "token": "abc"}), "Show Plan; Seats.")) == {}


def test_rows_and_lengths_are_bounded() -> None:
    value = {f"k{index}": "v" * 600 for index in range(60)}
    shown = card(value, "Show everything.", *(pointed("", f"/k{n}") for n in range(60)), summary="s " * 900)

    assert len(shown.fields) == 24
    assert {len(field.value) for field in shown.fields} == {500}
    assert len(shown.summary) <= 600


def test_what_only_agents_may_see_is_marked_and_not_in_the_summary() -> None:
    facts = Facts({"plan": "pro", "health": {"score": 7}, "owner": "Li"})
    rows = (pointed("Plan", "/plan"), pointed("Score", "/health/score"), pointed("Health", "/health"))
    shown = judge(Answer("", rows), facts, "Show Plan, Score, Health.", ["/health/score"])

    assert {field.label: field.agent_only for field in shown.fields} == {"Plan": False, "Score": True, "Health": True}
    assert shown.summary == "Plan: pro"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 2 * 10**9)
    | st.floats(0, 10**6, allow_nan=False).map(lambda x: round(x, 2))
    | st.sampled_from(["pro", "2026-01-15", "not paid", "usd", "EUR", "12 %", "Zürich", "九", "acct_1", "5.00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["plan", "price_cents", "currency", "created", "seats", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
RECORDS = st.dictionaries(
    st.sampled_from(["plan", "price_cents", "currency", "created", "status", "b"]), JSON, min_size=1
)
SAID = st.text(max_size=12) | st.sampled_from(
    ["Plan", "Price", "Status", "Active", "Created", "money", "percent", "count"]
)
SOURCES = st.sampled_from(
    ["/plan", "/price_cents", "/created", "/status", "/b/0", "/b/plan", "/currency", "b", "", "/x"]
)
ROWS = st.lists(st.builds(PointedRow, SAID, SOURCES, SAID, SOURCES, st.just(("a",)), st.tuples(SAID)), max_size=6).map(
    tuple
)
DISPLAYS = st.sampled_from(
    ["Show everything.", "Show Plan, Status (Active or Inactive), Price (in EUR), Created.", "Show Price (in cents)."]
)

TABLE = "and more minor units none days months weeks min EUR USD — ≈ % B KB MB GB TB PB ISO Z T UTC ; : , . - ( ) …"
"""Words of the rendering table and of currencies, which a value may have beside the fact's."""


@given(RECORDS, ROWS, DISPLAYS)
def test_each_letter_and_sign_of_a_value_is_the_facts_the_owners_or_the_tables(
    value: dict[str, Any], rows: tuple[PointedRow, ...], display: str
) -> None:
    known = json.dumps(value, ensure_ascii=False) + display + TABLE
    allowed = set(known) | set(known.upper()) | set(known.lower())
    for field in judge(Answer("", rows), Facts(value), display).fields:
        letters = {character for character in field.value if not character.isdecimal() and not character.isspace()}
        assert letters <= allowed, field


@given(RECORDS, ROWS, DISPLAYS)
def test_each_digit_of_a_value_is_the_facts_or_a_time_or_a_count_of_it(
    value: dict[str, Any], rows: tuple[PointedRow, ...], display: str
) -> None:
    facts = Facts(value)
    for field in judge(Answer("", rows), facts, display).fields:
        fact = facts.at(field.source)
        if field.type in ("date", "datetime") or (field.type == "number" and isinstance(fact, list | dict)):
            continue  # a Unix time is written as a date, a list counted: test_values holds them
        said, stated = re.sub(r"and \d+ more$", "", field.value), json.dumps(fact, ensure_ascii=False)
        times = [datetime.fromtimestamp(int(number), UTC).isoformat() for number in re.findall(r"\d{9,10}", stated)]
        assert set(re.findall(r"[1-9]", said)) <= set(re.findall(r"[1-9]", f"{stated} {times}")), field


@given(RECORDS, ROWS, DISPLAYS, st.text(max_size=40))
def test_label_is_the_owners_or_the_keys(
    value: dict[str, Any], rows: tuple[PointedRow, ...], display: str, said: str
) -> None:
    known = re.findall(r"[^\W_]+", (json.dumps(list(_keys(value)), ensure_ascii=False) + display).casefold())
    for field in judge(Answer(said, rows), Facts(value), display).fields:
        words = re.findall(r"[^\W_]+", field.label.casefold())
        assert all(word in known or word.isdecimal() or any(word in each for each in known) for word in words), field


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from _keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from _keys(member)
