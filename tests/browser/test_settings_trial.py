"""Test connection: the steps as they happen, and everything that a test found."""

import json
import shlex
from typing import Any

import pytest
from playwright.async_api import expect

from app.domain.outcomes import Outcome, Status, StepFailed
from tests.browser.settings_page import CONTEXT, GatedEndpoint, Helpdesk, SettingsPage
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.models import ScriptedModel
from tests.support.service import BEARER_TOKEN, CUSTOMER, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDENTIFIER = "acct_12ab34cd"


async def outcomes(settings: SettingsPage) -> list[str]:
    steps = settings.page.locator("#steps li")
    found: list[str] = await steps.evaluate_all("them => them.map(it => it.dataset.outcome)")
    return found


async def test_steps_light_up_one_after_another(desk: Helpdesk) -> None:
    endpoint = GatedEndpoint({IDENTIFIER: CUSTOMER})
    desk.rewire(World(endpoint=endpoint))
    await desk.set_up()
    async with desk.opened() as settings:
        before = await outcomes(settings)
        await settings.press("Run the test")
        await expect(settings.page.locator("[data-step=fetch]")).to_have_attribute("data-outcome", "running")
        during = await outcomes(settings)
        await expect(settings.page.get_by_role("button", name="Running …")).to_have_attribute("aria-disabled", "true")
        endpoint.gate.set()
        await expect(settings.page.locator("#trial-result")).to_be_visible()
        after = await outcomes(settings)

    assert before == ["waiting"] * 3
    assert during == ["ok", "running", "waiting"]
    assert after == ["ok"] * 3


