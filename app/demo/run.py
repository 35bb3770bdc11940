"""Runs the whole product on one machine with nothing set: the service, a sample customer endpoint, a demo project."""

import errno
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol, TextIO

import httpx

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, sample_endpoint
from app.demo.project import make_settings_link, set_up_projects
from app.demo.records import open_records
from app.demo.secrets_file import DemoSecrets, kept_secrets
from app.demo.welcome import command_lines, welcome
from app.serving import serve
from app.settings.loading import InvalidSettings, load_settings
from app.settings.service_settings import Settings
from support_context.urls import HIGHEST_PORT

DATA_DIR = Path(".data")
"""Where each demo keeps its database and its secrets when `CC_DATA_DIR` is not set: in a folder of its port."""

SET_UP_SECONDS = 30.0
"""Longest wait for one route while the project is set up; a first start on a slow disk takes a few."""

PORTS_TO_OFFER = 100
"""How far above a taken port a free one is looked for."""

FACTORY = "app.demo.sidebar:application"
"""Makes the service with the sidebar's page beside it, which nobody serves but the demo."""

ANY_PORT = 0
"""Lets the system choose a port."""


class Serve(Protocol):
    """Serves what `factory` makes until stopped; `on_ready` is called with the base URL in a thread of its own."""

    def __call__(
        self, settings: Settings, host: str, port: int, *, on_ready: Callable[[str], None], factory: str
    ) -> None:
        """Block until stopped."""


def demo(host: str, port: int, serve: Serve = serve) -> None:
    """Serve the demo until Ctrl-C; ends with one line and status 1 where the port is taken."""
    if not _is_free(host, port):
        raise SystemExit(f"Port {port} on {host} is already in use; type: make run PORT={_free_port_above(host, port)}")
    data_dir = _data_dir(port)
    folder = _demo_folder(data_dir)
    kept, ca_file = kept_secrets(folder), folder / "ca.pem"
    _say("Starting the database, the service and a sample customer endpoint …", sys.stderr)
    with closing(open_records()) as records, hosted(sample_endpoint(records, kept.endpoint_token), ca_file) as origin:
        os.environ.update(environment(os.environ, kept, ca_file, data_dir) | offered(origin + PATH, kept))
        settings = _settings()
        token = settings.service_tokens[0].get_secret_value()

        def greet(base_url: str) -> None:
            try:
                with _client(base_url, token) as service:
                    set_up_projects(service, origin, kept.endpoint_token)
                    settings_url = base_url + make_settings_link(service)
            except httpx.HTTPError as problem:
                _say(f"The demo projects could not be set up ({_in_words(problem)}); stopping.", sys.stderr)
                os.kill(os.getpid(), signal.SIGINT)
                return
            notes, coloured = _notes(settings, origin), _is_coloured()
            _say(welcome(base_url, settings_url, token, _new_prefix(), notes, coloured=coloured))

        with suppress(KeyboardInterrupt):
            serve(settings, host, port, on_ready=greet, factory=FACTORY)
    _say("Stopped.", sys.stderr)


def curls(host: str, port: int) -> None:
    """Print the command lines of a demo that runs; ends with one line and status 1 where none does."""
    base_url, folder = f"http://{_reachable(host)}:{port}", _data_dir(port) / "demo"
    try:
        httpx.get(f"{base_url}/healthz", timeout=SET_UP_SECONDS, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        raise SystemExit(f"No demo answers on port {port}; start one with: make run PORT={port}") from None
    if not folder.is_dir():
        raise SystemExit(f"What answers on port {port} is no demo of this folder; name its port: make curls PORT=8001")
    tokens = os.environ.get("CC_SERVICE_TOKENS") or kept_secrets(folder).service_token
    _say(command_lines(base_url, tokens.split(",")[0].strip(), _new_prefix(), coloured=_is_coloured()))


def environment(given: Mapping[str, str], kept: DemoSecrets, ca_file: Path, data_dir: Path) -> dict[str, str]:
    """Return the variables to set: what the user has chosen stays, but the way to the sample endpoint is opened."""
    defaults = {
        "CC_SERVICE_TOKENS": kept.service_token,
        "CC_ENCRYPTION_KEYS": kept.encryption_key,
        "CC_DATA_DIR": str(data_dir),
        "CC_LOG_FORMAT": "text",
        "CC_LOG_LEVEL": "WARNING",  # the terminal belongs to the command lines
    }
    unset = {name: value for name, value in defaults.items() if not given.get(name)}
    return unset | {"CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8", "CC_EGRESS_CA_FILE": str(ca_file)}


def offered(endpoint_url: str, kept: DemoSecrets) -> dict[str, str]:
    """Return the variables by which the settings page offers the sample endpoint to any project."""
    return {"CC_SAMPLE_ENDPOINT_URL": endpoint_url, "CC_SAMPLE_ENDPOINT_TOKEN": kept.endpoint_token}


def _data_dir(port: int) -> Path:
    return Path(os.environ.get("CC_DATA_DIR") or DATA_DIR / str(port))


def _reachable(host: str) -> str:
    """Return an address that works from this machine, also where the demo listens on all of them."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{named}]" if ":" in named else named


def _new_prefix() -> str:
    return f"t_{secrets.token_hex(3)}"


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _settings() -> Settings:
    try:
        return load_settings()
    except InvalidSettings as problem:
        raise SystemExit(f"customer-context: {problem}") from None


def _demo_folder(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A folder of our own: the embedded PostgreSQL opens its parents to the user that it runs as.
    folder = data_dir / "demo"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _notes(settings: Settings, origin: str) -> list[tuple[str, str]]:
    if settings.provider() == "offline":
        reader = "offline: it reads plain patterns, needs no key and no network. Set ANTHROPIC_API_KEY for Claude."
    else:
        reader = f"{settings.reader()} reads the emails and the customer data."
    if settings.database_url is None:
        database = f"an embedded PostgreSQL under {settings.data_dir}: for trying things out, not for production."
    else:
        database = "the PostgreSQL that CC_DATABASE_URL names."
    return [
        ("AI", reader),
        ("Database", database),
        ("Endpoint", f"{origin}{PATH}: made-up accounts (acct_12ab34cd, acct_612dd272, …) and orders (10451 to 10490)"),
    ]


def _client(base_url: str, token: str) -> httpx.Client:
    # No proxy and no netrc from the environment: the service is on this machine.
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base_url, headers=headers, timeout=SET_UP_SECONDS, trust_env=False)


def _in_words(problem: httpx.HTTPError) -> str:
    if isinstance(problem, httpx.HTTPStatusError):
        return f"{problem.request.method} {problem.request.url.path} answered {problem.response.status_code}"
    return type(problem).__name__


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if _is_version_6(host) else socket.AF_INET
    with socket.socket(family) as probe:
        # As a server sets it: a port that was left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            # Anything else (no right to a low port, no such address) the server itself says better.
            return problem.errno != errno.EADDRINUSE
    return True


def _free_port_above(host: str, port: int) -> int:
    candidates = range(port + 1, min(port + PORTS_TO_OFFER, HIGHEST_PORT) + 1)
    return next((other for other in candidates if _is_free(host, other)), ANY_PORT)


def _is_version_6(host: str) -> bool:
    try:
        return ip_address(host).version == ip_address("::").version
    except ValueError:
        return False


def _say(text: str, stream: TextIO | None = None) -> None:
    print(text, file=stream or sys.stdout, flush=True)
