"""Installs what a lock file pins, each package checked against its hash, and says every few seconds how far it is."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS_BETWEEN_LINES = 2.0

ONE_MORE = ("Collecting ", "Processing ", "Requirement already ", "Ignoring ")
"""How pip's line on the next package begins: found, found on this machine, there already, not for this system."""


def install(lock: str) -> int:
    """Run pip; return its exit status."""
    total = sum("==" in line for line in Path(lock).read_text("utf-8").splitlines())
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    command += ["--no-deps", "--require-hashes", "--requirement", lock]
    say(f"Installing {lock}: {total} packages")
    # What pip warns of is shown if it fails: of a mirror that lacks a package, it is a line for each of them.
    with (
        tempfile.TemporaryFile("w+") as warnings,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=warnings, text=True) as pip,  # noqa: S603 - ours
    ):
        seen, said = 0, time.monotonic()
        for line in pip.stdout or ():
            seen += line.startswith(ONE_MORE)
            if line.startswith("Installing "):
                say("  unpacking them, which takes up to half a minute")
            elif seen < total and time.monotonic() - said > SECONDS_BETWEEN_LINES:
                say(f"  {seen} of {total}")
                said = time.monotonic()
        if pip.wait():
            warnings.seek(0)
            sys.stderr.write(warnings.read())
    return pip.returncode


def say(text: str) -> None:
    """Print one line of progress at once, through a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(install(sys.argv[1]))
