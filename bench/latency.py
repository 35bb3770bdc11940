"""Throughput and added latency of callers who wait, and of those who come back for their result, beside the floor's."""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.load import Ask, Sent, ask, ask_and_come_back, send
from bench.plan import Plan
from bench.processes import Stage
from bench.report import beside, markdown, percentile
from bench.samples import AI_SECONDS, ENDPOINT_SECONDS, WAITED_SECONDS
from bench.targets import Target

IN_FLIGHT = (1, 64, 512)
"""Tickets under way at once: nobody else, a busy inbox, far more than one core of today can carry."""

PERCENTILES = (50, 95, 99)

TOLERATED = 0.05
"""Part of the tickets that may fail where far more are in flight than the machine can carry; the table names them."""

WARM_UP = 128
"""Tickets before anything is counted: pools filled, statements prepared, code paths warm."""

WAYS: dict[str, Ask] = {"synchronous": ask, "asynchronous": ask_and_come_back}


async def measure(stage: Stage, plan: Plan, ways: list[str]) -> str:
    """Return the table of these ways of asking."""
    results: dict[tuple[str, int], list[Sent]] = {}
    for number in range(1, plan.rounds + 1):
        async with stage.floor() as floor, stage.service() as service:
            await stage.set_delays(0, 0)
            await _warm_up(floor, ["synchronous"])
            await _warm_up(service, ways)
            await stage.set_delays(AI_SECONDS, ENDPOINT_SECONDS)
            for in_flight in IN_FLIGHT:
                # In turns, so that whatever else this machine does falls on all.
                for name, target, how in [("floor", floor, ask), *((way, service, WAYS[way]) for way in ways)]:
                    title = f"round {number} of {plan.rounds}, {in_flight} in flight, {name}"
                    ramp = WAITED_SECONDS if in_flight > 1 else 0.0
                    sent = await send(target, plan.tickets(in_flight), in_flight, title, ramp, how, TOLERATED)
                    results.setdefault((name, in_flight), []).append(sent)
    return table(results, ways)


async def _warm_up(target: Target, ways: list[str]) -> None:
    for way in ways:
        await send(target, WARM_UP, min(WARM_UP, 64), "warm-up", how=WAYS[way])


def table(results: Mapping[tuple[str, int], Sequence[Sent]], ways: Sequence[str]) -> str:
    """Return the table of the rounds, by who was asked and how many were in flight.

    Each figure is the median of its rounds, as one in which the machine stood still says nothing; of failures the most.
    """
    names, rows = ["floor", *ways], []
    for in_flight in IN_FLIGHT:
        each = [results[name, in_flight] for name in names]
        told = [median(sent.per_second() for sent in rounds) for rounds in each]
        rows.append(beside(f"{in_flight} in flight: per second", *told))
        for percent in PERCENTILES:
            told = [median(percentile(sent.seconds, percent) for sent in rounds) for rounds in each]
            added = [1000 * (seconds - WAITED_SECONDS) for seconds in told]
            rows.append(beside(f"{in_flight} in flight: added latency p{percent}, ms", *added))
        failed = [max(sent.failed() for sent in rounds) for rounds in each]
        if any(failed):
            rows.append(beside(f"{in_flight} in flight: **failed**, %", *(100 * part for part in failed)))
    headings = ["", "floor"]
    for way in ways:
        headings += [way, "ratio"]
    return markdown(headings, rows)
