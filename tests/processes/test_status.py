"""The command `status` beside a service: once with an exit status, and watched while the database comes and goes."""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from app import __version__
from app.adapters.postgres.embedded import embedded_postgres
from app.wiring.databases import NOT_ANSWERING
from tests.support.processes import Program, running, serving


async def test_status_ends_with_one_where_something_is_wrong_and_with_zero_where_nothing_is(
    tmp_path: Path, database_url: str
) -> None:
    settings = {"CC_DATABASE_URL": database_url}
    async with running(tmp_path / "alone", settings, "status") as alone:
        alone_code = await alone.ended()
    async with (
        serving(tmp_path / "service", settings),
        running(tmp_path / "beside", settings, "status") as beside,
    ):
        beside_code = await beside.ended()

    assert (alone_code, alone.stdout.splitlines()[0].split(".")[0]) == (1, "No worker is alive")
    assert (beside_code, beside.stdout.splitlines()[0].split(",")[0]) == (0, "Nothing seems wrong")
    assert beside.stdout.endswith(f"customer-context {__version__}\n")
    assert (alone.stderr, beside.stderr) == ("", "")


@pytest.mark.parametrize("form", ["--json", None])
async def test_watched_status_goes_on_while_the_database_is_away_and_ends_at_once_with_an_interrupt(
    tmp_path: Path, data_dir: Path, form: str | None
) -> None:
    arguments = ["status", "--watch", *([form] if form else [])]
    async with AsyncExitStack() as postgres:
        url = await postgres.enter_async_context(embedded_postgres(data_dir))
        settings = {"CC_DATABASE_URL": url}
        async with serving(tmp_path / "service", settings), running(tmp_path / "watch", settings, *arguments) as watch:
            await _until(watch, lambda text: text.count("Nothing seems wrong") >= 2)
            await postgres.aclose()
            await _until(watch, lambda text: NOT_ANSWERING in text)
            await postgres.enter_async_context(embedded_postgres(data_dir))
            await _until(watch, lambda text: "Nothing seems wrong" in text.rpartition(NOT_ANSWERING)[2])
            watch.send(signal.SIGINT)
            code = await watch.ended()

    assert (code, watch.stderr.strip()) == (0, "")
    if form:
        lines: list[dict[str, Any]] = [json.loads(line) for line in watch.stdout.splitlines()]
        assert all(line["version"] == __version__ for line in lines)


async def _until(program: Program, shown: Callable[[str], bool]) -> None:
    async with asyncio.timeout(60):
        while not shown(program.stdout):
            assert program.exit_code is None, program.stderr
            await asyncio.sleep(0.05)
