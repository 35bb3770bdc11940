import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent

PATIENCE_SECONDS = 120.0
"""After this the demo is killed, so that a start that hangs fails the test instead of holding it up."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not tmp_path: the socket of the embedded PostgreSQL needs a path below 90 bytes.
    folder = Path(tempfile.mkdtemp(prefix="cc-demo-"))
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def running_demo(data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_"))}
    command = [sys.executable, "-m", "app", "demo", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        cwd=ROOT,
        env=environment | {"CC_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.terminate()


def commands_of(process: "subprocess.Popen[str]", count: int) -> list[str]:
    """Return the command lines that the demo prints, once it has printed them all."""
    assert process.stdout is not None
    commands: list[str] = []
    for line in process.stdout:
        if line.startswith("curl "):
            commands.append(line)
        if len(commands) == count:
            break
    return commands


def answer_to(command: str) -> dict[str, Any]:
    """Do what the command line says, without curl: a fresh machine may lack it."""
    words = shlex.split(command)
    headers = dict(re.findall(r"^([A-Za-z-]+): (.+)$", "\n".join(words), re.MULTILINE))
    body = words[words.index("-d") + 1]
    response = httpx.post(words[2], headers=headers, content=body, timeout=30, trust_env=False)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_demo_answers_each_of_its_command_lines_and_stops_in_order_when_run_for_real(
    running_demo: "subprocess.Popen[str]",
) -> None:
    found, order, nobody, trial = [answer_to(command) for command in commands_of(running_demo, 4)]
    running_demo.send_signal(signal.SIGINT)
    _, errors = running_demo.communicate()

    assert {row["label"]: row["value"] for row in found["fields"]} == {
        "Plan": "Pro",
        "Status": "Active",
        "Seats": "12",
        "Monthly revenue": "$588.00",
    }
    assert {row["label"]: row["value"] for row in order["fields"]} == {
        "Item": "Trail helmet, size M",
        "Amount": "$89.00",
        "Fulfillment status": "Shipped",
    }
    assert (nobody["status"], nobody["reason"], nobody["fields"]) == ("no_identifier", "not_found", [])
    assert [step["outcome"] for step in trial["trace"]["steps"]] == ["ok", "ok", "ok"]
    assert "Bearer [redacted]" in json.dumps(trial["trace"]["request"])
    assert (running_demo.returncode, errors.splitlines()[-1]) == (0, "Stopped.")
