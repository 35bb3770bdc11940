"""The HTTP server: opens the database, applies migrations under a lock, then serves in one process or several."""

import asyncio
import gc
import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.runs.shutdown import DRAIN_SECONDS, Draining, asked_by_signals
from app.settings.loading import InvalidSettings, load_settings
from app.settings.service_settings import Settings
from app.web.app import create_app
from app.web.http.bounded_protocol import BoundedProtocol
from app.web.http.services import Services
from app.wiring.databases import database
from app.wiring.process_log import take_standard_error
from app.wiring.processes import open_services
from app.wiring.starting import log_start, prepared_database, refusals_logged, until_database_answers
from support_context.secrets import Secret

APPLICATION = "app.serving:application"
"""What each process calls for its application, unless the demo serves."""

GARBAGE_THRESHOLDS = (200_000, 5, 5)
"""New objects before a collection, and of each generation before the next: more than 500 tickets hold, at 300 each.

An enrichment leaves no garbage; looking for it among those under way took 6 to 15 % of the CPU at 512 in flight.
"""

LEAVING_SECONDS = 2.0
"""What requests in flight get, beyond the draining, to be told that their run goes on elsewhere."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than load balancers keep theirs (60 s is usual), or a request that may
not be sent twice meets a connection that is just being closed."""

SILENT_SECONDS = 30
"""How long a process of several may be silent before it is replaced. It is silent while it imports, too: a second on an
idle machine, and more than uvicorn's 5 s on a busy one, where each was replaced before it was up, for ever. As long as
one is silent its parent waits for it, and heeds SIGTERM only then."""

SWITCH_SECONDS = 0.0005
"""How long a thread beside the event loop keeps the interpreter: with Python's 5 ms, sixty connections that bring a
megabyte of HTML each made everybody else wait 0.8 s."""

JOIN_SECONDS = 0.1
"""How often the parent of several processes looks whether they have ended."""


class _Config(uvicorn.Config):
    """uvicorn's configuration, in each of its processes with the log of the service instead of its own."""

    def configure_logging(self) -> None:
        """Make standard error the log: the first that uvicorn calls in a process that it starts."""
        super().configure_logging()
        take_standard_error()


def application() -> FastAPI:
    """Return the application as the environment sets it up; uvicorn calls this in each process."""
    with refusals_logged():
        settings = load_settings()
    tokens = tuple(Secret(token.get_secret_value()) for token in settings.service_tokens)
    return create_app(tokens, partial(_open_until_signal, settings), settings.embed_origins)


def work(settings: Settings, on_ready: Callable[[], None], unknown: tuple[str, ...] = ()) -> None:
    """Run queued tickets, without serving HTTP, until SIGTERM or SIGINT; then drain as a server does."""

    async def run() -> None:
        async with database(settings) as url:
            log_start(settings, await prepared_database(url, settings), unknown)
            async with _open_until_signal(settings) as services:
                with _shown(services, settings.metrics_port):
                    on_ready()
                    await services.draining.asked.wait()

    asyncio.run(run())


@contextmanager
def _shown(services: Services, port: int) -> Iterator[None]:
    """Show the metrics of a worker, which serves nothing else, on a port of their own."""
    if not port:
        yield
        return
    try:
        shown = services.metrics.served(port)
    except OSError as problem:
        raise SystemExit(f"customer-context: CC_METRICS_PORT: cannot listen on {port}: {problem.strerror}") from None
    with shown:
        yield


@asynccontextmanager
async def _open_until_signal(settings: Settings) -> AsyncIterator[Services]:
    draining = Draining()
    with asked_by_signals(draining):
        await until_database_answers(settings, draining.asked)
        async with open_services(settings, draining) as services:
            _spare_the_garbage_collector()
            sys.setswitchinterval(SWITCH_SECONDS)
            yield services


def _spare_the_garbage_collector() -> None:
    """Have it pass by what the start has left for good, and look less often: a sixth of the CPU of an enrichment."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def serve(
    settings: Settings,
    host: str,
    port: int,
    workers: int = 1,
    on_ready: Callable[[str], None] = lambda base_url: None,
    factory: str = APPLICATION,
    unknown: tuple[str, ...] = (),
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; `on_ready` runs in a thread of its own.

    `factory` names what each process calls for its application; `unknown` are variables that nobody reads.
    """
    config = _Config(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(DRAIN_SECONDS + LEAVING_SECONDS),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )
    with _ending_in_order(), asyncio.Runner() as runner, _open(runner, settings) as url, _shared_metrics(workers):
        server = runner.run(prepared_database(url, settings))
        with _listening(host, port) as listener:
            if factory == APPLICATION:  # the demo says in its own words what runs
                log_start(settings, server, unknown)
            base_url = _base_url(host, listener.getsockname()[1])
            threading.Thread(target=_announce, args=(base_url, on_ready), daemon=True).start()
            if workers > 1:
                processes = _Processes(config, [listener])
                processes.run()
                if not processes.asked:
                    raise SystemExit(1)  # one could not start, so all have ended: a supervisor shall see it
            else:
                uvicorn.Server(config).run([listener])


class _Processes(Multiprocess):
    """Several processes that end as one does: nobody is let in any more, and a second signal hurries them."""

    asked = False
    """Whether a signal has asked for the end."""

    def handle_int(self) -> None:
        """End in order."""
        self.asked = True
        super().handle_int()

    def handle_term(self) -> None:
        """End in order."""
        self.asked = True
        super().handle_term()

    def terminate_all(self) -> None:
        """Ask all to end."""
        for listener in self.sockets:
            listener.close()  # while this process has it open, connections would be made and never served
        super().terminate_all()

    def join_all(self) -> None:
        """Wait until all have ended; pass on a signal that comes meanwhile."""
        while any(process.exitcode is None for process in self.processes):
            time.sleep(JOIN_SECONDS)
            if not {signal.SIGTERM, signal.SIGINT}.isdisjoint(self.signal_queue):
                super().terminate_all()
            self.signal_queue.clear()


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGTERM unwind what is open: uvicorn raises the signal once more after its own shutdown."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except KeyboardInterrupt:
        pass  # Ctrl-C has ended the server in order
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _open(runner: asyncio.Runner, settings: Settings) -> Iterator[str]:
    """Keep the database open around uvicorn, which has an event loop of its own."""
    opened = database(settings)
    url = runner.run(opened.__aenter__())
    try:
        yield url
    finally:
        runner.run(opened.__aexit__(None, None, None))


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Let several processes count into one folder, so that /metrics speaks for all of them."""
    if workers == 1 or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="customer-context-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        raise InvalidSettings(f"cannot listen on {host} port {port}: {problem.strerror}; try --port") from None
    with listener:
        listener.set_inheritable(True)
        yield listener


def _base_url(host: str, port: int) -> str:
    """Return an address that works from this machine, also where the server listens on all of them."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"


def _announce(base_url: str, on_ready: Callable[[str], None]) -> None:
    while not _answers(base_url):
        time.sleep(0.05)
    on_ready(base_url)


def _answers(base_url: str) -> bool:
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
