"""`customer-context eval` as a person or a CI job calls it: the page, the exit status, both AIs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from app.cli.commands import app
from tests.support.evaluations import ANSWER, EMAIL, write_suite
from tests.support.messages_api import API_KEY, USAGE, MessagesApi, Reply, listening

NO_ID = {"name": "hello", "kind": "no ID", "body": "Hello", "identifier": None}
UNFOUND = {"name": "buried", "kind": "no label", "body": "we are acct_7", "identifier": "acct_7", "note": "no label"}
VICTIM = {"name": "stranger", "kind": "attacker", "body": "Account ID: acct_9", "identifier": None}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting but the AI's is there."""
    for name in ("CC_SERVICE_TOKENS", "CC_ENCRYPTION_KEYS", "CC_DATABASE_URL", "ANTHROPIC_API_KEY", "CC_AI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CC_AI_PROVIDER", "offline")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesApi]:
    """A stand-in Messages API that the environment leads to."""
    api = MessagesApi()
    with listening(api.application()) as url:
        monkeypatch.setenv("CC_AI_PROVIDER", "auto")
        monkeypatch.setenv("ANTHROPIC_API_KEY", API_KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        yield api


def run_eval(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def figures_of(ran: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.stdout)["figures"]
    return found


def lines_of(ran: Result) -> list[str]:
    return [" ".join(line.split()) for line in ran.stdout.splitlines()]


def test_page_tells_kinds_figures_and_what_went_wrong(tmp_path: Path) -> None:
    ran = run_eval(write_suite(tmp_path, {**EMAIL, "json": ANSWER, "rows": ANSWER}, NO_ID, UNFOUND, VICTIM))

    lines = lines_of(ran)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert lines[0].endswith("mails.yaml: 4 emails, AI: offline offline-patterns-1")
    assert "kind emails right missed wrong unanswered rows right" in lines
    assert "plain 1 1 0 0 0 2/2" in lines
    assert "attacker 1 0 0 1 0 -" in lines
    assert "all 4 2 1 1 0 2/2" in lines
    assert "accuracy 0.500 (2 of 4)" in lines
    assert "wrong-customer hits 1" in lines
    assert "precision on none 0.500 (1 of 2)" in lines
    assert "rows right 2 of 2, 0 extra" in lines
    assert "dollars 0" in lines
    assert "buried: missed, acct_7 expected (not_found)" in lines
    assert "stranger: wrong, acct_9 instead of none" in lines
    assert "no label" in lines  # the owner's note
    assert not [line for line in lines if line.startswith("seats:")]


def test_page_lists_nothing_when_all_came_out_right(tmp_path: Path) -> None:
    assert "Not as expected" not in run_eval(write_suite(tmp_path)).stdout


def test_text_of_a_file_cannot_dress_the_page_up(tmp_path: Path) -> None:
    dressed = {
        **NO_ID,
        "name": "[red]x[/red]\x1b[31m",
        "identifier": None,
        "body": "Account ID: acct_9",
        "kind": "[b]k",
    }
    path = write_suite(tmp_path)
    path.write_text(json.dumps({**yaml.safe_load(path.read_text()), "emails": [dressed]}))  # JSON is YAML too

    printed = run_eval(path).stdout
    assert "[red]x[/red][31m: wrong" in printed
    assert "[b]k" in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize(
    ("limits", "status", "said"),
    [
        pytest.param((), 0, "", id="no limit"),
        pytest.param(("--min-accuracy", "0.5", "--max-wrong", "1"), 0, "", id="both kept"),
        pytest.param(("--min-accuracy", "0.51"), 1, "accuracy is 0.500, below --min-accuracy 0.51", id="accuracy"),
        pytest.param(("--max-wrong", "0"), 1, "wrong-customer hits: 1, above --max-wrong 0", id="wrong"),
    ],
)
def test_exit_status_is_1_when_a_limit_is_not_kept(
    tmp_path: Path, limits: tuple[str, ...], status: int, said: str
) -> None:
    ran = run_eval(write_suite(tmp_path, EMAIL, VICTIM), *limits)

    assert ran.exit_code == status
    assert ran.stderr == (f"customer-context: {said}\n" if said else "")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("/nowhere/mails.yaml",), id="no file"),
        pytest.param(("{}", "--instructions", "/nowhere/other.yaml"), id="no instructions"),
        pytest.param(("{}", "--compare", "/nowhere/other.yaml"), id="nothing to compare with"),
    ],
)
def test_exit_status_is_2_when_a_file_cannot_be_used(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    suite = str(write_suite(tmp_path))
    ran = run_eval(*(argument.replace("{}", suite) for argument in arguments))

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == f"customer-context: {arguments[-1]}: No such file or directory; check the path\n"


def test_exit_status_is_2_when_the_settings_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "anthropic")
    ran = run_eval(write_suite(tmp_path))

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == "customer-context: ANTHROPIC_API_KEY: needed while CC_AI_PROVIDER is anthropic\n"