async def test_test_shows_the_card_first_and_the_raw_call_in_a_fold(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened(viewport={"width": 1280, "height": 900}) as settings:
        result = await settings.run_test()
        card = result.locator("customer-context-card")
        await expect(card.locator("section")).to_contain_text("Customer found")
        await expect(card.locator("dl")).to_contain_text("Pro")
        await expect(card).to_be_in_viewport(ratio=1)
        await expect(result.get_by_text("Identifier in the email")).to_be_in_viewport()
        folded = await result.inner_text()
        below = await result.locator(".facts").first.evaluate("it => it.getBoundingClientRect().top")
        assert below > await card.evaluate("it => it.getBoundingClientRect().bottom")
        scrolls = await settings.page.locator("#trial").evaluate("it => it.scrollHeight > it.clientHeight + 1")
        await result.get_by_text("Request and answer").click()
        text = await result.inner_text()

    assert folded.startswith("It works")
    assert f"Identifier in the email\n{IDENTIFIER}\nSent to your endpoint\n{IDENTIFIER}" in folded
    assert "GET https://" not in folded
    assert f"GET https://api.example.com/support-context?id={IDENTIFIER}" in text
    assert "Authorization: Bearer [redacted]" in text
    assert "HTTP 200" in text
    assert "203.0.113.7" in text
    assert '"monthly_revenue": 480' in text
    assert BEARER_TOKEN not in text
    assert (scrolls, settings.faults) == (False, [])


async def test_mismatch_is_amber_in_its_headline(desk: Helpdesk) -> None:
    desk.rewire(
        World(
            endpoint=ScriptedEndpoint({IDENTIFIER: CUSTOMER | {"email": "tom@example.com"}}),
        )
    )
    await desk.set_up(match_path="/email")
    async with desk.opened() as settings:
        result = await settings.run_test()
        await expect(result.locator(".verdict")).to_have_class("verdict trouble")
        await expect(result.locator(".verdict h3")).to_have_text("Found, but the sender is somebody else")


async def test_test_with_nothing_filled_in_marks_the_fields_and_asks_nobody(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        sent: list[str] = []
        settings.page.on("request", lambda it: sent.append(it.method) if it.method == "POST" else None)
        await settings.page.locator("#trial-subject").fill("")
        await settings.page.locator("#trial-body").fill("")
        await settings.press("Run the test")
        await expect(settings.page.locator("#trial-problem")).to_contain_text("Fill in the marked fields")
        for name in ("api_url", "bearer_token", "identify_instructions", "display_instructions"):
            await expect(settings.error(name)).to_have_text("Needed for a test")
        await expect(settings.error("trial-body")).to_have_text("Paste an email to test with")
        problem = settings.page.locator("#trial-problem")
        await expect(problem).to_contain_text("Something is missing")
        await settings.field("API URL").fill("https://api.example.com/x")
        await expect(problem).to_be_hidden()  # it spoke of what was there before

    assert sent == []


async def test_test_runs_what_is_typed_and_saves_nothing(desk: Helpdesk) -> None:
    await desk.set_up()
    sent: list[Any] = []
    async with desk.opened() as settings:
        settings.page.on("request", lambda it: sent.append(it.post_data_json) if it.method == "POST" else None)
        await settings.run_test()
        await settings.field("POST").check()
        await settings.field("Bearer token").fill("another-token-0123456789")
        result = await settings.run_test()
        await result.get_by_text("Request and answer").click()
        await expect(result).to_contain_text("POST https://api.example.com/support-context")

    assert [body.get("config") for body in sent] == [
        None,
        {"method": "POST", "bearer_token": "another-token-0123456789"},
    ]
    assert (await desk.stored())["method"] == "GET"
    assert [token.reveal() for token in desk.world.endpoint.tokens] == [BEARER_TOKEN, "another-token-0123456789"]


async def test_test_works_before_anything_is_saved(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        result = settings.page.locator("#trial-result")
        await settings.field("API URL").fill("https://api.example.com/support-context")
        await settings.field("Bearer token").fill(BEARER_TOKEN)
        await settings.press("Use this example for how to identify the customer")
        await settings.press("Use this example for what to show in the sidebar")
        await settings.press("Run the test")
        await expect(result).to_contain_text("It works")

    assert (await desk.stored())["updated_at"] is None


ENDINGS = [
    *[
        pytest.param(outcome, id=outcome.reason)
        for outcome in Outcome
        if outcome.status is Status.FETCH_ERROR and outcome is not Outcome.CIRCUIT_OPEN  # no breaker stops a test
    ],
    pytest.param(Outcome.NO_DATA, id="no_data"),
    pytest.param(Outcome.SUMMARY_FALLBACK, id="summary_fallback"),
    pytest.param(Outcome.NOT_FOUND, id="not_found"),
    pytest.param(Outcome.NOT_GROUNDED, id="not_grounded"),
    pytest.param(Outcome.AI_UNAVAILABLE, id="ai_unavailable"),
    pytest.param(Outcome.AI_REFUSED, id="ai_refused"),
    pytest.param(Outcome.SKIPPED_CREDITS, id="skipped_credits"),
    pytest.param(Outcome.TOKEN_UNREADABLE, id="token_unreadable"),
]


async def arrange(desk: Helpdesk, outcome: Outcome) -> None:
    """Make the next test end so."""
    model, endpoint, keys = ScriptedModel(), ScriptedEndpoint({IDENTIFIER: CUSTOMER}), desk.world.keys
    match outcome:
        case Outcome.NO_DATA:
            endpoint.customers.clear()
        case Outcome.SUMMARY_FALLBACK:
            model.answer = StepFailed(outcome)
        case Outcome.NOT_FOUND:
            model.identifier = None
        case Outcome.NOT_GROUNDED:
            model.identifier = "acct_somebody_else"
        case Outcome.AI_UNAVAILABLE | Outcome.AI_REFUSED:
            model.identifier = StepFailed(outcome)
        case Outcome.SKIPPED_CREDITS:
            await desk.put_project(monthly_ai_credits=0)
        case Outcome.TOKEN_UNREADABLE:
            keys = (b"z" * 32,)
        case _:
            endpoint.customers[IDENTIFIER] = failing(outcome)
    desk.rewire(World(model=model, endpoint=endpoint, keys=keys))


@pytest.mark.parametrize("outcome", ENDINGS)
async def test_every_ending_is_named_with_what_to_do(desk: Helpdesk, outcome: Outcome) -> None:
    await desk.set_up()
    await arrange(desk, outcome)
    async with desk.opened() as settings:
        result = await settings.run_test()
        status = f"{outcome.status} · {outcome.reason}" if outcome.reason else outcome.status.value
        await expect(result.locator(".facts").first).to_contain_text(f"Status{status}")
        await expect(result.locator(".verdict p")).not_to_be_empty()
        await expect(result.locator(".outcome > .sidebar customer-context-card section")).to_be_visible()
        await expect(result.locator(".exchange")).to_have_count(int(outcome.status in {Status.FETCH_ERROR, Status.OK}))
        await expect(result.get_by_role("button", name="Copy as curl")).to_be_visible(
            visible=outcome.status is Status.FETCH_ERROR
        )
        assert "running" not in await outcomes(settings)
        assert settings.faults == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_curl_line_is_the_call_with_the_token_left_to_the_shell(desk: Helpdesk, method: str) -> None:
    await desk.set_up(method=method, api_url="https://api.example.com/it's/$(x)?q=a'b", identifier_parameter="id")
    async with desk.opened(permissions=["clipboard-read", "clipboard-write"]) as settings:
        await (await settings.run_test()).get_by_text("Request and answer").click()
        await settings.press("Copy as curl")
        line = await settings.page.evaluate("navigator.clipboard.readText()")
    words = shlex.split(line.replace("\\\n", " "))
    request = desk.world.endpoint.requests[-1]

    assert words[:3] == ["curl", "-sS", "-i"]
    assert words[3] == request.full_url
    assert "Authorization: Bearer $CUSTOMER_CONTEXT_TOKEN" in words
    assert line.count("$CUSTOMER_CONTEXT_TOKEN") == 1
    assert '-H "Authorization: Bearer $CUSTOMER_CONTEXT_TOKEN"' in line
    assert not {"Host", "Connection", "Content-Length"} & {word.split(":")[0] for word in words}
    assert (words[-2:] == ["--data-raw", json.dumps({"id": IDENTIFIER})]) is (method == "POST")


async def test_curl_line_is_selected_where_the_clipboard_is_refused(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await (await settings.run_test()).get_by_text("Request and answer").click()
        await settings.press("Copy as curl")
        await expect(settings.page.get_by_role("button", name="Press Ctrl+C or ⌘C")).to_be_visible()
        selected = await settings.page.evaluate("getSelection().toString()")

    assert selected.startswith("curl -sS -i 'https://api.example.com/")


@pytest.mark.parametrize(
    ("label", "value", "name"),
    [
        pytest.param("API URL", "http://x", "api_url", id="url"),
        pytest.param("API URL", "https://other.example.com/", "bearer_token", id="token for another host"),
        pytest.param("Bearer token", "short", "bearer_token", id="token"),
        pytest.param("Identifier parameter", "", "identifier_parameter", id="parameter"),
    ],
)
async def test_error_in_what_is_typed_stands_under_its_field(desk: Helpdesk, label: str, value: str, name: str) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.field(label).fill(value)
        await settings.press("Run the test")
        await expect(settings.error(name)).not_to_be_empty()
        await expect(settings.page.locator("#trial-problem")).to_contain_text("Correct the marked fields")
        assert await outcomes(settings) == ["waiting"] * 3


async def test_stopped_test_can_be_run_again(desk: Helpdesk) -> None:
    endpoint = GatedEndpoint({IDENTIFIER: CUSTOMER})
    desk.rewire(World(endpoint=endpoint))
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.press("Run the test")
        await expect(settings.page.locator("[data-step=fetch]")).to_have_attribute("data-outcome", "running")
        await settings.press("Stop")
        await expect(settings.page.get_by_role("button", name="Run the test")).to_be_focused()
        await expect(settings.page.locator("[data-step=fetch]")).to_contain_text("stopped")
        endpoint.gate.set()
        await settings.run_test()


async def test_refresh_of_the_card_runs_the_test_again(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        result = await settings.run_test()
        await result.get_by_role("button", name="Refresh customer context").click()
        await expect(settings.page.locator("#activity .tiles")).to_contain_text("2 of 100")

    assert desk.world.endpoint.asked == [IDENTIFIER, IDENTIFIER]


async def test_fault_in_the_middle_of_a_test_is_told(desk: Helpdesk) -> None:
    broken = GatedEndpoint({IDENTIFIER: b"{}"})
    desk.rewire(World(endpoint=broken))
    await desk.set_up()
    async with desk.opened() as settings:
        await settings.page.route(
            f"**{CONTEXT}/test",
            lambda route: route.fulfill(
                status=200,
                headers={"Content-Type": "text/event-stream"},
                body='event: step\ndata: {"name": "extract", "outcome": "running", "duration_ms": 0, "detail": ""}\n\n',
            ),
        )
        await settings.press("Run the test")
        await expect(settings.page.locator("#trial-problem")).to_contain_text("The connection broke off")
        assert await outcomes(settings) == ["skipped", "waiting", "waiting"]


NASTY = (
    "<img src=x onerror=alert(1)><script>alert(2)</script> ![x](https://evil.test/a.png) \u202egnp.exe "
    + "W" * 500
    + " مرحبا"
)


async def test_nothing_that_comes_back_runs_loads_or_widens_the_page(desk: Helpdesk) -> None:
    customer = {"plan": NASTY, "links": [{"label": NASTY, "url": "javascript:alert(3)"}]}
    desk.rewire(
        World(
            endpoint=ScriptedEndpoint({IDENTIFIER: customer}),
        )
    )
    await desk.set_up(display_instructions="Show Plan.")
    async with desk.opened(viewport={"width": 360, "height": 800}) as settings:
        requests: list[str] = []
        settings.page.on("request", lambda it: requests.append(it.url))
        settings.page.on("dialog", lambda it: settings.faults.append(f"dialog {it.message}"))
        await settings.page.locator("#trial-subject").fill(NASTY)
        result = await settings.run_test()
        await result.get_by_text("Request and answer").click()
        await expect(result).to_contain_text("<script>alert(2)</script>")
        width = await settings.page.evaluate("document.documentElement.scrollWidth")
        links = await settings.page.evaluate("[...document.querySelectorAll('a')].map(it => it.href)")

    assert (width, links, settings.faults) == (360, [], [])
    # The browser fetches the page's own icon in its own time, now and then after the page has loaded.
    own = (f"{desk.origin}/projects/", f"{desk.origin}/static/customer-context.svg")
    assert not [url for url in requests if not url.startswith(own)]


@pytest.mark.parametrize(
    ("verdict", "policy", "sent", "found", "kept"),
    [
        pytest.param("Yes", "show", True, "Match", False, id="verified"),
        pytest.param("No", "show", False, "Unknown", False, id="not verified"),
        pytest.param("It does not say", "require_match", None, "Unknown", True, id="no verdict, match required"),
        pytest.param("Yes", "require_match", True, "Match", False, id="verified, match required"),
    ],
)
async def test_test_shows_whose_data_it_is_and_what_the_drafting_ai_is_told(
    desk: Helpdesk, verdict: str, policy: str, sent: bool | None, found: str, kept: bool
) -> None:
    endpoint = ScriptedEndpoint({IDENTIFIER: CUSTOMER | {"email": "jane@example.com"}})
    desk.rewire(World(endpoint=endpoint))
    await desk.set_up(match_path="/email", identity_policy=policy)
    bodies: list[Any] = []
    async with desk.opened() as settings:
        settings.page.on("request", lambda it: bodies.append(it.post_data_json) if it.method == "POST" else None)
        await settings.field(verdict).check()
        result = await settings.run_test()
        if not kept:
            await result.get_by_text("What the drafting AI is told").click()
        text = await result.inner_text()

    assert [body["sender_verified"] for body in bodies] == [sent]
    assert f"Whose data it is\n\n{found}" in text
    assert ("Kept from reply drafts" in text) is ("A record exists" in text) is kept
    assert ("- Plan: Pro" in text) is not kept
    assert settings.faults == []
