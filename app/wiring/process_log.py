"""Makes all of a process's standard error its log: unhandled exceptions, Python's warnings, and stray lines too."""

import os
import sys
import threading
import warnings
from types import TracebackType
from typing import TextIO

from app.adapters.telemetry import logs
from app.adapters.telemetry.log_lines import place
from app.adapters.telemetry.standard_error import JsonLines

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
"""What CC_LOG_LEVEL may say; anything else is refused when the settings are read."""


def take_standard_error() -> None:
    """Begin the log of a process before its settings are read: in the form and from the level that they will have."""
    form = "text" if os.environ.get("CC_LOG_FORMAT") == "text" else logs.JSON
    level = os.environ.get("CC_LOG_LEVEL", "").upper()
    logs.configure(level if level in LEVELS else "INFO", form=form)
    if form == logs.JSON and not isinstance(sys.stderr, JsonLines):
        sys.stderr = JsonLines(sys.stderr)
    hear_everything()


def hear_everything() -> None:
    """Log what nobody handles by class and place; by itself, Python writes messages, which can hold anything."""
    sys.excepthook = _in_the_process
    threading.excepthook = _in_a_thread
    sys.unraisablehook = _in_a_cleanup
    warnings.showwarning = _warned


def _in_the_process(kind: type[BaseException], fault: BaseException, _: TracebackType | None) -> None:
    logs.uncaught("process", fault)


def _in_a_thread(thread: threading.ExceptHookArgs) -> None:
    if thread.exc_value is not None and not isinstance(thread.exc_value, SystemExit):
        logs.uncaught("thread", thread.exc_value)


def _in_a_cleanup(cleanup: "sys.UnraisableHookArgs") -> None:
    if cleanup.exc_value is not None:
        logs.uncaught("cleanup", cleanup.exc_value)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    logs.warned(category.__name__, f"{place(filename)}:{lineno}")
