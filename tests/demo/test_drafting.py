"""The demo's drafts: facts come from the AI context alone, and a context that forbids to tell is obeyed."""

from datetime import UTC, datetime

import pytest

from app.demo.drafting import draft
from app.domain import ai_context
from app.domain.outcomes import Field
from support_context.links import Link

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIELDS = (Field("Plan", "Pro", "/plan"), Field("Seats", "12", "/seats"))
LINKS = (Link("View in admin", "https://admin.example.com/1"),)


def test_a_draft_with_the_context_tells_its_facts_and_one_without_none() -> None:
    known = draft("Seats", "jane@example.com", ai_context.block(FIELDS, LINKS, "b" * 16, AT))
    unknown = draft("Seats", "jane@example.com", "")

    assert known.startswith("Hello Jane,\n\nthank you for your message about “Seats”. ")
    assert "Plan: Pro; Seats: 12." in known
    assert "admin.example.com" not in known
    assert "Pro" not in unknown
    assert "I will look into it" in unknown


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(ai_context.withheld("b" * 16, AT), id="withheld"),
        pytest.param(ai_context.block(FIELDS, LINKS, "b" * 16, AT, mismatch=True), id="the sender is another"),
    ],
)
def test_a_context_that_forbids_to_tell_is_obeyed(block: str) -> None:
    written = draft("Seats", "eve@example.org", block)

    assert "from the address that we have on file" in written
    assert "Pro" not in written


@pytest.mark.parametrize(
    ("sender", "greeting"),
    [("jane.roe@example.com", "Hello Jane,"), ("", "Hello,"), ("123@example.com", "Hello,"), ("<b>@x", "Hello,")],
)
def test_the_greeting_is_a_name_or_none(sender: str, greeting: str) -> None:
    assert draft("", sender, "").startswith(f"{greeting}\n\nthank you for your message. ")
