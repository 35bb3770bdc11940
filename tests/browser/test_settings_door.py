"""Who gets into the settings page, and what it says to those who do not."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.settings_page import PROJECT, Helpdesk, SettingsPage

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODYS = "cct_" + "x" * 43


async def expect_closed(settings: SettingsPage, title: str, *, asks_for_link: bool = True) -> None:
    heading = settings.page.get_by_role("heading", name=title)
    await expect(heading).to_be_focused()
    await expect(settings.page.locator("#door-way")).to_be_visible(visible=asks_for_link)


async def test_token_leaves_the_address_bar_and_stays_in_this_tab(desk: Helpdesk) -> None:
    link, _ = await desk.link()
    token = link.split("token=")[1].split("&")[0]
    async with desk.opened(link) as settings:
        await expect(settings.field("API URL")).to_be_visible()
        address = settings.page.url
        stores = "[JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie]"
        kept = await settings.page.evaluate(stores)
        length = await settings.page.evaluate("history.length")
        await settings.page.reload()
        await expect(settings.field("API URL")).to_be_visible()
        other = await settings.page.context.new_page()
        await other.goto("/settings")
        await expect(other.get_by_role("heading", name="Open this page with a link")).to_be_visible()

    assert address == f"{desk.origin}/settings"
    assert (token in kept[0], kept[1:]) == (True, ["{}", ""])
    assert length == 2  # the empty page and this one: nobody goes back to the token


async def test_token_is_sent_to_the_api_only(desk: Helpdesk) -> None:
    sent: list[tuple[str, bool]] = []
    async with desk.opened("/settings") as settings:
        settings.page.on("request", lambda it: sent.append((it.url, "authorization" in it.headers)))
        await settings.page.goto((await desk.link())[0])
        await settings.page.reload()
        await expect(settings.field("API URL")).to_be_visible()

    assert {"/projects/" in url for url, with_token in sent if with_token} == {True}
    assert not [url for url, _ in sent if "cct_" in url.split("#")[0] or not url.startswith(desk.origin)]


async def test_page_without_token_says_how_to_get_a_link(desk: Helpdesk) -> None:
    async with desk.opened("/settings", permissions=["clipboard-read", "clipboard-write"]) as settings:
        await expect_closed(settings, "Open this page with a link")
        await expect(settings.page.locator("#door-curl")).to_be_hidden()
        await settings.page.get_by_text("For developers").click()
        await settings.press("Copy")
        await expect(settings.page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await settings.page.evaluate("navigator.clipboard.readText()")

    assert copied.startswith(f"curl -sS {desk.origin}/projects/prj_1/access-tokens \\\n")
    assert '"expires_in": 3600' in copied
    assert settings.faults == []


async def test_page_asks_for_the_project_where_the_link_names_none(desk: Helpdesk) -> None:
    link, _ = await desk.link()
    async with desk.opened(link.split("&")[0]) as settings:
        await expect_closed(settings, "Which project is it?")
        await settings.field("Project").fill("prj_1")
        await settings.press("Open the settings")
        await expect(settings.field("API URL")).to_be_visible()
        await settings.page.reload()
        await expect(settings.field("API URL")).to_be_visible()


async def revoked(desk: Helpdesk, token_id: str) -> None:
    (await desk.api.delete(f"{PROJECT}/access-tokens/{token_id}")).raise_for_status()


async def expired(desk: Helpdesk, token_id: str) -> None:
    expiring = "UPDATE access_tokens SET expires_at = now() WHERE token_id = :token_id"
    desk.world.database.rows(expiring, token_id=token_id)


async def no_owner(desk: Helpdesk, token_id: str) -> None:
    await desk.put_project(owner_ids=["u2"])


async def no_plan(desk: Helpdesk, token_id: str) -> None:
    await desk.put_project(plan="free")


ENDINGS = [
    pytest.param(revoked, "This link does not open any more", id="revoked"),
    pytest.param(expired, "This link does not open any more", id="expired"),
    pytest.param(no_owner, "Only owners may see this", id="not an owner any more"),
    pytest.param(no_plan, "Customer Context needs the Business plan", id="plan ended"),
]


@pytest.mark.parametrize(("end", "title"), ENDINGS)
async def test_link_that_opens_nothing_is_explained(desk: Helpdesk, end: Any, title: str) -> None:
    link, token_id = await desk.link()
    await end(desk, token_id)
    async with desk.opened(link) as settings:
        await expect_closed(settings, title, asks_for_link=end is not no_plan)
        await expect(settings.field("API URL")).to_be_hidden()


@pytest.mark.parametrize(("end", "title"), ENDINGS)
async def test_link_that_ends_while_somebody_types_keeps_what_is_typed(desk: Helpdesk, end: Any, title: str) -> None:
    link, token_id = await desk.link()
    async with desk.opened(link) as settings:
        await settings.field("API URL").fill("https://api.example.com/typed")
        await end(desk, token_id)
        await settings.press("Save")
        await expect_closed(settings, title, asks_for_link=end is not no_plan)

        await desk.put_project()
        fresh, _ = await desk.link()
        await settings.page.evaluate("link => { location.hash = link.split('#')[1]; }", fresh)
        await expect(settings.page.locator("#door")).to_be_hidden()
        await expect(settings.field("API URL")).to_have_value("https://api.example.com/typed")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")

    assert (await desk.stored())["api_url"] == "https://api.example.com/typed"


async def test_link_of_another_project_is_told_apart(desk: Helpdesk) -> None:
    link, _ = await desk.link()
    async with desk.opened(link.replace("prj_1", "prj_2")) as settings:
        await expect_closed(settings, "This link is for another project")


async def test_token_that_never_was_is_refused_without_a_word_of_it(desk: Helpdesk) -> None:
    async with desk.opened(f"/settings#token={NOBODYS}&project=prj_1") as settings:
        await expect_closed(settings, "This link does not open any more")

        assert NOBODYS not in await settings.page.locator("body").inner_text()


async def test_page_waits_for_a_service_that_is_not_there(desk: Helpdesk) -> None:
    desk.world.database.available = False
    link = "/settings#token=" + NOBODYS + "&project=prj_1"
    async with desk.opened(link) as settings:
        await expect_closed(settings, "The database is not available", asks_for_link=False)
        desk.world.database.available = True
        await settings.press("Try again")
        await expect_closed(settings, "This link does not open any more")
