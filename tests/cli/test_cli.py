"""The command line: what each command prints, and the one line that stops it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import typer
from typer.testing import CliRunner, Result

from app import __version__
from app.cli import main
from app.cli.commands import app
from app.cli.enriching import as_seen_by_an_agent
from app.cli.environment import settings_for
from app.settings.loading import InvalidSettings
from app.web.tickets.examples import NO_IDENTIFIER, RESULT

TOKEN = "service-token-0123456789"
URL = "http://127.0.0.1:8000"


def commands(group: typer.Typer = app, before: str = "") -> list[str]:
    found = [before + (each.name or each.callback.__name__) for each in group.registered_commands if each.callback]
    for each in group.registered_groups:
        assert each.typer_instance is not None
        found += commands(each.typer_instance, f"{before}{each.name} ")
    return sorted(found)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """A service that answers as told and keeps what it was sent."""
    monkeypatch.setenv("CC_SERVICE_TOKENS", f"{TOKEN},another-token-0123456789")
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.post(path__regex=r"/tickets/[\w-]+/enrich", name="enrich").respond(json=RESULT)
        yield router


def enrich(*arguments: str, text: str = "Account ID: acct_12ab34cd") -> Result:
    return CliRunner().invoke(
        app, ["enrich", "--project", "prj_1", "--body-file", "-", "--url", URL, *arguments], input=text
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


def test_new_webhook_secret_is_marked_base64_of_32_bytes_and_new_each_time() -> None:
    first, second = (CliRunner().invoke(app, ["keys", "new", "--webhook-secret"]).output.strip() for _ in range(2))

    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
    assert first != second


def test_new_key_is_of_one_kind() -> None:
    ran = CliRunner().invoke(app, ["keys", "new", "--webhook-secret", "--service-token"])

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "choose one of" in ran.stderr


def test_enrich_sends_the_email_and_prints_what_an_agent_sees(service: respx.MockRouter) -> None:
    ran = enrich("--subject", "Seats", "--sender", "jane@example.com", "--ticket", "t_7", "--html")

    (call,) = service.calls
    assert call.request.url.path == "/tickets/t_7/enrich"
    assert call.request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(call.request.content) == {
        "project_id": "prj_1",
        "subject": "Seats",
        "body": "Account ID: acct_12ab34cd",
        "sender": "jane@example.com",
        "body_format": "html",
    }
    assert ran.exit_code == 0
    assert "Plan   Pro" in ran.output
    assert "View in admin: https://admin.example.com/acct_12ab34cd" in ran.output
    assert "ok · 1010 ms · 1 credit(s) · anthropic claude-haiku-5-5 · sender: match" in ran.output


@pytest.mark.parametrize(("option", "sent"), [("--verified", True), ("--not-verified", False)])
def test_enrich_sends_the_verdict_on_the_sender_when_it_is_given(
    service: respx.MockRouter, option: str, sent: bool
) -> None:
    enrich(option)

    assert json.loads(service.calls.last.request.content)["sender_verified"] is sent


def test_record_that_is_withheld_is_said_to_be() -> None:
    shown = as_seen_by_an_agent(RESULT | {"identity": "mismatch", "ai_context_withheld": True})

    assert "sender: mismatch\nkept from the drafting AI" in shown
    assert "kept from" not in as_seen_by_an_agent(RESULT)


def test_enrich_makes_a_new_ticket_each_time(service: respx.MockRouter) -> None:
    enrich()
    enrich()

    assert len({call.request.url.path for call in service.calls}) == 2


def test_enrich_reads_a_file(service: respx.MockRouter, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_bytes(b"caf\xe9")
    enrich("--body-file", str(tmp_path / "mail.txt"))

    assert json.loads(service.calls.last.request.content)["body"] == "caf\ufffd"


def test_result_without_rows_shows_its_sentence() -> None:
    shown = as_seen_by_an_agent(NO_IDENTIFIER)

    assert shown.splitlines()[0] == NO_IDENTIFIER["message"]
    assert "no_identifier (not_found)" in shown


def test_enrich_shows_the_problem_of_a_refusal(service: respx.MockRouter) -> None:
    service["enrich"].respond(404, json={"title": "Project not found", "detail": "Create it first."})
    ran = enrich()

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == "customer-context: Project not found: Create it first.\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"side_effect": httpx.ConnectError}, id="nobody listens"),
        pytest.param({"side_effect": httpx.ReadTimeout}, id="nobody answers"),
        pytest.param({"return_value": httpx.Response(200, text="<html>")}, id="not this service"),
    ],
)
def test_enrich_says_that_nobody_answers(service: respx.MockRouter, answer: dict[str, Any]) -> None:
    service["enrich"].mock(**answer)
    ran = enrich()

    assert ran.exit_code == 1
    assert ran.stderr.startswith("customer-context: no answer from the service (")


def test_enrich_says_that_its_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", TOKEN)

    assert enrich("--url", "not a url").stderr.startswith("customer-context: no answer from the service (")


def test_enrich_needs_the_token(service: respx.MockRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "")

    assert "CC_SERVICE_TOKENS: not set" in enrich().stderr


def test_enrich_names_a_file_that_is_not_there(service: respx.MockRouter) -> None:
    ran = enrich("--body-file", "/nowhere/mail.txt")

    assert ran.stderr == "customer-context: --body-file: No such file or directory\n"


def test_wrong_settings_end_with_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["customer-context", "status"])
    monkeypatch.setenv("CC_SERVICE_TOKENS", "two words")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())

    with pytest.raises(SystemExit) as stopped:
        main()

    assert str(stopped.value).startswith("customer-context: CC_SERVICE_TOKENS: ")
    assert "two words" not in str(stopped.value)
    assert capsys.readouterr().out == ""


class InterruptedField:
    """Ctrl-C while a module is loaded, in a class that is being made: Python 3.11 wraps it in a `RuntimeError`."""

    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def test_interrupt_while_a_class_is_made_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["customer-context", "demo"])
    monkeypatch.setattr("app.cli.commands.app", lambda: type("Loaded", (), {"field": InterruptedField()}))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr().err) == (130, "Interrupted.\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_has_a_short_name_everywhere(option: str) -> None:
    for command in ([], ["serve"], ["keys", "new"], ["check"]):
        assert CliRunner().invoke(app, [*command, option]).exit_code == 0


def test_version_is_the_package_s() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"customer-context {__version__}\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        pytest.param(("sta",), {"status"}, id="a command"),
        pytest.param(("keys", "ro"), {"rotate"}, id="a command of a group"),
        pytest.param(("status", "--w"), {"--watch"}, id="an option"),
    ],
)
def test_bash_completes_what_is_typed(typed: tuple[str, ...], offered: set[str]) -> None:
    words = " ".join(("customer-context", *typed))
    script = f"""
        eval "$(customer-context --show-completion bash)"
        COMP_WORDS=({words}) COMP_CWORD={len(typed)}
        _customer_context_completion customer-context
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    ran = subprocess.run(  # noqa: S603 - our own script
        ["bash", "-c", script],  # noqa: S607 - whichever bash there is
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": path},
    )

    assert set(ran.stdout.split()) == offered


@pytest.mark.parametrize("seats", ["0", "1", "2000", "2001", "-1", "1.5", "many", ""])
def test_option_for_seats_takes_what_its_variable_takes(monkeypatch: pytest.MonkeyPatch, seats: str) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "service-token-0123456789")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())

    def seats_or_refusal(given: str | None) -> str:
        try:
            return str(settings_for(given).seats)
        except InvalidSettings as refused:
            return str(refused)

    monkeypatch.setenv("CC_SEATS", "7")
    by_option = seats_or_refusal(seats)
    monkeypatch.setenv("CC_SEATS", seats)
    assert by_option == seats_or_refusal(None)
