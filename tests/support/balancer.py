"""HAProxy in front of replicas on loopback, with the configuration that operators are given."""

import asyncio
import csv
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import ROOT

PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin")
"""None where it is not installed; Debian and Ubuntu: `apt-get install haproxy`."""

CONFIGURATION = ROOT / "examples" / "haproxy.cfg"
TWO_DATABASES = ROOT / "examples" / "replicas" / "haproxy.cfg"

START_SECONDS = 60.0


SEEN_SECONDS = 60.0
"""Longest wait until it sees a replica that serves: it looks once a second."""


@dataclass(frozen=True)
class Balancer:
    """HAProxy as it runs; its own word on a replica comes from a socket that only tests give it."""

    url: str
    socket: Path

    async def until_up(self, replica: int) -> None:
        """Wait until it sends requests to this replica, which serves, and has no doubts about it."""
        async with asyncio.timeout(SEEN_SECONDS):
            while await self._status(replica) != "UP":  # noqa: ASYNC110 - with doubts it is "UP 1/2"
                await asyncio.sleep(0.05)

    async def _status(self, replica: int) -> str:
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(b"show stat -1 4 -1\n")
            table = csv.DictReader((await reader.read()).decode().removeprefix("# ").splitlines())
        finally:
            writer.close()
        return next(row["status"] for row in table if row["svname"] == f"replica{replica}")


@asynccontextmanager
async def balancing(log: Path, ports: Sequence[int], configuration: Path = CONFIGURATION) -> AsyncIterator[Balancer]:
    """Run HAProxy over the replicas on these ports of loopback."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="cc-balancer-"))  # not tmp_path: a socket needs a path below 90 bytes
    process = _started(log, port, ports, configuration, folder)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not _listens(port):
                assert process.poll() is None, f"HAProxy has ended: see {log}"
                await asyncio.sleep(0.02)
        yield Balancer(f"http://127.0.0.1:{port}", folder / "socket")
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        shutil.rmtree(folder)


def _started(
    log: Path, port: int, ports: Sequence[int], configuration: Path, folder: Path
) -> "subprocess.Popen[bytes]":
    assert PROGRAM is not None
    replicas = {f"REPLICA_{number}": f"127.0.0.1:{each}" for number, each in enumerate(ports, 1)}
    asked = folder / "asked.cfg"
    asked.write_text(f"global\n    stats socket {folder / 'socket'}\n")
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - a program of the system with files of ours
            [PROGRAM, "-db", "-f", str(configuration), "-f", str(asked)],
            env={"LISTEN": f"127.0.0.1:{port}", "PROJECTS": str(configuration.with_name("projects.map")), **replicas},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
