import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest

from app.demo.run import curls, demo, environment
from app.demo.secrets_file import DemoSecrets
from app.demo.sidebar import application
from app.settings.service_settings import Settings
from tests.support import ports

VARIABLES = (
    "ANTHROPIC_API_KEY",
    "CC_AI_PROVIDER",
    "CC_DATABASE_URL",
    "CC_EGRESS_ALLOWED_CIDRS",
    "CC_EGRESS_CA_FILE",
    "CC_ENCRYPTION_KEYS",
    "CC_LOG_LEVEL",
    "CC_SERVICE_TOKENS",
)
MADE = b'{"settings_url": "/settings#token=cct_0123&project=prj_demo"}'
KEPT = DemoSecrets("kept-service-token", "kept-key", "kept-endpoint-token")


class ScriptedServe:
    """Serves as the real one does, but answers every route with one status and stops once the demo has greeted."""

    def __init__(self, status: int = 200, interrupted: bool = True) -> None:
        self.status = status
        self.interrupted = interrupted
        self.settings: Settings | None = None
        self.factory = ""
        self.paths: list[str] = []

    def __call__(
        self, settings: Settings, host: str, port: int, *, on_ready: Callable[[str], None], factory: str
    ) -> None:
        self.settings, self.factory = settings, factory
        with self._answering(host) as base_url:
            on_ready(base_url)
        if self.interrupted:
            raise KeyboardInterrupt

    @contextmanager
    def _answering(self, host: str) -> Iterator[str]:
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.paths.append(self.path)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(MADE)))
                self.end_headers()
                self.wfile.write(MADE)

            def do_POST(self) -> None:
                self.do_PUT()

            def log_message(self, *arguments: object) -> None:
                """Keep the test's output to what the demo prints."""

        with ThreadingHTTPServer((host, 0), Answer) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://{host}:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Set before it is removed, so that what the demo sets is taken back after the test.
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.mark.parametrize("interrupted", [True, False])
def test_demo_sets_up_its_project_and_greets_when_the_service_is_ready(
    capsys: pytest.CaptureFixture[str], free_port: int, interrupted: bool
) -> None:
    serve = ScriptedServe(interrupted=interrupted)

    demo("127.0.0.1", free_port, serve)

    printed = capsys.readouterr()
    assert serve.paths == [
        "/projects/prj_demo",
        "/projects/prj_demo/customer-context",
        "/projects/prj_demo_strict",
        "/projects/prj_demo_strict/customer-context",
        "/projects/prj_demo_failing",
        "/projects/prj_demo_failing/customer-context",
        "/projects/prj_demo/access-tokens",
    ]
    address = re.search(r"│ Open      (http://127\.0\.0\.1:\d+)/\n", printed.out)
    assert address is not None
    assert f"│ Settings  {address[1]}/settings#token=cct_0123&project=prj_demo\n" in printed.out
    assert "│ Stop      Ctrl-C\n" in printed.out
    assert "\x1b" not in printed.out  # a pipe is no terminal
    assert printed.err.endswith("Stopped.\n")


def test_demo_serves_its_own_page_beside_the_service_when_it_serves(free_port: int) -> None:
    serve = ScriptedServe()

    demo("127.0.0.1", free_port, serve)

    module, _, name = serve.factory.partition(":")
    assert getattr(import_module(module), name) is application


def test_demo_opens_the_way_to_its_own_endpoint_when_it_serves(free_port: int, tmp_path: Path) -> None:
    serve = ScriptedServe()

    demo("127.0.0.1", free_port, serve)

    assert serve.settings is not None
    assert [str(network) for network in serve.settings.egress_allowed_cidrs] == ["127.0.0.0/8"]
    assert serve.settings.egress_ca_file == tmp_path / "data" / "demo" / "ca.pem"


def test_two_demos_keep_their_data_apart_when_they_run_on_two_ports(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC_DATA_DIR")
    monkeypatch.chdir(tmp_path)
    serve = ScriptedServe()

    demo("127.0.0.1", free_port, serve)

    assert serve.settings is not None
    assert serve.settings.data_dir == Path(".data") / str(free_port)
    assert [path.name for path in (tmp_path / ".data").iterdir()] == [str(free_port)]


def test_demo_shows_the_same_service_token_when_started_again(
    capsys: pytest.CaptureFixture[str], free_port: int
) -> None:
    def token_shown() -> str:
        demo("127.0.0.1", free_port, ScriptedServe())
        return capsys.readouterr().out.split("Authorization: Bearer ")[1].split("'")[0]

    assert token_shown() == token_shown()


def test_demo_keeps_its_data_from_other_users_when_it_makes_the_folder(free_port: int, tmp_path: Path) -> None:
    demo("127.0.0.1", free_port, ScriptedServe())

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data" / "demo").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        pytest.param("CC_AI_PROVIDER", "offline", "│ AI        offline", id="offline by choice"),
        pytest.param("ANTHROPIC_API_KEY", "", "│ AI        offline", id="offline for lack of a key"),
        pytest.param("ANTHROPIC_API_KEY", "a-key", "│ AI        claude-haiku-5-5 at api.anthropic.com", id="Claude"),
        pytest.param("CC_DATABASE_URL", "", "not for production", id="the embedded database"),
        pytest.param("CC_DATABASE_URL", "postgresql://db.example/cc", "that CC_DATABASE_URL names", id="a real one"),
    ],
)
def test_demo_says_what_it_runs_on_when_it_greets(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    free_port: int,
    name: str,
    value: str,
    note: str,
) -> None:
    monkeypatch.setenv(name, value)

    demo("127.0.0.1", free_port, ScriptedServe())

    assert note in capsys.readouterr().out


