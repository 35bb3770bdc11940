"""Starts what is measured and what it is measured with, each in a process of its own."""

import asyncio
import base64
import json
import os
import secrets
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

import aiohttp

from app.adapters.postgres.embedded import embedded_postgres
from bench.floor import make_tables
from bench.machine import measured_core
from bench.samples import BEARER_TOKEN, DISPLAY_INSTRUCTIONS, IDENTIFY_INSTRUCTIONS, PROJECTS
from bench.stand_ins import CONTROL
from bench.targets import Target

START_SECONDS = 60.0
STOP_SECONDS = 60.0
"""The service may finish what is in flight first."""

DEADLINE_SECONDS = "120"
"""The run's deadline while the bench runs: at 512 in flight on one core nobody is to be sent away with 202."""

LOG = "service.log"
"""What every process of the service writes to, in the bench's folder."""

LINES_OF_LOG = 20
"""Shown when something failed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything runs: the stand-ins' addresses, their CA, and a folder for what the service keeps.

    `settings` are the service's own that are tried instead of its defaults.
    """

    ai_url: str
    endpoint_url: str
    ca_file: Path
    folder: Path
    settings: Mapping[str, str]

    async def set_delays(self, ai_seconds: float, endpoint_seconds: float, spread: float = 0.0) -> None:
        """Tell the stand-ins how long to wait before each answer; the endpoint up to `spread` seconds longer."""
        await self._control(ai=ai_seconds, endpoint=endpoint_seconds, spread=spread)

    async def set_stalling(self, seconds: float) -> None:
        """Tell the endpoint that stalls how long to do so, from its next request on."""
        await self._control(stalling=seconds)

    async def hold_answers(self, held: bool) -> None:
        """Close or open the AI's gate: while it is closed nobody gets an answer."""
        await self._control(open=not held)

    async def asked(self) -> int:
        """Return how many calls of the AI are under way."""
        return await self._control()

    async def _control(self, **wanted: float | bool) -> int:
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.put(self.ai_url + CONTROL, json=wanted) as response,
        ):
            return int((await response.json())["asked"])

    @asynccontextmanager
    async def floor(self) -> AsyncIterator[Target]:
        """Run the floor, on a PostgreSQL of its own."""
        port, data_dir = _free_port(), self.folder / uuid4().hex[:8]
        async with embedded_postgres(data_dir) as url:
            await make_tables(url)
            command = ("-m", "bench.floor", str(port), self.ai_url, self.endpoint_url, str(self.ca_file), url)
            async with _process(command, measured=True) as process:
                await _until_it_listens(process, port)
                target = Target("floor", (f"http://127.0.0.1:{port}",), "none", (process.pid,), data_dir, url)
                target.move_database_away()
                _write_to_disk()
                yield target

    @asynccontextmanager
    async def service(self, seats: int | None = None, replicas: int = 1) -> AsyncIterator[Target]:
        """Run the service on a new PostgreSQL that the replicas share, with the seats of the default or so many.

        Everything else is as it is if nobody says otherwise.
        """
        token, data_dir = secrets.token_urlsafe(24), self.folder / uuid4().hex[:8]
        environment = self._environment(token, data_dir, seats)
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(embedded_postgres(data_dir))
            log = stack.enter_context((self.folder / LOG).open("ab"))
            urls, pids = [], []
            for _ in range(replicas):
                port = _free_port()
                command = ("-m", "app", "serve", "--port", str(port))
                process = await stack.enter_async_context(_process(command, environment, log, measured=True))
                await _until_it_listens(process, port)
                urls.append(f"http://127.0.0.1:{port}")
                pids.append(process.pid)
            target = Target("service", tuple(urls), token, tuple(pids), data_dir, url)
            target.move_database_away()
            for project_id in PROJECTS:
                await set_up(target, project_id, self.endpoint_url)
            _write_to_disk()
            yield target

    def _environment(self, token: str, data_dir: Path, seats: int | None) -> dict[str, str]:
        chosen = {} if seats is None else {"CC_SEATS": str(seats)}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_"))},
            "CC_DATA_DIR": str(data_dir),
            "CC_SERVICE_TOKENS": token,
            "CC_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8",
            "CC_EGRESS_CA_FILE": str(self.ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "CC_RUN_DEADLINE_SECONDS": DEADLINE_SECONDS,
            **self.settings,
            **chosen,
            "ANTHROPIC_API_KEY": "bench",
            "ANTHROPIC_BASE_URL": self.ai_url,
            "NO_PROXY": "127.0.0.1",
        }


@asynccontextmanager
async def open_stage(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Stage]:
    """Run the stand-ins."""
    ca_file = folder / "ca.pem"
    async with _process(("-m", "bench.stand_ins", str(ca_file)), stdout=PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        addresses = json.loads(await process.stdout.readline())
        yield Stage(addresses["ai"], addresses["endpoint"], ca_file, folder, settings)


def last_words(folder: Path) -> list[str]:
    """Return the last lines that the service wrote, without those of tickets that ended well."""
    log = folder / LOG
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line for line in lines if '"status": "ok"' not in line][-LINES_OF_LOG:]


async def set_up(target: Target, project_id: str, endpoint_url: str) -> None:
    """Put a project whose look-ups go to this endpoint."""
    project = {"plan": "business", "owner_ids": ["bench"], "monthly_ai_credits": 1_000_000}
    configuration = {
        "api_url": endpoint_url,
        "bearer_token": BEARER_TOKEN,
        "identify_instructions": IDENTIFY_INSTRUCTIONS,
        "display_instructions": DISPLAY_INSTRUCTIONS,
        "enabled": True,
    }
    headers = {"Authorization": f"Bearer {target.service_token}", "X-Actor-Id": "bench"}
    path = f"{target.base_urls[0]}/projects/{project_id}"
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
        for url, body in ((path, project), (f"{path}/customer-context", configuration)):
            async with session.put(url, json=body) as response:
                await response.read()


def _write_to_disk() -> None:
    """Have the system write what it owes the disk, a new database above all: later, commits would wait for that."""
    os.sync()


async def _until_it_listens(process: Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            if process.returncode is not None:
                raise SystemExit(f"What was to listen on port {port} ended with status {process.returncode}")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _process(
    arguments: tuple[str, ...],
    environment: Mapping[str, str] | None = None,
    log: IO[bytes] | None = None,
    *,
    stdout: int | None = None,
    measured: bool = False,
) -> AsyncIterator[Process]:
    output = log or stdout
    if measured:
        with measured_core():
            process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdout=output, stderr=log, env=environment
            )
    else:
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=output, env=environment)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
