"""Whether a project feels what another does: its callers alone, beside stalled look-ups, and beside hostile text."""

import asyncio
import itertools
import json
from time import perf_counter
from urllib.parse import urljoin

import aiohttp

from bench.load import REQUEST_SECONDS, Sent, endings_of, problem_of, queue, send
from bench.plan import Plan
from bench.processes import Stage, set_up
from bench.report import NOTHING, beside, figure, markdown, percentile
from bench.samples import EMAIL, HOSTILE_HTML
from bench.stand_ins import HOSTILE, STALLING
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

HEAVY_RECORDS, HEAVY_EMAILS = 16, 60
"""Tickets that are under way at any time beside the quiet project's: what one batch of a stranger's may bring."""

PROBE_SECONDS = 0.05
"""Between two looks at `/healthz`; an orchestrator looks every few seconds."""


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


async def measure_hostile(stage: Stage, plan: Plan) -> str:
    """Return the quiet project's latencies and the slowest sign of life, alone and beside what costs most to read."""
    async with stage.service() as service:
        await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS, SPREAD_SECONDS)
        await set_up(service, NOISY, urljoin(stage.endpoint_url, HOSTILE))
        await send(service, WARM_UP, LANES, "warm-up")
        seen = [await _beside(service, plan, "alone", None)]
        html = {"body": HOSTILE_HTML, "body_format": "html"}
        for title, copies, email in (
            ("63 KB of U+FDFA, 48 rows", HEAVY_RECORDS, {}),
            ("1 MB of HTML", HEAVY_EMAILS, html),
        ):
            body = json.dumps({**EMAIL, **email, "project_id": NOISY}).encode()
            seen.append(await _beside(service, plan, f"{copies} x {title}", (copies, body)))
    rows = [
        beside(f"p{percent}, ms", *(1000 * percentile(each.seconds, percent) for _, each, _ in seen))
        for percent in PERCENTILES
    ]
    rows.append(["slowest /healthz, ms", figure(1000 * seen[0][2])])
    rows[-1] += [cell for _, _, slowest in seen[1:] for cell in (figure(1000 * slowest), NOTHING)]
    return markdown(["", seen[0][0], *(cell for title, _, _ in seen[1:] for cell in (title, "ratio"))], rows)


async def _beside(service: Target, plan: Plan, title: str, noise: tuple[int, bytes] | None) -> tuple[str, Sent, float]:
    """Send the quiet project's tickets while so many copies of another's are sent again and again."""
    headers = {"Authorization": f"Bearer {service.service_token}", "Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    url, slowest = service.base_urls[0], [0.0]

    async def repeat(copy: int) -> None:
        for number in itertools.count():
            async with session.post(f"{url}/tickets/n{copy}-{number}/enrich", data=body) as response:
                if problem := problem_of(response.status, await response.read()):
                    raise SystemExit(f"{title}: {problem}; nothing is reported")

    async def probe() -> None:
        while True:
            begun = perf_counter()
            async with session.get(f"{url}/healthz") as response:
                response.raise_for_status()
            slowest[0] = max(slowest[0], perf_counter() - begun)
            await asyncio.sleep(PROBE_SECONDS)

    async with aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector) as session:
        copies, body = noise or (0, b"")
        tasks = [asyncio.create_task(probe()), *(asyncio.create_task(repeat(copy)) for copy in range(copies))]
        try:
            sent = await _quiet(service, plan, title)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [problem for problem in ended if not isinstance(problem, asyncio.CancelledError)]
    if failed:
        raise SystemExit(f"{title}: {len(failed)} of those beside it failed ({failed[0]!r}); nothing is reported")
    return title, sent, slowest[0]


async def _quiet(service: Target, plan: Plan, title: str) -> Sent:
    return await send(service, plan.quiet, LANES, title, AI_SECONDS)


async def _until_open(service: Target) -> None:
    async with asyncio.timeout(OPEN_SECONDS):
        while not (await endings_of(service))[SPARED]:  # noqa: ASYNC110 - it is another's news
            await asyncio.sleep(LOOK_SECONDS)