def test_json_says_the_same_for_programs(tmp_path: Path) -> None:
    path = write_suite(tmp_path, {**EMAIL, "json": ANSWER, "rows": ANSWER}, VICTIM)
    told = json.loads(run_eval(path, "--json").stdout)

    assert (told["source"], told["ai_provider"], told["ai_model"]) == (str(path), "offline", "offline-patterns-1")
    assert (told["figures"]["accuracy"], told["figures"]["wrong"], told["figures"]["dollars"]) == (0.5, 1, 0.0)
    assert told["by_kind"]["attacker"]["wrong"] == 1
    right, wrong = told["emails"]
    assert (right["verdict"], right["accepted"], right["rows"]) == (
        "right",
        "acct_12ab34cd",
        {"expected": 2, "right": 2, "extra": 0},
    )
    assert (wrong["verdict"], wrong["expected"], wrong["accepted"], wrong["said"]) == (
        "wrong",
        None,
        "acct_9",
        "acct_9",
    )


def test_page_tells_what_require_match_would_withhold(tmp_path: Path) -> None:
    own = {**EMAIL, "sender": "jane@example.com", "sender_verified": True}
    forged = {**EMAIL, "name": "forged", "sender": "jane@example.com", "sender_verified": False, "identifier": None}
    nobody = {**VICTIM, "body": "Account ID: acct_8"}
    stranger = {**VICTIM, "name": "thief", "sender": "thief@example.org", "sender_verified": True}
    customers = {"acct_12ab34cd": {"email": "JANE@example.com"}, "acct_9": {"email": ["joe@example.com"]}}
    path = write_suite(tmp_path, own, forged, nobody, stranger, match_path="/email", customers=customers)

    lines = lines_of(run_eval(path))
    assert "senders 1 match, 1 mismatch, 1 unknown" in lines
    assert "require_match: wrong hits 2 withheld, 0 drafted, 1 without a record" in lines
    assert "require_match: right ones 0 of 1 withheld" in lines
    assert "thief: wrong, acct_9 instead of none, sender: mismatch" in lines
    told = json.loads(run_eval(path, "--json").stdout)
    assert [email["identity"] for email in told["emails"]] == ["match", "unknown", None, "mismatch"]
    assert told["figures"]["senders"]["wrong_withheld"] == 2


def test_page_compares_no_senders_when_nothing_says_where_addresses_stand(tmp_path: Path) -> None:
    assert "senders -" in lines_of(run_eval(write_suite(tmp_path)))


def write_other(folder: Path, identify: str, display: str = "Show Plan and Seats.") -> Path:
    path = folder / "other.yaml"
    path.write_text(yaml.safe_dump({"instructions": {"identify": identify, "display": display}}))
    return path


def test_compare_puts_two_sets_of_instructions_side_by_side(tmp_path: Path) -> None:
    other = write_other(tmp_path, "Use the account ID that starts with acct_.")
    ran = run_eval(write_suite(tmp_path, EMAIL, UNFOUND, VICTIM), "--compare", other)

    lines = lines_of(ran)
    assert "accuracy 0.333 (1 of 3) 0.667 (2 of 3)" in lines
    at = lines.index("A and B differ on:")
    assert lines[at + 1 :] == ["buried", "A: missed, acct_7 expected (not_found)", "B: right, acct_7"]


def test_compare_lists_cards_that_differ(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, {**EMAIL, "json": ANSWER, "rows": {"Plan": "Pro"}})
    other = write_other(tmp_path, yaml.safe_load(suite.read_text())["instructions"]["identify"], "Show Plan.")

    lines = lines_of(run_eval(suite, "--compare", other))
    assert lines[-2:] == ["A: right, acct_12ab34cd; rows right 1 of 1, 1 extra", "B: right, acct_12ab34cd"]


def test_compare_says_so_when_nothing_differs(tmp_path: Path) -> None:
    suite = write_suite(tmp_path)

    assert run_eval(suite, "--compare", suite).stdout.endswith("A and B do the same with every email.\n")


def test_compare_tells_programs_the_differences(tmp_path: Path) -> None:
    other = write_other(tmp_path, "Use the account ID that starts with acct_.")
    told = json.loads(run_eval(write_suite(tmp_path, EMAIL, UNFOUND), "--compare", other, "--json").stdout)

    assert (told["figures"]["right"], told["compare"]["figures"]["right"]) == (1, 2)
    (difference,) = told["compare"]["differences"]
    assert (difference["name"], difference["a"]["verdict"], difference["b"]["verdict"]) == ("buried", "missed", "right")


def test_limits_hold_for_the_first_set_when_two_are_compared(tmp_path: Path) -> None:
    other = write_other(tmp_path, "Use the account ID that starts with acct_.")

    assert run_eval(write_suite(tmp_path, UNFOUND), "--compare", other, "--min-accuracy", "1").exit_code == 1


def test_csv_takes_its_instructions_from_another_file(tmp_path: Path) -> None:
    mails = tmp_path / "mails.csv"
    mails.write_text("body,identifier\nAccount ID: acct_1,acct_1\nhello,\n")
    ran = run_eval(mails, "--instructions", write_suite(tmp_path), "--min-accuracy", "1")

    assert ran.exit_code == 0
    assert "all 2 2 0 0 0 -" in lines_of(ran)


