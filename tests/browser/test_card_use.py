"""The card in use: by keyboard, by screen reader, in both themes, on a helpdesk's own page."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from app.domain.outcomes import Outcome
from tests.browser.conftest import STARTED, Card, new_page, opened
from tests.browser.results import FOUND, ended, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = "it => it.shadowRoot.activeElement?.getAttribute('aria-label') ?? null"

EVENTS = """() => {
    window.heard = [];
    document.addEventListener("refresh", (event) => window.heard.push([event.detail, event.target.localName]));
}"""

TREE = """\
- region "Customer context":
  - heading "Customer context" [level=2]
  - button "Refresh customer context"
  - alert: "The sender may be somebody else: this email's address is not the one on file for this customer. \
Verify who is writing before you share anything."
  - status: Customer found
  - paragraph: Northwind Bikes is on the Pro plan with 12 seats.
  - term: Plan
  - definition:
    - text: Pro
    - button "Copy Plan"
  - term: Seats
  - definition:
    - text: "12"
    - button "Copy Seats"
  - list:
    - listitem:
      - link "View in admin, admin.example.com (opens in a new tab)":
        - /url: https://admin.example.com/accounts/acct_12ab34cd
        - text: View in admin
  - text: Looked up by acct_12ab34cd
  - button "Copy identifier\""""
"""What a screen reader meets."""

CONTRASTS = (Path(__file__).parent / "contrast.js").read_text("utf-8")
"""A function of the card's element: each text and icon with the contrast ratio (WCAG 2.2) to what is behind it."""


async def tabbed(card: Card, presses: int) -> list[Any]:
    names = []
    for _ in range(presses):
        await card.page.keyboard.press("Tab")
        names.append(await card.run(FOCUSED))
    return names


async def test_tab_goes_through_the_card_in_reading_order_and_leaves_it(card: Card) -> None:
    await card.show(FOUND)

    assert await tabbed(card, 6) == [
        "Refresh customer context",
        "Copy Plan",
        "Copy Seats",
        "View in admin, admin.example.com (opens in a new tab)",
        "Copy identifier",
        None,
    ]


async def test_focus_is_visible_on_everything_that_takes_it(card: Card) -> None:
    await card.show(FOUND)
    for _ in range(5):
        await card.page.keyboard.press("Tab")
        outline = await card.run("it => getComputedStyle(it.shadowRoot.activeElement).outline")

        assert "solid 2px" in outline


async def test_card_is_a_named_region_with_a_status_and_a_described_list(card: Card) -> None:
    await card.show({**FOUND, "created_at": None, "identity": "mismatch"})

    assert await card.snapshot() == TREE


