"""The settings page for everybody: keyboard, screen reader, both themes, narrow and wide, in a helpdesk's frame."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from app.domain.outcomes import Outcome
from tests.browser.settings_page import Helpdesk, SettingsPage
from tests.browser.test_settings_activity import ended
from tests.support.rows import put_ended_runs

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTRASTS = (Path(__file__).parent / "contrast.js").read_text("utf-8")
"""A function of an element with a shadow root: each text and icon with its contrast (WCAG 2.2) to what is behind it."""

AS_ROOT = f"(body) => ({CONTRASTS})({{ shadowRoot: body }})"

STOPS = [
    "method",
    "api_url",
    "How to build the endpoint",
    "identifier_parameter",
    "bearer_token",
    "Generate a token",
    "Rotate",
    "SaaS account",
    "Shop order",
    "Account or order",
    "Sender's address",
    "identify_instructions",
    "Use this example",
    "display_instructions",
    "Use this example",
    "match_path",
    "identity_policy",
    "relay_senders",
    "agent_only",
    "enabled",
    "Discard",
    "Save",
    "subject",
    "sender",
    "sender_verified",
    "body",
    "Run the test",
]


async def everything_shown(desk: Helpdesk, settings: SettingsPage) -> None:
    """Have each part of the page show something: figures, an error, a result, and all that is folded."""
    await expect(settings.page.locator(".chart svg")).to_be_visible()
    await settings.run_test()
    await settings.press("Rotate")
    await settings.press("Check it")
    await settings.page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    await expect(settings.page.get_by_role("table", name="Audit trail")).to_be_visible()
    await expect(settings.page.get_by_role("table", name="Access tokens")).to_be_visible()
    await expect(settings.page.locator("#versions li")).not_to_have_count(0)
    await settings.field("Identifier parameter").fill("1")
    await settings.press("Save")
    await expect(settings.error("identifier_parameter")).not_to_be_empty()


async def busy_project(desk: Helpdesk) -> None:
    await desk.set_up()
    endings = [
        Outcome.OK,
        Outcome.NO_DATA,
        Outcome.NOT_FOUND,
        Outcome.TIMEOUT,
        Outcome.SKIPPED_CREDITS,
        Outcome.NOT_ENABLED,
    ]
    put_ended_runs(desk.world.database, *(ended(outcome, days_ago) for outcome in endings for days_ago in range(28)))


async def test_tab_goes_through_the_page_in_reading_order(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field("API URL").fill("https://x.example.com/")
        await settings.field("GET").focus()
        seen = []
        for _ in STOPS:
            focused = "document.activeElement"
            seen.append(
                await settings.page.evaluate(
                    f"{focused}.name || {focused}.id.replace(/^(?!enabled).*/, '') || {focused}.firstChild.data.trim()"
                )
            )
            outline = await settings.page.evaluate(
                f"getComputedStyle({focused}.type === 'radio' ? {focused}.parentElement : {focused}).outline"
            )
            assert "solid 2px" in outline, seen
            await settings.page.keyboard.press("Tab")

    assert seen == STOPS


async def test_everything_can_be_done_by_keyboard(desk: Helpdesk) -> None:
    await desk.set_up(enabled=False)
    async with desk.opened() as settings:
        await settings.field("GET").press("ArrowRight")
        await settings.switch.press("Space")
        await expect(settings.switch).to_have_attribute("aria-checked", "true")
        await settings.field("API URL").press("Enter")
        await settings.page.get_by_role("button", name="Turn it on anyway").press("Enter")
        await expect(settings.saving).to_contain_text("Saved at")
        await settings.page.locator("#trial-run").press("Enter")
        await expect(settings.page.locator("#trial-result")).to_be_visible()

    stored = await desk.stored()
    assert (stored["method"], stored["enabled"]) == ("POST", True)


async def test_focus_is_never_behind_the_bar_at_the_bottom(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened(viewport={"width": 1280, "height": 600}) as settings:
        await settings.field("API URL").fill("https://x.example.com/")
        for name in ("identify_instructions", "display_instructions", "enabled"):
            await settings.page.locator(f"#{name}").focus()
            room = await settings.page.evaluate(
                """() => document.querySelector('.savebar').getBoundingClientRect().top
                    - document.activeElement.getBoundingClientRect().top"""
            )
            assert room > 26, name  # its first line at least, where the caret is


async def test_what_happens_is_announced(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        for said in ("#saving", "#trial-live", "#activity-live"):
            await expect(settings.page.locator(said)).to_have_role("status")
        await settings.run_test()
        await expect(settings.page.locator("#trial-live")).to_contain_text("Test ended: It works.")
        headings = await settings.page.get_by_role("heading").evaluate_all(
            "them => them.map(it => Number(it.localName[1]))"
        )

    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_contrast_is_enough_in_both_themes(desk: Helpdesk, scheme: Any) -> None:
    await busy_project(desk)
    async with desk.opened(color_scheme=scheme) as settings:
        await everything_shown(desk, settings)
        seen = await settings.page.locator("body").evaluate(AS_ROOT)
        ground = await settings.page.evaluate("getComputedStyle(document.body).backgroundColor")
        bars = settings.page.locator(".legend .bar")
        colours = await bars.evaluate_all("them => them.map(it => getComputedStyle(it).fill)")

    text = [each for each in seen if not each[0] and "svg" not in each[1] and " text" not in each[1]]
    assert len(text) > 100
    assert [each for each in text if each[2] < 4.5] == []
    assert ground == {"light": "rgb(244, 246, 248)", "dark": "rgb(18, 20, 23)"}[scheme]
    assert len(set(colours)) == 6


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
async def test_page_fits_its_width(desk: Helpdesk, width: int) -> None:
    await busy_project(desk)
    async with desk.opened(viewport={"width": width, "height": 800}) as settings:
        await everything_shown(desk, settings)
        seen = await settings.page.evaluate("document.documentElement.scrollWidth")
        beside = await settings.page.evaluate(
            """() => document.querySelector('#trial').getBoundingClientRect().left
                >= document.querySelector('#configuration').getBoundingClientRect().right"""
        )

    assert seen == width
    assert beside is (width > 920)
    assert settings.faults == []


async def test_page_asks_its_own_service_only(desk: Helpdesk) -> None:
    await busy_project(desk)
    urls: list[str] = []
    async with desk.opened("/settings") as settings:
        settings.page.on("request", lambda it: urls.append(it.url))
        await settings.page.goto((await desk.link())[0])
        await settings.page.reload()
        await everything_shown(desk, settings)

    assert len(urls) > 10
    assert [url for url in urls if not url.startswith(f"{desk.origin}/")] == []


async def test_motion_stops_for_those_who_mind(desk: Helpdesk) -> None:
    async with desk.opened(reduced_motion="reduce") as settings:
        step = settings.page.locator("[data-step=extract]")
        await step.evaluate("it => { it.dataset.outcome = 'running'; }")

        assert await step.locator("i").evaluate("it => getComputedStyle(it).animationName") == "none"