def test_demo_stops_and_says_why_when_the_project_cannot_be_set_up(
    capsys: pytest.CaptureFixture[str], free_port: int
) -> None:
    signals: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: signals.append(number))
    try:
        demo("127.0.0.1", free_port, ScriptedServe(status=503))
    finally:
        signal.signal(signal.SIGINT, before)

    printed = capsys.readouterr()
    assert "could not be set up (PUT /projects/prj_demo answered 503); stopping." in printed.err
    assert (printed.out, signals) == ("", [signal.SIGINT])


def test_demo_names_the_kind_of_failure_when_the_service_does_not_answer(
    capsys: pytest.CaptureFixture[str], free_port: int
) -> None:
    signals: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: signals.append(number))
    try:
        demo(
            "127.0.0.1",
            free_port,
            lambda settings, host, port, *, on_ready, factory: on_ready(f"http://127.0.0.1:{free_port}"),
        )
    finally:
        signal.signal(signal.SIGINT, before)

    assert "could not be set up (ConnectError); stopping." in capsys.readouterr().err
    assert signals == [signal.SIGINT]


def test_demo_names_the_next_command_when_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        with pytest.raises(
            SystemExit, match=rf"^Port {taken} on 127\.0\.0\.1 is already in use; type: make run PORT="
        ) as end:
            demo("127.0.0.1", taken, ScriptedServe())

    offered = int(str(end.value).rpartition("=")[2])
    assert taken < offered or offered == 0


def test_command_lines_are_not_shown_when_no_demo_answers(free_port: int) -> None:
    with pytest.raises(SystemExit) as stopped:
        curls("127.0.0.1", free_port)

    assert str(stopped.value) == f"No demo answers on port {free_port}; start one with: make run PORT={free_port}"


def test_demo_names_the_variable_and_not_its_value_when_a_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", "not-a-key")

    with pytest.raises(SystemExit, match="CC_ENCRYPTION_KEYS") as end:
        demo("127.0.0.1", free_port, ScriptedServe())

    assert "not-a-key" not in str(end.value)


def test_demo_offers_any_port_when_the_highest_is_taken() -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # taken by another already: as good
            holder.bind(("127.0.0.1", 65_535))
            holder.listen()
        with pytest.raises(SystemExit, match=r"PORT=0$"):
            demo("127.0.0.1", 65_535, ScriptedServe())


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("localhost", id="a name"),
        pytest.param("0.0.0.0", id="every IPv4 address"),  # noqa: S104 - nothing but the test's own server listens
        pytest.param("192.0.2.1", id="an address that this machine has not (RFC 5737): the server says it better"),
        pytest.param("::1", id="IPv6"),
    ],
)
def test_demo_leaves_the_host_to_the_server_when_its_port_is_not_taken(host: str, free_port: int) -> None:
    asked: list[tuple[str, int]] = []

    demo(host, free_port, lambda settings, host, port, *, on_ready, factory: asked.append((host, port)))

    assert asked == [(host, free_port)]


def test_environment_fills_in_what_is_missing_when_nothing_is_given(tmp_path: Path) -> None:
    assert environment({}, KEPT, tmp_path / "ca.pem", tmp_path) == {
        "CC_SERVICE_TOKENS": "kept-service-token",
        "CC_ENCRYPTION_KEYS": "kept-key",
        "CC_DATA_DIR": str(tmp_path),
        "CC_LOG_FORMAT": "text",
        "CC_LOG_LEVEL": "WARNING",
        "CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8",
        "CC_EGRESS_CA_FILE": str(tmp_path / "ca.pem"),
    }


@pytest.mark.parametrize("name", ["CC_SERVICE_TOKENS", "CC_ENCRYPTION_KEYS", "CC_DATA_DIR", "CC_LOG_LEVEL"])
def test_environment_leaves_what_the_user_chose_when_it_is_given(name: str, tmp_path: Path) -> None:
    assert name not in environment({name: "chosen"}, KEPT, tmp_path / "ca.pem", tmp_path)
    assert name in environment({name: ""}, KEPT, tmp_path / "ca.pem", tmp_path)


def test_environment_is_not_changed_outside_when_only_asked_for(tmp_path: Path) -> None:
    before = dict(os.environ)

    environment(os.environ, KEPT, tmp_path / "ca.pem", tmp_path)

    assert dict(os.environ) == before
