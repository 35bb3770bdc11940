"""The service as processes of their own, each with its environment, and an end that nothing can prevent.

Importing the service takes seconds, so most are forked from one process that has done it (`preloaded`); `cold` ones
start from nothing, as an operator's do.
"""

import asyncio
import base64
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.cli import main

ROOT = Path(__file__).parents[2]

START_SECONDS = 90.0
"""Longest wait for a start: one takes a second, on a busy machine from nothing ten."""

STOP_SECONDS = 60.0
"""Longest wait for an end in order, which finishes what is in flight; then it is killed."""

SERVICE_TOKEN = "service-token-of-the-processes-0123"
ENCRYPTION_KEY = base64.b64encode(bytes(range(32))).decode()

SETTINGS = {
    "CC_SERVICE_TOKENS": SERVICE_TOKEN,
    "CC_ENCRYPTION_KEYS": ENCRYPTION_KEY,
    "CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8",
    "CC_AI_PROVIDER": "offline",
    "CC_PROJECT_CONCURRENCY": "500",  # most tests have hundreds in flight, all of one project
}
"""What every process here is set up with, unless a test says otherwise."""

_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(["tests.support.preloaded"])


@dataclass
class Program:
    """One run of the command line; what it writes goes to files, which nobody needs to read for it to go on."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    cold: bool = False
    root: Path = ROOT
    _cold: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _warm: Any = field(default=None, init=False)

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        files = (self.folder / "stdout", self.folder / "stderr")
        for file in files:
            file.touch()
        if self.cold:
            with files[0].open("wb") as stdout, files[1].open("wb") as stderr, _interruptible():
                self._cold = subprocess.Popen(  # noqa: S603 - our own module
                    [sys.executable, "-m", "app", *self.arguments],
                    cwd=self.root,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
        else:
            self._warm = _forked.Process(target=_run, args=(self.arguments, self.environment, files))
            self._warm.start()

    @property
    def pid(self) -> int:
        pid: int = (self._cold or self._warm).pid
        return pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        code: int | None = self._cold.poll() if self._cold else self._warm.exitcode
        return code

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it wrote to standard error, each line as the JSON object that it has to be."""
        return [json.loads(line) for line in self.stderr.splitlines()]

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def says(self, words: str) -> str:
        """Wait for a line with these words on standard output; return what stands behind them."""
        async with asyncio.timeout(START_SECONDS):
            while words not in self.stdout or not self.stdout.endswith("\n"):
                assert self.exit_code is None, self.stderr
                await asyncio.sleep(0.02)
        return self.stdout.split(words, 1)[1].split("\n", 1)[0]

    async def ended(self) -> int:
        """Wait for the end and return the exit code."""
        async with asyncio.timeout(STOP_SECONDS):
            while (code := self.exit_code) is None:  # noqa: ASYNC110 - another process, there is no event
                await asyncio.sleep(0.02)
        return code

    async def stop(self) -> None:
        """End it whatever state it is in, with every process that it started."""
        with suppress(TimeoutError):
            if self.exit_code is None:
                self.send(signal.SIGCONT)  # a frozen one would not hear the next
                self.send(signal.SIGTERM)
            await self.ended()
        if self.exit_code is None:
            self.send(signal.SIGKILL)
            await self.ended()
        if self.cold:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


@dataclass
class Replica:
    """A process that serves."""

    program: Program
    base_url: str

    def client(self) -> httpx.AsyncClient:
        """Return a client with the service token, for an owner."""
        return client_of(self.base_url)


def client_of(base_url: str) -> httpx.AsyncClient:
    """Return a client with the service token, for an owner, of whatever listens there."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Actor-Id": "u1"},
        timeout=60,
        trust_env=False,
        limits=httpx.Limits(max_connections=None),
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have SIGINT end a program that is started meanwhile, also where tests in the background of a shell ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def inherited() -> dict[str, str]:
    """Return the environment of the tests without what sets a service up."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_"))}


@asynccontextmanager
async def running(
    folder: Path, settings: Mapping[str, str | None], *arguments: str, cold: bool = False, root: Path = ROOT
) -> AsyncIterator[Program]:
    """Run the command line with `settings` over the usual ones; None takes one away.

    A `cold` one may be run from another copy of the project, at `root`.
    """
    chosen = {name: value for name, value in {**SETTINGS, **settings}.items() if value is not None}
    program = Program(arguments, inherited() | chosen, folder, cold, root)
    program.start()
    try:
        yield program
    finally:
        await program.stop()


@asynccontextmanager
async def serving(
    folder: Path, settings: Mapping[str, str | None], *arguments: str, port: int = 0, cold: bool = False
) -> AsyncIterator[Replica]:
    """Run `serve`, on a free port unless one is named; entered once it has printed its URL."""
    async with running(folder, settings, "serve", "--port", str(port), *arguments, cold=cold) as program:
        yield Replica(program, f"http{await program.says('ready: http')}")
    _is_a_log(program)


@asynccontextmanager
async def working(folder: Path, settings: Mapping[str, str | None], *arguments: str) -> AsyncIterator[Program]:
    """Run `worker`; entered once it takes tickets."""
    async with running(folder, settings, "worker", *arguments) as program:
        await program.says("Customer Context works")
        yield program
    _is_a_log(program)


def _is_a_log(program: Program) -> None:
    """Hold every process of these tests, whatever was done to it, to the promise that its log can be parsed."""
    if program.environment.get("CC_LOG_FORMAT") != "text":
        assert all("event" in line and "level" in line for line in program.log), program.stderr


def _run(arguments: tuple[str, ...], environment: dict[str, str], files: tuple[Path, Path]) -> None:
    """Be the command line, in a process that was forked."""
    for file, descriptor in zip(files, (1, 2), strict=True):
        opened = os.open(file, os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    # As in a terminal: who runs the tests in the background of a shell has this signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["customer-context", *arguments]
    main()
