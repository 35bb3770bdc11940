"""Setting Customer Context up on the page: fields, errors, saving, conflicts, the switch."""

import re
from typing import Any

import pytest
from playwright.async_api import Dialog, expect

from tests.browser.settings_page import CONTEXT, Helpdesk, SettingsPage
from tests.support.service import BEARER_TOKEN, CONFIGURATION

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABELS = {
    "api_url": "API URL",
    "identifier_parameter": "Identifier parameter",
    "bearer_token": "Bearer token",
    "identify_instructions": "How to identify the customer",
    "display_instructions": "What to show in the sidebar",
}


async def fill_in(settings: SettingsPage, **changes: str) -> None:
    for name, label in LABELS.items():
        await settings.field(label).fill(changes.get(name, CONFIGURATION[name]))


async def test_owner_sets_it_up_from_nothing_and_turns_it_on(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        await expect(settings.page.locator("#state")).to_have_text("Not set up yet")
        await settings.field("POST").check()
        await fill_in(settings)
        await settings.run_test()
        await settings.switch.click()
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")

        await expect(settings.page.locator("#state")).to_have_text("On")
        await expect(settings.page.locator("#configuration-lead")).to_contain_text("It is on")
        await expect(settings.page.locator("#token-state")).to_have_text(re.compile(r"^Configured .*20\d\d"))
        await expect(settings.field("Bearer token")).to_have_value("")
        assert BEARER_TOKEN not in await settings.page.content()
        assert settings.faults == []

    stored = await desk.stored()
    expected = CONFIGURATION | {"method": "POST"}
    del expected["bearer_token"]
    assert {name: stored[name] for name in expected} == expected
    assert (stored["bearer_token_configured"], stored["updated_by"]) == (True, "u1")


async def test_fields_show_what_is_stored(desk: Helpdesk) -> None:
    await desk.set_up(method="POST", enabled=False)
    async with desk.opened() as settings:
        for name in LABELS.keys() - {"bearer_token"}:
            await expect(settings.field(LABELS[name])).to_have_value(CONFIGURATION[name])
        await expect(settings.field("POST")).to_be_checked()
        await expect(settings.switch).to_have_attribute("aria-checked", "false")
        await expect(settings.page.locator("#state")).to_have_text("Off")


async def test_save_sends_only_what_was_changed(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        sent: list[Any] = []
        settings.page.on("request", lambda it: sent.append(it.post_data_json) if it.method == "PATCH" else None)
        await settings.field("What to show in the sidebar").fill("Show Plan.")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")

    assert sent == [{"display_instructions": "Show Plan."}]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("api_url", "http://api.example.com/x", "https", id="not https"),
        pytest.param("api_url", "https://localhost/x", "public", id="not public"),
        pytest.param("api_url", "https://api.example.com/x?id=1", "identifier parameter", id="parameter twice"),
        pytest.param("identifier_parameter", "1 id", "Begin with a letter", id="parameter"),
        pytest.param("bearer_token", "short", "Must be 16", id="token"),
        pytest.param("bearer_token", "", "", id="token missing"),
        pytest.param("identify_instructions", "x" * 4_001, "at most 4000", id="instructions too long"),
        pytest.param("display_instructions", "x" * 4_001, "at most 4000", id="display too long"),
    ],
)
async def test_error_stands_under_its_field_and_takes_the_focus(
    desk: Helpdesk, name: str, value: str, said: str
) -> None:
    async with desk.opened() as settings:
        await fill_in(settings, **{name: value})
        await settings.press("Save")
        field = settings.field(LABELS[name])
        if said:
            await expect(settings.error(name)).to_contain_text(said)
            await expect(field).to_be_focused()
            await expect(field).to_have_attribute("aria-invalid", "true")
            await expect(field).to_have_accessible_description(re.compile(re.escape(said)))
            await expect(settings.page.locator(".error:not(:empty)")).to_have_count(1)
            await expect(settings.saving).to_have_text("Not saved: see the marked fields")
            assert not (await desk.stored())["updated_at"]
            await field.fill("y")
            await expect(settings.error(name)).to_be_empty()
        else:
            await expect(settings.saving).to_contain_text("Saved at")


