"""The card shows a calm line for everything that it may be handed, and the whole customer where there is one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page

from app.domain.outcomes import Outcome
from tests.browser.conftest import STARTED, Card, opened
from tests.browser.results import FOUND, ended, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABELS = {
    "ok": "Customer found",
    "no_identifier": "No customer identified",
    "fetch_error": "Look-up failed",
    "skipped_credits": "Not looked up",
    "disabled": "Not available",
}
AGES = {
    -86_400: "just now",  # the clocks differ
    0: "just now",
    59: "just now",
    60: "1 minute ago",
    119: "1 minute ago",
    120: "2 minutes ago",
    3_599: "59 minutes ago",
    3_600: "1 hour ago",
    86_399: "23 hours ago",
    86_400: "1 day ago",
    30 * 86_400 - 1: "29 days ago",
    30 * 86_400: "1 month ago",
    365 * 86_400 - 1: "12 months ago",
    365 * 86_400: "1 year ago",
    800 * 86_400: "2 years ago",
}
"""What is said of a result that is so many seconds old."""

UNREADABLE = "Nothing to show This result cannot be shown. Refresh to look the customer up again."


async def shown(card: Card) -> str:
    """Return what the card shows beneath its title and without the age, on one line."""
    text = " ".join((await card.text()).split())
    age = " ".join((await card.part("time").inner_text()).split())
    field = "Customer ID or email Look up"
    return text.removeprefix("Customer context").replace(age, "").replace("  ", " ").removesuffix(field).strip()


async def test_found_customer_is_shown_whole(card: Card) -> None:
    await card.show(FOUND)

    assert await shown(card) == (
        "Customer found Northwind Bikes is on the Pro plan with 12 seats. Plan Pro Seats 12 "
        "View in admin admin.example.com Looked up by acct_12ab34cd"
    )


@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda outcome: outcome.name)
async def test_every_ending_shows_its_label_and_its_whole_sentence(card: Card, outcome: Outcome) -> None:
    await card.show(ended(outcome, identifier=None))

    label = "Unknown customer" if outcome is Outcome.NO_DATA else LABELS[outcome.status.value]
    what, _, advice = outcome.sentence.partition("; ")
    sentence = f"{what}. {advice[0].upper()}{advice[1:]}" if advice else what
    # Of a customer who was found just now the rows tell, and the age is the clock's to say.
    assert await shown(card) == (label if outcome is Outcome.OK else f"{label} {sentence}")


async def test_every_ending_shows_a_label_when_its_sentence_is_missing(card: Card) -> None:
    labels = {}
    for outcome in Outcome:
        await card.show({"status": outcome.status.value, "reason": outcome.reason})
        labels[outcome] = await shown(card)

    expected = {outcome: LABELS[outcome.status.value] for outcome in Outcome}
    assert labels == {**expected, Outcome.NO_DATA: "Unknown customer"}


async def test_fallback_shows_its_sentence_and_the_rows(card: Card) -> None:
    await card.show({**ended(Outcome.SUMMARY_FALLBACK), "fields": FOUND["fields"]})

    assert await shown(card) == (
        f"Customer found {Outcome.SUMMARY_FALLBACK.sentence} Plan Pro Seats 12 Looked up by acct_12ab34cd"
    )


async def test_pending_is_busy_and_a_result_ends_it(card: Card) -> None:
    body = card.part(".body")
    await card.show({"status": "pending"})
    pending = (await shown(card), await body.get_attribute("aria-busy"), await body.locator("i").count())
    await card.show(FOUND)

    assert pending == ("Looking up the customer …", "true", 3)
    assert (await body.get_attribute("aria-busy"), await body.locator("i").count()) == ("false", 0)


@pytest.mark.parametrize("value", ["null", "undefined"])
async def test_nothing_shows_that_nothing_was_looked_up(card: Card, value: str) -> None:
    await card.show(FOUND)
    await card.run(f"it => {{ it.result = {value}; }}")

    assert await shown(card) == "Nothing looked up yet"


@pytest.mark.parametrize(
    "value",
    [
        "'text'",
        "''",
        "42",
        "true",
        "[]",
        "{}",
        "Symbol('s')",
        "10n",
        "() => 1",
        "new Date(0)",
        "{status: null}",
        "{status: ['ok']}",
        "{status: 'constructor'}",
        "{status: '__proto__'}",
        "(() => { const it = {status: 'ok'}; it.self = it; return it; })()",
        "new Proxy({}, {get() { throw new Error('canary'); }})",
        "{status: 'ok', toJSON() { throw new Error('canary'); }}",
        "{get status() { throw new Error('canary'); }}",
    ],
)
async def test_garbage_shows_a_calm_line_and_throws_nothing(card: Card, value: str) -> None:
    card.record()
    await card.show(FOUND)
    await card.run(f"it => {{ it.result = {value}; }}")

    assert await shown(card) == UNREADABLE
    assert card.events == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"fields": "Plan", "links": {"0": "x"}}, id="not lists"),
        pytest.param({"fields": [None, 1, "x", [], {}], "links": [None, 1, "x", [], {}]}, id="not objects"),
        pytest.param(
            {"fields": [{"label": "Plan"}, {"label": {}, "value": []}], "links": [{"url": 1}]}, id="no values"
        ),
        pytest.param({"summary": {"a": 1}, "identifier": ["x"], "created_at": "yesterday"}, id="other types"),
        pytest.param({"created_at": 1e300, "message": 5, "reason": None}, id="numbers"),
    ],
)
async def test_broken_parts_of_a_result_are_left_out(card: Card, changes: dict[str, Any]) -> None:
    card.record()
    await card.show({"status": "ok", **changes})

    assert await shown(card) == "Customer found"
    assert card.events == []


@pytest.mark.parametrize(
    ("result", "line"),
    [
        pytest.param(
            {"status": "paused", "message": "It rests; come back."}, "It rests. Come back.", id="later status"
        ),
        pytest.param({"status": 404, "detail": "Nothing is stored."}, "Nothing is stored.", id="problem details"),
    ],
)
async def test_unknown_status_shows_its_own_sentence(card: Card, result: dict[str, Any], line: str) -> None:
    await card.show(result)

    assert await shown(card) == f"Nothing to show {line}"


async def test_row_without_label_or_with_other_types_is_still_shown(card: Card) -> None:
    await card.show({"status": "ok", "fields": rows(("", "Pro"), ("Seats", 12), ("Active", False), ("Notes", "  "))})

    assert await shown(card) == "Customer found Value Pro Seats 12 Active false"


@pytest.mark.parametrize(("sent", "count"), [(24, 24), (25, 24)])
async def test_at_most_24_rows_are_shown(card: Card, sent: int, count: int) -> None:
    await card.show({"status": "ok", "fields": rows(*((f"L{n}", n) for n in range(sent)))})

    assert await card.part("dd").count() == count


@pytest.mark.parametrize(("sent", "count"), [(20, 20), (21, 20)])
async def test_at_most_20_links_are_shown(card: Card, sent: int, count: int) -> None:
    await card.show({"status": "ok", "links": [{"label": f"L{n}", "url": f"https://a{n}.test/"} for n in range(sent)]})

    assert await card.part("a").count() == count


@pytest.mark.parametrize(
    ("identity", "warned"), [("mismatch", True), ("match", False), ("unknown", False), (None, False), (7, False)]
)
async def test_warning_comes_first_when_the_sender_does_not_match(card: Card, identity: object, warned: bool) -> None:
    await card.show({**FOUND, "identity": identity})

    assert (await shown(card)).startswith("The sender may be somebody else" if warned else "Customer found") is True


@pytest.mark.parametrize(
    ("identity", "withheld", "begins", "says_so"),
    [
        pytest.param(
            "unknown", True, "The sender may be somebody else: this email could not be tied", True, id="unknown"
        ),
        pytest.param(
            "mismatch", True, "The sender may be somebody else: this email's address is not", True, id="another"
        ),
        pytest.param(
            "mismatch", False, "The sender may be somebody else: this email's address is not", False, id="told"
        ),
        pytest.param("match", False, "Customer found", False, id="match"),
        pytest.param("unknown", "yes", "Customer found", False, id="another type"),
    ],
)
async def test_record_that_was_withheld_is_shown_under_a_warning_that_says_so(
    card: Card, identity: str, withheld: object, begins: str, says_so: bool
) -> None:
    await card.show({**FOUND, "identity": identity, "ai_context_withheld": withheld})
    text = await shown(card)

    assert text.startswith(begins)
    assert ("The reply draft was told nothing of this record." in text) is says_so
    assert "Plan Pro" in text
    assert await card.part("[role=alert]:not([hidden])").count() == (0 if begins == "Customer found" else 1)


async def test_warning_is_gone_with_the_next_result(card: Card) -> None:
    await card.show({**FOUND, "identity": "mismatch"})
    await card.show(ended(Outcome.NO_DATA, identity="mismatch"))

    assert (await shown(card)).startswith("Unknown customer")


async def test_age_is_in_words(card: Card) -> None:
    now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    await card.run("(it, now) => { Date.now = () => now; }", now.timestamp() * 1000)
    words = {}
    for seconds in AGES:
        await card.show({**FOUND, "created_at": (now - timedelta(seconds=seconds)).isoformat()})
        words[seconds] = await card.part("time").inner_text()

    assert words == AGES


async def test_age_stays_fresh_while_the_card_is_on_the_page_and_after_it_has_moved(page: Page) -> None:
    now = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    await page.clock.install(time=now)
    card = await opened(page, "/card")
    await card.run("(it, result) => { it.result = result; }", FOUND)
    ages = [await card.part("time").inner_text()]
    await page.clock.run_for(200_000)
    ages.append(await card.part("time").inner_text())
    await card.run("it => document.body.append(it)")
    await page.clock.run_for(120_000)
    ages.append(await card.part("time").inner_text())

    assert ages == ["just now", "3 minutes ago", "5 minutes ago"]


async def test_result_that_was_set_before_the_script_came_is_shown(page: Page) -> None:
    await page.goto("/none")
    card = Card(page)
    await card.run("(it, result) => { it.result = result; }", FOUND)
    await page.add_script_tag(url="/static/customer-context-card.js", type="module")
    await page.evaluate(STARTED)

    assert (await shown(card)).startswith("Customer found")
    assert await card.run("it => it.result.ticket_id") == "t_1"


async def test_script_that_is_loaded_twice_breaks_nothing(card: Card) -> None:
    card.record()
    await card.page.evaluate("import('/static/customer-context-card.js?again').then(() => true)")
    await card.show(FOUND)

    assert (await shown(card)).startswith("Customer found")
    assert [event for event in card.events if not event.startswith("request")] == []
