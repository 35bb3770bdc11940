"""Each example started as its README says, with TLS in front; skips those that are not prepared."""

import os
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.examples.readme import Example, examples
from tests.support.ports import free_port
from tests.support.service import BEARER_TOKEN
from tests.support.tls_front import tls_front

TOKEN = BEARER_TOKEN

START_SECONDS = 60.0
"""Longest wait for a start: one takes a second, on a busy machine ten."""

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Served:
    """An example that runs, and a client that trusts the certificate in front of it."""

    origin: str
    ca_file: Path
    log: Path
    client: httpx.Client

    @property
    def url(self) -> str:
        return f"{self.origin}/support-context"

    def get(self, query: str, token: str = TOKEN) -> httpx.Response:
        """Ask with a query as it stands."""
        return self.client.get(f"{self.url}?{query}", headers={"Authorization": f"Bearer {token}"})

    def post(self, body: bytes, token: str = TOKEN) -> httpx.Response:
        """Ask with a body as it stands, which says that it is JSON."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.client.post(self.url, content=body, headers=headers)


class Ended(Exception):
    """The example ended before it accepted anything."""

    def __init__(self, log: str) -> None:
        super().__init__(log)
        self.log = log


@pytest.fixture(scope="module", params=[pytest.param(example, id=example.name) for example in examples()])
def example(request: pytest.FixtureRequest) -> Example:
    example: Example = request.param
    if example.missing:
        pytest.skip(f"examples/{example.name} needs {example.missing}, which is not here: see examples/README.md")
    if not example.is_prepared:
        pytest.skip(f"examples/{example.name} is not prepared as it stands: make test-examples does that")
    return example


@pytest.fixture(scope="module")
def served(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp(example.name)
    with (
        running(example, folder / "log", {"SUPPORT_CONTEXT_TOKEN": TOKEN}) as port,
        tls_front(port, folder / "ca.pem") as origin,
    ):
        tls = ssl.create_default_context(cafile=folder / "ca.pem")
        with httpx.Client(verify=tls, timeout=START_SECONDS, trust_env=False) as client:
            yield Served(origin, folder / "ca.pem", folder / "log", client)


@contextmanager
def running(example: Example, log: Path, settings: dict[str, str]) -> Iterator[int]:
    """Run the README's last command while the block runs; yields the port on which it answers."""
    port = free_port()
    environment = os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "PORT": str(port)} | settings
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the commands of our own README
            ["/bin/sh", "-c", f"exec {example.starting}"],
            cwd=example.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # npm starts a shell that starts the server: all of them are ended
        )
    try:
        _until_it_answers(port, process, log)
        yield port
    finally:
        _end(process)


def _until_it_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    gives_up = time.monotonic() + START_SECONDS
    while True:
        try:
            # Not only a connection: some listen long before they have started.
            httpx.get(f"http://127.0.0.1:{port}/", timeout=START_SECONDS, trust_env=False)
        except httpx.HTTPError:
            if process.poll() is not None:
                raise Ended(log.read_text()) from None
            assert time.monotonic() < gives_up, log.read_text()
            time.sleep(0.1)
        else:
            return


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
