"""axe-core finds nothing on the pages and the card: both themes, narrow and wide, empty, failed and full."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from app.domain.outcomes import Outcome
from tests.browser.conftest import new_page, opened
from tests.browser.results import FOUND, FULL, ended
from tests.browser.settings_page import Helpdesk
from tests.browser.test_settings_reach import busy_project, everything_shown
from tests.support.demo_process import running_demo

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make test-browser does it (npm)"),
]

LOOKS: dict[str, dict[str, Any]] = {
    f"{scheme} {width}": {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    for scheme, width in (("light", 320), ("dark", 1280))
}
"""Each theme and each width once: a theme changes colours only, a width the layout only."""


async def violations(page: Page) -> list[str]:
    """Return what axe finds on the page: the rule, and the first element that breaks it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"{AXE.read_text('utf-8')}; 0")
    found: list[dict[str, Any]] = await page.evaluate("axe.run().then((report) => report.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


SHOWN = {
    "found": FOUND,
    "failed": ended(Outcome.TIMEOUT),
    "pending": {"status": "pending", "message": "under way"},
    "of somebody else": FOUND | {"identity": "mismatch"},
    "kept from the draft": FOUND | {"identity": "unknown", "ai_context_withheld": True},
    "asks for an identifier": ended(Outcome.NOT_FOUND),
    "folded, typed, tried again": FULL,
}
"""Results, one of each kind that the card shows in its own way."""


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_card_has_no_violation(browser: Browser, origin: str, look: dict[str, Any]) -> None:
    found = {}
    async with new_page(browser, origin, **look) as page:
        card = await opened(page, "/card")
        for name, result in SHOWN.items():
            await card.show(result)
            assert await card.text()
            found[name] = await violations(page)

    assert found == {name: [] for name in SHOWN}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_settings_page_has_no_violation(desk: Helpdesk, look: dict[str, Any]) -> None:
    await busy_project(desk)
    async with desk.opened(**look) as settings:
        await everything_shown(desk, settings)
        assert await violations(settings.page) == []


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_page_without_a_token_has_no_violation(desk: Helpdesk, look: dict[str, Any]) -> None:
    async with desk.opened("/settings", **look) as settings:
        await expect(settings.page.get_by_role("heading").first).to_be_visible()
        assert await violations(settings.page) == []


async def test_page_of_the_demo_has_no_violation_with_a_reply_that_tells_too_much(browser: Browser) -> None:
    with running_demo() as demo:
        url = demo.addresses[0]
        for scheme, width in ((scheme, width) for scheme in ("light", "dark") for width in (320, 1280)):
            look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
            async with new_page(browser, url.removesuffix("/"), **look) as page:
                await page.goto(url)
                assert await violations(page) == []
                await page.get_by_label("From").fill("eve@example.org")
                await page.get_by_role("button", name="New ticket").click()
                await expect(page.locator(".drafts")).to_be_visible()
                await page.get_by_role("textbox", name="Your reply").fill("Your Pro plan has 21 seats.")
                await expect(page.locator("mark.strong")).to_have_text("Pro")
                assert await violations(page) == []
