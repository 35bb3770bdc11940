"""Serves HTTP: the database first, then migrations under a lock, then one process or several."""

import asyncio
import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.domain.claims import DatabaseUnavailable
from app.domain.secrets import Secret
from app.settings import Settings, load_settings
from app.web.app import create_app
from app.wiring import bring_up_to_date, database, open_services

DATABASE_PATIENCE_SECONDS = 60.0
"""How long a start waits for PostgreSQL: in a compose file or a cluster it often comes up at the same time."""

GRACE_SECONDS = 5.0
"""What a shutdown allows beyond the run's deadline, so that everything in flight is finished and stored."""


def application() -> FastAPI:
    """Return the application as the environment sets it up; uvicorn calls this in each process."""
    settings = load_settings()
    tokens = tuple(Secret(token.get_secret_value()) for token in settings.service_tokens)
    return create_app(tokens, partial(open_services, settings))


def serve(
    settings: Settings,
    host: str,
    port: int,
    workers: int = 1,
    on_ready: Callable[[str], None] = lambda base_url: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight; `on_ready` runs in a thread of its own."""
    config = uvicorn.Config(
        "app.serving:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(settings.run_deadline_seconds + GRACE_SECONDS),
    )
    with _ending_in_order(), asyncio.Runner() as runner, _open(runner, settings) as url, _shared_metrics(workers):
        runner.run(_migrate(url))
        with _listening(host, port) as listener:
            base_url = _base_url(host, listener.getsockname()[1])
            threading.Thread(target=_announce, args=(base_url, on_ready), daemon=True).start()
            if workers > 1:
                Multiprocess(config, [listener]).run()
            else:
                uvicorn.Server(config).run([listener])


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
        raise SystemExit(
            f"customer-context: cannot listen on {host} port {port}: {problem.strerror}; try --port"
        ) from None
    with listener:
        listener.set_inheritable(True)
        yield listener


async def _migrate(url: str) -> None:
    patience = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while time.monotonic() < patience:
        try:
            return await bring_up_to_date(url)
        except DatabaseUnavailable:
            print("Waiting for PostgreSQL …", file=sys.stderr, flush=True)  # noqa: T201 - progress for a person
            await asyncio.sleep(2)
    raise SystemExit("customer-context: CC_DATABASE_URL: PostgreSQL does not answer; is it running?")


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
