"""The facts of a customer: the endpoint's JSON object, parsed strictly, with JSON Pointers into it (RFC 6901)."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn, TypeAlias

from support_context.json_pointers import inside, unescaped
from support_context.limits import DEEPEST, MOST_NODES
from support_context.links import Link, dropped_links, links_in

Scalar: TypeAlias = str | int | float | bool | None
Json: TypeAlias = dict[str, "Json"] | list["Json"] | Scalar

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A JSON string; the closing quote is optional so that an open one cannot make the scan quadratic."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")
_TOKEN = re.compile(r"(?:[^~]|~[01])*", re.DOTALL)

REPLACEMENT = "\ufffd"
"""Shown for U+0000 and for half of a surrogate pair: no database and no encoding takes those."""

_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")

_ENVELOPES = frozenset({"data", "result", "results"})
_AROUND_DATA = frozenset(
    "links meta metadata success ok status code message error errors total total_count count page per_page limit "
    "offset pagination paging has_more next next_page url object type jsonapi request_id version".split()
)
"""Members that hold what a search found, and those that it puts around them."""

LARGEST_EXPONENT = 400
"""Of a number in scientific notation; somewhat above what a double holds, so that writing it out stays short."""


class InvalidJson(ValueError):
    """The bytes are not JSON; the message says why and quotes nothing."""


class OverLimit(InvalidJson):
    """The bytes are JSON, but larger in some way than this service takes; the message names the limit."""


class NotObject(ValueError):
    """The bytes are JSON, but not an object."""


class Missing(Enum):
    """The type of `MISSING`, which no JSON value can be."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""What a pointer that leads nowhere gives; JSON's null is a value of its own."""


class WrittenFloat(float):
    """A JSON number whose spelling its double does not give back, such as 49.90; `literal` is that spelling."""

    literal: str

    def __new__(cls, literal: str) -> "WrittenFloat":
        """Read the number and keep how it was written."""
        made = super().__new__(cls, literal)
        made.literal = literal
        return made


@dataclass(frozen=True, slots=True)
class Facts:
    """A JSON object as the customer endpoint sent it; nobody changes it."""

    value: dict[str, Json]

    @property
    def empty(self) -> bool:
        """Tell whether the customer endpoint knows no such customer: `{}`, or nothing but null and empty members.

        What a search puts around its empty `data`, such as `"total": 0`, says no more.
        """
        if _says_nothing(self.value):
            return True
        said = {key.lower() for key, value in self.value.items() if not _says_nothing(value)}
        return any(key.lower() in _ENVELOPES for key in self.value) and said <= _AROUND_DATA

    def at(self, pointer: str) -> Json | Missing:
        """Return the value that a JSON Pointer leads to, or `MISSING`."""
        if pointer and not pointer.startswith("/"):
            return MISSING
        value: Json | Missing = self.value
        for token in pointer.split("/")[1:]:
            value = _step(value, token)
            if value is MISSING:
                break
        return value

    def leaves(self) -> Iterator[tuple[str, Scalar]]:
        """Yield every value that is neither object nor array with its JSON Pointer, in document order."""
        return _leaves("", self.value)

    def links(self) -> tuple[Link, ...]:
        """Return the links of the top-level `links` array that are safe to show, at most 20."""
        return links_in(self.value.get("links"))

    def dropped_links(self) -> Iterator[tuple[str, str]]:
        """Yield the place of each offered link that is not shown, and why."""
        return dropped_links(self.value.get("links"))

    def as_json(self) -> str:
        """Return the object encoded anew: no duplicate keys, nothing that a database refuses, numbers as written."""
        return _encoded(self.value)


def parse_facts(body: bytes) -> Facts:
    """Read one JSON object (RFC 8259) from UTF-8 bytes, or raise `InvalidJson` or `NotObject`.

    No body at all, `null` and `[]` are how many endpoints say that they know nobody, so they are read as `{}`.
    """
    if not body:
        return Facts({})
    text = _decoded(body)
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_depth(text)
    value = _loaded(text)
    if value is None or value == []:
        return Facts({})
    if not isinstance(value, dict):
        raise NotObject(f"the top level is {_kind(value)}")
    # Each check that walks the values runs only where the text shows that it could find something.
    if text.count(",") + text.count("[") + text.count("{") > MOST_NODES and _nodes(value) > MOST_NODES:
        raise OverLimit(f"holds more than {MOST_NODES:,} values")
    if _SURROGATE.search(text) or "\\u0000" in text:
        value = {_storable(key): _cleaned(item) for key, item in value.items()}
    return Facts(value)


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as broken:
        position = broken.start
    else:
        # A parser may ignore a byte order mark (RFC 8259, 8.1); .NET servers send one.
        return text.removeprefix("\ufeff")
    # Raised out here, because a chained exception of the codec or the parser would carry the whole document along.
    raise InvalidJson(f"not UTF-8 at byte {position + 1}")


def _loaded(text: str) -> Json:
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant, parse_float=_float)
    except json.JSONDecodeError as broken:
        blank = "the body is nothing but white space"
        raised = InvalidJson(
            f"not valid JSON at line {broken.lineno}, column {broken.colno}" if text.strip() else blank
        )
    except InvalidJson as broken:
        raised = type(broken)(str(broken))
    except (ValueError, RecursionError):
        raised = OverLimit("has a number of more than 4,300 digits")
    else:
        return value
    raise raised


def _refuse_depth(text: str) -> None:
    depth = deepest = 0
    for character in re.sub(r"[^\[\]{}]", "", _STRING.sub("", text)):
        depth += 1 if character in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEEPEST and depth:
        raise InvalidJson("not valid JSON: brackets that never close")
    if deepest > DEEPEST:
        raise OverLimit(f"deeper than {DEEPEST} levels")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON")


def _float(digits: str) -> float:
    number = WrittenFloat(digits)
    exponent = re.search(r"[eE][+-]?0*([0-9]*)$", digits)
    if math.isinf(number) or (exponent and int(exponent[1][:9] or 0) > LARGEST_EXPONENT):
        raise OverLimit("has a number out of range")
    return float(number) if repr(float(number)) == digits else number


def _nodes(value: dict[str, Json] | list[Json]) -> int:
    items = value.values() if isinstance(value, dict) else value
    return len(value) + sum(_nodes(item) for item in items if isinstance(item, (dict, list)))


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _cleaned(item) for key, item in value.items()}
    return value


def _storable(text: str) -> str:
    return _UNSTORABLE.sub(REPLACEMENT, text)


def _says_nothing(value: Json) -> bool:
    if isinstance(value, (dict, list)):
        return all(_says_nothing(item) for item in (value.values() if isinstance(value, dict) else value))
    return value is None or value == ""


def _encoded(value: Json) -> str:
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}:{_encoded(item)}" for key, item in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_encoded, value))}]"
    if isinstance(value, WrittenFloat):
        return value.literal
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"


def _step(value: Json | Missing, token: str) -> Json | Missing:
    if isinstance(value, dict) and _TOKEN.fullmatch(token):
        return value.get(unescaped(token), MISSING)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return MISSING


def _leaves(pointer: str, value: Json) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(inside(pointer, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(f"{pointer}/{index}", item)
    else:
        yield pointer, value
