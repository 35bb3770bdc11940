"""Reads a file of emails and expectations, YAML or CSV; what is wrong with it is one line that names the row."""

import csv
import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.domain.outcomes import Outcome, StepFailed
from app.domain.reading.extraction import accept
from app.domain.rows.spelling import NOTHING
from app.domain.rows.values import text_of
from app.domain.tickets import Email
from app.evaluation.cases import Case, ExpectedRow, Instructions, Suite
from app.mail.visible_text import visible_text
from support_context.facts import Facts, InvalidJson, NotObject, parse_facts
from support_context.json_pointers import STEP

UNNAMED_KIND = "other"
"""The kind of an email of which the file tells none."""

Scalar = str | int | float | bool | None
"""What a row may show. YAML makes numbers of what looks like one, and they are written as the card writes them."""


class BadFile(Exception):
    """The file cannot be evaluated; the text names the file, the row and what to do."""


class _ExpectedRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    value: Scalar
    type: Literal["text", "number", "percent", "money", "date", "datetime", "choice", "list"] | None = None
    raw: str | None = None


class _Email(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = ""
    kind: str = UNNAMED_KIND
    note: str = ""
    subject: str = ""
    body: str
    body_format: Literal["text", "html"] = "text"
    sender: str = ""
    sender_verified: bool | None = None
    identifier: str | None
    answer: dict[str, Any] | None = Field(None, alias="json")
    rows: dict[str, Scalar | _ExpectedRow] | None = None


class _Instructions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    identify: Annotated[str, Field(min_length=1)]
    display: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    instructions: _Instructions | None = None
    match_path: Annotated[str, Field(pattern=f"^{STEP}+$")] | None = None
    customers: dict[str, dict[str, Any]] = Field(default_factory=dict)
    emails: Annotated[list[Any], BeforeValidator(lambda given: given or [])] = Field(default_factory=list)


_ADVICE = {
    "missing": "is missing; add it (identifier: null says that none is expected)",
    "extra_forbidden": "is not known; take it out, or look for a typing error",
    "bool_type": "must be true, false or null",
    "dict_type": "must be a mapping, one 'name: value' a line",
    "list_type": "must be a list, each email after a dash",
    "literal_error": "must be text or html",
    "string_pattern_mismatch": "must be a JSON Pointer, as /email or /contacts/0/email",
    "string_too_short": "is empty; write the instructions there",
    "model_type": "must be a mapping, one 'name: value' a line",
}
"""What to do about a finding, in words for somebody who has never heard of a schema."""

_QUOTES = 'must be text; put it in quotes, as "20311"'


def read_suite(path: Path, instructions: Instructions | None = None) -> Suite:
    """Read the file; given instructions stand in place of its own, and a CSV file, which has none, needs them."""
    suite = _read_csv(path, instructions) if path.suffix.lower() == ".csv" else _read_yaml(path, instructions)
    if not suite.cases:
        raise BadFile(f"{path}: no emails in it; add some below 'emails:'")
    return suite


def read_instructions(path: Path) -> Instructions:
    """Read the instructions of a YAML file, whose emails may be missing and do not matter."""
    return _instructions(_file(path), path)


def _instructions(file: _File, path: Path) -> Instructions:
    if file.instructions is None:
        raise BadFile(f"{path}: 'instructions' is missing; add it, or name a YAML file that has it with --instructions")
    return Instructions(file.instructions.identify, file.instructions.display, file.match_path)


def _read_yaml(path: Path, instructions: Instructions | None) -> Suite:
    file = _file(path)
    used = instructions or _instructions(file, path)
    customers = {
        identifier: _facts(answer, f"{path}, customers, {identifier}") for identifier, answer in file.customers.items()
    }
    return _suite(used, [(f"email {n}", each) for n, each in enumerate(file.emails, 1)], customers, path)


def _read_csv(path: Path, instructions: Instructions | None) -> Suite:
    if instructions is None:
        raise BadFile(f"{path}: a CSV file holds no instructions; name a YAML file that does with --instructions")
    try:
        rows = list(csv.DictReader(_text(path).splitlines(keepends=True), strict=True))
    except csv.Error as problem:
        raise BadFile(f"{path}: not CSV ({problem}); put quotes around cells with commas or line breaks") from None
    emails = [(f"row {n}", _cells(row, f"{path}, row {n}")) for n, row in enumerate(rows, 2)]
    return _suite(instructions, emails, {}, path)


def _cells(row: Mapping[str | None, Any], where: str) -> dict[str, Any]:
    """Give the cells of one row their types: an empty cell is none, `json` and `rows` hold JSON."""
    if None in row or None in row.values():
        raise BadFile(f"{where}: not as many cells as the first row has; put quotes around cells with commas")
    cells: dict[str, Any] = {str(name).strip(): cell for name, cell in row.items() if cell != ""}
    for name in {"json", "rows"} & cells.keys():
        try:
            cells[name] = json.loads(cells[name])
        except ValueError:
            raise BadFile(f"{where}: {name!r} is not JSON; write an object such as {{}} or leave it empty") from None
    if "sender_verified" in cells:
        words: dict[str, Any] = {"true": True, "false": False}
        cells["sender_verified"] = words.get(cells["sender_verified"].lower(), cells["sender_verified"])
    empty = {"identifier": None} if "identifier" in row else {}
    return {**empty, "body": "", **cells}


def _suite(
    instructions: Instructions, emails: list[tuple[str, Any]], customers: Mapping[str, Facts], path: Path
) -> Suite:
    cases: dict[str, Case] = {}
    for place, email in emails:
        case = _case(email, place, path, instructions, customers)
        if case.name in cases:
            raise BadFile(f"{path}, {place}: the name {case.name!r} is taken; give each email its own")
        cases[case.name] = case
    return Suite(instructions, tuple(cases.values()), customers)


def _case(given: Any, place: str, path: Path, instructions: Instructions, customers: Mapping[str, Facts]) -> Case:
    name = given.get("name") if isinstance(given, dict) else None
    where = f"{path}, {place}" + (f" ({name})" if isinstance(name, str) and name else "")
    try:
        sent = _Email.model_validate(given)
    except ValidationError as problem:
        raise BadFile(f"{where}: {_in_words(problem)}") from None
    body = visible_text(sent.body) if sent.body_format == "html" else sent.body
    email = Email.of(sent.subject, body, sent.sender, sent.sender_verified)
    facts = None if sent.answer is None else _facts(sent.answer, where)
    _refuse_slips(sent, facts, customers, where)
    rows = None if sent.rows is None else tuple(_expected(label, row) for label, row in sent.rows.items())
    refusal = _refusal(sent.identifier, email, instructions.identify)
    return Case(sent.name or place, sent.kind, email, sent.identifier, rows, facts, refusal, sent.note.strip())


def _expected(label: str, row: Scalar | _ExpectedRow) -> ExpectedRow:
    if isinstance(row, _ExpectedRow):
        return ExpectedRow(label, _text_of_row(row.value), row.type, row.raw)
    return ExpectedRow(label, _text_of_row(row))


def _text_of_row(value: Scalar) -> str:
    return text_of(value) if value is not None else NOTHING


def _refuse_slips(sent: _Email, facts: Facts | None, customers: Mapping[str, Facts], where: str) -> None:
    """Raise `BadFile` where the expectation itself is a slip, which must not count against the AI."""
    expected = sent.identifier
    if expected == "":
        raise BadFile(f"{where}: 'identifier' is empty; write null where none is expected")
    if sent.rows is not None and facts is None and (expected is None or expected not in customers):
        raise BadFile(
            f"{where}: 'rows' need the endpoint's answer; add 'json' to the email, or its identifier to 'customers'"
        )


def _refusal(expected: str | None, email: Email, identify: str) -> Outcome | None:
    """Return how the service refuses the right identifier; None where it sends it, or where none is expected."""
    if expected is None:
        return None
    try:
        return None if accept(expected, email, identify) == expected else Outcome.NOT_GROUNDED
    except StepFailed as failure:
        return failure.outcome


def _file(path: Path) -> _File:
    try:
        loaded = yaml.load(_text(path), _Loader)  # noqa: S506 - a safe loader that reads dates as text
    except yaml.MarkedYAMLError as problem:
        line = f", line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise BadFile(f"{path}{line}: not YAML ({problem.problem}); look at the indents and quotes there") from None
    except yaml.YAMLError:
        raise BadFile(f"{path}: not YAML; save it as plain UTF-8 text") from None
    try:
        return _File.model_validate(loaded)
    except ValidationError as problem:
        raise BadFile(f"{path}: {_in_words(problem)}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as problem:
        raise BadFile(f"{path}: {problem.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise BadFile(f"{path}: not UTF-8; save it as UTF-8 text") from None


def _facts(answer: dict[str, Any], where: str) -> Facts:
    try:
        return parse_facts(json.dumps(answer).encode())
    except (InvalidJson, NotObject, TypeError, ValueError) as problem:
        raise BadFile(f"{where}: this JSON is none that the service would take ({problem}); correct it") from None


def _in_words(problem: ValidationError) -> str:
    first = problem.errors()[0]
    name = ".".join(map(str, first["loc"])) or "the file"
    if first["type"] == "string_type":
        return f"{name!r} {_QUOTES}"
    return f"{name!r} {_ADVICE.get(first['type'], first['msg'])}"


class _Loader(yaml.SafeLoader):
    """Reads YAML as people mean it here: a date stays text as in JSON, and a name that comes twice is a slip."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key for key, _ in node.value]
        twice = next((key for n, key in enumerate(keys) if key.value in [each.value for each in keys[:n]]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice.value!r} comes twice", twice.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
