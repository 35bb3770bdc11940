"""The CPU time of one enrichment when nobody is waited for: what is left is work."""

from bench.load import Sent, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import NOTHING, beside, figure, markdown
from bench.targets import Meter, Spent

IN_FLIGHT, SEATS = 64, 200

WARM_UP = 128


async def measure(stage: Stage, plan: Plan) -> str:
    """Return the table of the floor and the service."""
    await stage.set_delays(0, 0)
    async with stage.floor() as floor, stage.service(SEATS) as service:
        targets = (floor, service)
        sent, spent = {each: Sent() for each in targets}, {each: Spent(0.0, 0.0) for each in targets}
        for target in targets:
            await send(target, WARM_UP, IN_FLIGHT, "warm-up")
        for number in range(1, plan.rounds + 1):
            for target in targets:  # in turns, so that whatever else this machine does falls on both
                meter = Meter(target)
                sent[target].add(
                    await send(target, plan.at_once, IN_FLIGHT, f"round {number} of {plan.rounds}, no waiting")
                )
                spent[target] += meter.spent()
    cpu = [1000 * spent[each].service / len(sent[each].seconds) for each in targets]
    database = 1000 * spent[service].database / len(sent[service].seconds)
    rows = [
        beside("CPU per enrichment, ms", *cpu),
        ["PostgreSQL beside it, ms", NOTHING, figure(database), NOTHING],
        beside(f"per second, {IN_FLIGHT} in flight, no waiting", *(sent[each].per_second() for each in targets)),
    ]
    return markdown(["", "floor", "service", "ratio"], rows)
