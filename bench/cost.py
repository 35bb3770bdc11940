"""The CPU time and the statements of one enrichment when nobody is waited for: what is left is work."""

from bench.draining import drained
from bench.load import Sent, queue, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import NOTHING, beside, figure, markdown, ratio
from bench.targets import Meter, Spent, Target

IN_FLIGHT = 64

WARM_UP = 256


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the table of the floor, and of the service for those who wait and for those who do not."""
    await stage.set_delays(0, 0)
    async with stage.floor() as floor, stage.service() as service:
        targets = (floor, service)
        for target in targets:
            await send(target, WARM_UP, IN_FLIGHT, "warm-up")
        ended = WARM_UP
        sent, spent, counted = [Sent(), Sent()], [Spent(), Spent(), Spent()], [Spent(), Spent(), Spent()]
        for number in range(1, plan.work_rounds + 2):
            title = f"round {number} of {plan.work_rounds + 1}, no waiting"
            last = number > plan.work_rounds  # counts statements, for which a target rests: its CPU is left out
            into = counted if last else spent
            for place, target in enumerate(targets):  # in turns, so that whatever else this machine does falls on both
                meter = await Meter.started(target, statements=last)
                answers = await send(target, plan.at_once, IN_FLIGHT, title)
                into[place] += await meter.spent()
                if not last:
                    sent[place].add(answers)
            ended += plan.at_once
            into[-1] += await _queued(service, plan.at_once, ended, title, statements=last)
            ended += plan.at_once
    each = [used.over(plan.work_rounds * plan.at_once) for used in spent]
    rows = [
        _row("CPU per enrichment, ms", [1000 * one.service for one in each]),
        _row("PostgreSQL beside it, ms", [1000 * one.database for one in each]),
        _row("statements per enrichment", [one.over(plan.at_once).statements for one in counted]),
    ]
    rates = [one.per_second() for one in sent]
    rows.append([*beside(f"per second, {IN_FLIGHT} in flight", *rates), NOTHING, NOTHING])
    return markdown(["", "floor", "synchronous", "ratio", "asynchronous", "of a synchronous one"], rows)


async def _queued(service: Target, count: int, ended: int, title: str, *, statements: bool) -> Spent:
    meter = await Meter.started(service, statements=statements)
    await queue(service, count)
    await drained(service, ended, count, title)
    return await meter.spent()


def _row(label: str, figures: list[float]) -> list[str]:
    floor, synchronous, asynchronous = figures
    return [*beside(label, floor, synchronous), figure(asynchronous), ratio(synchronous, asynchronous)]
