"""The page of /sidebar-demo, as somebody meets it who has typed `make run`: the demo runs for real, offline."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.browser.conftest import LONGEST_WAIT_SECONDS, new_page
from tests.browser.results import FOUND
from tests.support.demo_process import RunningDemo, running_demo

pytestmark = pytest.mark.asyncio(loop_scope="session")

TICKETS = re.compile(r"/sidebar-demo/tickets")
TICKET_ID = "1f3a9c02-0000-4000-8000-000000000000"
DONE = {
    **FOUND,
    "ticket_id": TICKET_ID,
    "ai_context": "<customer_context>\n<img src=x onerror=alert(1)>\n</customer_context>",
    "credits_used": 2,
    "ai_provider": "anthropic",
    "ai_model": "claude-haiku-5-5",
    "timings_ms": {"total": 1010},
}

CONTRASTS = (Path(__file__).parent / "contrast.js").read_text("utf-8").replace("card.shadowRoot", "card")
"""A function of an element: each text and icon below it, but for the card, with its contrast ratio."""

FOCUSED = "document.activeElement.name || document.activeElement.textContent.trim() || document.activeElement.localName"


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    with running_demo() as demo:
        yield demo


@asynccontextmanager
async def opened(browser: Browser, demo: RunningDemo, **options: Any) -> AsyncIterator[Page]:
    """Open the page in a browser profile of its own."""
    url = demo.addresses[0]
    async with new_page(browser, url.removesuffix("/"), **options) as page:
        await page.goto(url)
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def sidebar(browser: Browser, demo: RunningDemo) -> AsyncIterator[Page]:
    async with opened(browser, demo) as page:
        yield page


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).click()


async def answered(page: Page, *answers: dict[str, Any]) -> list[Request]:
    """Answer the page's requests so, one after another, instead of the demo; returns them as they come."""
    requests: list[Request] = []

    async def answer(route: Route) -> None:
        requests.append(route.request)
        await route.fulfill(json=answers[len(requests) - 1])

    await page.route(TICKETS, answer)
    return requests


@pytest.mark.parametrize(
    ("example", "state", "shown", "drafting"),
    [
        ("Account ID", "Customer found", ["Plan", "Pro", "Seats", "12", "acct_12ab34cd"], "- Plan: Pro"),
        ("Order number", "Customer found", ["Item", "Trail helmet, size M", "Shipped", "10482"], "- Amount: $89.00"),
        ("Deutsch", "Customer found", ["Plan", "Pro", "acct_12ab34cd"], "- Plan: Pro"),
        (
            "Somebody else's ID",
            "Customer found",
            ["The sender may be somebody else"],
            "does not come from the address on file",
        ),
        ("No identifier", "No customer identified", ["Ask the sender for it."], "Nothing about the customer"),
    ],
)
async def test_card_fills_when_an_example_is_made_a_ticket(
    sidebar: Page, example: str, state: str, shown: list[str], drafting: str
) -> None:
    await press(sidebar, example)
    await press(sidebar, "New ticket")
    card = sidebar.locator("customer-context-card")
    await expect(card.get_by_role("status")).to_have_text(state)
    await sidebar.get_by_text("What the drafting AI gets").click()

    for text in shown:
        await expect(card).to_contain_text(text)
    await expect(sidebar.locator("details")).to_contain_text(drafting)
    await expect(sidebar.locator(".ran")).to_have_text(
        re.compile(r"Ticket [0-9a-f]{8} · <?\d+ ms · 1 credit · offline AI")
    )


async def test_ticket_is_made_of_what_was_typed_when_only_the_keyboard_is_used(sidebar: Page) -> None:
    keyboard, path = sidebar.keyboard, []
    typed = {"sender": "ada@example.com", "subject": "Invoice", "body": "Account ID: acct_612dd272"}
    for _ in range(9):
        await keyboard.press("Tab")
        path.append(await sidebar.evaluate(FOCUSED))
        if path[-1] in typed:
            await keyboard.press("Control+A")
            await keyboard.insert_text(typed[path[-1]])
    async with sidebar.expect_request(TICKETS) as asked:
        await keyboard.press("Enter")

    examples = ["Account ID", "Order number", "Deutsch", "Somebody else's ID", "No identifier"]
    assert path == [*examples, "sender", "subject", "body", "New ticket"]
    assert (await asked.value).post_data_json == typed
    await expect(sidebar.locator("customer-context-card")).to_contain_text("47")


