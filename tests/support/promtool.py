"""Prometheus' own tool, which reads rules and queries as the server does; from Debian's package `prometheus`."""

import shutil
import subprocess
from pathlib import Path

PROGRAM = shutil.which("promtool")
"""promtool, or None where it is not installed."""


def promtool(*arguments: str, folder: Path) -> str:
    """Run it in a folder and return what it says; fails with that where it finds a fault."""
    assert PROGRAM is not None
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - a program of the system
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