async def test_several_errors_each_stand_under_their_field(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        wrong = {"identifier_parameter": "", "bearer_token": "with a space in it", "identify_instructions": "a\x07"}
        await fill_in(settings, **wrong)
        await settings.press("Save")
        await expect(settings.page.locator(".error:not(:empty)")).to_have_count(3)
        await expect(settings.field("Identifier parameter")).to_be_focused()


async def test_other_host_needs_the_token_again(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field("API URL").fill("https://other.example.com/x")
        await settings.press("Save")
        await expect(settings.error("bearer_token")).to_contain_text("Enter the token again")
        await expect(settings.field("Bearer token")).to_be_focused()
        await settings.field("Bearer token").fill("another-token-0123456789")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")


async def test_switch_says_what_is_missing_until_nothing_is(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        left = ["api_url", "bearer_token", "identify_instructions", "display_instructions"]
        missing = settings.page.locator("#enabled-missing")
        while left:
            names = ", ".join(LABELS[name] for name in left)
            await expect(missing).to_have_text(f"To turn it on, fill in: {names}.")
            await expect(settings.switch).to_have_attribute("aria-disabled", "true")
            await expect(settings.switch).to_have_accessible_description(re.compile(re.escape(names)))
            await settings.switch.click(force=True)
            await expect(settings.switch).to_have_attribute("aria-checked", "false")
            name = left.pop(0)
            await settings.field(LABELS[name]).fill(CONFIGURATION[name])
        await expect(missing).to_be_empty()
        await settings.switch.click()
        await expect(settings.switch).to_have_attribute("aria-checked", "true")


async def test_emptied_field_is_named_while_it_is_on(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field("What to show in the sidebar").fill("")
        await settings.press("Save")
        await expect(settings.error("display_instructions")).to_have_text("Needed before it can be enabled")
        await settings.switch.click()
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")

    assert (await desk.stored())["enabled"] is False


async def test_turning_on_what_was_not_tested_asks_once(desk: Helpdesk) -> None:
    await desk.set_up(enabled=False)
    async with desk.opened() as settings:
        await settings.switch.click()
        await settings.press("Save")
        await expect(settings.page.get_by_role("heading", name="Not tested since its last change")).to_be_focused()
        await settings.press("Test it first")
        await expect(settings.page.locator("#trial-result")).to_be_visible()
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")
        await settings.switch.click()
        await settings.press("Save")
        await expect(settings.page.locator("#state")).to_have_text("Off")
        await settings.field(LABELS["display_instructions"]).fill("Show Plan.")
        await settings.switch.click()
        await settings.press("Save")
        await settings.press("Turn it on anyway")
        await expect(settings.page.locator("#state")).to_have_text("On")


async def test_several_mistakes_of_all_kinds_are_marked_by_one_save(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field(LABELS["api_url"]).fill("http://api.example.com/x")
        await settings.field(LABELS["identifier_parameter"]).fill("1 id")
        await settings.field(LABELS["display_instructions"]).fill("")
        await settings.press("Save")
        await expect(settings.page.locator(".error:not(:empty)")).to_have_count(3)


async def test_example_and_template_can_be_undone(desk: Helpdesk) -> None:
    identify, display = LABELS["identify_instructions"], LABELS["display_instructions"]
    async with desk.opened() as settings:
        await settings.press("Use this example for how to identify the customer")
        await expect(settings.page.get_by_role("button", name="Undo")).to_have_count(0)  # nothing was there
        await settings.field(identify).fill("Mine.")
        await settings.press("Use this example for how to identify the customer")
        await settings.press("Undo")
        await expect(settings.field(identify)).to_have_value("Mine.")
        await settings.field(display).fill("Mine too.")
        await settings.press("Shop order")
        await expect(settings.field(display)).to_have_value("Show Item, Amount, and Fulfillment status.")
        await settings.press("Undo")
        await expect(settings.field(display)).to_have_value("Mine too.")
        await expect(settings.field(identify)).to_have_value("Mine.")


async def test_example_is_taken_over_word_for_word(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        await settings.press("Use this example for what to show in the sidebar")
        await expect(settings.field("What to show in the sidebar")).to_have_value(
            "If it's an account, show Plan and Status (Active or Inactive). "
            "If it's an order, show Item, Amount, and Fulfillment status."
        )
        await expect(settings.saving).to_have_text("Not saved yet: What to show in the sidebar")


@pytest.mark.parametrize("typed", [True, False])
async def test_leaving_asks_only_while_something_is_unsaved(desk: Helpdesk, typed: bool) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    async with desk.opened() as settings:
        settings.page.on("dialog", stay)
        await settings.field("API URL").press_sequentially("https://x")
        await expect(settings.saving).to_have_text("Not saved yet: API URL")
        if not typed:
            await settings.press("Discard")
            await expect(settings.saving).to_contain_text("Discarded")
        await settings.page.reload()
        await expect(settings.field("API URL")).to_have_value("")

    assert asked == (["beforeunload"] if typed else [])


async def test_unsaved_changes_are_named_until_they_are_undone(desk: Helpdesk) -> None:
    await desk.set_up()
    save = "Save"
    async with desk.opened() as settings:
        await expect(settings.page.get_by_role("button", name=save)).to_be_disabled()
        await settings.field("API URL").fill("https://x.example.com/")
        await settings.field("Bearer token").fill("x")
        await expect(settings.saving).to_have_text("Not saved yet: API URL, Bearer token")
        await settings.field("API URL").fill(CONFIGURATION["api_url"])
        await settings.field("Bearer token").fill("")
        await expect(settings.saving).to_be_empty()
        await expect(settings.page.get_by_role("button", name=save)).to_be_disabled()


async def in_conflict(desk: Helpdesk, settings: SettingsPage) -> None:
    await settings.field("What to show in the sidebar").fill("Mine.")
    await desk.configure("u2", display_instructions="Theirs.", identifier_parameter="their_id")
    await settings.press("Save")
    await expect(settings.page.get_by_role("heading", name="Somebody else saved in between")).to_be_focused()
    words, name = settings.page.locator("#conflict-words"), LABELS["display_instructions"]
    await expect(words).to_have_text(
        re.compile(rf"^u2 saved at \d.*\. Changed: Identifier parameter, {name}\. Reload .* \({name}\)")
    )


async def test_conflict_is_explained_and_theirs_can_be_reloaded(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await in_conflict(desk, settings)
        await settings.press("Reload theirs")
        await expect(settings.field("What to show in the sidebar")).to_have_value("Theirs.")
        await expect(settings.field("Identifier parameter")).to_have_value("their_id")
        await expect(settings.page.locator("#conflict")).to_be_hidden()
        await settings.field("What to show in the sidebar").fill("Mine after all.")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")

    assert (await desk.stored())["display_instructions"] == "Mine after all."


async def test_conflict_can_be_overwritten_and_keeps_what_was_not_typed(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await in_conflict(desk, settings)
        await settings.press("Overwrite with mine")
        await expect(settings.saving).to_contain_text("Saved at")
        await expect(settings.field("Identifier parameter")).to_have_value("their_id")

    stored = await desk.stored()
    assert (stored["display_instructions"], stored["identifier_parameter"]) == ("Mine.", "their_id")


async def test_second_conflict_is_noticed_while_the_first_is_explained(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await in_conflict(desk, settings)
        await desk.configure("u2", method="POST")
        await settings.press("Overwrite with mine")
        await expect(settings.page.locator("#conflict-words")).to_contain_text("Changed: Method")
        await settings.press("Overwrite with mine")
        await expect(settings.saving).to_contain_text("Saved at")

    stored = await desk.stored()
    assert (stored["display_instructions"], stored["method"]) == ("Mine.", "POST")


async def test_configuration_that_was_erased_meanwhile_is_a_conflict(desk: Helpdesk) -> None:
    await desk.set_up(enabled=False)
    async with desk.opened() as settings:
        await settings.field("What to show in the sidebar").fill("Mine.")
        (await desk.api.delete(CONTEXT)).raise_for_status()
        await settings.press("Save")
        await expect(settings.page.locator("#conflict-words")).to_contain_text("Somebody erased this meanwhile.")
        await settings.press("Overwrite with mine")
        await expect(settings.saving).to_contain_text("Saved at")
        await expect(settings.page.locator("#token-state")).to_have_text("Not set")

    assert (await desk.stored())["display_instructions"] == "Mine."


async def test_nothing_is_lost_when_the_service_is_away_for_a_moment(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field("What to show in the sidebar").fill("Mine.")
        desk.world.database.available = False
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Not saved: The database is not available")
        desk.world.database.available = True
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")
        await settings.page.context.set_offline(True)
        await settings.field("What to show in the sidebar").fill("Mine again.")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Not saved: The service cannot be reached")


async def test_owner_names_the_address_and_keeps_records_from_drafts(desk: Helpdesk) -> None:
    await desk.set_up()
    path, missing = (
        "Customer's address in the answer",
        "No sender can match yet: fill in Customer's address in the answer.",
    )
    async with desk.opened() as settings:
        await expect(settings.field("Use the data, with a warning")).to_be_checked()
        await settings.field("Keep it from reply drafts").check()
        await expect(settings.page.locator("#identity_policy-missing")).to_have_text(missing)
        await settings.field(path).fill("email")
        await expect(settings.page.locator("#identity_policy-missing")).to_be_empty()
        await settings.press("Save")
        await expect(settings.error("match_path")).to_contain_text("JSON Pointer")
        await settings.field(path).fill("/email")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")
        stored = await desk.stored()
        await settings.field(path).fill("")
        await expect(settings.saving).to_have_text(f"Not saved yet: {path}")
        await settings.press("Save")
        await expect(settings.saving).to_contain_text("Saved at")
        assert settings.faults == []

    assert (stored["match_path"], stored["identity_policy"]) == ("/email", "require_match")
    assert (await desk.stored())["match_path"] is None


async def test_nothing_is_unsaved_when_no_address_is_stored(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await expect(settings.page.locator("#save")).to_be_disabled()
        await expect(settings.saving).to_be_empty()
