"""The memory of tickets in flight: all of them held at the AI at once, then let go."""

import asyncio

from bench.load import send
from bench.plan import Plan
from bench.processes import START_SECONDS, Stage
from bench.report import MEBIBYTE, beside, markdown
from bench.targets import Target, watched_memory

WARM_UP, WARM_IN_FLIGHT = 200, 64
"""What is idle afterwards has its code loaded and its pools filled."""

SETTLING_SECONDS = 1.0
"""After the last ticket: connections are closed, tasks are gone."""


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the table of the floor and the service."""
    async with stage.floor() as floor:
        below = await _held(stage, floor, plan.held)
    async with stage.service(seats=plan.held) as service:
        above = await _held(stage, service, plan.held)
    labels = (
        "idle, MB",
        f"{plan.held:,} in flight, all at the AI, MB over idle",
        "the most until all were done, MB over idle",
        "idle again, MB over idle",
    )
    rows = [beside(label, *both) for label, *both in zip(labels, below, above, strict=True)]
    return markdown(["", "floor", "service", "ratio"], rows)


async def _held(stage: Stage, target: Target, count: int) -> list[float]:
    """Return megabytes: idle, then over that with all tickets held, at most, and after the last."""
    await stage.set_delays(0, 0)
    await send(target, WARM_UP, WARM_IN_FLIGHT, "warm-up")
    await asyncio.sleep(SETTLING_SECONDS)
    idle = target.memory_bytes()
    await stage.hold_answers(True)
    async with watched_memory(target) as watch:
        sending = asyncio.create_task(send(target, count, count, "held at the AI"))
        await _until_asked(stage, sending, count)
        held = target.memory_bytes()
        await stage.hold_answers(False)
        await sending
        await asyncio.sleep(SETTLING_SECONDS)
    over = [each - idle for each in (held, watch.highest, target.memory_bytes())]
    return [each / MEBIBYTE for each in (idle, *over)]


async def _until_asked(stage: Stage, sending: "asyncio.Task[object]", count: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while await stage.asked() < count:
            if sending.done():
                await sending  # which says what was wrong
            await asyncio.sleep(0.1)
