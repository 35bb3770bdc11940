"""The CPU time and the statements of one enrichment when nobody is waited for: what is left is work."""

from bench.draining import drained
from bench.load import Sent, queue, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import NOTHING, beside, figure, markdown, ratio
from bench.targets import Meter, Spent

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
        sent, spent = [Sent(), Sent()], [Spent(), Spent(), Spent()]
        counts = [False] * plan.work_rounds + [True]  # a last round for the statements, whose CPU is left out
        for number, statements in enumerate(counts, 1):
            title = f"round {number} of {len(counts)}, no waiting"
            for place, target in enumerate(targets):  # in turns, so that whatever else this machine does falls on both
                meter = await Meter.started(target, statements=statements)
                answers = await send(target, plan.at_once, IN_FLIGHT, title)
                spent[place] = _with(spent[place], await meter.spent(), statements)
                if not statements:
                    sent[place].add(answers)
            ended += plan.at_once
            meter = await Meter.started(service, statements=statements)
            await queue(service, plan.at_once)
            await drained(service, ended, plan.at_once, title)
            spent[-1] = _with(spent[-1], await meter.spent(), statements)
            ended += plan.at_once
    tickets = plan.work_rounds * plan.at_once
    rows = [
        _row("CPU per enrichment, ms", [1000 * each.service / tickets for each in spent]),
        _row("PostgreSQL beside it, ms", [1000 * each.database / tickets for each in spent]),
        _row("statements per enrichment", [each.statements / plan.at_once for each in spent]),
    ]
    rates = [each.per_second() for each in sent]
    rows.append([*beside(f"per second, {IN_FLIGHT} in flight", *rates), NOTHING, NOTHING])
    return markdown(["", "floor", "synchronous", "ratio", "asynchronous", "of a synchronous one"], rows)


def _with(before: Spent, now: Spent, statements: bool) -> Spent:
    """Return the sum of the CPU, or what was spent before with the statements of this round."""
    return Spent(before.service, before.database, now.statements) if statements else before + now


def _row(label: str, figures: list[float]) -> list[str]:
    floor, synchronous, asynchronous = figures
    return [*beside(label, floor, synchronous), figure(asynchronous), ratio(synchronous, asynchronous)]
