"""The card writes typed values as its reader's locale does, folds what is long, and takes an identifier by hand."""

import re
from typing import Any

import pytest

from app.domain.outcomes import Outcome
from tests.browser.conftest import Card
from tests.browser.results import FOUND, ended

pytestmark = pytest.mark.asyncio(loop_scope="session")


def typed(kind: str, value: str, raw: str, label: str = "It") -> dict[str, Any]:
    return {"label": label, "value": value, "source": "/it", "type": kind, "raw": raw}


async def shown_value(card: Card, row: dict[str, Any], lang: str) -> str:
    await card.run("(it, lang) => { it.lang = lang; }", lang)
    await card.show({**FOUND, "fields": [row]})
    return re.sub(r"\s", " ", await card.part("dd > span").inner_text())


@pytest.mark.parametrize(
    ("row", "lang", "text"),
    [
        pytest.param(typed("money", "1,480.00 EUR", "1480.00 EUR"), "de", "1.480,00 €", id="money, German"),
        pytest.param(typed("money", "1,480.00 EUR", "1480.00 EUR"), "en", "€1,480.00", id="money, English"),
        pytest.param(typed("money", "84,500 JPY", "84500 JPY"), "en-US", "¥84,500", id="a currency without decimals"),
        pytest.param(typed("money", "-12.5 EUR", "-12.5 EUR"), "en-US", "-€12.50", id="one decimal, negative"),
        pytest.param(typed("money", "-12.50 USD", "-12.50 USD"), "fr", "-12,50 $US", id="money below zero, French"),
        pytest.param(typed("money", "49.90 XXY", "49.90"), "de", "49.90 XXY", id="no form of money: as sent"),
        pytest.param(typed("number", "18,240", "18240"), "de", "18.240", id="number that the service groups"),
        pytest.param(typed("number", "10482", "10482"), "de", "10482", id="number that may be an ID stays whole"),
        pytest.param(typed("number", "49.90", "49.90"), "de", "49,90", id="decimals as they were sent"),
        pytest.param(typed("number", "87 GB", "87"), "de", "87 GB", id="number with its unit: as sent"),
        pytest.param(typed("number", "9" * 25, "9" * 25), "en", "9" * 25, id="beyond double precision"),
        pytest.param(typed("percent", "99.95 %", "99.95"), "de", "99,95 %", id="percent"),
        pytest.param(typed("date", "2026-12-01", "2026-12-01"), "de", "01.12.2026", id="date, German"),
        pytest.param(typed("date", "2026-12-01", "2026-12-01"), "en-GB", "1 Dec 2026", id="date, British"),
        pytest.param(
            typed("date", "09/01/2025", "09/01/2025"), "de", "09/01/2025", id="date that is ambiguous: as sent"
        ),
        pytest.param(typed("text", "1480.00 EUR", "1480.00 EUR"), "de", "1480.00 EUR", id="text stays text"),
        pytest.param(typed("later", "x", "y"), "de", "x", id="a type of a later release"),
        pytest.param({"label": "It", "value": "480 EUR", "source": "/x"}, "de", "480 EUR", id="no type"),
    ],
)
async def test_typed_value_is_written_as_the_locale_does(card: Card, row: dict[str, Any], lang: str, text: str) -> None:
    assert await shown_value(card, row, lang) == text


@pytest.mark.parametrize(
    ("value", "tone"),
    [
        ("Active", "good"),
        ("Past due", "trouble"),
        ("Active (trialing)", "good"),
        ("Cancelled", "trouble"),
        ("On hold", "quiet"),
    ],
)
async def test_status_has_a_tone_beside_its_word(card: Card, value: str, tone: str) -> None:
    await card.show({**FOUND, "fields": [typed("choice", value, "x")]})

    assert await card.part(f"dd > span.{tone}").inner_text() == value


