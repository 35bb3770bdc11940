"""`customer-context ai check`: what was sent, what came back, and what to mend."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import app
from tests.support.messages_api import API_KEY, MessagesApi, Reply, listening


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting but the AI's is there."""
    for name in ("CC_SERVICE_TOKENS", "CC_ENCRYPTION_KEYS", "CC_DATABASE_URL", "ANTHROPIC_API_KEY", "CC_AI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CC_AI_PROVIDER", "auto")


ROWS = [("Plan", "Pro", "/plan"), ("Status", "Active", "/active"), ("Seats", "12", "/seats")]
CARD = Reply(
    said={
        "summary": "A Pro customer with 12 seats.",
        "fields": [{"label": label, "value": value, "source": source, "as": "text"} for label, value, source in ROWS],
    }
)
FOUND = Reply(said={"identifier": "acct_12ab34cd"})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesApi]:
    """A stand-in Messages API that the environment leads to."""
    api = MessagesApi(script=[FOUND, CARD])
    with listening(api.application()) as url:
        monkeypatch.setenv("ANTHROPIC_API_KEY", API_KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        yield api


def check(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["ai", "check", *map(str, arguments)])


def told(ran: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.usefixtures("api")
def test_page_says_what_was_sent_what_came_back_and_what_it_cost() -> None:
    ran = check()

    assert (ran.exit_code, ran.stderr) == (0, "")
    for said in (
        "AI: claude-haiku-5-5 at 127.0.0.1:",
        "sent       thinking: disabled, effort, structured output, cached prefix",
        "answer     HTTP 200 in ",
        "came back  identifier acct_12ab34cd",
        "came back  Plan: Pro, Status: Active, Seats: 12",
        "700 tokens in, 60 out, 100 from the cache, 12 into it; ",
        "dollars (Anthropic's price list, October 2026)",
        "All is well.",
    ):
        assert said in ran.stdout


@pytest.mark.usefixtures("api")
def test_json_says_the_same_for_programs() -> None:
    found = told(check("--json"))

    assert (found["usable"], found["mend"], found["model"]) == (True, [], "claude-haiku-5-5")
    assert [call["right"] for call in found["calls"]] == [True, True]
    assert found["calls"][0]["dollars"] == pytest.approx((700 * 0.1 + 60 * 0.5 + 100 * 0.01 + 12 * 0.125) / 1e6)


def test_wrong_key_says_what_to_mend_and_the_providers_own_words(api: MessagesApi) -> None:
    api.always = Reply(status=401)
    ran = check()

    assert ran.exit_code == 1
    assert "To mend: the AI provider refuses the key (HTTP 401); check ANTHROPIC_API_KEY." in ran.stdout
    assert "HTTP 401 in " in ran.stdout
    assert "as the script says" in ran.stdout
    assert len(api.requests) == 1
    assert API_KEY not in ran.stdout


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(
            Reply(said={"identifier": None}),
            "the model read the sample wrongly; another model may be up to it",
            id="weak",
        ),
        pytest.param(Reply(said={"id": 7}), "nothing usable: the answer cannot be used", id="another form"),
        pytest.param(Reply(stop_reason="refusal"), "nothing usable: refused", id="a refusal"),
        pytest.param(Reply(seconds=5.0), "no answer within 1 s; give it more with --timeout", id="slow"),
    ],
)
def test_answer_that_is_no_good_is_something_to_mend(api: MessagesApi, reply: Reply, says: str) -> None:
    api.always = reply
    ran = check("--timeout", 1)

    assert ran.exit_code == 1
    assert says in ran.stdout


def test_server_that_holds_no_schema_is_told_of(api: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_MODEL", "qwen")
    ran = check()

    assert ran.exit_code == 0
    assert "sent       the schema in the prompt" in ran.stdout
    assert "Note: it holds no schema" in ran.stdout
    assert "output_config" not in api.requests[0]
    assert "unknown price" in ran.stdout


def test_offline_ai_is_tried_without_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "offline")
    ran = check()

    assert ran.exit_code == 0
    assert "came back  identifier acct_12ab34cd" in ran.stdout
    assert "it reads patterns and no meaning" in ran.stdout


def test_settings_that_cannot_be_used_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "compatible")
    ran = check()

    assert ran.exit_code == 1
    assert "CC_AI_BASE_URL: needed" in str(ran.exception)
