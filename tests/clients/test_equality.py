"""The clients know what openapi.yaml says: every operation, every field, every word of an enum."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from customer_context_client import bodies
from customer_context_client.calls import Call, Operation, Stream
from customer_context_client.operations import Operations

from app.domain.outcomes import Outcome, Status
from tests.support.yaml_files import OPENAPI_FILE, yaml_of

ROOT = Path(__file__).parents[2]
OPENAPI: dict[str, Any] = yaml_of(OPENAPI_FILE)
SCHEMAS: dict[str, Any] = OPENAPI["components"]["schemas"]
TYPESCRIPT = ROOT / "clients" / "typescript" / "src"
COMMAND = "The clients are not what openapi.yaml says any more; type: make clients"

Sent = tuple[str, str, frozenset[str], bool, str]
"""What an operation sends: method, path, names in query and headers, whether a body, what it accepts."""


def client_name(schema: str) -> str:
    return re.sub("In$", "Input", schema.removesuffix("Out"))


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def served() -> Iterator[Sent]:
    for path, item in OPENAPI["paths"].items():
        for method, operation in item.items():
            names = frozenset(each["name"] for each in operation.get("parameters", []) if each["in"] != "path")
            types = {t for status, a in operation["responses"].items() if status < "3" for t in a.get("content", ())}
            for accept in types or {"application/json"}:
                yield method.upper(), path, names, "requestBody" in operation, accept


def in_python() -> Iterator[Sent]:
    for each in vars(Operations).values():
        if isinstance(each, Operation | Stream):
            wanted = [name for name in get_type_hints(each.describe) if name != "return"]
            call: Call[Any] = each.describe(None, **{name: {} if name == "body" else "x" for name in wanted})
            names = frozenset(call.query) | frozenset(call.headers)
            yield call.method, call.template, names, call.body is not None, call.accept


def in_typescript() -> Iterator[Sent]:
    for call in re.findall(
        r"return this\.(?:call|listen)\((\{.*\}), options\);", (TYPESCRIPT / "client.ts").read_text()
    ):
        method, path = re.search(r'method: "(\w+)", path: `([^`]+)`', call).groups()  # type: ignore[union-attr]
        path = re.sub(r"\$\{encodeURIComponent\((\w+)\)\}", lambda found: "{" + snake(found[1]) + "}", path)
        accept = re.search(r'accept: "([^"]+)"', call)
        names = frozenset(re.findall(r'"([\w-]+)": options\.', call))
        yield method, path, names, ", body" in call, accept[1] if accept else "application/json"


def test_clients_are_what_the_generator_writes() -> None:
    done = subprocess.run(
        [sys.executable, "clients/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("client", [pytest.param(in_python, id="python"), pytest.param(in_typescript, id="typescript")])
def test_every_operation_is_sent_as_it_is_served_and_no_other(client: Any) -> None:
    assert set(client()) ^ set(served()) == set(), COMMAND


@pytest.mark.parametrize("schema", [name for name, each in SCHEMAS.items() if "properties" in each])
def test_every_field_is_known_to_both_clients(schema: str) -> None:
    fields, required = set(SCHEMAS[schema]["properties"]), set(SCHEMAS[schema].get("required", ()))
    shape = getattr(bodies, client_name(schema), None)
    interface = re.search(
        rf"^export interface {client_name(schema)} \{{\n(.*?)^\}}", (TYPESCRIPT / "bodies.ts").read_text(), re.S | re.M
    )

    assert shape is not None, COMMAND
    assert interface is not None, COMMAND
    assert set(get_type_hints(shape)) == fields, COMMAND
    assert set(shape.__required_keys__) == required, COMMAND
    written = re.findall(r"^  (\w+)(\??): ", interface[1], re.M)
    assert {name for name, _ in written} == fields, COMMAND
    assert {name for name, mark in written if not mark} == required, COMMAND


def test_both_clients_know_every_event_of_the_webhook() -> None:
    described = {
        item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for item in OPENAPI["webhooks"].values()
    }
    written = re.search(r"export type WebhookEvent = ([^;]+);", (TYPESCRIPT / "bodies.ts").read_text())

    assert {shape.__name__ for shape in get_args(bodies.WebhookEvent)} == described, COMMAND
    assert written is not None, COMMAND
    assert set(written[1].split(" | ")) == described, COMMAND
    for name, item in OPENAPI["webhooks"].items():
        assert item["post"]["requestBody"]["content"]["application/json"]["examples"][name]["value"]["type"] == name


def words_of_schema(schema: Any) -> set[str]:
    if "$ref" in schema:
        return words_of_schema(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    nested = [*schema.get("anyOf", ()), *(schema[key] for key in ("items", "propertyNames") if key in schema)]
    constant = [schema["const"]] if "const" in schema else []
    return {*schema.get("enum", constant)}.union(
        *(words_of_schema(each) for each in nested if "properties" not in each)
    )


def words_of_type(kind: Any) -> set[str]:
    if get_origin(kind) is Literal:
        return set(get_args(kind))
    return set().union(*(words_of_type(each) for each in get_args(kind)))


@pytest.mark.parametrize("schema", [name for name, each in SCHEMAS.items() if "properties" in each])
def test_every_word_of_an_enum_is_known_to_the_python_client(schema: str) -> None:
    hints = get_type_hints(getattr(bodies, client_name(schema)))
    for field, described in SCHEMAS[schema]["properties"].items():
        if "#/components/schemas/" in str(described) and "Status" not in str(described):
            continue  # a body of its own, which has its own case
        expected = words_of_schema(described)
        if field == "reason" and "status" in hints and "null" in str(described) and "anyOf" in described:
            expected = {outcome.reason for outcome in Outcome if outcome.reason}
        assert words_of_type(hints.get(field)) == expected, f"{field}: {COMMAND}"


def test_every_status_reason_and_code_is_known_to_both_clients() -> None:
    expected = {each.value: [o.reason for o in Outcome if o.status is each and o.reason] for each in Status}
    typescript = (TYPESCRIPT / "bodies.ts").read_text()
    known = {
        name: set(re.findall(r'"(\w+)"', re.search(rf"export type {name} = ([^;]+);", typescript)[1]))  # type: ignore[index]
        for name in ("Status", "Reason", "Code")
    }

    assert {status: list(reasons) for status, reasons in bodies.REASONS.items()} == expected, COMMAND
    assert set(get_args(bodies.Code)) == set(OPENAPI["components"]["examples"]) == known["Code"], COMMAND
    assert known["Status"] == set(expected), COMMAND
    assert known["Reason"] == set().union(*expected.values()) == set(get_args(bodies.Reason)), COMMAND
