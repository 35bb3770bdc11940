"""What a process costs that nobody sends anything to."""

import asyncio

from bench.load import send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import MEBIBYTE, figure, markdown
from bench.targets import Meter

WARM_UP = 64

SETTLING_SECONDS = 5.0
"""After the last ticket: what it has left to do is done."""


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the share of a core that the process and its database take."""
    await stage.set_delays(0, 0)
    async with stage.service() as service:
        await send(service, WARM_UP, WARM_UP, "warm-up")
        await asyncio.sleep(SETTLING_SECONDS)
        meter = await Meter.started(service, statements=True)
        await asyncio.sleep(plan.idle_seconds)
        spent = (await meter.spent()).over(plan.idle_seconds)
        rows = [
            ["the process, % of a core", figure(100 * spent.service)],
            ["PostgreSQL, % of a core", figure(100 * spent.database)],
            ["statements a second", figure(spent.statements)],
            ["memory, MB", figure(service.memory_bytes() / MEBIBYTE)],
        ]
    return markdown(["", "service"], rows)
