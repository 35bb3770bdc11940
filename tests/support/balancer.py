"""HAProxy in front of replicas on loopback, with the configuration that operators are given."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.processes import ROOT, free_port

PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
"""None where it is not installed; Debian and Ubuntu: `apt-get install haproxy`."""

CONFIGURATION = ROOT / "examples" / "haproxy.cfg"
TWO_DATABASES = ROOT / "examples" / "replicas" / "haproxy.cfg"

START_SECONDS = 20.0


@asynccontextmanager
async def balancing(log: Path, ports: Sequence[int], configuration: Path = CONFIGURATION) -> AsyncIterator[str]:
    """Run HAProxy over the replicas on these ports of loopback; yields its URL."""
    port = free_port()
    process = _started(log, port, ports, configuration)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not _listens(port):
                assert process.poll() is None, f"HAProxy has ended: see {log}"
                await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def until_seen_again(log: Path, replica: int, times: int) -> None:
    """Wait until HAProxy has seen a replica come back so many times: it looks once a second."""
    async with asyncio.timeout(START_SECONDS):
        told = ""
        while told.count(f"Server replicas/replica{replica} is UP") < times:
            await asyncio.sleep(0.05)
            told = await asyncio.to_thread(log.read_text)


def _started(log: Path, port: int, ports: Sequence[int], configuration: Path) -> "subprocess.Popen[bytes]":
    assert PROGRAM is not None
    replicas = {f"REPLICA_{number}": f"127.0.0.1:{each}" for number, each in enumerate(ports, 1)}
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - a program of the system with a file of ours
            [PROGRAM, "-db", "-f", str(configuration)],
            env={"LISTEN": f"127.0.0.1:{port}", "PROJECTS": str(configuration.with_name("projects.map")), **replicas},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
