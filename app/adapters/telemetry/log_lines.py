"""How a line of the log looks: a JSON object for programs, or text for people; exceptions as classes and places.

The messages of exceptions, and the values of local variables, can hold anything: neither is ever written.
"""

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from structlog.typing import EventDict, WrappedLogger

FRAMES = 12
"""Innermost frames of an exception that are kept: the rest is the web framework."""

LONGEST_LINE = 4_096
"""Bytes that a pipe takes in one piece (PIPE_BUF on Linux): lines of several processes cannot run into each other."""

COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "31;1"}
"""How a terminal is told of each level (ECMA-48, 8.3.117)."""

_PLAIN = re.compile(r"[!#-<>-~]+", re.ASCII)
"""A value that needs no quotation marks: visible ASCII without `"` and `=`."""


def exception_without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by the classes of its chain and the places where they were raised."""
    event.pop("stack", None)
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = list(_chain(error))
    return event


def as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return the line as a JSON object in ASCII; frames are left out where it would be too long for one write."""
    line = json.dumps(event, default=repr)
    kept = FRAMES
    while len(line) >= LONGEST_LINE and kept and "exception" in event:
        kept //= 2
        event["exception"] = [
            {**link, "frames": link["frames"][len(link["frames"]) - kept :]} for link in event["exception"]
        ]
        line = json.dumps(event, default=repr)
    return line


def as_text(stream: TextIO) -> Callable[[WrappedLogger, str, EventDict], str]:
    """Return what makes a line for a person, in colours where the stream is a terminal and NO_COLOR is not set."""
    coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        level, name = str(event.pop("level", "")), str(event.pop("event", ""))
        moment = str(event.pop("timestamp", ""))
        chain, _ = event.pop("exception", []), event.pop("logger", None)
        word = f"\x1b[{COLOURS.get(level, '0')}m{level:<8}\x1b[0m" if coloured else f"{level:<8}"
        values = [f"{key}={_value(value)}" for key, value in event.items() if value is not None]
        frames = [f"\n    {link['class']}" + "".join(f"\n      {each}" for each in link["frames"]) for link in chain]
        return " ".join([moment, word, _printable(name), *values]) + "".join(frames)

    return line


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=repr)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _chain(error: BaseException) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = traceback.extract_tb(link.__traceback__)[-FRAMES:]
        yield {
            "class": f"{type(link).__module__}.{type(link).__qualname__}",
            "frames": [f"{place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
        }
        link = link.__cause__ or link.__context__


def place(filename: str) -> str:
    """Shorten a path to what tells the module: its last four parts."""
    return "/".join(Path(filename).parts[-4:])
