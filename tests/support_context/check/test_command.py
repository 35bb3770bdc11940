"""The command: what it prints, what it writes, how it ends, and what it never shows."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import app
from support_context.check import command_run
from tests.support_context.check.conftest import ASKED, TOKEN

pytestmark = pytest.mark.usefixtures("environment")

IDS = ("--id", "acct_12ab34cd", "--id", "10482")
FROM_ENVIRONMENT = ("--token-env", "ENDPOINT_TOKEN")


def check(url: str, *arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, ["check", url, *arguments], input=text)


def report(url: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(url, *IDS, *FROM_ENVIRONMENT, "--json", *arguments).stdout)
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_good_endpoint_passes_everything(good_url: str, method: str) -> None:
    found = report(good_url, "--method", method)

    assert {each["id"]: each["verdict"] for each in found["requirements"]} == dict.fromkeys(
        [requirement.id for requirement in ASKED], "pass"
    )
    assert found["passed"]
    assert len(found["timings_ms"]["calls"]) == 5


def test_table_names_each_requirement_and_ends_with_the_sum(good_url: str) -> None:
    ran = check(good_url, *IDS, *FROM_ENVIRONMENT)

    assert ran.exit_code == 0
    assert ran.stdout.splitlines()[0] == f"GET {good_url}"
    assert all(requirement.title in ran.stdout for requirement in ASKED)
    assert ran.stdout.splitlines()[-1] == f"The endpoint keeps to the contract: {len(ASKED)} pass."


def test_table_says_how_to_mend_what_is_missed(good_url: str) -> None:
    ran = check("https://127.0.0.1:1024/context?key=abc", *IDS, *FROM_ENVIRONMENT)
    text = " ".join(ran.stdout.split())

    assert text.startswith("GET https://127.0.0.1:1024/context?… ")
    assert (
        "fail The host resolves and takes connections the connection was refused → Check that the server runs" in text
    )
    assert f"{len(ASKED) - 1} further requirements wait for this. " in text
    assert "links are well-formed" not in text
    assert text.endswith(f"does not keep to the contract yet: 1 fail, {len(ASKED) - 1} not run.")
    assert ran.stderr == ""


def test_progress_is_told_beside_the_report_when_the_check_takes_its_time(
    good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_run, "SECONDS_BETWEEN_LINES", 0.0)
    ran = check(good_url, *IDS, *FROM_ENVIRONMENT, "--json")
    told = ran.stderr.splitlines()

    assert json.loads(ran.stdout)["passed"]
    assert told[0].endswith(": a known id")
    assert told[0].startswith("0 of ")
    assert "PUT" in told[-3]
    assert TOKEN not in ran.output


def test_junit_file_that_cannot_be_written_ends_with_status_2(good_url: str) -> None:
    ran = check(good_url, *IDS, *FROM_ENVIRONMENT, "--junit", "/nowhere/junit.xml")

    assert ran.exit_code == 2
    assert ran.stderr.splitlines()[-1] == "customer-context check: --junit: No such file or directory"


def test_token_is_asked_for_and_hidden_when_no_variable_is_named(good_url: str) -> None:
    ran = check(good_url, *IDS, text=f"{TOKEN}\n")

    assert ran.exit_code == 0
    assert TOKEN not in ran.output


def test_wrong_token_fails_the_known_id_and_leaves_the_rest_unjudged(
    good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENDPOINT_TOKEN", "another-token-0123456789")
    ran = check(good_url, *IDS, *FROM_ENVIRONMENT, "--json")
    verdicts = {each["id"]: (each["verdict"], each["seen"]) for each in json.loads(ran.stdout)["requirements"]}

    assert ran.exit_code == 1
    assert verdicts["known_id"] == ("fail", "id 1 of 2: HTTP 401: the bearer token was not accepted")
    assert verdicts["links"][0] == "not_run"
    assert "another-token" not in ran.output


def test_junit_file_holds_a_case_for_each_requirement(good_url: str, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    check(good_url, "--id", "acct_12ab34cd", *FROM_ENVIRONMENT, "--junit", str(path))
    suite = ElementTree.fromstring(path.read_text()).find("testsuite")  # noqa: S314 - written a line above

    assert suite is not None
    assert [case.get("name") for case in suite] == [requirement.id for requirement in ASKED]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (str(len(ASKED)), "0", "1")
    assert [case.get("name") for case in suite if case.find("skipped") is not None] == ["type"]


def test_closed_port_is_one_failure_and_the_rest_is_not_run(good_url: str) -> None:
    ran = check("https://127.0.0.1:1024/context", *IDS, *FROM_ENVIRONMENT, "--json")
    found = json.loads(ran.stdout)

    assert ran.exit_code == 1
    assert found["counts"] == {"pass": 0, "warn": 0, "fail": 1, "not_run": len(ASKED) - 1}
    assert found["requirements"][0]["seen"] == "the connection was refused"


def test_plain_http_is_refused_before_anything_is_sent_and_told_to_write_https() -> None:
    ran = check("http://127.0.0.1:1024/context?key=abc", *IDS, *FROM_ENVIRONMENT, "--json")
    (failure,) = [each for each in json.loads(ran.stdout)["requirements"] if each["verdict"] == "fail"]

    assert (ran.exit_code, failure["id"]) == (1, "https")
    assert failure["mend"].startswith("Write https://127.0.0.1:1024/context?… ")


def test_json_says_what_each_requirement_waits_for() -> None:
    ran = check("https://127.0.0.1:1024/context", *IDS, *FROM_ENVIRONMENT, "--json")
    found = {each["id"]: each["waits_for"] for each in json.loads(ran.stdout)["requirements"]}

    assert found.pop("reachable") is None
    assert set(found.values()) == {"reachable"}


@pytest.mark.parametrize(
    ("token", "said"),
    [
        pytest.param("short", "this one is 5 long", id="short"),
        pytest.param("canary-token-\n0123456789", "a line break or a space within", id="a line break within"),
        pytest.param("Bearer canary-token-0123456789", "begins with the word Bearer", id="the word Bearer"),
        pytest.param("canary-token-0123456789\u00e9", "this one is not ASCII", id="not ASCII"),
    ],
)
def test_token_that_cannot_be_stored_is_told_why(token: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_TOKEN", token)
    ran = check("https://127.0.0.1:1024/context", *IDS, *FROM_ENVIRONMENT)

    assert ran.exit_code == 2
    assert said in ran.stderr
    assert token not in ran.stderr


def test_line_break_at_the_end_of_the_token_is_left_out_with_a_word(
    good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENDPOINT_TOKEN", f"{TOKEN}\r\n")
    ran = check(good_url, *IDS, *FROM_ENVIRONMENT)

    assert ran.exit_code == 0
    assert ran.stderr.startswith("the token had a line break or spaces around it")


def test_private_address_fails_unless_it_is_let_through(good_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC_EGRESS_ALLOWED_CIDRS")

    refused = report(good_url)
    let_through = report(good_url, "--allow-private")

    assert [each["id"] for each in refused["requirements"] if each["verdict"] == "fail"] == ["public_address"]
    assert [each["id"] for each in let_through["requirements"] if each["verdict"] == "warn"] == ["public_address"]
    (hint,) = [each["mend"] for each in refused["requirements"] if each["id"] == "public_address"]
    (left,) = [each["mend"] for each in let_through["requirements"] if each["id"] == "public_address"]
    assert "--allow-private" in hint
    assert "--allow-private" not in left
    assert "CC_EGRESS_ALLOWED_CIDRS" in left
    assert let_through["passed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--id", "a b"], "the service sends no others", id="an id that is never sent"),
        pytest.param(["--id", "x", "--method", "PUT"], "must be GET or POST", id="a method that is never used"),
        pytest.param(["--id", "x", "--param", "a&b"], "the parameter must begin with", id="no parameter"),
        pytest.param(
            ["--id", "x", "--unknown-id", "x"], "must not be one of the known", id="an unknown id that is known"
        ),
        pytest.param(["--id", "x", "--match-path", "email"], "must be a JSON Pointer", id="no pointer"),
        pytest.param(["--id", "x", "--ca-file", "/nowhere"], "--ca-file: no such file", id="no CA file"),
        pytest.param(["--id", "x", "--token-env", "NOWHERE"], "NOWHERE: not set", id="no token"),
        pytest.param(
            ["--id", "x", "--param", "v"], "already holds the parameter", id="a parameter that stands in the URL"
        ),
    ],
)
def test_what_cannot_be_checked_ends_with_status_2_and_one_line(good_url: str, arguments: list[str], said: str) -> None:
    ran = check(f"{good_url}?v=1", *FROM_ENVIRONMENT, *arguments)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_no_id_ends_with_status_2(good_url: str) -> None:
    assert check(good_url, *FROM_ENVIRONMENT).exit_code == 2


def test_unusable_url_ends_with_status_2() -> None:
    ran = check("https://u:p@example.com/", *IDS, *FROM_ENVIRONMENT)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "u:p" not in ran.stderr


def test_missing_token_ends_with_status_2_when_nobody_can_be_asked(good_url: str) -> None:
    ran = check(good_url, *IDS)

    assert ran.exit_code == 2
    assert "--token-env" in ran.stderr
