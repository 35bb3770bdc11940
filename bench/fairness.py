"""Whether a project feels it when another one's endpoint stalls: its callers alone, and beside 400 such tickets."""

import asyncio
from urllib.parse import urljoin

from bench.load import Sent, endings_of, queue, send
from bench.plan import Plan
from bench.processes import Stage, set_up
from bench.report import beside, markdown, percentile
from bench.stand_ins import STALLING
from bench.targets import Target

NOISY = "prj_noisy"

NOISY_TICKETS = 400
"""One batch: twice as many as there are seats."""

LANES = 4
"""Callers of the quiet project who wait for their results, each for one at a time."""

AI_SECONDS, ENDPOINT_SECONDS, SPREAD_SECONDS = 0.100, 0.080, 0.120
"""A fast AI and an endpoint of 80 to 200 ms: the less there is to wait for, the more a delay shows."""

SLOW_SECONDS, STALLED_SECONDS = 4.0, 6.0
"""Within the five seconds that a look-up may take, so that none fails and no breaker opens, and beyond them."""

FAILED, SPARED = "fetch_error timeout", "fetch_error circuit_open"
"""How a run ends whose look-up takes too long, and one whose endpoint is left alone."""

OPEN_SECONDS, LOOK_SECONDS = 30.0, 0.2
"""Longest until ten look-ups have failed, 16 of them at once; between two looks whether they have."""

WARM_UP = 40

PERCENTILES = (50, 95)


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the quiet project's latencies alone, beside stalled look-ups, and once a breaker spares these."""
    async with stage.service() as service:
        await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS, SPREAD_SECONDS)
        await set_up(service, NOISY, urljoin(stage.endpoint_url, STALLING))
        await send(service, WARM_UP, LANES, "warm-up")
        alone = await _quiet(service, plan, "alone")
        await stage.set_stalling(SLOW_SECONDS)
        await queue(service, NOISY_TICKETS, project_id=NOISY)
        closed = await _quiet(service, plan, "beside stalled look-ups")
        failed = (await endings_of(service))[FAILED]
        await stage.set_stalling(STALLED_SECONDS)
        await _until_open(service)
        before = (await endings_of(service))[SPARED]
        await queue(service, NOISY_TICKETS, project_id=NOISY)
        opened = await _quiet(service, plan, "beside an open breaker")
        spared = (await endings_of(service))[SPARED] - before
    rows = [
        beside(f"p{percent}, ms", *(1000 * percentile(each.seconds, percent) for each in (alone, closed, opened)))
        for percent in PERCENTILES
    ]
    headings = ["", "alone", "breaker closed", "ratio", "breaker open", "ratio"]
    noise = (
        f"Of the noisy project's look-ups, {failed} had failed while its breaker was closed; open, it spared {spared}."
    )
    return f"{markdown(headings, rows)}\n\n{noise}"


async def _quiet(service: Target, plan: Plan, title: str) -> Sent:
    return await send(service, plan.quiet, LANES, title, AI_SECONDS)


async def _until_open(service: Target) -> None:
    async with asyncio.timeout(OPEN_SECONDS):
        while not (await endings_of(service))[SPARED]:  # noqa: ASYNC110 - it is another's news
            await asyncio.sleep(LOOK_SECONDS)
