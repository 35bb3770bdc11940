"""Files of emails: what is read from them, and the line that names the row when something is wrong."""

from pathlib import Path
from typing import Any

import pytest

from app.domain.outcomes import Outcome
from app.evaluation.cases import ExpectedRow, Instructions
from app.evaluation.reading import BadFile, read_instructions, read_suite
from support_context.facts import Facts
from tests.support.evaluations import ANSWER, DISPLAY, EMAIL, IDENTIFY, write_suite

INSTRUCTIONS = Instructions(IDENTIFY, DISPLAY)


def test_yaml_gives_every_part_of_an_email(tmp_path: Path) -> None:
    email = {
        **EMAIL,
        "subject": "Seats",
        "sender": "jane@example.com",
        "sender_verified": True,
        "body": "<p>Account ID: <b>acct_12ab34cd</b></p>",
        "body_format": "html",
        "json": ANSWER,
        "rows": {"Plan": "Pro", "Seats": 12, "Paid": True},
        "note": "why",
    }
    suite = read_suite(write_suite(tmp_path, email))

    (case,) = suite.cases
    assert suite.instructions == INSTRUCTIONS
    assert (case.name, case.kind, case.note, case.expected) == ("seats", "plain", "why", "acct_12ab34cd")
    assert (case.email.subject, case.email.body, case.email.sender) == (
        "Seats",
        "Account ID: acct_12ab34cd",
        "jane@example.com",
    )
    assert case.email.sender_verified is True
    assert case.rows == (ExpectedRow("Plan", "Pro"), ExpectedRow("Seats", "12"), ExpectedRow("Paid", "true"))
    assert suite.answer(case, "acct_12ab34cd") == Facts(ANSWER)
    assert suite.answer(case, "acct_2") is None  # the email's own answer is about whom it should lead to


def test_answer_of_an_email_that_leads_to_nobody_is_about_whomever_it_names(tmp_path: Path) -> None:
    suite = read_suite(write_suite(tmp_path, {**EMAIL, "identifier": None, "json": ANSWER}))

    assert suite.answer(suite.cases[0], "acct_12ab34cd") == Facts(ANSWER)


def test_example_of_the_docs_can_be_evaluated_as_it_stands(tmp_path: Path) -> None:
    docs = (Path(__file__).parent.parent.parent / "docs" / "eval.md").read_text("utf-8")
    path = tmp_path / "mails.yaml"
    path.write_text(docs.split("```yaml\n", 1)[1].split("```", 1)[0])
    suite = read_suite(path)

    (case,) = suite.cases
    assert suite.answer(case, case.expected) is not None
    assert case.rows


def test_customers_answer_for_their_identifier_and_no_other(tmp_path: Path) -> None:
    suite = read_suite(write_suite(tmp_path, customers={"acct_12ab34cd": ANSWER}))

    (case,) = suite.cases
    assert suite.answer(case, "acct_12ab34cd") == Facts(ANSWER)
    assert suite.answer(case, "acct_2") is None
    assert suite.answer(case, None) is None


def test_email_is_named_by_its_place_when_it_has_no_name(tmp_path: Path) -> None:
    suite = read_suite(write_suite(tmp_path, EMAIL, {"body": "hello", "identifier": None}))

    assert [(case.name, case.kind) for case in suite.cases] == [("seats", "plain"), ("email 2", "other")]


def test_date_stays_text_when_yaml_would_make_one_of_it(tmp_path: Path) -> None:
    path = write_suite(tmp_path)
    path.write_text(path.read_text() + "  json: {since: 2026-01-15}\n  rows: {Since: 2026-01-15}\n")

    assert read_suite(path).cases[0].rows == (ExpectedRow("Since", "2026-01-15"),)


