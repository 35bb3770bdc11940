"""Everything that a process writes to standard error is a line of its log, whoever writes it."""

import json
import subprocess
import sys
from typing import Any

import pytest

CANARY = "canary-4b1f"

FAULTS = f'''
import asyncio, logging, sys, threading, warnings
from app.wiring.process_log import take_standard_error

take_standard_error()

class Left:
    def __del__(self):
        raise ValueError("{CANARY}")

def fail():
    raise ValueError("{CANARY}")

async def forget():
    task = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(failing())
    await asyncio.sleep(0.01)

async def failing():
    fail()

def unhandled_in_a_thread():
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

def bad_arguments():
    logging.getLogger("some.library").warning("%d of %s", "{CANARY}")

def printed():
    print("a line", file=sys.stderr)
    print("", file=sys.stderr)
    sys.stderr.write("half ")
    sys.stderr.write("a line\\n")

faults = {{
    "thread": unhandled_in_a_thread,
    "task": lambda: asyncio.run(forget()),
    "cleanup": lambda: Left() and None,
    "warning": lambda: warnings.warn("{CANARY}", DeprecationWarning, stacklevel=1),
    "library": lambda: logging.getLogger("some.library").error("It\\nbroke"),
    "arguments": bad_arguments,
    "printed": printed,
    "process": fail,
}}
warnings.simplefilter("always")
faults[sys.argv[1]]()
'''


def standard_error_of(fault: str, **environment: str) -> str:
    """Run a process that does one thing wrong; return what stands on its standard error."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", FAULTS, fault],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ".", **environment},
    )
    assert CANARY not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param("process", [{"event": "uncaught_exception", "where": "process"}], id="the program's end"),
        pytest.param("thread", [{"event": "uncaught_exception", "where": "thread"}], id="a thread"),
        pytest.param("cleanup", [{"event": "uncaught_exception", "where": "cleanup"}], id="an object's end"),
        pytest.param("task", [{"event": "Task exception was never retrieved", "logger": "asyncio"}], id="a task"),
        pytest.param("warning", [{"event": "python_warning", "category": "DeprecationWarning"}], id="a warning"),
        pytest.param("library", [{"event": "It", "logger": "some.library"}], id="a library's two lines are one"),
        pytest.param("arguments", [], id="a library's line that cannot be made is lost, without its values"),
        pytest.param(
            "printed",
            [{"event": "a line", "logger": "stderr"}, {"event": "half a line", "logger": "stderr"}],
            id="lines past the log, an empty one left out",
        ),
    ],
)
def test_each_line_is_an_object_and_none_holds_a_message_of_an_exception(
    fault: str, expected: list[dict[str, Any]]
) -> None:
    lines = [json.loads(line) for line in standard_error_of(fault).splitlines()]

    assert [{name: line[name] for name in wanted} for line, wanted in zip(lines, expected, strict=True)] == expected
    assert all({"event", "level", "logger", "timestamp"} <= set(line) for line in lines)
    assert all(line["exception"][0]["class"] == "builtins.ValueError" for line in lines if "exception" in line)


def test_text_is_for_people_and_shows_no_message_either() -> None:
    line, *frames = standard_error_of("process", CC_LOG_FORMAT="text").splitlines()

    assert line.endswith(" critical uncaught_exception where=process")
    assert frames[0].strip() == "builtins.ValueError"
    assert frames[-1].strip().endswith(" fail")


def test_text_leaves_what_is_written_past_the_log_as_it_is() -> None:
    assert standard_error_of("printed", CC_LOG_FORMAT="text") == "a line\n\nhalf a line\n"
