"""One, two and four replicas on one database: few seats each, so that seats are the limit and not the cores."""

from time import perf_counter

from bench.draining import drained
from bench.load import queue, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import figure, markdown, ratio
from bench.samples import AI_SECONDS, ENDPOINT_SECONDS, WAITED_SECONDS
from bench.targets import Meter

SEATS = 12
"""Of each replica: 17.6 tickets a second, of which one core of today carries four times as many."""

COUNTS = (1, 2, 4)

WARM_UP = 32
"""Tickets per replica before anything is counted."""


async def measure(stage: Stage, plan: Plan) -> str:
    """Return a row for each number of replicas."""
    rows, alone = [], 0.0
    for count in COUNTS:
        per_second, cpu, database = await _with(stage, plan, count)
        alone = alone or per_second
        allowed = count * SEATS / WAITED_SECONDS
        share = f"{100 * per_second / allowed:.0f} %"
        rows.append([str(count), figure(per_second), ratio(alone, per_second), share, figure(cpu), figure(database)])
    headings = ["replicas", "per second", "of one", "of what the seats allow", "CPU each, ms", "PostgreSQL each, ms"]
    return markdown(headings, rows)


async def _with(stage: Stage, plan: Plan, count: int) -> tuple[float, float, float]:
    """Return tickets per second, and milliseconds of CPU per ticket: of the replicas and of PostgreSQL."""
    tickets = round(count * SEATS / WAITED_SECONDS * plan.replica_seconds)
    async with stage.service(SEATS, count) as service:
        await stage.set_delays(0, 0)
        await send(service, WARM_UP * count, SEATS * count, "warm-up")
        await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS)
        await stage.hold_answers(True)
        await queue(service, tickets)
        meter, started = await Meter.started(service), perf_counter()
        await stage.hold_answers(False)
        await drained(service, WARM_UP * count, tickets, f"of {count}")
        elapsed, spent = perf_counter() - started, (await meter.spent()).over(tickets)
    return tickets / elapsed, 1000 * spent.service, 1000 * spent.database
