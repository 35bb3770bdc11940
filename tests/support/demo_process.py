"""The demo as `make run` starts it: a process of its own, on a free port, whose data are thrown away."""

import asyncio
import re
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.support.database_folders import database_folder
from tests.support.processes import Program, inherited

PATIENCE_SECONDS = 120.0
"""Longest wait for the greeting."""

COMMANDS = 8
"""How many command lines the demo prints; the last of them ends the greeting."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """A demo that has greeted."""

    program: Program
    greeting: str
    data_dir: Path

    @property
    def addresses(self) -> list[str]:
        """Every address that it printed, in order; the command lines' are among them."""
        return re.findall(r"https?://[^\s'\"]+", self.greeting)

    @property
    def commands(self) -> list[str]:
        """The command lines that it printed."""
        return [line for line in self.greeting.splitlines() if line.startswith("curl ")]

    @property
    def service_token(self) -> str:
        """The token in its command lines, which no browser may ever see."""
        return self.commands[0].split("Authorization: Bearer ")[1].split("'")[0]


@contextmanager
def running_demo(*, cold: bool = False, **variables: str) -> Iterator[RunningDemo]:
    """Run the demo while the block runs, with these environment variables beside what it is told."""
    folder = database_folder("cc-demo-")
    environment = inherited() | {"CC_DATA_DIR": str(folder / "data")} | variables
    program = Program(("demo", "--port", "0"), environment, folder / "program", cold)
    try:
        program.start()
        try:
            yield RunningDemo(program, _waited_for(_greeting_of(program)), folder / "data")
        finally:
            _waited_for(program.stop())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _greeting_of(program: Program) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (greeting := program.stdout).count("\ncurl ") < COMMANDS or not greeting.endswith("\n"):
            assert program.exit_code is None, program.stderr
            await asyncio.sleep(0.02)
    return greeting


def _waited_for(work: Coroutine[Any, Any, T]) -> T:
    """Wait for it on a loop of its own: the test may have one that runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
