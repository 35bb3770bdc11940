"""The CPU time and the statements of one enrichment when nobody is waited for: what is left is work."""

from statistics import median

from bench.draining import drained
from bench.load import Sent, queue, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import NOTHING, beside, figure, markdown, ratio
from bench.targets import Meter, Spent, Target

IN_FLIGHT = 64

WARM_UP = 600
"""Tickets before anything is counted: each connection of the pool has read its tables and planned its statements."""


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the table of the floor, and of the service for those who wait and for those who do not."""
    await stage.set_delays(0, 0)
    rounds: list[tuple[list[Sent], list[Spent]]] = []
    for number in range(1, plan.work_rounds + 1):
        title = f"round {number} of {plan.work_rounds}, no waiting"
        async with stage.floor() as floor, stage.service() as service:
            for target in (floor, service):
                await send(target, WARM_UP, IN_FLIGHT, "warm-up")
            rounds.append(await _round((floor, service), plan, title, WARM_UP))
            if number == plan.work_rounds:
                ended = WARM_UP + 2 * plan.at_once
                title = f"{title}, statements counted"
                _, counted = await _round((floor, service), plan, title, ended, statements=True)
    spent = list(zip(*(each for _, each in rounds), strict=True))
    rates = [median(one.per_second() for one in sent) for sent in zip(*(each for each, _ in rounds), strict=True)]
    rows = [
        _row("CPU per enrichment, ms", [1000 * median(one.service for one in each) for each in spent]),
        _row("PostgreSQL beside it, ms", [1000 * median(one.database for one in each) for each in spent]),
        _row("statements per enrichment", [one.statements for one in counted]),
        [*beside(f"per second, {IN_FLIGHT} in flight", *rates), NOTHING, NOTHING],
    ]
    return markdown(["", "floor", "synchronous", "ratio", "asynchronous", "of a synchronous one"], rows)


async def _round(
    targets: tuple[Target, Target], plan: Plan, title: str, ended: int, *, statements: bool = False
) -> tuple[list[Sent], list[Spent]]:
    """Return what became of one round, and what each ticket took: of the floor, of the service, and of its queue.

    A target rests while statements are counted, and is slower when it begins again: such a round says nothing of CPU.
    `ended` are the tickets that the service has had.
    """
    sent: list[Sent] = []
    spent: list[Spent] = []
    for target in targets:  # in turns, so that whatever else this machine does falls on both
        meter = await Meter.started(target, statements=statements)
        sent.append(await send(target, plan.at_once, IN_FLIGHT, title))
        spent.append(await meter.spent())
    service = targets[-1]
    meter = await Meter.started(service, statements=statements)
    await queue(service, plan.at_once)
    await drained(service, ended + plan.at_once, plan.at_once, title)
    spent.append(await meter.spent())
    return sent, [each.over(plan.at_once) for each in spent]


def _row(label: str, figures: list[float]) -> list[str]:
    floor, synchronous, asynchronous = figures
    return [*beside(label, floor, synchronous), figure(asynchronous), ratio(synchronous, asynchronous)]
