"""Earlier versions of the settings on the page: who saved what, how each differs, and the way back."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.settings_page import Helpdesk, SettingsPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD, NEW = "Show Plan and Status (Active or Inactive).", "Show Plan, Seats and Status (Active or Inactive)."
DISPLAY = "What to show in the sidebar"


async def changed_twice(desk: Helpdesk) -> None:
    await desk.set_up(display_instructions=OLD)
    await desk.configure("u1", display_instructions=NEW)


async def opened_list(settings: SettingsPage) -> Locator:
    await settings.unfold("versions")
    versions = settings.page.locator("#versions li")
    await expect(versions.first).to_be_visible()
    return versions


async def test_list_tells_who_saved_what_and_how_it_differs(desk: Helpdesk) -> None:
    await changed_twice(desk)
    async with desk.opened() as settings:
        versions = await opened_list(settings)
        await expect(versions).to_have_count(2)
        await expect(versions.first).to_contain_text(f"u1 changed {DISPLAY}")
        await expect(versions.first).to_contain_text("Stored now")
        await expect(versions.first.get_by_role("button", name="Restore")).to_have_count(0)
        await versions.first.locator("summary").click()
        words = versions.first.locator("dd")
        await expect(words.locator("del")).to_have_text([" removed: Plan"])
        await expect(words.locator("ins")).to_have_text([" added: Plan, Seats"])
        await versions.last.locator("summary").click()
        await expect(versions.last.locator("dt")).to_contain_text(["API URL", "How to identify the customer", DISPLAY])
        await settings.field("from what is stored now").check()
        await expect(versions.first).to_contain_text("No field differs.")
        await expect(versions.last.locator("ins")).to_have_text([" added: Plan"])

        assert settings.faults == []


async def test_version_is_restored_and_that_is_undone(desk: Helpdesk) -> None:
    await changed_twice(desk)
    before = await desk.stored()
    async with desk.opened() as settings:
        versions = await opened_list(settings)
        await versions.last.get_by_role("button", name="Restore").press("Enter")
        await expect(settings.page.locator("#versions-said")).to_contain_text("Restored, as a new version.")
        await expect(settings.field(DISPLAY)).to_have_value(OLD)
        await expect(versions).to_have_count(3)
        await expect(settings.page.get_by_role("button", name="Undo", exact=True)).to_be_focused()
        restored = await desk.stored()
        await settings.page.keyboard.press("Enter")
        await expect(settings.field(DISPLAY)).to_have_value(NEW)
        await expect(versions).to_have_count(4)

        assert settings.faults == []
    assert restored["display_instructions"] == OLD
    assert restored["bearer_token_updated_at"] == before["bearer_token_updated_at"]
    assert (await desk.stored())["display_instructions"] == NEW


async def test_version_of_another_host_is_not_restored_without_a_token(desk: Helpdesk) -> None:
    await desk.set_up(api_url="https://old.example.com/x")
    await desk.configure("u1", api_url="https://new.example.com/x", bearer_token="another-token-0123456789")
    async with desk.opened() as settings:
        versions = await opened_list(settings)
        await versions.last.get_by_role("button", name="Restore").click()
        await expect(settings.page.locator("#versions-said")).to_contain_text("on another host than the token")
        await expect(versions).to_have_count(2)


async def test_typed_text_is_not_lost_to_a_restore(desk: Helpdesk) -> None:
    await changed_twice(desk)
    async with desk.opened() as settings:
        versions = await opened_list(settings)
        await settings.field(DISPLAY).fill("Mine.")
        await versions.last.get_by_role("button", name="Restore").click()
        await expect(settings.page.locator("#versions-said")).to_contain_text(
            "Save or discard what you have typed first."
        )
        await expect(settings.field(DISPLAY)).to_have_value("Mine.")


async def test_restore_notices_that_somebody_else_saved(desk: Helpdesk) -> None:
    await changed_twice(desk)
    async with desk.opened() as settings:
        versions = await opened_list(settings)
        await desk.configure("u2", display_instructions="Theirs.")
        await versions.last.get_by_role("button", name="Restore").click()
        await expect(settings.page.locator("#versions-said")).to_contain_text("somebody else saved in between")

    assert (await desk.stored())["display_instructions"] == "Theirs."


async def test_nothing_saved_yet_is_said(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        await settings.unfold("versions")
        await expect(settings.page.locator("#versions-list")).to_have_text("Nothing was saved yet.")