def test_csv_gives_the_same_as_yaml(tmp_path: Path) -> None:
    path = tmp_path / "mails.csv"
    path.write_text(
        "name,kind,subject,body,sender,sender_verified,identifier,json,rows\n"
        'seats,plain,Seats,"Account ID: acct_12ab34cd\nBye",jane@example.com,true,acct_12ab34cd,'
        '"{""plan"": ""Pro"", ""seats"": 12}","{""Plan"": ""Pro""}"\n'
        ",,,Hello,,,,,\n",
        "utf-8-sig",
    )
    one, other = read_suite(path, INSTRUCTIONS).cases

    assert (one.name, one.email.body, one.expected) == ("seats", "Account ID: acct_12ab34cd\nBye", "acct_12ab34cd")
    assert (one.facts, one.rows, one.email.sender_verified) == (Facts(ANSWER), (ExpectedRow("Plan", "Pro"),), True)
    assert (other.name, other.kind, other.expected, other.facts, other.email.sender_verified) == (
        "row 3",
        "other",
        None,
        None,
        None,
    )


def test_given_instructions_stand_in_place_of_the_files(tmp_path: Path) -> None:
    given = Instructions("Use the ID that starts with acct_.")

    assert read_suite(write_suite(tmp_path), given).instructions == given


def test_file_needs_no_instructions_where_they_are_given(tmp_path: Path) -> None:
    path = tmp_path / "mails.yaml"
    path.write_text("emails: [{body: 'Account ID: acct_12ab34cd', identifier: acct_12ab34cd}]")
    given = Instructions("Use the ID that starts with acct_.")

    assert read_suite(path, given).instructions == given
    with pytest.raises(BadFile, match="'instructions' is missing; add it, or name a YAML file"):
        read_suite(path)


@pytest.mark.parametrize(
    ("pointer", "good"),
    [
        pytest.param("/email", True, id="member"),
        pytest.param("/contacts/0/e~1mail", True, id="deeper, escaped"),
        pytest.param("email", False, id="no slash"),
        pytest.param("", False, id="the whole answer"),
        pytest.param("/a~2", False, id="no escape"),
    ],
)
def test_match_path_is_a_json_pointer(tmp_path: Path, pointer: str, good: bool) -> None:
    path = write_suite(tmp_path, match_path=pointer)

    if good:
        assert read_suite(path).instructions.match_path == read_instructions(path).match_path == pointer
        return
    with pytest.raises(BadFile, match="'match_path' must be a JSON Pointer, as /email"):
        read_suite(path)


def test_instructions_are_read_from_a_file_without_emails(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("instructions: {identify: Use the sender.}\n")

    assert read_instructions(path) == Instructions("Use the sender.", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"identifier": ...}, "'identifier' is missing; add it", id="no expectation"),
        pytest.param({"body": ...}, "'body' is missing; add it", id="no body"),
        pytest.param(
            {"identifier": 20311}, "'identifier' must be text; put it in quotes", id="number for an identifier"
        ),
        pytest.param(
            {"identifer": "x"}, "'identifer' is not known; take it out, or look for a typing error", id="typo"
        ),
        pytest.param({"body_format": "md"}, "'body_format' must be text or html", id="unknown format"),
        pytest.param({"sender_verified": "yes"}, "'sender_verified' must be true, false or null", id="no verdict"),
        pytest.param({"identifier": ""}, "'identifier' is empty; write null", id="empty identifier"),
        pytest.param({"rows": {"Plan": "Pro"}}, "'rows' need the endpoint's answer; add 'json'", id="rows of nothing"),
        pytest.param({"rows": ["Plan"], "json": ANSWER}, "'rows' must be a mapping", id="rows without values"),
        pytest.param({"json": {"a": float("nan")}}, "this JSON is none that the service would take", id="no JSON"),
    ],
)
def test_bad_email_is_named_with_what_to_do(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    email = {name: value for name, value in {**EMAIL, "name": "bad", **change}.items() if value is not ...}
    path = write_suite(tmp_path, EMAIL, email)

    with pytest.raises(BadFile) as refused:
        read_suite(path)

    assert str(refused.value).startswith(f"{path}, email 2 (bad): {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("instructions: {identify: x}\n", ": no emails in it", id="no emails"),
        pytest.param("emails: []\n", ": 'instructions' is missing", id="no instructions"),
        pytest.param("instructions: {identify: ''}\n", ": 'instructions.identify' is empty", id="empty instructions"),
        pytest.param("- 1\n", ": 'the file' must be a mapping", id="a list"),
        pytest.param("", ": 'the file' must be a mapping", id="empty"),
        pytest.param(
            "instructions: {identify: x}\nemails:\n- hello\n", ", email 1: 'the file'", id="text for an email"
        ),
        pytest.param("a: [\n", ", line 2: not YAML", id="broken"),
        pytest.param("a: 1\nb: 2\na: 3\n", ", line 3: not YAML ('a' comes twice)", id="a name twice"),
        pytest.param("a: \0\n", ": not YAML; save it as plain UTF-8 text", id="a control character"),
        pytest.param("a: !!python/object:os.system x\n", ", line 1: not YAML", id="no code is run"),
        pytest.param(
            "instructions: {identify: x}\ncustomers: {a: {b: .inf}}\n",
            ", customers, a: this JSON is none",
            id="customer",
        ),
    ],
)
def test_bad_yaml_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mails.yaml"
    path.write_text(text)

    with pytest.raises(BadFile) as refused:
        read_suite(path)

    assert str(refused.value).startswith(f"{path}{said}")


