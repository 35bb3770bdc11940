"""The machine that the bench runs on: its cores, which are dealt out, and how long its disk takes to be sure."""

import os
import platform
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""The cores that there are to choose from; none where the system does not let one choose."""

CAN_SEPARATE = len(CORES) > 1
"""Whether what is measured gets a core of its own, so that the load does not take its time away."""

FLUSHES = 50
"""Writes that are timed: the median of so many says what a commit waits for."""


@contextmanager
def measured_core() -> Iterator[None]:
    """Let what is started in this block run on the last core, and everything else on the others."""
    if CAN_SEPARATE:
        os.sched_setaffinity(0, CORES[-1:])
    try:
        yield
    finally:
        load_cores()


def load_cores() -> None:
    """Keep this process, and what it starts from here on, off the last core."""
    if CAN_SEPARATE:
        os.sched_setaffinity(0, CORES[:-1])


def described(folder: Path) -> str:
    """Return one line that says what the figures were measured on; no name of the machine."""
    cores = f"{len(CORES)} cores, one of them for what is measured" if CAN_SEPARATE else "cores shared with the load"
    return f"{cores}; Python {platform.python_version()}; one flush to disk {_flush_milliseconds(folder):.1f} ms."


def _flush_milliseconds(folder: Path) -> float:
    """Return how long a written page takes to be safe: most commits of the service wait for that."""
    seconds = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            started = perf_counter()
            file.write(bytes(8192))
            os.fsync(file.fileno())
            seconds.append(perf_counter() - started)
    return 1000 * statistics.median(seconds)
