"""`customer-context webhook test`: signed examples reach the receiver, and every answer is said in words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from customer_context_client import read_event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from app.cli.commands import app
from app.domain.webhooks.event_kinds import Event
from tests.support.messages_api import listening
from tests.support.ports import free_port
from tests.support.processes import ENCRYPTION_KEY, SERVICE_TOKEN

SECRET = f"whsec_{'A' * 43}="
PATH = "/canary-path-0123456789"


@dataclass
class Helpdesk:
    """A receiver that verifies with the client and answers as told."""

    status: int = 204
    heard: list[str] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        event = read_event(await request.body(), request.headers, SECRET)
        assert request.headers["webhook-id"].startswith("msg_test_")
        self.heard.append(event["type"])
        return Response(status_code=self.status, headers={"Location": "https://elsewhere.example.com/canary"})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", SERVICE_TOKEN)
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", ENCRYPTION_KEY)
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", SECRET)


@pytest.fixture
def helpdesk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Helpdesk]:
    helpdesk = Helpdesk()
    with listening(Starlette(routes=[Route(PATH, helpdesk.take, methods=["POST"])])) as url:
        monkeypatch.setenv("CC_WEBHOOK_URL", f"{url}{PATH}")
        yield helpdesk


def tried(*arguments: str) -> Result:
    ran = CliRunner().invoke(app, ["webhook", "test", *arguments])
    assert "Traceback" not in ran.output
    assert "canary" not in ran.output
    assert SECRET not in ran.output
    return ran


def test_one_example_is_sent_signed_unless_others_are_named(helpdesk: Helpdesk) -> None:
    ran = tried()
    assert (ran.exit_code, helpdesk.heard) == (0, ["enrichment.completed"])
    assert ran.stdout.startswith("enrichment.completed: taken, HTTP 204 in ")


def test_every_kind_can_be_sent_by_name_or_all_at_once(helpdesk: Helpdesk) -> None:
    assert tried("--all").exit_code == 0
    assert tried(*(event.value for event in Event)).exit_code == 0
    assert helpdesk.heard == [event.value for event in Event] * 2


def test_a_program_reads_what_came_back(helpdesk: Helpdesk) -> None:
    (told,) = json.loads(tried("credits.low", "--json").stdout)
    assert (told["event"], told["taken"], told["http_status"], told["mend"]) == ("credits.low", True, 204, "")
    assert helpdesk.heard == ["credits.low"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "verify the raw body"),
        (302, "redirects are not followed"),
        (410, "wants no more"),
        (404, "look at the receiver's log"),
        (500, "look at the receiver's log"),
    ],
)
def test_an_answer_that_does_not_take_it_says_what_to_mend(helpdesk: Helpdesk, status: int, said: str) -> None:
    helpdesk.status = status
    ran = tried("token.unreadable")
    assert ran.exit_code == 1
    assert f"token.unreadable: not taken, HTTP {status} in " in ran.stdout
    assert said in ran.stdout


def test_nobody_there_is_said_with_the_class_of_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}{PATH}")
    ran = tried()
    assert ran.exit_code == 1
    assert "enrichment.completed: not taken, ConnectionRefusedError in " in ran.stdout
    assert "look at its host, its port" in ran.stdout


def test_an_unset_url_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC_WEBHOOK_URL", raising=False)
    ran = tried()
    assert ran.exit_code == 1
    assert "CC_WEBHOOK_URL: not set; set it to where the helpdesk takes events" in str(ran.exception)


def test_an_unknown_kind_is_refused_with_those_that_are() -> None:
    ran = tried("invoice.paid")
    assert ran.exit_code == 2
    assert "endpoint.failing" in ran.output
