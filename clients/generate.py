"""Writes what the clients know of the service: its bodies, statuses, reasons and operations, from openapi.yaml.

`make clients` writes the files anew; with `--check` nothing is written, and what differs is shown.
"""

import difflib
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.domain.outcomes import Outcome, Status

ROOT = Path(__file__).parents[1]
PYTHON_PACKAGE = Path("clients/python/customer_context_client")
TYPESCRIPT_SOURCE = Path("clients/typescript/src")

EVENTS = "text/event-stream"

ONCE = {"enrich_ticket", "enrich_batch"}
"""POSTs that may be repeated all the same: a ticket is run once, however often it is handed in."""

EVENT_DATA = {"get_events": "TicketResultOut"}
"""What the data of a stream's events are, where all of them are the same; OpenAPI 3.1 has no word for it."""

WIDTH = 105
"""Characters of a line of text in the written files, before its indentation."""

NOTE = "Written by `make clients` from openapi.yaml; change nothing here."

ABOUT_REASON = "Why a look-up ended as its status says."
ABOUT_CODE = "Codes of the problems that a request is refused with."
ABOUT_EVENTS = "An event of the webhook; its type tells which."
ABOUT_REASONS = "The reasons of each status; one that says it all has none."

Schema = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Language:
    """How one language writes types; `bodies` stands before a body's name in another file than the bodies' own."""

    plain: Mapping[str, str]
    array: str
    mapping: str
    literal: str
    between_literals: str
    tagged: str
    anything: str
    bodies: str

    def type_of(self, schema: Schema, bodies: str = "") -> str:
        """Return the type of what a schema describes."""
        if "$ref" in schema:
            return bodies + body_name(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            return self.one_of([self.type_of(each, bodies) for each in schema["anyOf"]])
        if "enum" in schema or "const" in schema:
            return self.words(schema.get("enum") or [schema["const"]])
        if schema["type"] == "array":
            return self.array % self.type_of(schema["items"], bodies)
        if schema["type"] == "object":
            keys = self.type_of({"type": "string"} | dict(schema.get("propertyNames", {})), bodies)
            return self.mapping % (keys, self.type_of(schema["additionalProperties"], bodies))
        return self.plain[schema["type"]]

    def words(self, values: Iterable[str]) -> str:
        """Return the type of one of these words."""
        return self.literal % self.between_literals.join(json.dumps(each) for each in values)

    def one_of(self, types: Iterable[str]) -> str:
        """Return the type of a value that is of one of these."""
        return " | ".join(dict.fromkeys(types))


PYTHON = Language(
    plain={"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"},
    array="list[%s]",
    mapping="dict[%s, %s]",
    literal="Literal[%s]",
    between_literals=", ",
    tagged="Tagged[%s]",
    anything="dict[str, Any]",
    bodies="bodies.",
)
TYPESCRIPT = Language(
    plain={"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"},
    array="Array<%s>",
    mapping="Partial<Record<%s, %s>>",
    literal="%s",
    between_literals=" | ",
    tagged="Tagged<%s>",
    anything="Record<string, unknown>",
    bodies="bodies.",
)


@dataclass(frozen=True)
class Operation:
    """One method of a route; a route that can answer with events has a second operation for that."""

    name: str
    method: str
    path: str
    description: str
    parameters: list[dict[str, Any]]
    body: Schema | None
    accept: str
    answers: list[Schema | None]
    tagged: bool

    @property
    def in_path(self) -> list[str]:
        """Names of the path's parameters."""
        return [each["name"] for each in self.parameters if each["in"] == "path"]

    @property
    def named(self) -> list[dict[str, Any]]:
        """Return the other parameters, those that must be given first."""
        return sorted((each for each in self.parameters if each["in"] != "path"), key=lambda each: not each["required"])

    def answer(self, language: Language) -> str:
        """Return the type of what is answered, or of what one event holds."""
        if self.accept == EVENTS:
            known = EVENT_DATA.get(self.name)
            return language.bodies + body_name(known) if known else language.anything
        nothing: Schema = {"type": "null"}
        found = language.one_of(language.type_of(each or nothing, language.bodies) for each in self.answers)
        return language.tagged % found if self.tagged else found


def body_name(schema: str) -> str:
    """Return what the clients call a body: `ProjectIn` is an input, `ProjectOut` is the project."""
    return re.sub("In$", "Input", schema.removesuffix("Out"))


def argument(parameter: Mapping[str, Any]) -> str:
    """Return what a parameter is called in code: `X-Actor-Id` is `actor_id`."""
    return str(parameter["name"]).lower().removeprefix("x-").replace("-", "_")


def camel(name: str) -> str:
    """Return a name as TypeScript has it."""
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def operations_in(description: Schema) -> Iterator[Operation]:
    """Read every operation of the description, in its order."""
    for path, item in description["paths"].items():
        for method, found in item.items():
            good = [answer for status, answer in found["responses"].items() if status.startswith("2")]
            by_type: dict[str, list[Schema | None]] = {}
            for answer in good:
                for media_type, content in answer.get("content", {"": {"schema": None}}).items():
                    by_type.setdefault(media_type, []).append(content["schema"])
            nothing = by_type.pop("", [])
            types = by_type or {"application/json": []}
            for media_type, answers in types.items():
                twice = media_type == EVENTS and len(types) > 1
                body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
                yield Operation(
                    found["operationId"] + ("_events" if twice else ""),
                    method.upper(),
                    path,
                    f"{found['summary']}.\n\n{found.get('description', '')}".strip(),
                    found.get("parameters", []),
                    body,
                    media_type,
                    answers + nothing,
                    any("ETag" in answer.get("headers", {}) for answer in good),
                )


def with_reasons(schemas: Schema) -> dict[str, Schema]:
    """Return the schemas with the reasons' names in them: the service leaves room for more, a reader wants to know."""
    reason = {"anyOf": [{"$ref": "Reason"}, {"type": "null"}]}
    marked = {}
    for name, schema in schemas.items():
        fields = dict(schema.get("properties", {}))
        if "status" in fields and fields.get("reason", {}).get("anyOf"):
            fields["reason"] = reason
        marked[name] = {**schema, "properties": fields} if fields else schema
    return marked


def in_order(schemas: Schema) -> dict[str, Schema]:
    """Return the schemas so that each comes after those that it names."""
    names = {name: set(re.findall(r"#/components/schemas/(\w+)", json.dumps(each))) for name, each in schemas.items()}
    ordered: dict[str, Schema] = {}
    while len(ordered) < len(schemas):
        ready = [name for name in schemas if name not in ordered and names[name] - {name} <= ordered.keys()]
        ordered |= {name: schemas[name] for name in ready}
    return ordered


def reasons() -> dict[str, list[str]]:
    """Return the reasons of each status."""
    return {each.value: [o.reason for o in Outcome if o.status is each and o.reason] for each in Status}


def lines_of(text: str, indent: str = "") -> list[str]:
    """Wrap text, paragraph by paragraph."""
    paragraphs = [textwrap.wrap(" ".join(each.split()), WIDTH) for each in text.split("\n\n")]
    lines = [line for paragraph in paragraphs for line in ([""] if paragraph else []) + paragraph][1:]
    return [f"{indent}{line}".rstrip() for line in lines]


def docstring(text: str, indent: str) -> str:
    """Return a Python docstring."""
    lines = lines_of(text, indent)
    lines[0] = f'{indent}"""{lines[0].strip()}'
    return "\n".join(lines) + ('"""' if len(lines) == 1 else f'\n{indent}"""')


def comment(text: str, indent: str = "") -> str:
    """Return a TypeScript comment that editors show."""
    lines = lines_of(text)
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"])


def messages_in(description: Schema) -> list[Schema]:
    """Return what the webhook's events look like, in their order."""
    bodies = [item["post"]["requestBody"] for item in description["webhooks"].values()]
    return [body["content"]["application/json"]["schema"] for body in bodies]


def python_bodies(schemas: Schema, codes: list[str], messages: list[Schema]) -> str:
    """Write the bodies as typed dictionaries."""
    parts = [
        f'"""Bodies that the service takes and answers; a newer service may add fields and words.\n\n{NOTE}\n"""',
        "from collections.abc import Mapping\nfrom typing import Final, Literal, NotRequired, TypedDict",
        f"Reason = {PYTHON.words(each for group in reasons().values() for each in group)}\n"
        f"{docstring(ABOUT_REASON, '')}",
        f"Code = {PYTHON.words(codes)}\n{docstring(ABOUT_CODE, '')}",
    ]
    for name, schema in schemas.items():
        if "properties" not in schema:
            parts.append(f"{body_name(name)} = {PYTHON.type_of(schema)}\n{docstring(schema['description'], '')}")
            continue
        rows = [f"class {body_name(name)}(TypedDict):", docstring(schema["description"], "    ")]
        for field, kind in schema["properties"].items():
            rows += [f"    # {line}" for line in lines_of(kind.get("description", "")) if line]
            shown = PYTHON.type_of(kind)
            rows.append(f"    {field}: {shown if field in schema.get('required', ()) else f'NotRequired[{shown}]'}")
        parts.append("\n".join(rows))
    parts.append(f"WebhookEvent = {PYTHON.one_of(map(PYTHON.type_of, messages))}\n{docstring(ABOUT_EVENTS, '')}")
    table = {status: tuple(each) for status, each in reasons().items()}
    parts.append(f"REASONS: Final[Mapping[Status, tuple[Reason, ...]]] = {table}\n{docstring(ABOUT_REASONS, '')}")
    return "\n\n".join(parts) + "\n"


def typescript_bodies(schemas: Schema, codes: list[str], messages: list[Schema]) -> str:
    """Write the bodies as interfaces."""
    parts = [
        f"// Bodies that the service takes and answers; a newer service may add fields and words. {NOTE}\n",
        comment(ABOUT_REASON),
        f"export type Reason = {TYPESCRIPT.words(each for group in reasons().values() for each in group)};\n",
        comment(ABOUT_CODE),
        f"export type Code = {TYPESCRIPT.words(codes)};\n",
    ]
    for name, schema in schemas.items():
        parts.append(comment(schema.get("description", "")))
        if "properties" not in schema:
            parts.append(f"export type {body_name(name)} = {TYPESCRIPT.type_of(schema)};\n")
            continue
        parts.append(f"export interface {body_name(name)} {{")
        for field, kind in schema["properties"].items():
            parts += [comment(kind["description"], "  ")] if "description" in kind else []
            mark = "" if field in schema.get("required", ()) else "?"
            parts.append(f"  {field}{mark}: {TYPESCRIPT.type_of(kind)};")
        parts.append("}\n")
    parts += [
        comment(ABOUT_EVENTS),
        f"export type WebhookEvent = {TYPESCRIPT.one_of(map(TYPESCRIPT.type_of, messages))};\n",
    ]
    parts.append(comment(ABOUT_REASONS))
    parts.append(f"export const REASONS: Record<Status, readonly Reason[]> = {json.dumps(reasons(), indent=2)};")
    return "\n".join(parts) + "\n"


def python_operations(operations: Iterable[Operation]) -> str:
    """Write the operations as methods that describe a request."""
    parts = [
        f'"""Every operation of the service.\n\n{NOTE}\n"""',
        "from typing import Any",
        "from customer_context_client import bodies\n"
        "from customer_context_client.calls import Call, Tagged, operation, stream",
        'class Operations:\n    """What both clients can do; each method returns what its client makes of the call."""',
    ]
    for each in operations:
        arguments = ["self", *(f"{name}: str" for name in each.in_path)]
        arguments += [f"body: {PYTHON.type_of(each.body, 'bodies.')}"] if each.body else []
        arguments += ["*"] if each.named else []
        for one in each.named:
            kinds = PYTHON.type_of(one["schema"], PYTHON.bodies).split(" | ") + ([] if one["required"] else ["None"])
            arguments.append(f"{argument(one)}: {PYTHON.one_of(kinds)}{'' if one['required'] else ' = None'}")
        call = [json.dumps(each.method), json.dumps(each.path)]
        call += (
            [f"path={{{', '.join(f'{json.dumps(name)}: {name}' for name in each.in_path)}}}"] if each.in_path else []
        )
        for place, where in (("query", "query"), ("headers", "header")):
            sent = ", ".join(f"{json.dumps(p['name'])}: {argument(p)}" for p in each.named if p["in"] == where)
            call += [f"{place}={{{sent}}}"] if sent else []
        call += ["body=body"] if each.body else []
        call += [f"accept={json.dumps(each.accept)}"] if each.accept != "application/json" else []
        call += ["tagged=True"] if each.tagged else []
        call += ["once=True"] if each.name in ONCE else []
        parts.append(
            f"    @{'stream' if each.accept == EVENTS else 'operation'}\n"
            f"    def {each.name}({', '.join(arguments)}) -> Call[{each.answer(PYTHON)}]:\n"
            f"{docstring(each.description, '        ')}\n"
            f"        return Call({', '.join(call)})"
        )
    return "\n\n".join(parts) + "\n"


def typescript_operations(operations: Iterable[Operation]) -> str:
    """Write the operations as methods of the client."""
    parts = [
        f"// The client, with every operation of the service. {NOTE}\n",
        'import type * as bodies from "./bodies.js";',
        'import { Caller, type Event, type Limits, type Tagged } from "./caller.js";\n',
        comment("Calls the service; each method is one operation of its routes."),
        "export class CustomerContextClient extends Caller {",
    ]
    for each in operations:
        arguments = [f"{camel(name)}: string" for name in each.in_path]
        arguments += [f"body: {TYPESCRIPT.type_of(each.body, 'bodies.')}"] if each.body else []
        wanted = "; ".join(
            f"{camel(argument(one))}{'' if one['required'] else '?'}: "
            f"{TYPESCRIPT.type_of(one['schema'], TYPESCRIPT.bodies)}"
            for one in each.named
        )
        optional = not any(one["required"] for one in each.named)
        arguments.append(f"options: Limits{f' & {{ {wanted} }}' if wanted else ''}{' = {}' if optional else ''}")
        path = re.sub(r"\{(\w+)\}", lambda found: f"${{encodeURIComponent({camel(found[1])})}}", each.path)
        call = [f'method: "{each.method}"', f"path: `{path}`"]
        for place, where in (("query", "query"), ("headers", "header")):
            sent = ", ".join(f'"{p["name"]}": options.{camel(argument(p))}' for p in each.named if p["in"] == where)
            call += [f"{place}: {{ {sent} }}"] if sent else []
        call += ["body"] if each.body else []
        call += [f'accept: "{each.accept}"'] if each.accept != "application/json" else []
        call += ["tagged: true"] if each.tagged else []
        call += ["once: true"] if each.name in ONCE else []
        answer = each.answer(TYPESCRIPT)
        returned = f"Promise<AsyncIterable<Event<{answer}>>>" if each.accept == EVENTS else f"Promise<{answer}>"
        parts += [
            comment(each.description, "  "),
            f"  {camel(each.name)}({', '.join(arguments)}): {returned} {{",
            f"    return this.{'listen' if each.accept == EVENTS else 'call'}({{ {', '.join(call)} }}, options);",
            "  }\n",
        ]
    return "\n".join(parts).rstrip() + "\n}\n"


def formatted(path: Path, text: str) -> str:
    """Return Python as the project formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True)  # noqa: S603 - fixed
    return done.stdout


def files() -> dict[Path, str]:
    """Return every file that is written, with its text."""
    description = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    schemas = in_order(with_reasons(description["components"]["schemas"]))
    codes = list(description["components"]["examples"])
    operations = list(operations_in(description))
    messages = messages_in(description)
    python = {"bodies.py": python_bodies(schemas, codes, messages), "operations.py": python_operations(operations)}
    return {PYTHON_PACKAGE / name: formatted(PYTHON_PACKAGE / name, text) for name, text in python.items()} | {
        TYPESCRIPT_SOURCE / "bodies.ts": typescript_bodies(schemas, codes, messages),
        TYPESCRIPT_SOURCE / "client.ts": typescript_operations(operations),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` show what would change."""
    differences = ""
    for path, text in files().items():
        kept = (ROOT / path).read_text("utf-8") if (ROOT / path).exists() else ""
        if arguments == ["--check"]:
            found = difflib.unified_diff(kept.splitlines(), text.splitlines(), str(path), "openapi.yaml", "", "", 1, "")
            differences += "".join(f"{line}\n" for line in found)
        else:
            (ROOT / path).write_text(text, "utf-8")
    if differences:
        sys.stdout.write(f"{differences}\nThe clients are not what openapi.yaml says any more; type: make clients\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
