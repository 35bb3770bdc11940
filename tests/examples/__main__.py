"""Prepares the examples as their README says, and tells as it goes; fails where one could not be prepared."""

import os
import shlex
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.examples.readme import Example, examples

SECONDS_BETWEEN_LINES = 5.0

LONGEST_COMMAND_SECONDS = 300
"""For one command; a registry that answers slowly takes a minute."""

AT_ONCE = 2
"""Half of the time the registry is waited for."""

LINES_OF_A_FAILURE = 20


def prepare(example: Example) -> bool:
    """Run the commands that come before the start; return whether all went well."""
    if example.is_prepared:
        say(f"{example.name}: nothing to do")
        return True
    if example.missing:
        say(f"{example.name}: skipped, as {example.missing} is not installed here")
        return True
    (example.folder / "build").mkdir(exist_ok=True)  # not every compiler makes it
    for command in example.preparing:
        began = time.monotonic()
        failure = run(example, command)
        say(f"{example.name}: {command}: {'failed' if failure else 'done'} ({time.monotonic() - began:.0f} s)")
        if failure:
            say(failure)
            return False
    example.note_prepared()
    return True


def run(example: Example, command: str) -> str:
    """Run one command; return "" or what it said at last before it failed."""
    environment = os.environ | {"NEXT_TELEMETRY_DISABLED": "1"}
    ended = threading.Event()
    threading.Thread(target=keep_saying, args=(f"{example.name}: {command} …", ended), daemon=True).start()
    try:
        done = subprocess.run(  # noqa: S603 - the commands of our own README
            shlex.split(command),
            cwd=example.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    finally:
        ended.set()
    return "\n".join(done.stdout.splitlines()[-LINES_OF_A_FAILURE:] or ["no output"]) if done.returncode else ""


def keep_saying(line: str, ended: threading.Event) -> None:
    """Say every few seconds that a command is still at work."""
    began = time.monotonic()
    while not ended.wait(SECONDS_BETWEEN_LINES):
        say(f"{line} {time.monotonic() - began:.0f} s")


def say(text: str) -> None:
    """Print one line of progress at once, through a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sys.exit(not all(list(threads.map(prepare, examples()))))
