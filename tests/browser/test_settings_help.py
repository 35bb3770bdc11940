"""Help in place: code to copy, tokens, rows by clicking, a case to keep, the sample endpoint, the check."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.async_api import expect
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, sample_endpoint
from app.demo.records import open_records
from app.domain.outcomes import Outcome
from app.owners.sample_endpoint import SampleEndpoint
from support_context.egress import Egress
from support_context.secrets import Secret
from tests.browser.settings_page import CONTEXT, LONGEST_GATE_SECONDS, Helpdesk
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.service import BEARER_TOKEN, CUSTOMER, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDENTIFIER = "acct_12ab34cd"
RECORD = CUSTOMER | {"contact": {"email": "jane@example.com"}, "internal_note": "pays late"}


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("check") / "ca.pem"


@pytest.fixture(scope="module")
def good_url(ca_file: Path) -> Iterator[str]:
    with closing(open_records()) as records, hosted(sample_endpoint(records, BEARER_TOKEN), ca_file) as origin:
        yield origin + PATH


async def test_code_follows_what_is_typed(desk: Helpdesk) -> None:
    async with desk.opened(permissions=["clipboard-read", "clipboard-write"]) as settings:
        await settings.page.get_by_text("How to build the endpoint").click()
        code = settings.page.locator("#build-code")
        await expect(settings.field("Framework").locator("option")).to_have_count(6)
        await settings.field("API URL").fill("https://api.example.com/who/is")
        await settings.field("Identifier parameter").fill("customer")
        await settings.field("Framework").select_option("Express")
        await expect(code).to_contain_text('app.get("/who/is"')
        await expect(code).to_contain_text('request.query["customer"]')
        await settings.field("POST").check()
        await expect(code).to_contain_text('app.post("/who/is"')
        await settings.page.locator("#build-copy").click()
        copied = await settings.page.evaluate("navigator.clipboard.readText()")
        await settings.field("API URL").fill('https://api.example.com/a"b')
        await expect(code).to_contain_text('app.post("/support-context"')

        assert copied.startswith("import { createHash")
        assert settings.faults == []


async def test_token_is_made_in_the_browser_and_saved_with_the_rest(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        await settings.press("Generate a token")
        token = await settings.field("Bearer token").input_value()
        await expect(settings.page.locator("#token-made")).to_contain_text(token)
        await settings.field("API URL").fill("https://api.example.com/x")
        await settings.press("Save")
        await expect(settings.page.locator("#token-state")).to_contain_text("Configured")
        await expect(settings.page.locator("#token-made")).to_be_empty()

        assert len(token) == 43
        assert token not in await settings.page.content()


@pytest.mark.parametrize("takes_it", [True, False])
async def test_rotation_stores_the_new_token_only_when_the_endpoint_takes_it(desk: Helpdesk, takes_it: bool) -> None:
    answer: Any = RECORD if takes_it else failing(Outcome.HTTP_STATUS, "HTTP 401")
    desk.rewire(World(endpoint=ScriptedEndpoint({IDENTIFIER: answer})))
    await desk.set_up()
    before = (await desk.stored())["bearer_token_updated_at"]
    async with desk.opened() as settings:
        await settings.press("Rotate")
        fresh = await settings.page.locator("#rotation-token code").inner_text()
        await settings.press("Test it and switch")
        if takes_it:
            await expect(settings.page.locator("#token-made")).to_contain_text("it is stored")
            await expect(settings.page.locator("#rotation")).to_be_hidden()
        else:
            await expect(settings.page.locator("#rotation-said")).to_contain_text("the stored token stays")

    assert [token.reveal() for token in desk.world.endpoint.tokens] == [fresh]
    assert ((await desk.stored())["bearer_token_updated_at"] != before) is takes_it


async def test_rows_and_address_are_picked_from_the_answer(desk: Helpdesk) -> None:
    desk.rewire(World(endpoint=ScriptedEndpoint({IDENTIFIER: RECORD})))
    await desk.set_up(display_instructions="Show Plan.")
    async with desk.opened() as settings:
        result = await settings.run_test()
        await result.get_by_text("Pick rows from this answer").click()
        await expect(result.locator(".picking tr", has_text="/plan")).to_contain_text("shown")
        await settings.press("Show this: Seats")
        await expect(settings.field("What to show in the sidebar")).to_have_value("Show Plan. Also show Seats.")
        await result.get_by_role("button", name="Undo").click()
        await expect(settings.field("What to show in the sidebar")).to_have_value("Show Plan.")
        await settings.press("Show this: Monthly revenue")
        await settings.press("Agents only: /internal_note")
        await expect(settings.field("For agents only")).to_have_value("/internal_note")
        await settings.press("Customer's address: /contact/email")
        await expect(settings.field("Customer's address in the answer")).to_have_value("/contact/email")
        result = await settings.run_test()
        await expect(result.locator("customer-context-card dl")).to_contain_text("Monthly revenue")

        assert settings.faults == []


async def test_case_is_a_row_that_eval_reads(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        result = await settings.run_test()
        await result.get_by_text("Keep as a case").click()
        text = await result.get_by_label("Row for customer-context eval").inner_text()

    (row,) = yaml.safe_load("emails:\n" + text)["emails"]
    assert (row["identifier"], row["rows"]["Plan"], row["json"]) == (IDENTIFIER, "Pro", CUSTOMER)
    assert (row["name"], row["sender"]) == ("cannot-add-a-seat", "jane@example.com")
    assert "Account ID: acct_12ab34cd" in row["body"]


async def test_sample_endpoint_shows_a_card_before_any_code(desk: Helpdesk) -> None:
    sample = SampleEndpoint("https://sample.example.com/customer-context", Secret("sample-token-0123456789"))
    desk.rewire(World(sample=sample))
    async with desk.opened() as settings:
        await settings.press("Use the sample endpoint")
        result = await settings.run_test()
        await expect(result.locator("customer-context-card dl")).to_contain_text("Pro")

        assert settings.faults == []
    assert desk.world.endpoint.requests[0].full_url.startswith(sample.api_url)


async def test_sample_is_not_offered_where_there_is_none(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        await expect(settings.page.locator("#activity .tiles")).to_be_visible()
        await expect(settings.page.locator("#sample")).to_be_hidden()


@dataclass
class Halting:
    """An endpoint that stops behind its first answers until it is let on."""

    behind: ASGIApp
    answers: int
    gate: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.answers -= 1
            if self.answers < 0:
                await asyncio.to_thread(self.gate.wait, LONGEST_GATE_SECONDS)
        await self.behind(scope, receive, send)


async def test_each_row_of_a_check_appears_as_soon_as_it_is_decided(desk: Helpdesk, tmp_path: Path) -> None:
    ca_file, network = tmp_path / "ca.pem", ip_network("127.0.0.0/8")
    with closing(open_records()) as records:
        halting = Halting(sample_endpoint(records, BEARER_TOKEN), answers=6)
        with hosted(halting, ca_file) as origin:
            desk.rewire(World(egress=Egress((network,), ca_file)))
            await desk.set_up(api_url=origin + PATH)
            async with desk.opened() as settings:
                result = settings.page.locator("#check-result")
                await settings.page.locator("#check-ids").fill("acct_12ab34cd")
                await settings.press("Check it")
                await expect(result.locator("[data-verdict=pass]", has_text="A known id answers")).to_be_visible()
                await expect(settings.page.locator("#check-step")).to_contain_text("Request 7 of")
                await expect(result.locator(".verdict")).to_have_count(0)
                told = await result.locator("li").count()
                second = await desk.api.post(f"{CONTEXT}/check", json={"ids": ["acct_12ab34cd"]})
                halting.gate.set()
                await expect(result.locator(".verdict")).to_be_visible()

                assert await result.locator("li").count() > told > 5
                assert second.json()["code"] == "check_running"
                assert settings.faults == []


async def test_check_shows_each_requirement_with_its_mend(desk: Helpdesk, good_url: str, ca_file: Path) -> None:
    egress = Egress((ip_network("127.0.0.0/8"),), ca_file)
    desk.rewire(World(egress=egress))
    async with desk.opened() as settings:
        await settings.press("Check it")
        await expect(settings.error("check-ids")).to_contain_text("Enter an identifier")
        await expect(settings.error("api_url")).to_have_text("Needed for a check")
        await settings.field("API URL").fill(good_url)
        await settings.field("Bearer token").fill("another-token-0123456789")
        await settings.page.locator("#check-ids").fill("acct_12ab34cd, 10482")
        await settings.press("Check it")
        result = settings.page.locator("#check-result")
        await expect(result.locator(".verdict")).to_contain_text("does not keep to the contract")
        known = result.locator("[data-verdict=fail]", has_text="A known id answers")
        await expect(known).to_contain_text("401")
        await expect(known).to_contain_text("Compare the token")
        await expect(result).to_contain_text("further requirements wait for that")
        await settings.field("Bearer token").fill(BEARER_TOKEN)
        await settings.press("Check it")
        await expect(result.locator(".verdict")).to_contain_text("keeps to the contract", timeout=30_000)
        await expect(result.locator("summary").last).to_contain_text("requirements are met")

        assert settings.faults == []
    assert (await desk.stored())["updated_at"] is None
