"""Ten thousand queued tickets: how fast they are taken in, how fast they are gone, and what that does to the memory."""

import asyncio
from time import perf_counter

from bench.load import ended_runs, queue, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import MEBIBYTE, NOTHING, beside, figure, markdown, say
from bench.samples import AI_SECONDS, ENDPOINT_SECONDS, WAITED_SECONDS
from bench.targets import Meter, Target, watched_memory

SEATS = 500
"""As many as a process has if nobody says otherwise."""

WARM_UP = 200

LOOK_SECONDS, SAY_SECONDS = 0.5, 5.0
"""Between two looks at how far it is, and between two lines about it."""

SETTLING_SECONDS = 2.0
"""After the last ticket, before memory is read."""


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the table of the service, beside the floor with as many in flight."""
    async with stage.floor() as floor:
        await stage.set_delays(0, 0)
        await send(floor, WARM_UP, SEATS, "warm-up")
        await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS)
        meter = await Meter.started(floor)
        sent = await send(floor, max(plan.queued // 5, 2 * SEATS), SEATS, "for comparison", WAITED_SECONDS)
        spent = (await meter.spent()).over(len(sent.seconds))
        below = [sent.per_second(), 1000 * spent.service, 1000 * spent.database]
    async with stage.service() as service:
        await stage.set_delays(0, 0)
        await send(service, WARM_UP, SEATS, "warm-up")
        await asyncio.sleep(SETTLING_SECONDS)
        await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS)
        return await _drain(stage, service, plan.queued, below)


async def _drain(stage: Stage, service: Target, count: int, below: list[float]) -> str:
    before = service.memory_bytes()
    async with watched_memory(service) as watch:
        await stage.hold_answers(True)
        say(f"{service.name:<8} taking in {count:,} tickets …")
        started = perf_counter()
        prefix = await queue(service, count)
        taken_in, meter, started = perf_counter() - started, await Meter.started(service), perf_counter()
        await stage.hold_answers(False)
        await drained(service, WARM_UP, count, "draining")
        elapsed, spent = perf_counter() - started, (await meter.spent()).over(count)
        await asyncio.sleep(SETTLING_SECONDS)
        after = service.memory_bytes()
    await queue(service, count, "stored", prefix)  # ends the bench if a single one is not
    above = [count / elapsed, 1000 * spent.service, 1000 * spent.database]
    rows = [
        [f"{count:,} taken in, s", NOTHING, figure(taken_in), NOTHING],
        [f"{count:,} drained with {SEATS} seats, s", NOTHING, figure(elapsed), NOTHING],
        beside("per second", below[0], above[0]),
        beside("CPU each, ms", below[1], above[1]),
        beside("PostgreSQL each, ms", below[2], above[2]),
    ]
    for label, memory in (("before", before), ("at most", watch.highest), ("after", after)):
        rows.append([f"memory {label}, MB", NOTHING, figure(memory / MEBIBYTE), NOTHING])
    return markdown(["", "floor", "service", "ratio"], rows)


async def drained(service: Target, earlier: int, count: int, title: str) -> None:
    """Return when `count` runs have ended on top of `earlier` ones."""
    said = perf_counter()
    while (done := await ended_runs(service) - earlier) < count:
        if perf_counter() - said > SAY_SECONDS:
            said = perf_counter()
            say(f"{service.name:<8} {title}: {done:,} of {count:,} tickets are done …")
        await asyncio.sleep(LOOK_SECONDS)