def test_claude_is_asked_and_its_tokens_cost_dollars(tmp_path: Path, api: MessagesApi) -> None:
    path = write_suite(tmp_path, {**EMAIL, "json": {"plan": "Pro", "status": "Active"}, "rows": {"Plan": "Pro"}}, NO_ID)
    ran = run_eval(path, "--json", "--parallel", 2)

    told = figures_of(ran)
    assert (len(api.asked_for("identifier")), len(api.asked_for("summary"))) == (2, 1)
    assert (told["right"], told["rows"]["right"]) == (2, 1)
    assert told["usage"] == {name: 3 * count for name, count in USAGE.items()}
    assert told["dollars"] == pytest.approx(3 * (700 * 0.10 + 60 * 0.50 + 100 * 0.01 + 12 * 0.125) / 1e6)
    assert 0 < told["p50"] <= told["p95"]
    assert "0.0003 (Anthropic's price list, October 2026)" in run_eval(path).stdout


def test_price_of_another_model_is_unknown(tmp_path: Path, api: MessagesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_MODEL", "some-other-model")
    path = write_suite(tmp_path)

    assert "dollars unknown price" in lines_of(run_eval(path))
    assert figures_of(run_eval(path, "--json"))["dollars"] is None


def test_what_claude_invents_is_counted_as_stopped(tmp_path: Path, api: MessagesApi) -> None:
    lie = {"summary": "99 seats.", "fields": [{"label": "Seats", "source": "/nothing", "as": "number"}]}
    api.script = [Reply(said={"identifier": "acct_victim"}), Reply(said=lie)]
    told = figures_of(run_eval(write_suite(tmp_path, {**EMAIL, "json": ANSWER}), "--json"))

    assert (told["identifiers_stopped"], told["rows_repaired"], told["summaries_stopped"]) == (1, 1, 1)
    assert (told["missed"], told["wrong"]) == (1, 0)


def test_call_is_made_again_when_claude_asks_to_wait(tmp_path: Path, api: MessagesApi) -> None:
    api.script = [Reply(status=429)]
    ran = run_eval(write_suite(tmp_path), "--min-accuracy", 1)

    assert (ran.exit_code, ran.stderr, len(api.requests)) == (0, "", 2)


def test_limit_is_not_kept_when_claude_does_not_answer(tmp_path: Path, api: MessagesApi) -> None:
    api.always = Reply(status=400)
    ran = run_eval(write_suite(tmp_path), "--max-wrong", 0)

    assert ran.exit_code == 1
    assert "of which nothing is known; run it again" in ran.stderr
    assert "no answer of the AI 1 identifiers, 0 summaries" in lines_of(ran)


def test_models_read_the_same_emails_side_by_side(tmp_path: Path, api: MessagesApi) -> None:
    path = write_suite(tmp_path, EMAIL, UNFOUND)
    api.script = [Reply(said={"identifier": None})] * 2
    ran = run_eval(path, "--models", "claude-haiku-5-5, claude-sonnet-5-5", "--parallel", 1)

    lines = lines_of(ran)
    assert lines[0].endswith("mails.yaml: 2 emails, AI: anthropic")
    assert lines[1:3] == ["A: claude-haiku-5-5", "B: claude-sonnet-5-5"]
    assert "accuracy 0.000 (0 of 2) 1.000 (2 of 2)" in lines
    assert "A and B differ on:" in lines
    assert [each["model"] for each in api.requests] == ["claude-haiku-5-5"] * 2 + ["claude-sonnet-5-5"] * 2
    # Each model is asked for what it takes: the second turns thinking off by another name.
    assert [each["thinking"]["type"] for each in api.requests] == ["disabled"] * 2 + ["between_tools"] * 2

    told = json.loads(run_eval(path, "--models", "claude-haiku-5-5,claude-sonnet-5-5,claude-opus-5-5", "--json").stdout)
    assert [each["ai_model"] for each in told["models"]] == ["claude-sonnet-5-5", "claude-opus-5-5"]
    assert "compare" not in told


def test_models_and_compare_are_one_at_a_time(tmp_path: Path) -> None:
    path = write_suite(tmp_path)
    ran = run_eval(path, "--models", "a,b", "--compare", path)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "one at a time" in ran.stderr


def test_answer_that_takes_longer_than_the_timeout_is_none(tmp_path: Path, api: MessagesApi) -> None:
    api.always = Reply(said={"identifier": "acct_12ab34cd"}, seconds=1.5)
    path = write_suite(tmp_path)

    assert figures_of(run_eval(path, "--json", "--timeout", 1))["unanswered"] == 1
    assert figures_of(run_eval(path, "--json", "--timeout", 20))["right"] == 1


def test_refusal_of_the_provider_is_told_beside_the_figures(tmp_path: Path, api: MessagesApi) -> None:
    api.always = Reply(status=401)
    ran = run_eval(write_suite(tmp_path), "--json")

    assert figures_of(ran)["unanswered"] == 1
    assert "the AI provider refuses the key (HTTP 401); check ANTHROPIC_API_KEY" in ran.stderr
