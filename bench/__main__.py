"""Runs the bench: `python -m bench`, or `make bench`."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.load import Sent, send_tickets
from bench.processes import CAN_SEPARATE, Target, floor, load_cores, measured_core, service, set_delays, stand_ins
from bench.report import Measured, table
from bench.samples import AI_SECONDS, ENDPOINT_SECONDS, WAITED_SECONDS

WARM_UP = 100
"""Tickets before anything is counted: pools filled, statements prepared, code paths warm."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to send, per round and target."""

    rounds: int
    alone: int
    together: int
    at_once: int
    in_flight: int


def main() -> None:
    """Measure the floor and the service in turns, and print both."""
    plan = _plan()
    if not CAN_SEPARATE:
        _say("Only one core, or no way to choose one: the load takes time from what is measured.")
    folder = Path(tempfile.mkdtemp(prefix="cc-bench-"))
    measured = {"floor": Measured(), "service": Measured()}
    try:
        with ExitStack() as stack:
            _say("Starting the stand-ins, the floor and the service …")
            ca_file = folder / "ca.pem"
            load_cores()
            addresses = stack.enter_context(stand_ins(ca_file))
            with measured_core():
                targets = [
                    stack.enter_context(floor(addresses, ca_file)),
                    stack.enter_context(service(addresses, ca_file, folder)),
                ]
            for target in targets:
                target.move_database_away()
            asyncio.run(_measure(plan, targets, addresses["ai"], measured))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say("")
    sys.stdout.write(table(measured["floor"], measured["service"], plan.in_flight) + "\n")


async def _measure(plan: Plan, targets: list[Target], ai_url: str, measured: dict[str, Measured]) -> None:
    await set_delays(ai_url, 0, 0)
    for target in targets:
        await _send(target, WARM_UP, plan.in_flight, "warm-up")
    for number in range(1, plan.rounds + 1):
        # In turns, so that whatever else this machine does falls on both.
        for target in targets:
            title, result = f"round {number} of {plan.rounds}", measured[target.name]
            await set_delays(ai_url, 0, 0)
            cpu, database_cpu = target.cpu_seconds(), target.database_cpu_seconds()
            sent = await _send(target, plan.at_once, plan.in_flight, f"{title}, no waiting")
            result.add_at_once(sent, target.cpu_seconds() - cpu, target.database_cpu_seconds() - database_cpu)
            await set_delays(ai_url, AI_SECONDS, ENDPOINT_SECONDS)
            together = f"{title}, {plan.in_flight} in flight"
            result.together += (await _send(target, plan.together, plan.in_flight, together, WAITED_SECONDS)).seconds
            result.alone += (await _send(target, plan.alone, 1, f"{title}, 1 in flight")).seconds


async def _send(target: Target, count: int, in_flight: int, title: str, ramp_seconds: float = 0) -> Sent:
    _say(f"{target.name:<8} {title}: {count} tickets …")
    sent = await send_tickets(target.base_url, target.service_token, count, in_flight, ramp_seconds)
    if sent.failures:
        worst = ", ".join(f"{times} x {problem}" for problem, times in Counter(sent.failures).most_common(3))
        raise SystemExit(
            f"{target.name}: {len(sent.failures)} of {count} tickets failed ({worst}); nothing is reported"
        )
    return sent


def _plan() -> Plan:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="Example: make bench ARGS=--quick"
    )
    parser.add_argument("--quick", action="store_true", help="one short round: does it run, and roughly how fast")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each target (default 2, about two minutes)")
    parser.add_argument("--in-flight", type=int, default=64, help="tickets under way at once (default 64)")
    options = parser.parse_args()
    if options.quick:
        return Plan(1, 5, 2 * options.in_flight, 200, options.in_flight)
    return Plan(options.rounds, 15, 8 * options.in_flight, 600, options.in_flight)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