@pytest.mark.parametrize(
    ("value", "href"),
    [
        ("https://admin.example.com/a?b=1", "https://admin.example.com/a?b=1"),
        ("javascript:alert(1)", None),
        ("https://good.test@evil.test/", None),
        ("see https://admin.example.com", None),
    ],
)
async def test_value_that_is_an_address_is_a_link(card: Card, value: str, href: str | None) -> None:
    await card.show({**FOUND, "fields": [typed("text", value, value)], "links": []})
    links = await card.part("dd a").all()

    assert [await link.get_attribute("href") for link in links] == ([href] if href else [])
    assert all([await link.get_attribute("rel") == "noopener noreferrer" for link in links])


async def test_24_rows_are_folded_until_an_agent_wants_them_and_stay_open_for_this_ticket(card: Card) -> None:
    many = {**FOUND, "fields": [typed("text", f"v{n}", f"v{n}", f"L{n}") for n in range(24)]}
    visible = "it => [...it.shadowRoot.querySelectorAll('.row')].filter((row) => row.checkVisibility()).length"
    await card.show(many)
    counts = [await card.run(visible)]
    await card.page.get_by_role("button", name="Show 14 more").click()
    counts.append(await card.run(visible))
    await card.show({**many, "summary": "Changed."})
    counts.append(await card.run(visible))
    await card.show({**many, "ticket_id": "t_2"})
    counts.append(await card.run(visible))

    assert counts == [10, 24, 24, 10]


async def test_11_rows_are_not_worth_a_button(card: Card) -> None:
    await card.show({**FOUND, "fields": [typed("text", "v", "v", f"L{n}") for n in range(11)]})

    assert await card.part(".fold").count() == 0


async def test_long_value_is_folded_and_copied_whole(card: Card) -> None:
    long = "word " * 60 + "end"
    await card.show({**FOUND, "fields": [typed("text", long, long)]})
    folded = await card.part("dd bdi").inner_text()
    await card.part("dd .copy").click()
    copied = await card.page.evaluate("navigator.clipboard.readText()")
    await card.page.get_by_role("button", name="Show all of It").click()

    assert (folded.endswith("word …"), len(folded) < 170) == (True, True)
    assert copied == await card.part("dd bdi").inner_text() == long


async def test_no_word_is_broken_inside_where_the_card_is_narrow(card: Card) -> None:
    await card.page.evaluate("document.querySelector('main').style.width = '220px'")
    words = ("Fulfilment", "Bezirksvorsteherin", "Rechnungsanschrift")
    await card.show({**FOUND, "fields": [typed("text", f"{word} {word}", word, word) for word in words]})
    broken = await card.part().evaluate(
        """(section) => [...section.querySelectorAll("dt bdi, dd bdi")].filter((each) => {
            const range = document.createRange();
            const node = each.firstChild;
            return [...node.data.matchAll(/\\S+/g)].some((word) => {
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                return range.getClientRects().length > 1;
            });
        }).map((each) => each.textContent)"""
    )

    assert broken == []


async def test_copying_is_offered_on_hover_and_on_focus(card: Card) -> None:
    await card.show(FOUND)
    opacity = "it => getComputedStyle(it).opacity"
    first, second = card.part(".copy").nth(0), card.part(".copy").nth(1)
    await card.page.mouse.move(0, 0)
    before = await first.evaluate(opacity)
    await card.part(".row").first.hover()
    hovered = (await first.evaluate(opacity), await second.evaluate(opacity))
    await second.focus()

    assert (before, hovered, await second.evaluate(opacity)) == ("0", ("1", "0"), "1")


async def test_verified_sender_is_named_where_it_matches(card: Card) -> None:
    await card.show({**FOUND, "identity": "match"})
    named = await card.part(".verified").inner_text()
    await card.show({**FOUND, "identity": "unknown"})

    assert (named.strip(), await card.part(".verified").is_visible()) == ("Sender verified", False)


async def test_last_attempt_is_told_with_its_age_and_the_facts_stay(card: Card) -> None:
    now = 1_795_000_000_000
    await card.run("(it, now) => { Date.now = () => now; }", now)
    attempt = {
        "status": "fetch_error",
        "reason": "timeout",
        "message": Outcome.TIMEOUT.sentence,
        "at": "2026-11-18T00:00:00Z",
    }
    at = await card.page.evaluate("now => new Date(now - 180000).toISOString()", now)
    created = await card.page.evaluate("now => new Date(now - 3 * 86400000).toISOString()", now)
    await card.show({**FOUND, "created_at": created, "last_attempt": attempt | {"at": at}})

    assert await card.part(".attempt").inner_text() == f"Last try 3 minutes ago: {Outcome.TIMEOUT.sentence}"
    assert await card.part("time").inner_text() == "3 days ago"
    assert await card.part("dd").count() == 2