async def test_status_and_notes_are_announced_politely_and_the_age_is_not(card: Card) -> None:
    await card.show(ended(Outcome.TIMEOUT))
    live = "it => it.closest('[role=status], [aria-live=polite]') !== null"
    region = card.part()

    assert await region.get_by_text("Look-up failed").evaluate(live) is True
    assert await region.get_by_text("The customer endpoint did not finish").evaluate(live) is True
    assert await region.locator("time").evaluate(live) is False


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_value_is_copied_by_keyboard_and_it_is_said(page: Page, key: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.clock.install()
    card = await opened(page, "/card")
    await card.show(FOUND)
    await tabbed(card, 2)
    await page.keyboard.press(key)
    said = card.part(".said")
    await said.get_by_text("Copied Plan").wait_for(state="attached")
    bubble = card.part("button[data-said]")

    assert await page.evaluate("navigator.clipboard.readText()") == "Pro"
    assert await bubble.get_attribute("data-said") == "Copied"
    await page.clock.run_for(2_000)
    assert (await said.text_content(), await bubble.count()) == ("", 0)


@pytest.mark.parametrize("why", ["absent", "refused"])
async def test_value_is_selected_when_the_clipboard_cannot_be_written(page: Page, why: str) -> None:
    clipboard = "undefined" if why == "absent" else "{ writeText: () => Promise.reject(new Error('canary')) }"
    await page.add_init_script(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    card = await opened(page, "/card")
    card.record()
    await card.show(FOUND)
    await page.get_by_role("button", name="Copy Seats").click()
    said = card.part(".said")
    await said.get_by_text("Seats is selected: press Control C").wait_for(state="attached")

    assert await page.evaluate("getSelection().toString()") == "12"
    assert card.events == []


async def test_refresh_leaves_the_card_with_the_ticket(card: Card) -> None:
    await card.page.evaluate(EVENTS)
    await card.show(FOUND)
    await card.page.get_by_role("button", name="Refresh").click()
    await card.show({"status": "ok", "ticket_id": 7})
    await card.page.keyboard.press("Enter")

    assert await card.page.evaluate("window.heard") == [
        [{"ticket_id": "t_1", "project_id": "prj_1"}, "customer-context-card"],
        [{"ticket_id": None, "project_id": None}, "customer-context-card"],
    ]


async def test_refresh_waits_while_one_is_pending_and_keeps_the_focus(card: Card) -> None:
    await card.page.evaluate(EVENTS)
    await card.show({"status": "pending"})
    focused = await tabbed(card, 1)
    await card.page.keyboard.press("Enter")
    pending = await card.page.evaluate("window.heard.length")
    disabled = await card.page.get_by_role("button", name="Refresh").get_attribute("aria-disabled")
    await card.show(FOUND)
    await card.page.keyboard.press("Enter")

    assert (focused, pending, disabled) == (["Refresh customer context"], 0, "true")
    assert await card.page.evaluate("window.heard.length") == 1


async def test_refresh_is_hidden_when_the_host_has_none(card: Card) -> None:
    await card.run("it => it.toggleAttribute('no-refresh')")
    await card.show(FOUND)

    assert await tabbed(card, 1) == ["Copy Plan"]


@pytest.mark.parametrize(
    ("after", "focused"),
    [
        pytest.param(FOUND, "Copy Plan", id="the same result again"),
        pytest.param({**FOUND, "summary": "Other."}, "Refresh customer context", id="another result"),
    ],
)
async def test_focus_is_not_lost_when_a_result_comes(card: Card, after: dict[str, Any], focused: str) -> None:
    await card.show(FOUND)
    await tabbed(card, 2)
    await card.show(after)

    assert await card.run(FOCUSED) == focused


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", [None, "light", "dark"])
async def test_contrast_is_enough_in_every_theme(browser: Browser, origin: str, scheme: Any, theme: str | None) -> None:
    async with new_page(browser, origin, color_scheme=scheme) as page:
        card = await opened(page, "/card")
        if theme:
            await card.run("(it, theme) => it.setAttribute('theme', theme)", theme)
        seen: list[list[Any]] = []
        for result in ({**FOUND, "identity": "mismatch"}, ended(Outcome.TIMEOUT), {"status": "disabled"}):
            await card.show(result)
            seen += await card.run(CONTRASTS)
        surface = await card.part().evaluate("it => getComputedStyle(it).backgroundColor")

    assert {name for _, name, _ in seen} >= {
        "header h2",
        "div p",
        "div time",
        "p span",
        "p bdi",
        "dt bdi",
        "span bdi",
        "a span",
        "li span",
        "div footer",
        "button svg",
        "p svg",
    }
    assert [each for each in seen if each[2] < (3 if each[0] else 4.5)] == []
    assert surface == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 30, 34)"}[theme or scheme]


@pytest.mark.parametrize(("motion", "name"), [("reduce", "none"), ("no-preference", "breathe")])
async def test_pending_moves_only_for_those_who_do_not_mind(page: Page, motion: Any, name: str) -> None:
    await page.emulate_media(reduced_motion=motion)
    card = await opened(page, "/card")
    await card.show({"status": "pending"})
    bar = card.part(".waiting i").first

    assert await bar.evaluate("it => getComputedStyle(it).animationName") == name


async def test_host_can_theme_the_card_and_its_own_style_stays_out(card: Card) -> None:
    await card.page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`
                customer-context-card { --customer-context-surface: rgb(1, 2, 3); margin: 7px; }
                main { font: 40px serif; letter-spacing: 9px; text-transform: uppercase; color: red }
                * { outline: 9px solid lime } dt, bdi, button, section { display: none !important }`);
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    await card.show({**FOUND, "fields": rows(("Plan", "Pro"))})
    style = await card.part("dd bdi").evaluate(
        "it => (({ fontSize, letterSpacing, textTransform, outlineStyle }) => "
        "[fontSize, letterSpacing, textTransform, outlineStyle])(getComputedStyle(it))"
    )
    host = card.page.locator("customer-context-card")

    assert style == ["14px", "normal", "none", "none"]
    assert await host.evaluate("it => getComputedStyle(it).margin") == "7px"
    assert await host.locator("section").evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(1, 2, 3)"


async def test_page_of_another_origin_can_load_the_card(page: Page, origin: str) -> None:
    elsewhere = origin.replace("127.0.0.1", "localhost")
    await page.goto(f"{elsewhere}/none")
    await page.add_script_tag(url=f"{origin}/static/customer-context-card.js", type="module")
    await page.evaluate(STARTED)
    card = Card(page)
    await card.show(FOUND)

    assert "Customer found" in await card.text()
