"""Emails of many kinds, each written with its right answer before the code was asked: what is sent, found and quoted.

`emails.json` holds a case a line: what a model `said`, and what is `sent` for it or the `reason` for nothing; what the
offline AI has `found`; or a text that must be marked as `quoted`. `forms.json` holds instructions with their form.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.outcomes import StepFailed
from app.domain.reading.extraction import accept
from app.domain.reading.forms import in_words
from app.domain.reading.identify_rules import rules
from app.domain.reading.identify_search import find
from app.domain.tickets import Email
from app.mail.visible_text import visible_text

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "emails.json").read_text("utf-8"))
FORMS: list[dict[str, Any]] = json.loads((HERE / "forms.json").read_text("utf-8"))
REFUSED = ("not_found", "not_grounded")


def names(case: dict[str, Any]) -> str:
    return str(case["kind"]).replace(" ", "-").replace(",", "")


def email_of(case: dict[str, Any]) -> Email:
    body = visible_text(case["html"]) if "html" in case else case["text"]
    return Email.of(case.get("subject", ""), body, case.get("sender", "jane@example.com"))


@pytest.mark.parametrize("case", [case for case in CASES if "said" in case], ids=names)
def test_what_is_sent_for_a_model_s_answer(case: dict[str, Any]) -> None:
    instructions = case.get("instructions", "Use the account ID.")
    if "sent" in case:
        assert accept(case["said"], email_of(case), instructions) == case["sent"]
        return
    with pytest.raises(StepFailed) as failure:
        accept(case["said"], email_of(case), instructions)
    reason = failure.value.outcome.reason
    assert reason in REFUSED if case["reason"] == "any" else reason == case["reason"]


@pytest.mark.parametrize("case", [case for case in CASES if "found" in case], ids=names)
def test_what_the_offline_ai_finds(case: dict[str, Any]) -> None:
    assert find(rules(case["instructions"]), email_of(case)) == case["found"]


@pytest.mark.parametrize("case", [case for case in CASES if "quoted" in case], ids=names)
def test_older_part_of_an_email_is_marked(case: dict[str, Any]) -> None:
    rows = visible_text(case["html"]).split("\n")

    assert [row[:2] for row in rows if case["quoted"] in row] == ["> "]
    assert not next(row for row in rows if "FRESH" in row).startswith(">")


@pytest.mark.parametrize("case", FORMS, ids=lambda case: case["instructions"][:50])
def test_which_form_is_read_from_instructions(case: dict[str, Any]) -> None:
    assert in_words(case["instructions"]) == case["form"]
