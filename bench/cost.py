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
        sent, spent = {each: Sent() for each in targets}, {each: Spent() for each in targets}
        queued, ended = Spent(), 0
        for target in targets:
            ended += len((await send(target, WARM_UP, IN_FLIGHT, "warm-up")).seconds) if target is service else 0
        for number in range(1, plan.rounds + 1):
            title = f"round {number} of {plan.rounds}, no waiting"
            for target in targets:  # in turns, so that whatever else this machine does falls on both
                meter = await Meter.started(target)
                sent[target].add(await send(target, plan.at_once, IN_FLIGHT, title))
                spent[target] += await meter.spent()
            ended += plan.at_once
            queued += await _queued(service, plan.at_once, ended, title)
            ended += plan.at_once
    each = [spent[target].over(len(sent[target].seconds)) for target in targets]
    each.append(queued.over(plan.rounds * plan.at_once))
    rows = [
        _row("CPU per enrichment, ms", [1000 * one.service for one in each]),
        _row("PostgreSQL beside it, ms", [1000 * one.database for one in each]),
        _row("statements per enrichment", [one.statements for one in each]),
    ]
    rates = [sent[target].per_second() for target in targets]
    rows.append([*beside(f"per second, {IN_FLIGHT} in flight", *rates), NOTHING, NOTHING])
    return markdown(["", "floor", "synchronous", "ratio", "asynchronous", "of a synchronous one"], rows)


async def _queued(service: Target, count: int, ended: int, title: str) -> Spent:
    meter = await Meter.started(service)
    await queue(service, count)
    await drained(service, ended, count, title)
    return await meter.spent()


def _row(label: str, figures: list[float]) -> list[str]:
    floor, synchronous, asynchronous = figures
    return [*beside(label, floor, synchronous), figure(asynchronous), ratio(synchronous, asynchronous)]
