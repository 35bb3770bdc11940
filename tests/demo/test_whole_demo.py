import asyncio
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.demo_process import RunningDemo, running_demo
from tests.support.processes import ROOT


@pytest.fixture
def demo() -> Iterator[RunningDemo]:
    with running_demo(cold=True) as demo:
        yield demo


def answer_to(command: str) -> dict[str, Any]:
    """Do what the command line says, without curl: a fresh machine may lack it."""
    words = shlex.split(command)
    headers = dict(re.findall(r"^([A-Za-z-]+): (.+)$", "\n".join(words), re.MULTILINE))
    body = words[words.index("-d") + 1]
    response = httpx.post(words[2], headers=headers, content=body, timeout=30, trust_env=False)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def curls_of(demo: RunningDemo, port: int) -> "subprocess.CompletedProcess[str]":
    """Ask for the command lines again, as `make curls` does."""
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "app", "demo", "--curls", "--port", str(port)],
        cwd=ROOT,
        env={"CC_DATA_DIR": str(demo.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def got(url: str, **headers: str) -> httpx.Response:
    """Get what is there."""
    return httpx.get(url, headers=headers, timeout=30, trust_env=False)


def test_demo_serves_its_pages_answers_its_command_lines_and_stops_in_order_when_run_for_real(
    demo: RunningDemo,
) -> None:
    start, settings = demo.addresses[:2]
    page, settings_page = got(start), got(settings)
    followed = got(start + "sidebar-demo")
    parts = urlsplit(settings)
    key = parse_qs(parts.fragment)
    kept = got(
        f"http://{parts.netloc}/projects/{key['project'][0]}/customer-context",
        Authorization=f"Bearer {key['token'][0]}",
    )
    found, order, nobody, german, mismatch, withheld, failing, trial = [answer_to(command) for command in demo.commands]
    again = curls_of(demo, port=parts.port or 0)
    anew = answer_to(again.stdout.splitlines()[1])
    demo.program.send(signal.SIGINT)
    exit_code = asyncio.run(demo.program.ended())

    assert (page.headers["location"], followed.status_code, settings_page.status_code) == ("/sidebar-demo", 200, 200)
    assert demo.service_token not in followed.text + settings
    assert (kept.status_code, kept.json()["enabled"]) == (200, True)
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
    assert (german["identifier"], german["identity"], found["identity"]) == ("acct_12ab34cd", "match", "match")
    assert (mismatch["status"], mismatch["identity"]) == ("ok", "mismatch")
    assert (withheld["identity"], withheld["ai_context_withheld"], "Pro" in withheld["ai_context"]) == (
        "mismatch",
        True,
        False,
    )
    assert (failing["status"], failing["reason"]) == ("fetch_error", "http_status")
    assert [step["outcome"] for step in trial["trace"]["steps"]] == ["ok", "ok", "ok"]
    assert "Bearer [redacted]" in json.dumps(trial["trace"]["request"])
    assert (again.returncode, again.stderr, again.stdout.count("\ncurl ")) == (0, "", len(demo.commands))
    assert (anew["reused"], anew["status"], anew["ticket_id"] == found["ticket_id"]) == (False, "ok", False)
    assert (exit_code, demo.program.stderr.splitlines()[-1]) == (0, "Stopped.")
