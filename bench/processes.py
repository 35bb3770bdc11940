"""Starts what is measured, each in a process of its own, and counts the CPU time that it uses."""

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from bench.samples import BEARER_TOKEN, DISPLAY_INSTRUCTIONS, IDENTIFY_INSTRUCTIONS

START_SECONDS = 60.0
STOP_SECONDS = 60.0
"""The service may finish what is in flight first."""

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""The cores that there are to choose from; none where the system does not let one choose."""

CAN_SEPARATE = len(CORES) > 1
"""Whether what is measured gets a core of its own, so that the load does not take its time away."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes tickets: its address, its token, its process, and where its database lies, if it has one."""

    name: str
    base_url: str
    service_token: str
    pid: int
    data_dir: Path | None = None

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process has used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def database_cpu_seconds(self) -> float:
        """Return the CPU time of PostgreSQL and of all its processes, those that have ended too."""
        postmaster = self._postmaster()
        if postmaster is None:
            return 0.0
        ended = postmaster.cpu_times()
        total = ended.user + ended.system + ended.children_user + ended.children_system
        for child in postmaster.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                total += times.user + times.system
        return float(total)

    def move_database_away(self) -> None:
        """Put PostgreSQL beside the load: in production it has a machine of its own."""
        postmaster = self._postmaster()
        if CAN_SEPARATE and postmaster:
            for process in [postmaster, *postmaster.children(recursive=True)]:
                process.cpu_affinity(CORES[:-1])

    def _postmaster(self) -> psutil.Process | None:
        pid_files = sorted(self.data_dir.rglob("postmaster.pid")) if self.data_dir else []
        return psutil.Process(int(pid_files[0].read_text().split()[0])) if pid_files else None


@contextmanager
def measured_core() -> Iterator[None]:
    """Let what is started in this block run on the last core, and everything else on the others."""
    if CAN_SEPARATE:
        os.sched_setaffinity(0, CORES[-1:])
    yield
    load_cores()


def load_cores() -> None:
    """Keep this process, and what it starts from here on, off the last core."""
    if CAN_SEPARATE:
        os.sched_setaffinity(0, CORES[:-1])


@contextmanager
def stand_ins(ca_file: Path) -> Iterator[dict[str, str]]:
    """Run the stand-ins; yields their addresses."""
    with _process([sys.executable, "-m", "bench.stand_ins", str(ca_file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield json.loads(process.stdout.readline())


@contextmanager
def floor(addresses: dict[str, str], ca_file: Path) -> Iterator[Target]:
    """Run the floor."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.floor", str(port), addresses["ai"], addresses["endpoint"], str(ca_file)]
    with _process(command) as process:
        target = Target("floor", f"http://127.0.0.1:{port}", "none", process.pid)
        asyncio.run(_until_it_listens(process, port))
        yield target


@contextmanager
def service(addresses: dict[str, str], ca_file: Path, folder: Path) -> Iterator[Target]:
    """Run the service on an embedded PostgreSQL, with a project that asks the stand-ins."""
    port, token = _free_port(), secrets.token_urlsafe(24)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_"))},
        "CC_DATA_DIR": str(folder / "data"),
        "CC_SERVICE_TOKENS": token,
        "CC_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        "CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8",
        "CC_EGRESS_CA_FILE": str(ca_file),
        "CC_AI_PROVIDER": "anthropic",
        "ANTHROPIC_API_KEY": "bench",
        "ANTHROPIC_BASE_URL": addresses["ai"],
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    with (folder / "service.log").open("wb") as log, _process(command, log, log, environment) as process:
        target = Target("service", f"http://127.0.0.1:{port}", token, process.pid, folder / "data")
        asyncio.run(_until_it_listens(process, port))
        asyncio.run(_set_up(target, addresses["endpoint"]))
        yield target


async def set_delays(ai_url: str, ai_seconds: float, endpoint_seconds: float) -> None:
    """Tell the stand-ins how long to wait before each answer."""
    async with aiohttp.ClientSession() as session:
        wanted = {"ai": ai_seconds, "endpoint": endpoint_seconds}
        async with session.put(f"{ai_url}/delays", json=wanted) as response:
            response.raise_for_status()


async def _set_up(target: Target, endpoint_url: str) -> None:
    project = {"plan": "business", "owner_ids": ["bench"], "monthly_ai_credits": 1_000_000}
    configuration = {
        "api_url": endpoint_url,
        "bearer_token": BEARER_TOKEN,
        "identify_instructions": IDENTIFY_INSTRUCTIONS,
        "display_instructions": DISPLAY_INSTRUCTIONS,
        "enabled": True,
    }
    headers = {"Authorization": f"Bearer {target.service_token}", "X-Actor-Id": "bench"}
    path = f"{target.base_url}/projects/prj_bench"
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
        for url, body in ((path, project), (f"{path}/customer-context", configuration)):
            async with session.put(url, json=body) as response:
                await response.read()


async def _until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            if process.poll() is not None:
                raise SystemExit(f"{process.args!r} ended with status {process.returncode}")
            await asyncio.sleep(0.1)


@contextmanager
def _process(
    command: list[str],
    stdout: int | object = None,
    stderr: object = None,
    environment: dict[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment) as process:  # type: ignore[call-overload]  # noqa: S603 - our own modules
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
