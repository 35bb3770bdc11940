"""Numbers written as words: found where they count what the card counts, and left alone everywhere else."""

from dataclasses import replace

import pytest

from app.domain.drafts.check import Backing, check
from tests.support.tracing_cost import TIMES_LONGER, cpu_seconds

ROWS = (
    {"label": "Seats", "value": "12", "type": "number", "raw": "12"},
    {"label": "Open invoices", "value": "2", "type": "number", "raw": "2"},
    {"label": "Offene Rechnungen", "value": "2", "type": "number", "raw": "2"},
    {"label": "Plan", "value": "Pro", "type": "text", "raw": "Pro"},
)
KNOWN = Backing(ROWS, also_known=("Hello, can I add three people? I have eight Seats, I think.",))


def told(draft: str, backing: Backing = KNOWN) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in check(draft, backing)]


@pytest.mark.parametrize(
    ("draft", "word"),
    [
        ("Hi Ann, you have four invoices that are open.", "four"),
        ("There are five seats in your plan.", "five"),
        ("Nine Seats are yours.", "Nine"),
        ("You pay for ten seats today.", "ten"),
        ("I see seven invoices on your account, all of this year.", "seven"),
        ("Sie haben vier Rechnungen offen.", "vier"),
        ("Es sind sechs Rechnungen, die noch offen sind.", "sechs"),
        ("Your eleven seats renew soon.", "eleven"),
        ("Only six\u00a0seats are in use.", "six"),
        ("That makes five invoices.", "five"),
    ],
)
def test_a_number_word_before_what_the_card_counts_is_found(draft: str, word: str) -> None:
    assert told(draft) == [("number", word)]


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param("You have twelve seats and two invoices.", id="as the card says"),
        pytest.param("Sie haben zwei Rechnungen offen.", id="in German"),
        pytest.param("We can add three seats, and keep your eight seats.", id="as the email says"),
        pytest.param("Give me five minutes, I have four questions.", id="no fact counts these"),
        pytest.param("One seat is free; ein Platz, eine Rechnung.", id="articles"),
        pytest.param("Two of us looked at it, and both agree. Ten years ago it was so.", id="people and years"),
        pytest.param("There are a few seats, some invoices, and several seats more.", id="no numbers"),
        pytest.param("Choose one or two, then seats.", id="not before it"),
        pytest.param("Zweifel an Rechnungen, achtsam, Elfen, tents of seats.", id="words within words"),
        pytest.param("The four-seat table is a nine-day wonder.", id="hyphens"),
        pytest.param("All five of your colleagues can log in.", id="something else"),
    ],
)
def test_a_number_word_is_left_alone_where_it_states_nothing_or_is_right(draft: str) -> None:
    assert told(draft) == []


def test_offsets_count_utf_16_and_figures_beside_it_stay_found() -> None:
    draft = "🙂 four invoices, 4 invoices"
    assert [(each.text, each.start, each.end) for each in check(draft, KNOWN)] == [("four", 3, 7), ("4", 18, 19)]


def test_a_withheld_number_that_is_written_out_is_told_as_one() -> None:
    withheld = replace(KNOWN, may_not_be_told=True)
    assert told("You have twelve seats, and two invoices.", withheld) == [("withheld", "twelve"), ("withheld", "two")]
    assert told("You have four seats.", withheld) == []


def test_a_draft_of_number_words_alone_costs_no_more_than_any() -> None:
    draft = ("nine seats " * 4_000)[:32_768]
    assert cpu_seconds(lambda: check(draft, KNOWN)) < 0.05 * TIMES_LONGER
