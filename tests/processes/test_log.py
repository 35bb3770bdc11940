"""The log stays one JSON object per line through the faults of a night; `serving` holds every line to it."""

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from app.adapters.postgres.embedded import embedded_postgres
from app.demo.hosting import hosted
from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.processes import START_SECONDS, Program, running, serving, working

STARTED = "Application startup complete."
"""The event of a process that serves."""

LOST_SECONDS = 3.0
"""How long the database is away: long enough for the connection for LISTEN to be missed."""

SLOW_IN_A_CHILD = """
import sys, time
if any("multiprocessing" in argument for argument in sys.orig_argv):
    time.sleep(7)
"""
"""Makes a process that another one spawns import for longer than the 5 s after which uvicorn would replace it."""


async def test_log_of_several_processes_can_be_parsed_through_a_lost_database_and_a_killed_child(
    tmp_path: Path, data_dir: Path, endpoint: CustomerEndpoint
) -> None:
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        expired = datetime(2020, 1, 1, tzinfo=UTC)
        with hosted(endpoint.application(), tmp_path / "ca.pem", certificate_ends=expired) as origin:
            settings = {"CC_DATABASE_URL": url, "CC_EGRESS_CA_FILE": str(tmp_path / "ca.pem")}
            async with serving(tmp_path / "service", settings, "--workers", "2", cold=True) as replica:
                await _until(replica.program, STARTED, 2)
                async with replica.client() as client:
                    await set_up(client, origin)
                    answer = await client.post("/tickets/t_1/enrich", json=ticket())
                    await postgres.aclose()
                    away = await client.get("/tickets/t_1/customer-context", params={"project_id": "prj_1"})
                    await asyncio.sleep(LOST_SECONDS)
                _a_child_of(replica.program.pid).kill()
                await _until(replica.program, "waiting_for_database", 1)  # the child that takes the place
                await postgres.enter_async_context(embedded_postgres(data_dir))
                await _until(replica.program, STARTED, 3)
                replica.program.send(signal.SIGTERM)
                code = await replica.program.ended()

    assert (answer.json()["reason"], away.status_code, code) == ("tls_error", 503, 0)
    events = {line["event"] for line in replica.program.log}
    assert {"enriched", "database_unavailable", "database_connection_lost"} <= events


async def test_child_that_cannot_start_again_says_why_in_the_log(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint
) -> None:
    ca_file = tmp_path / "ca.pem"
    with hosted(endpoint.application(), ca_file):
        settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
        async with serving(tmp_path / "service", settings, "--workers", "2", cold=True) as replica:
            await _until(replica.program, STARTED, 2)
            ca_file.unlink()
            _a_child_of(replica.program.pid).kill()
            await _until(replica.program, "start_refused", 1)
            async with replica.client() as client:
                answer = await client.get("/healthz")

    assert "CC_EGRESS_CA_FILE" in _of(replica.program.log, "start_refused")[0]["why"]
    assert answer.status_code == 200


async def test_processes_that_take_long_to_import_are_waited_for(tmp_path: Path, database_url: str) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(SLOW_IN_A_CHILD, "utf-8")
    settings = {"CC_DATABASE_URL": database_url, "PYTHONPATH": str(slow)}
    async with serving(tmp_path / "service", settings, "--workers", "2", cold=True) as replica:
        await _until(replica.program, STARTED, 2)
        log = replica.program.log

    assert [line["event"] for line in log if line["event"].endswith(" died")] == []


async def test_log_of_a_worker_can_be_parsed_while_it_waits_for_its_database(tmp_path: Path, data_dir: Path) -> None:
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        await postgres.aclose()
        async with running(tmp_path / "worker", {"CC_DATABASE_URL": url}, "worker") as program:
            await _until(program, "waiting_for_database", 1)
            await postgres.enter_async_context(embedded_postgres(data_dir))
            await program.says("Customer Context works")

    assert _of(program.log, "started")


@pytest.mark.parametrize("arguments", [("serve", "--prot", "1"), ("worker", "--port", "1"), ("migrate", "now")])
async def test_wrong_arguments_are_lines_of_the_log(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    async with running(tmp_path / "program", {}, *arguments) as program:
        code = await program.ended()

    assert code == 2
    assert any(line["event"].startswith("Error: ") for line in program.log)


async def test_text_is_for_people(tmp_path: Path, database_url: str) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_LOG_FORMAT": "text"}
    async with working(tmp_path / "worker", settings) as program:
        pass

    started = next(line for line in program.stderr.splitlines() if " started " in line)
    assert " info     started version=" in started
    assert "\x1b" not in program.stderr


async def _until(program: Program, event: str, times: int) -> None:
    """Wait until this event stands in the log so many times."""
    async with asyncio.timeout(START_SECONDS):
        while len(_of(program.log, event)) < times:  # noqa: ASYNC110 - another process, there is no event
            await asyncio.sleep(0.1)


def _of(log: list[dict[str, str]], event: str) -> list[dict[str, str]]:
    return [line for line in log if line["event"] == event]


def _a_child_of(pid: int) -> psutil.Process:
    """Return a process that serves, and not the one of `multiprocessing` that watches resources."""
    return next(
        child for child in psutil.Process(pid).children() if any("spawn_main" in part for part in child.cmdline())
    )
