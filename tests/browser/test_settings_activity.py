"""Activity on the settings page: the chart, the figures, the last look-ups."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from app.domain.outcomes import Outcome
from tests.browser.settings_page import CONTEXT, Helpdesk
from tests.support.endpoints import ScriptedEndpoint
from tests.support.rows import EndedRun, open_breaker, put_ended_runs
from tests.support.service import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMINGS = {"extract": 400, "fetch": 90, "summarize": 510, "total": 1_000}


def ended(outcome: Outcome, days_ago: float = 0, **timings: int) -> EndedRun:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return EndedRun("prj_1", at, outcome.status, outcome.reason, timings or TIMINGS)


async def measured(bars: Locator, name: str) -> list[float]:
    found: list[float] = await bars.evaluate_all(f"them => them.map(it => Number(it.getAttribute('{name}')))")
    return found


async def test_nothing_yet_is_said_calmly(desk: Helpdesk) -> None:
    async with desk.opened() as settings:
        activity = settings.page.locator("#activity")
        await expect(activity).to_contain_text("No look-ups in this period.")
        await expect(activity).to_contain_text("0 of 100")
        await expect(activity.locator(".chart")).to_have_count(0)


async def test_an_endpoint_that_is_left_alone_is_told_with_what_to_do(desk: Helpdesk) -> None:
    await desk.set_up()
    async with desk.opened() as settings:
        notice = settings.page.locator("#activity .notice")
        await expect(settings.page.locator("#activity")).to_contain_text("No look-ups in this period.")
        await expect(notice).to_have_count(0)
    await open_breaker(desk.world.database)
    async with desk.opened() as settings:
        notice = settings.page.locator("#activity .notice")
        await expect(notice).to_contain_text("has failed 10 times in a row and is left alone since")
        await expect(notice).to_contain_text("One look-up tries it after")
        await expect(notice).to_contain_text("mend it and test the connection above")


@pytest.mark.parametrize(("stopped", "told"), [pytest.param(4, True, id="four"), pytest.param(0, False, id="none")])
async def test_stopped_sender_is_told_with_its_cure(desk: Helpdesk, stopped: int, told: bool) -> None:
    put_ended_runs(desk.world.database, *[ended(Outcome.ENUMERATION_LIMIT)] * stopped, ended(Outcome.OK))
    async with desk.opened() as settings:
        hint = settings.page.get_by_text(f"Stopped: {stopped}. Is this a contact form?")
        await expect(settings.page.locator("#activity")).to_contain_text("look-up")
        await expect(hint).to_be_visible(visible=told)


async def test_bars_stack_each_days_look_ups_by_status(desk: Helpdesk) -> None:
    put_ended_runs(
        desk.world.database,
        *[ended(Outcome.OK)] * 6,
        *[ended(Outcome.TIMEOUT)] * 2,
        *[ended(Outcome.NOT_FOUND, days_ago=1)] * 4,
        ended(Outcome.OK, days_ago=40),
    )
    async with desk.opened() as settings:
        chart = settings.page.locator(".chart svg")
        await expect(chart).to_be_visible()
        names = [f".bar.{status}" for status in ("ok", "fetch_error", "no_identifier")]
        ok, failed, nobody = [await measured(chart.locator(name), "height") for name in names]
        tops = [(await measured(chart.locator(name), "y"))[0] for name in names]
        titles = await chart.locator("title").all_text_contents()
        legend = await settings.page.locator(".legend").inner_text()

    assert ok == [pytest.approx(failed[0] * 3)]
    assert nobody == [pytest.approx(failed[0] * 2)]
    assert tops[1] + failed[0] == pytest.approx(tops[0])  # failed stands on ok, which stands where the others stand
    assert tops[0] + ok[0] == pytest.approx(tops[2] + nobody[0])
    assert len(titles) == 30
    assert titles[-1].endswith(": 6 found, 2 endpoint failed")
    assert titles[-2].endswith(": 4 no identifier")
    assert titles[0].endswith(": none")
    assert legend.split("\n") == [
        "Found 6",
        "Unknown customer 0",
        "No identifier 4",
        "Endpoint failed 2",
        "No credits 0",
        "Off 0",
    ]


async def test_chart_is_a_table_too(desk: Helpdesk) -> None:
    put_ended_runs(desk.world.database, ended(Outcome.OK), ended(Outcome.SKIPPED_CREDITS))
    async with desk.opened() as settings:
        await settings.page.get_by_text("Show as a table").click()
        table = settings.page.get_by_role("table", name="Look-ups per day and status")
        rows = await table.get_by_role("row").all_inner_texts()
        name = await settings.page.locator(".chart svg").get_attribute("aria-label")

    assert rows[0].split("\t") == [
        "Day (UTC)",
        "Found",
        "Unknown customer",
        "No identifier",
        "Endpoint failed",
        "No credits",
        "Off",
    ]
    assert rows[1].split("\t")[1:] == ["1", "0", "0", "0", "1", "0"]
    assert len(rows) == 31
    assert name == "Look-ups per day and status, 30 days; the same as a table below"


async def test_statuses_differ_by_pattern_not_by_colour_alone(desk: Helpdesk) -> None:
    endings = [Outcome.OK, Outcome.NO_DATA, Outcome.NOT_FOUND, Outcome.TIMEOUT, Outcome.SKIPPED_CREDITS]
    endings.append(Outcome.NOT_ENABLED)
    put_ended_runs(desk.world.database, *(ended(outcome) for outcome in endings))
    async with desk.opened() as settings:
        chart = settings.page.locator(".chart svg")
        await expect(chart.locator(".bar")).to_have_count(6)
        patterns = await chart.locator("pattern path").evaluate_all("them => them.map(it => it.getAttribute('d'))")
        used = await chart.locator("[fill^=url]").count()

    assert (len(set(patterns)), used) == (5, 5)  # one has none


@pytest.mark.parametrize(
    ("ok", "failed", "share"),
    [
        pytest.param(2, 1, "66.7 %", id="rounded"),
        pytest.param(3, 0, "100 %", id="all"),
        pytest.param(0, 1, "0 %", id="none"),
        pytest.param(2_999, 1, "99.9 %", id="a failure shows"),
    ],
)
async def test_figures_tell_share_pace_and_credits(desk: Helpdesk, ok: int, failed: int, share: str) -> None:
    late = ended(Outcome.TIMEOUT, extract=400, total=5_400)
    put_ended_runs(desk.world.database, *[ended(Outcome.OK)] * ok, *[late] * failed)
    async with desk.opened() as settings:
        tiles = settings.page.locator(".tiles")
        await expect(tiles).to_contain_text(share)
        await expect(tiles).to_contain_text(f"{ok + failed:,}")
        paces = settings.page.get_by_role("table", name="Duration of the steps")
        await expect(paces.get_by_role("row").nth(1)).to_have_text("Find the identifier400 ms400 ms")


async def test_last_fifty_are_listed_the_newest_first_without_a_customer(desk: Helpdesk) -> None:
    sixty = (ended(Outcome.OK, 0.01 * number) for number in range(60))
    put_ended_runs(desk.world.database, *sixty, ended(Outcome.TIMEOUT, extract=400, total=5_420))
    async with desk.opened() as settings:
        await expect(settings.page.get_by_role("heading", name="Last 50 look-ups")).to_be_visible()
        rows = settings.page.get_by_role("table", name="The last look-ups").get_by_role("row")
        await expect(rows).to_have_count(11)
        await settings.press("Show all 50")
        await expect(rows).to_have_count(51)
        newest = (await rows.nth(1).inner_text()).split("\t")

    assert newest[2:] == ["Endpoint failed", "timeout", "5.4 s"]


async def test_ticket_opens_how_its_steps_went_and_unknown_is_not_found(desk: Helpdesk) -> None:
    await desk.set_up()
    record = {"plan": "Pro"}
    desk.rewire(World(endpoint=ScriptedEndpoint({"acct_12ab34cd": record})))
    for number, identifier in enumerate(["acct_12ab34cd", "acct_5f3e2d1c"]):
        body = f"Account ID: {identifier}"
        answer = await desk.api.post(f"/tickets/t_{number}/enrich", json={"project_id": "prj_1", "body": body})
        answer.raise_for_status()
    async with desk.opened() as settings:
        tiles = settings.page.locator(".tiles")
        await expect(tiles).to_contain_text("Customer found50 %")
        await expect(tiles).to_contain_text("Unknown customer50 %")
        rows = settings.page.get_by_role("table", name="The last look-ups").get_by_role("row")
        await expect(rows.nth(1)).to_contain_text("Unknown customer")
        await settings.page.get_by_text("t_0", exact=True).click()
        opened = await rows.nth(2).inner_text()
        await settings.page.locator("#recent-filter").select_option("no_data")
        await expect(rows).to_have_count(2)
        await settings.page.locator("#recent-filter").select_option("fetch_error")
        await expect(settings.page.locator("#activity")).to_contain_text("None of the last look-ups ended so.")

        assert settings.faults == []
    assert "Ask your endpoint: done" in opened
    assert "HTTP 200" in opened
    assert "1 row" in opened
    assert not any(word in opened for word in ("repaired", "right fact", "left out"))  # what did not happen
    assert not {"acct_12ab34cd", "Pro"} & set(opened.split())


async def test_period_is_chosen_and_a_test_counts_its_credit(desk: Helpdesk) -> None:
    await desk.set_up()
    put_ended_runs(desk.world.database, ended(Outcome.OK), ended(Outcome.OK, 20), ended(Outcome.OK, 60))
    asked: list[str] = []
    async with desk.opened() as settings:
        settings.page.on("request", lambda it: asked.append(it.url.split("?")[-1]) if "activity" in it.url else None)
        tiles = settings.page.locator(".tiles")
        await expect(tiles).to_contain_text("0 of 100")
        for days, lookups in (("7", 1), ("90", 3), ("30", 2)):
            await settings.field("Period").select_option(days)
            await expect(tiles).to_contain_text(f"{lookups}\nin {days} days", use_inner_text=True)
        await settings.run_test()
        await expect(tiles).to_contain_text("1 of 100")

    assert asked[-4:] == ["days=7", "days=90", "days=30", "days=30"]


async def test_activity_that_cannot_be_read_leaves_the_rest_usable(desk: Helpdesk) -> None:
    async with desk.opened("/settings") as settings:
        answer: dict[str, Any] = {"status": 503, "json": {"title": "The database is not available", "detail": "Later."}}
        await settings.page.route(f"**{CONTEXT}/activity*", lambda route: route.fulfill(**answer))
        await settings.page.goto((await desk.link())[0])
        await settings.page.reload()
        await expect(settings.page.locator("#activity .notice")).to_have_text("The database is not available. Later.")
        await expect(settings.field("API URL")).to_be_visible()
        await settings.page.unroute(f"**{CONTEXT}/activity*")
        await settings.press("Refresh")
        await expect(settings.page.locator(".tiles")).to_be_visible()