def test_two_emails_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="email 2: the name 'seats' is taken"):
        read_suite(write_suite(tmp_path, EMAIL, EMAIL))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("body\nhello\n", ", row 2: 'identifier' is missing", id="no column for the identifier"),
        pytest.param("body,identifier\na,b,c\n", ", row 2: not as many cells", id="a cell too many"),
        pytest.param("body,identifier,kind\na,b\n", ", row 2: not as many cells", id="a cell too few"),
        pytest.param("body,identifier,json\na,,{\n", ", row 2: 'json' is not JSON", id="broken JSON"),
        pytest.param("body,identifier,json\na,,[1]\n", ", row 2: 'json' must be a mapping", id="a list as the answer"),
        pytest.param("body,identifier,x\na,,b\n", ", row 2: 'x' is not known", id="unknown column"),
        pytest.param('body,identifier\n"a"b,c\n', ": not CSV", id="broken quotes"),
        pytest.param("body,identifier\n", ": no emails in it", id="head only"),
    ],
)
def test_bad_csv_is_told_with_its_row(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mails.csv"
    path.write_text(text)

    with pytest.raises(BadFile) as refused:
        read_suite(path, INSTRUCTIONS)

    assert str(refused.value).startswith(f"{path}{said}")


def test_csv_needs_instructions(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="a CSV file holds no instructions; name a YAML file that does"):
        read_suite(tmp_path / "mails.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "No such file or directory; check the path", id="not there"),
        pytest.param(b"\xff\xfe", "not UTF-8; save it as UTF-8 text", id="UTF-16"),
    ],
)
def test_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "mails.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadFile) as refused:
        read_suite(path)

    assert str(refused.value) == f"{path}: {said}"


@pytest.mark.parametrize(
    ("body", "identifier", "refusal"),
    [
        pytest.param("I am acct_1.", "acct_1", None, id="sent"),
        pytest.param("I am acct_1.", None, None, id="nobody"),
        pytest.param("I am acct_1.", "acct_2", Outcome.NOT_GROUNDED, id="not in the email"),
        pytest.param("I am acct_1.", "acct 1", Outcome.NOT_GROUNDED, id="in another spelling"),
        pytest.param("ann+work@x.example", "ann+work@x.example", Outcome.NOT_SENDABLE, id="never sent"),
    ],
)
def test_right_answer_that_the_service_refuses_is_read_with_the_reason(
    tmp_path: Path, body: str, identifier: str | None, refusal: Outcome | None
) -> None:
    path = write_suite(tmp_path, {**EMAIL, "body": body, "identifier": identifier})

    assert [case.refusal for case in read_suite(path).cases] == [refusal]
