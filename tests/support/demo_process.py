"""The demo as `make run` starts it: a process of its own, on a free port, whose data are thrown away."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.database_folders import database_folder

ROOT = Path(__file__).parents[2]

PATIENCE_SECONDS = 120.0
"""After this a demo that has not greeted is killed, so that it fails the test instead of holding it up."""

COMMANDS = 8
"""How many command lines the demo prints; the last of them ends the greeting."""


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """A demo that has greeted."""

    process: "subprocess.Popen[str]"
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
def running_demo(**variables: str) -> Iterator[RunningDemo]:
    """Run the demo while the block runs, with these environment variables beside what it is told."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_"))}
    command = [sys.executable, "-m", "app", "demo", "--port", "0"]
    folder = database_folder("cc-demo-")
    try:
        with subprocess.Popen(  # noqa: S603 - our own module
            command,
            cwd=ROOT,
            env=environment | {"CC_DATA_DIR": str(folder / "data")} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield RunningDemo(process, _greeting_of(process), folder / "data")
            finally:
                if process.poll() is None:
                    process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _greeting_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
    watchdog.start()
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if sum(each.startswith("curl ") for each in lines) == COMMANDS:
            break
    watchdog.cancel()
    return "".join(lines)
