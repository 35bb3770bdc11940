"""Access tokens and the audit trail on the settings page."""

import pytest
from playwright.async_api import expect

from tests.browser.settings_page import PROJECT, Helpdesk
from tests.support.service import CONFIGURATION

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_token_that_reads_is_made_shown_once_and_revoked(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.unfold("keys")
        rows = settings.page.get_by_role("table", name="Access tokens").get_by_role("row")
        await expect(rows).to_have_count(2)  # its head, and the link of this page
        await settings.press("Make a token")
        await expect(settings.error("keys-label")).to_have_text("Say what it is for")
        await settings.field("What it is for").fill("CI")
        await settings.press("Make a token")
        token = await settings.page.locator("#keys-made code").inner_text()
        await expect(rows.nth(1)).to_contain_text("CI")
        await expect(rows.nth(1)).to_contain_text("Reading")
        await settings.press("Revoke CI")
        await expect(rows).to_have_count(3)
        await settings.press("Revoke CI")
        await expect(rows).to_have_count(2)

        assert settings.faults == []
    assert token.startswith("ccr_")


async def test_link_that_only_reads_offers_nothing_that_would_be_refused(desk: Helpdesk) -> None:
    await desk.set_up()
    body = {"label": "CI", "expires_in": 3_600, "scope": "read"}
    link = (await desk.api.post(f"{PROJECT}/access-tokens", json=body)).raise_for_status().json()["settings_url"]
    async with desk.opened(link) as settings:
        await expect(settings.page.locator("#reading")).to_contain_text("This link only reads")
        await expect(settings.field("API URL")).to_have_value(CONFIGURATION["api_url"])
        await expect(settings.field("API URL")).to_be_disabled()
        await expect(settings.page.locator("#activity .tiles")).to_be_visible()
        await settings.unfold("audit")
        await expect(settings.page.get_by_role("table", name="Audit trail")).to_be_visible()
        await settings.unfold("versions")
        await expect(settings.page.locator("#versions li")).to_have_count(1)
        buttons = await settings.page.get_by_role("button").filter(visible=True).all_inner_texts()
        await expect(settings.page.locator("#door")).to_be_hidden()

        assert buttons == ["Refresh"]
        assert settings.faults == []


async def test_trail_tells_who_changed_what(desk: Helpdesk) -> None:
    await desk.set_up()
    await desk.configure("u2", display_instructions="Show Plan.")
    async with desk.opened() as settings:
        await settings.unfold("audit")
        rows = settings.page.get_by_role("table", name="Audit trail").get_by_role("row")
        await expect(rows.nth(2)).to_contain_text("Settings saved")
        await expect(rows.nth(2)).to_contain_text("What to show in the sidebar")
        await expect(rows.nth(1)).to_contain_text("Access token made")
        for _ in range(30):
            await desk.link()
        await settings.page.locator("#audit > summary").click()
        await settings.page.locator("#audit > summary").click()
        await expect(rows).to_have_count(21)
        await settings.press("Show older ones")
        await expect(rows.last).to_contain_text("Project changed")

        assert settings.faults == []