async def test_example_is_marked_as_chosen_until_it_is_changed(sidebar: Page) -> None:
    chosen = sidebar.locator("[aria-pressed=true]")
    at_first = await chosen.all_inner_texts()
    await press(sidebar, "Order number")
    after = await chosen.all_inner_texts()
    await sidebar.get_by_label("Subject").fill("Other")

    assert (at_first, after, await chosen.count()) == (["Account ID"], ["Order number"], 0)


async def test_card_is_pending_at_once_and_nothing_of_the_last_ticket_is_left(sidebar: Page) -> None:
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.fulfill(json=DONE)

    status = sidebar.get_by_role("status")
    await press(sidebar, "New ticket")
    await expect(status).to_have_text("Customer found")
    await sidebar.route(TICKETS, hold)
    await press(sidebar, "New ticket")
    await expect(status).to_have_text("Looking up the customer …")
    left = await sidebar.locator(".ran, pre, .none").all_text_contents()
    go_on.set()
    await expect(status).to_have_text("Customer found")

    assert left == ["", "", ""]
    assert await sidebar.locator(".ran").text_content() == "Ticket 1f3a9c02 · 1010 ms · 2 credits · claude-haiku-5-5"


async def test_drafting_ai_gets_text_that_stays_text(sidebar: Page) -> None:
    await answered(sidebar, DONE)
    await press(sidebar, "New ticket")
    await sidebar.get_by_text("What the drafting AI gets").click()

    await expect(sidebar.locator("pre")).to_have_text(DONE["ai_context"])
    assert await sidebar.locator("pre *").count() == 0


async def test_refresh_runs_the_same_ticket_anew_whatever_is_typed_meanwhile(sidebar: Page) -> None:
    requests = await answered(sidebar, DONE, {**DONE, "summary": "Changed."})
    await press(sidebar, "New ticket")
    await expect(sidebar.get_by_role("status")).to_have_text("Customer found")
    await press(sidebar, "Order number")
    await press(sidebar, "Refresh")
    await expect(sidebar.get_by_text("Changed.")).to_be_visible()

    paths = [request.url.split("/sidebar-demo/")[1] for request in requests]
    assert paths == ["tickets", f"tickets/{TICKET_ID}?refresh=true"]
    assert requests[0].post_data == requests[1].post_data


async def test_customer_whom_no_email_names_is_looked_up_by_hand(sidebar: Page) -> None:
    await press(sidebar, "No identifier")
    await press(sidebar, "New ticket")
    card = sidebar.locator("customer-context-card")
    await expect(card.get_by_role("status")).to_have_text("No customer identified")
    await card.get_by_label("Customer ID or email").fill("acct_12ab34cd")
    await press(sidebar, "Look up")

    await expect(card.get_by_role("status")).to_have_text("Customer found")
    await expect(card).to_contain_text("Entered by an agent")


async def test_refresh_is_not_offered_when_there_is_no_ticket(sidebar: Page) -> None:
    await expect(sidebar.get_by_role("button", name="Refresh")).to_be_hidden()


async def test_pending_ticket_is_asked_for_again_until_it_is_done(sidebar: Page) -> None:
    requests = await answered(sidebar, {"ticket_id": TICKET_ID, "status": "pending"}, DONE)
    await press(sidebar, "New ticket")
    await expect(sidebar.get_by_role("status")).to_have_text("Customer found")

    assert [request.url.split("/sidebar-demo/")[1] for request in requests] == ["tickets", f"tickets/{TICKET_ID}"]