@pytest.mark.parametrize(
    ("result", "offered"),
    [
        pytest.param(ended(Outcome.NOT_FOUND), True, id="nothing found"),
        pytest.param(ended(Outcome.NO_DATA), True, id="nobody known"),
        pytest.param(FOUND, False, id="found"),
        pytest.param(ended(Outcome.TIMEOUT), False, id="failed"),
        pytest.param({"status": "pending"}, False, id="under way"),
        pytest.param(None, False, id="no ticket"),
    ],
)
async def test_field_for_an_identifier_is_offered_where_an_agent_may_know_more(
    card: Card, result: Any, offered: bool
) -> None:
    await card.show(result)

    assert await card.page.get_by_label("Customer ID or email").is_visible() is offered


async def test_typed_identifier_is_told_to_the_page_which_asks(card: Card) -> None:
    card.record()
    await card.run(
        "it => { window.heard = []; it.addEventListener('lookup', (event) => window.heard.push(event.detail)); }"
    )
    await card.show(ended(Outcome.NOT_FOUND))
    field = card.page.get_by_label("Customer ID or email")
    await field.press("Enter")  # empty: nothing
    await field.fill("  acct_12ab34cd ")
    await field.press("Enter")

    expected = [{"ticket_id": "t_1", "project_id": "prj_1", "identifier": "acct_12ab34cd"}]
    assert await card.page.evaluate("window.heard") == expected
    assert card.events == []


async def test_identifier_that_an_agent_entered_is_named_so(card: Card) -> None:
    await card.show({**FOUND, "identified_by": "agent"})

    assert "Entered by an agent:" in await card.part("footer").inner_text()


async def test_words_are_german_or_the_pages_own(card: Card) -> None:
    await card.run("it => { it.lang = 'de-AT'; it.strings = { title: 'Über den Kunden', found: 7, nonsense: 'x' }; }")
    await card.show({**FOUND, "identity": "match"})
    text = await card.text()

    assert "Über den Kunden" in text
    assert "Kunde gefunden" in text
    assert "Absender geprüft" in text
    assert await card.page.get_by_role("button", name="Plan kopieren").count() == 1


async def test_right_to_left_turns_the_card_and_not_the_values(card: Card) -> None:
    await card.run("it => { it.dir = 'rtl'; it.lang = 'ar'; }")
    await card.show(FOUND)
    boxes = (
        "it => [...it.shadowRoot.querySelectorAll('dt, dd')].slice(0, 2).map((each) => each.getBoundingClientRect().x)"
    )
    label, value = await card.run(boxes)

    assert label > value
    assert await card.part("section").evaluate("it => getComputedStyle(it).direction") == "rtl"


@pytest.mark.parametrize("lang", ["", "x", "not a language!", "zz-ZZ", "en-"])
async def test_language_that_is_none_breaks_nothing(card: Card, lang: str) -> None:
    card.record()

    assert "480" in await shown_value(card, typed("money", "480.00 EUR", "480.00 EUR"), lang)
    assert card.events == []


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        pytest.param("Plan: Pro · Seats: 12", False, id="made from the rows"),
        pytest.param("Plan: Pro", False, id="of some rows"),
        pytest.param("Plan: Pro · Sea…", False, id="cut"),
        pytest.param("Plan: Pro · Seats: 13", True, id="another value"),
        pytest.param("Pro plan with 12 seats.", True, id="a sentence"),
    ],
)
async def test_summary_that_says_no_more_than_the_rows_is_not_shown(card: Card, summary: str, shown: bool) -> None:
    await card.show({**FOUND, "summary": summary})

    assert await card.part(".summary").count() == int(shown)
