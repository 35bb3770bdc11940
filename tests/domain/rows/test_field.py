"""Kinds of trouble from the field: what owners ask for, what endpoints answer, and what must be shown, or never."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain.rows.answer import Answer, PointedRow, answer_of
from app.domain.rows.judging import Judged, judge, without_model
from support_context.facts import parse_facts
from tests.support.pointing import pointed, told
from tests.support.yaml_files import yaml_of

RECORDED: list[dict[str, Any]] = yaml_of(Path(__file__).parent / "recorded.yaml")


@dataclass(frozen=True)
class Case:
    """Instructions, an answer of the endpoint as text, what a model points at, and what comes of it."""

    kind: str
    display: str
    body: str
    rows: tuple[PointedRow, ...] = ()
    shown: dict[str, str] = field(default_factory=dict)
    never: tuple[str, ...] = ()

    def judged(self) -> Judged:
        return judge(Answer("", self.rows), parse_facts(self.body.encode()), self.display)


CASES = [
    Case(
        "without a model, what was asked for",
        "Show Plan; Status.",
        '{"plan": "Pro", "status": "active", "internal": {"password_reset_token": "tok_9f8a", "ip": "203.0.113.9"}}',
        shown={"Plan": "Pro", "Status": "active"},
    ),
    Case(
        "nothing of what was asked for",
        "Show Plan; Seats.",
        '{"id": "sub_1", "latest_invoice": "in_1", "metadata": {"cart_token": "abc123def"}}',
    ),
    Case(
        "money in minor units that nobody named",
        "Show Price and Balance.",
        '{"currency": "usd", "plan": {"amount": 58800}, "balance": -1250}',
        (pointed("Price", "/plan/amount", "money", unit="/currency"), pointed("Balance", "/balance", "money")),
        {"Price": "58800", "Balance": "-1250"},
        ("$", "USD", "58,800"),
    ),
    Case(
        "minor units named by the owner",
        "Show Price (amounts are in cents).",
        '{"currency": "usd", "plan": {"amount": 58800}}',
        (pointed("Price", "/plan/amount", "number"),),
        {"Price": "588.00 USD"},
    ),
    Case(
        "minor units named by the key",
        "Show Monthly price.",
        '{"unit_amount": 4900, "currency": "JPY"}',
        (pointed("Monthly price", "/unit_amount", "money", unit="/currency"),),
        {"Monthly price": "4900 JPY"},
    ),
    Case(
        "currency that nobody named",
        "Show Monthly revenue.",
        '{"mrr": 49, "currency": "EUR"}',
        (pointed("Monthly revenue", "/mrr", "money", "$49"),),
        {"Monthly revenue": "49 EUR"},
        ("$",),
    ),
    Case(
        "Unix time",
        "Show Renewal date.",
        '{"current_period_end": 1767225600}',
        (pointed("Renewal date", "/current_period_end", "date"),),
        {"Renewal date": "2026-01-01"},
    ),
    Case(
        "ambiguous date stays",
        "Show Signed up.",
        '{"signed_up": "09/01/2025"}',
        (pointed("Signed up", "/signed_up", "date"),),
        {"Signed up": "09/01/2025"},
    ),
    Case(
        "the literal stays",
        "Show Total; Big.",
        '{"total": 49.90, "big": 12345678901234567.89}',
        (pointed("Total", "/total", "number"), pointed("Big", "/big", "number")),
        {"Total": "49.90", "Big": "12345678901234567.89"},
    ),
    Case(
        "a word that the fact does not state",
        "Show Status (Active or Inactive); Verified (Yes or No).",
        '{"status": "trialing", "verified": null}',
        (pointed("Status", "/status", "choice", "Active"), pointed("Verified", "/verified", "choice", "Yes")),
        {"Status": "Active (trialing)", "Verified": "—"},
    ),
    Case(
        "a word that the fact denies",
        "Show Status (Active or Inactive).",
        '{"active": "false"}',
        (pointed("Status", "/active", "choice", "Active"),),
        {"Status": "Inactive"},
    ),
    Case(
        "half a surrogate pair",
        "Show Plan.",
        '{"plan": "Pro", "name": "Anna \\ud83d"}',
        (pointed("Plan", "/plan"),),
        {"Plan": "Pro"},
    ),
    Case(
        "a long text that was asked for",
        "Show Plan; Notes.",
        json.dumps({"plan": "Pro", "notes": "word " * 1_600}),
        (pointed("Plan", "/plan"), pointed("Notes", "/notes")),
        {"Plan": "Pro", "Notes": ("word " * 100)[:499] + "…"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_what_is_shown_of_an_answer_from_the_field(case: Case) -> None:
    judged = case.judged()

    assert told(judged) == case.shown
    assert [text for text in case.never if text in f"{judged.fields} {judged.summary}"] == []


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["name"])
def test_card_of_a_real_answer(case: dict[str, Any]) -> None:
    facts = parse_facts(json.dumps(case["record"]).encode())
    judged = judge(answer_of(case["said"]), facts, case["display"])
    plainly = without_model(facts, case["display"])

    assert [f"{row.label}: {row.value} [{row.type}]" for row in judged.fields] == case["card"]
    assert [f"{row.label}: {row.value} [{row.type}]" for row in plainly.fields] == case["without"]
    assert judged.summary == case["summary"]
    assert [text for text in case["never"] if text in judged.summary or text in plainly.summary] == []
