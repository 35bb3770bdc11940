"""Limits of CPU time that hold in a test process of any size: how work is measured, and how much longer it may take."""

import sys
from collections.abc import Callable
from time import process_time

TIMES_LONGER = 10.0 if sys.gettrace() is not None else 2.0
"""How much longer code may take while coverage counts its lines: a limit of CPU is for the kind of cost.

Counting lines makes tight loops several times slower, and a shared core twice; what a limit guards against, growth
with the square of an input, costs a hundred times as much."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the cheapest of three runs of `work`.

    Collecting the garbage of all tests of a process takes half a second, which may fall into one of them.
    """

    def once() -> float:
        begun = process_time()
        work()
        return process_time() - begun

    return min(once() for _ in range(3))
