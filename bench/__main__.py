"""Runs the bench: `python -m bench`, or `make bench`."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import uvloop

from app.settings.loading import variable_of
from app.settings.service_settings import Settings
from bench import cost, draining, fairness, growth, idle, latency, memory, replicas
from bench.machine import CAN_SEPARATE, described, load_cores
from bench.plan import QUICK, USUAL, Plan
from bench.processes import Stage, last_words, open_stage
from bench.report import say

PARTS = ("cost", "idle", "sync", "async", "memory", "replicas", "drain", "fairness", "hostile")
MORE_PARTS = ("growth",)
"""Those that take minutes and are only measured when they are asked for."""

DESCRIPTION = """
Measures what the service adds to the calls that it waits for, with stand-ins for the AI (300 ms) and the customer
endpoint (80 ms, real TLS), beside a bare floor: the same calls and statements by the cheapest means. Read the ratios;
the floor was measured in the same minutes on the same machine.
"""


def main() -> None:
    """Measure the parts that are asked for, and print their tables."""
    only, plan, settings = _asked_for()
    if not CAN_SEPARATE:
        say("Only one core, or no way to choose one: the load takes time from what is measured.")
    load_cores()
    folder = Path(tempfile.mkdtemp(prefix="cc-bench-"))
    try:
        uvloop.run(_print(only, plan, folder, settings))
    except (Exception, SystemExit):
        for line in last_words(folder):
            say(line)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _print(only: set[str], plan: Plan, folder: Path, settings: Mapping[str, str]) -> None:
    """Print each table as soon as it is there."""
    tried = "".join(f" {name}={value}" for name, value in settings.items())
    sys.stdout.write(f"{described(folder)}{tried}\n")
    sys.stdout.flush()
    async with open_stage(folder, settings) as stage:
        async for title, table in _tables(stage, only, plan):
            sys.stdout.write(f"\n**{title}**\n\n{table}\n")
            sys.stdout.flush()


async def _tables(stage: Stage, only: set[str], plan: Plan) -> AsyncIterator[tuple[str, str]]:
    if "cost" in only:
        yield "Work: stand-ins that answer at once", await cost.measure(stage, plan)
    if "idle" in only:
        yield "Idle", await idle.measure(stage, plan)
    ways = [way for part, way in (("sync", "synchronous"), ("async", "asynchronous")) if part in only]
    if ways:
        title = "Waiting: added latency is what comes on top of 680 ms"
        yield title, await latency.measure(stage, plan, ways)
    if "memory" in only:
        yield "Memory", await memory.measure(stage, plan)
    if "replicas" in only:
        yield f"Replicas, {replicas.SEATS} seats each", await replicas.measure(stage, plan)
    if "drain" in only:
        yield "Draining a queue", await draining.measure(stage, plan)
    if "fairness" in only:
        yield "Fairness: a quiet project beside one whose endpoint stalls", await fairness.measure(stage, plan)
    if "hostile" in only:
        yield "Fairness: a quiet project beside another's hostile text", await fairness.measure_hostile(stage, plan)
    if "growth" in only:
        yield "Growth: statements with so many stored results", await growth.measure(stage.folder, plan)


def _asked_for() -> tuple[set[str], Plan, dict[str, str]]:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog="Examples: make bench ARGS=--quick; make bench ARGS='--only sync,drain --set CC_DATABASE_POOL_SIZE=10'",
    )
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run, and roughly how fast")
    parts = f"parts, comma-separated, of {', '.join(PARTS)}; and, only if named here, {', '.join(MORE_PARTS)}"
    parser.add_argument("--only", default=",".join(PARTS), help=parts)
    parser.add_argument("--results", type=int, help="growth: how many results are stored, e.g. 10000000")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the service other than its default",
    )
    options = parser.parse_args()
    only = set(options.only.split(","))
    if unknown := only - {*PARTS, *MORE_PARTS}:
        parser.error(f"--only: no such part: {', '.join(sorted(unknown))}")
    if options.results is not None and options.results <= growth.FEW:
        parser.error(f"--results: must be more than the {growth.FEW:,} that they are compared with")
    settings = dict(each.partition("=")[::2] for each in options.set)
    if unknown := settings.keys() - {variable_of(name) for name in Settings.model_fields}:
        parser.error(f"--set: no such setting: {', '.join(sorted(unknown))}")
    if not all(settings.values()):
        parser.error("--set: give each setting a value, as in --set CC_DATABASE_POOL_SIZE=10")
    plan = QUICK if options.quick else USUAL
    return only, replace(plan, results=options.results) if options.results else plan, settings


if __name__ == "__main__":
    main()