async def test_last_ticket_stays_when_the_one_before_it_is_answered_late(sidebar: Page) -> None:
    first: list[Route] = []

    async def hold_the_first(route: Route) -> None:
        await (route.fulfill(json=DONE) if first else asyncio.sleep(0))
        first.append(route)

    await sidebar.route(TICKETS, hold_the_first)
    await press(sidebar, "New ticket")
    await expect(sidebar.get_by_role("status")).to_have_text("Looking up the customer …")
    await press(sidebar, "New ticket")
    await expect(sidebar.get_by_role("status")).to_have_text("Customer found")
    async with sidebar.expect_response(TICKETS):
        await first[0].fulfill(json={**DONE, "summary": "Too late."})
    await sidebar.wait_for_timeout(100)

    await expect(sidebar.locator("customer-context-card")).not_to_contain_text("Too late.")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        pytest.param(None, "See whether it still runs in its terminal.", id="stopped"),
        pytest.param({"status": 503, "detail": "Try again in 2 s."}, "Try again in 2 s.", id="refused"),
    ],
)
async def test_card_says_what_to_do_when_there_is_no_result(
    sidebar: Page, answer: dict[str, Any] | None, shown: str
) -> None:
    async def end(route: Route) -> None:
        await (route.abort() if answer is None else route.fulfill(status=503, json=answer))

    await sidebar.route(TICKETS, end)
    await press(sidebar, "New ticket")

    await expect(sidebar.locator("customer-context-card")).to_contain_text(shown)
    await expect(sidebar.locator(".ran")).to_have_text("")


async def test_browser_never_sees_the_service_token_and_asks_nobody_else(browser: Browser, demo: RunningDemo) -> None:
    async with new_page(browser, demo.addresses[0].removesuffix("/")) as page:
        seen: list[str] = []
        urls: list[str] = []
        faults: list[str] = []

        async def keep(request: Request) -> None:
            response = await request.response()
            assert response is not None
            seen.append(f"{await request.all_headers()} {await response.all_headers()} {await response.text()}")
            urls.append(request.url)

        page.on("requestfinished", keep)
        page.on("pageerror", lambda problem: faults.append(str(problem)))
        page.on("console", lambda message: faults.append(message.text))
        started: list[str] = []
        page.on("request", lambda request: started.append(request.url))
        await page.goto("/sidebar-demo")
        for button in ("New ticket", "Refresh"):
            async with page.expect_response(re.compile("/sidebar-demo/drafts/")):
                await press(page, button)
            await expect(page.get_by_role("status")).to_have_text("Customer found")
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            while len(seen) < len(started):  # noqa: ASYNC110 - the last is being read
                await asyncio.sleep(0.02)

    origin = demo.addresses[0].removesuffix("/")
    assert [each for each in seen if demo.service_token in each] == []
    assert [url for url in urls if not url.startswith(f"{origin}/")] == []
    assert len(urls) >= 6  # the page, its style, two scripts, two runs
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_contrast_is_enough_in_both_themes(browser: Browser, demo: RunningDemo, scheme: Any) -> None:
    async with opened(browser, demo, color_scheme=scheme) as page:
        await press(page, "New ticket")
        await expect(page.get_by_role("status")).to_have_text("Customer found")
        await page.get_by_text("What the drafting AI gets").click()
        seen = await page.locator("body").evaluate(CONTRASTS)

    assert {name for _, name, _ in seen} >= {"header h1", "header p", "p span", "div button", "div p", "details pre"}
    assert [each for each in seen if each[2] < 4.5] == []


@pytest.mark.parametrize("width", [320, 390, 760, 761, 1280, 1920])
async def test_nothing_spills_out_and_the_card_is_in_view_when_it_fills(
    browser: Browser, demo: RunningDemo, width: int
) -> None:
    async with opened(browser, demo, viewport={"width": width, "height": 800}) as page:
        await press(page, "New ticket")
        await expect(page.get_by_role("status")).to_have_text("Customer found")
        card = page.locator("customer-context-card")

        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await expect(card).to_be_in_viewport(ratio=1)
        box = await card.bounding_box()
        assert box is not None
        assert box["width"] == (width - 32 if width <= 760 else 320)


REPLY = "Hello Jane,\n\n🙂 your Pro plan has 21 seats; each further seat is 40 EUR. See https://evil.example/pay"


