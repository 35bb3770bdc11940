"""The command line: what each command prints, and the one line that stops it."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app.cli import app, as_seen_by_an_agent, main
from app.web.examples import NO_IDENTIFIER, RESULT

TOKEN = "service-token-0123456789"


def commands(group: typer.Typer = app, before: str = "") -> list[str]:
    found = [before + (each.name or each.callback.__name__) for each in group.registered_commands if each.callback]
    for each in group.registered_groups:
        assert each.typer_instance is not None
        found += commands(each.typer_instance, f"{before}{each.name} ")
    return sorted(found)


class Service(BaseHTTPRequestHandler):
    """A service that answers as told and keeps what it was sent."""

    status = 200
    content: bytes = json.dumps(RESULT).encode()
    seen: list[tuple[str, str, dict[str, Any]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Service]]:
    monkeypatch.setenv("CC_SERVICE_TOKENS", f"{TOKEN},another-token-0123456789")
    handler = type("Handler", (Service,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield handler
        server.shutdown()
        thread.join()


def enrich(service: type[Service], *arguments: str, text: str = "Account ID: acct_12ab34cd") -> Any:
    url: str = service.url  # type: ignore[attr-defined]
    return CliRunner().invoke(
        app, ["enrich", "--project", "prj_1", "--body-file", "-", "--url", url, *arguments], input=text
    )


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(app, [*name.split(), "--help"])

    assert shown.exit_code == 0
    assert (
        f"Example: {'export CC_ENCRYPTION_KEYS=$(' if name == 'keys new' else ''}customer-context {name}"
        in shown.output
    )


def test_new_key_is_base64_of_32_bytes_and_new_each_time() -> None:
    first, second = (CliRunner().invoke(app, ["keys", "new"]).output.strip() for _ in range(2))

    assert len(base64.b64decode(first, validate=True)) == 32
    assert first != second


def test_new_service_token_is_long_and_visible_ascii() -> None:
    token = CliRunner().invoke(app, ["keys", "new", "--service-token"]).output.strip()

    assert token.startswith("ccs_")
    assert len(token) > 40
    assert token.isascii()


def test_enrich_sends_the_email_and_prints_what_an_agent_sees(service: type[Service]) -> None:
    ran = enrich(service, "--subject", "Seats", "--sender", "jane@example.com", "--ticket", "t_7", "--html")

    assert ran.exit_code == 0
    assert service.seen == [
        (
            "/tickets/t_7/enrich",
            f"Bearer {TOKEN}",
            {
                "project_id": "prj_1",
                "subject": "Seats",
                "body": "Account ID: acct_12ab34cd",
                "sender": "jane@example.com",
                "body_format": "html",
            },
        )
    ]
    assert "Plan   Pro" in ran.output
    assert "View in admin: https://admin.example.com/acct_12ab34cd" in ran.output
    assert "ok · 1010 ms · 1 credit(s) · anthropic claude-haiku-5-5" in ran.output


def test_enrich_makes_a_new_ticket_each_time(service: type[Service]) -> None:
    enrich(service)
    enrich(service)

    assert len({path for path, _, _ in service.seen}) == 2


def test_enrich_reads_a_file(service: type[Service], tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_bytes(b"caf\xe9")
    url: str = service.url  # type: ignore[attr-defined]
    CliRunner().invoke(app, ["enrich", "--project", "p", "--body-file", str(tmp_path / "mail.txt"), "--url", url])

    assert service.seen[0][2]["body"] == "caf\ufffd"


def test_result_without_rows_shows_its_sentence() -> None:
    shown = as_seen_by_an_agent(NO_IDENTIFIER)

    assert shown.splitlines()[0] == NO_IDENTIFIER["message"]
    assert "no_identifier (not_found)" in shown


def test_enrich_shows_the_problem_of_a_refusal(service: type[Service]) -> None:
    service.status = 404
    service.content = json.dumps({"title": "Project not found", "detail": "Create it first."}).encode()
    ran = enrich(service)

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == "customer-context: Project not found: Create it first.\n"


@pytest.mark.parametrize(
    ("url", "content"),
    [
        pytest.param("http://127.0.0.1:1", b"", id="nobody listens"),
        pytest.param("not a url", b"", id="no URL"),
        pytest.param("", b"<html>", id="not this service"),
    ],
)
def test_enrich_says_that_nobody_answers(service: type[Service], url: str, content: bytes) -> None:
    service.content = content
    ran = enrich(service, *(("--url", url) if url else ()))

    assert ran.exit_code == 1
    assert ran.stderr.startswith("customer-context: no answer from the service (")


def test_enrich_needs_the_token(service: type[Service], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "")

    assert "CC_SERVICE_TOKENS: not set" in enrich(service).stderr


def test_enrich_names_a_file_that_is_not_there(service: type[Service]) -> None:
    ran = enrich(service, "--body-file", "/nowhere/mail.txt")

    assert ran.stderr == "customer-context: --body-file: No such file or directory\n"


def test_wrong_settings_end_with_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["customer-context", "migrate"])
    monkeypatch.setenv("CC_SERVICE_TOKENS", "short")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())

    with pytest.raises(SystemExit) as stopped:
        main()

    assert str(stopped.value).startswith("customer-context: CC_SERVICE_TOKENS: ")
    assert "short" not in str(stopped.value)
    assert capsys.readouterr().out == ""