async def looked_up(page: Page, sender: str = "jane@example.com") -> None:
    await page.get_by_label("From").fill(sender)
    await press(page, "New ticket")
    await expect(page.get_by_role("status")).to_have_text("Customer found")


async def test_what_no_fact_backs_is_underlined_as_one_types_and_its_number_is_said(sidebar: Page) -> None:
    await looked_up(sidebar)
    editor, told, marks = sidebar.get_by_role("textbox", name="Your reply"), sidebar.locator(".told"), "mark"
    await editor.press_sequentially("You have 12 seats.")
    await expect(told).to_have_text("Nothing to check: every figure is known.")
    await editor.fill(REPLY)
    await expect(told).to_have_text("3 places to check before you send.")
    assert await sidebar.locator(marks).all_inner_texts() == ["21", "40 EUR", "https://evil.example/pay"]
    assert await told.get_attribute("aria-live") == "polite"
    same_text = await sidebar.locator(".mirror").evaluate("(mirror) => mirror.textContent")
    assert same_text == f"{REPLY}\n"
    await editor.fill(REPLY.replace("21", "12"))
    await expect(told).to_have_text("2 places to check before you send.")
    await editor.fill("")
    await expect(told).to_have_text("")


async def test_a_value_that_the_sender_may_not_be_told_is_marked_most_strongly(sidebar: Page) -> None:
    await looked_up(sidebar, "eve@example.org")
    await sidebar.get_by_role("textbox", name="Your reply").fill(REPLY)
    await expect(sidebar.locator(".told")).to_have_text("1 place that this sender may not be told. 3 more to check.")
    assert await sidebar.locator("mark.strong, li.strong q").all_inner_texts() == ["Pro", "Pro"]


async def test_two_drafts_stand_side_by_side_and_either_can_be_taken(sidebar: Page) -> None:
    await looked_up(sidebar)
    without, with_context = sidebar.locator(".without .draft"), sidebar.locator(".with .draft")
    await expect(with_context).to_contain_text("Plan: Pro; Status: Active; Seats: 12")
    assert "Pro" not in await without.inner_text()
    await press(sidebar, "Use this draft with the context")
    editor = sidebar.get_by_role("textbox", name="Your reply")
    assert await editor.input_value() == await with_context.text_content()
    await expect(sidebar.locator(".told")).to_have_text("Nothing to check: every figure is known.")
    await looked_up(sidebar, "eve@example.org")
    await expect(with_context).to_contain_text("please write to us from the address that we have on file")
    assert "Pro" not in await with_context.inner_text()


async def test_no_box_scrolls_inside_and_all_is_in_view_on_a_desktop(browser: Browser, demo: RunningDemo) -> None:
    async with opened(browser, demo, viewport={"width": 1280, "height": 900}) as page:
        await looked_up(page)
        await page.get_by_role("textbox", name="Your reply").fill("You have 21 seats.")
        await expect(page.locator("mark")).to_have_text("21")
        for part in (".ticket", "customer-context-card", ".reply", ".without", ".with"):
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)
        hidden = await page.locator("textarea, .mirror").evaluate_all(
            "(boxes) => boxes.filter((box) => box.scrollHeight > box.clientHeight + 1).length"
        )
        assert hidden == 0


async def test_a_long_reply_makes_its_box_grow_with_the_marks_where_the_words_are(
    browser: Browser, demo: RunningDemo
) -> None:
    async with opened(browser, demo, viewport={"width": 390, "height": 800}) as page:
        await looked_up(page)
        editor = page.get_by_role("textbox", name="Your reply")
        await editor.fill("A word and another, again and again. " * 40 + "\nYou have 21 seats.")
        await expect(page.locator("mark")).to_have_text("21")
        assert await editor.evaluate("(box) => box.scrollHeight <= box.clientHeight + 1")
        sizes = "(box) => [box.clientWidth, getComputedStyle(box).font, getComputedStyle(box).padding]"
        assert await editor.evaluate(sizes) == await page.locator(".mirror").evaluate(sizes)
