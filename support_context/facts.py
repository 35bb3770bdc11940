"""What the customer endpoint knows: one JSON object, parsed strictly, that steps after it can point into (RFC 6901)."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn, TypeAlias

from support_context.limits import DEEPEST, LONGEST_LABEL, LONGEST_LINK, MOST_LINKS, MOST_NODES
from support_context.plain_text import line, plain

Scalar: TypeAlias = str | int | float | bool | None
Json: TypeAlias = dict[str, "Json"] | list["Json"] | Scalar

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A JSON string; the closing quote is optional so that an open one cannot make the scan quadratic."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,5}")
_TOKEN = re.compile(r"(?:[^~]|~[01])*", re.DOTALL)
_LINK = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::[0-9]{1,5})?(?:[/?#][^\s\"<>\\`]*)?",
    re.IGNORECASE,
)
"""An absolute web address: a host, no user info, nothing that could end the attribute or text that it is put in."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link that the customer endpoint offers, absolute http or https."""

    label: str
    url: str


class InvalidJson(ValueError):
    """The bytes are not JSON as this service takes it; the message says why and quotes nothing."""


class NotObject(ValueError):
    """The bytes are JSON, but not an object."""


class Missing(Enum):
    """The type of `MISSING`, which no JSON value can be."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""What a pointer that leads nowhere gives; JSON's null is a value of its own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A JSON object as the customer endpoint sent it; nobody changes it."""

    value: dict[str, Json]

    @property
    def empty(self) -> bool:
        """Tell whether the customer endpoint answered `{}`: it knows no such customer."""
        return not self.value

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
        offered = self.value.get("links")
        found = (_link(item) for item in offered) if isinstance(offered, list) else iter(())
        kept = [link for link in found if link]
        return tuple(kept[:MOST_LINKS])

    def as_json(self) -> str:
        """Return the object encoded anew: one spelling, no duplicate keys, nothing that a database refuses."""
        return json.dumps(self.value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse_facts(body: bytes) -> Facts:
    """Read one JSON object (RFC 8259) from UTF-8 bytes, or raise `InvalidJson` or `NotObject`."""
    text = _decoded(body)
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(text):
        raise InvalidJson(f"nested deeper than {DEEPEST}")
    value = _loaded(text)
    if not isinstance(value, dict):
        raise NotObject(f"the top level is {_kind(value)}")
    _refuse_what_cannot_be_stored(text, value)
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
        value: Json = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as broken:
        why = f"not valid JSON at line {broken.lineno}, column {broken.colno}" if text.strip() else "the body is empty"
    except InvalidJson as broken:
        why = str(broken)
    except (ValueError, RecursionError):
        why = "a number has too many digits"
    else:
        return value
    raise InvalidJson(why)


def _is_too_deep(text: str) -> bool:
    depth = 0
    for character in re.sub(r"[^\[\]{}]", "", _STRING.sub("", text)):
        depth += 1 if character in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJson("a number is too large")
    return number


def _refuse_what_cannot_be_stored(text: str, value: dict[str, Json]) -> None:
    # Each check that walks the values runs only where the text shows that it could find something.
    if text.count(",") + text.count("[") + text.count("{") > MOST_NODES and _nodes(value) > MOST_NODES:
        raise InvalidJson(f"more than {MOST_NODES:,} values")
    if not (_SURROGATE.search(text) or "\\u0000" in text):
        return
    for string in _strings(value):
        if "\0" in string:
            raise InvalidJson("a string holds the character U+0000, which no database stores")
        if any("\ud800" <= character <= "\udfff" for character in string):
            raise InvalidJson("a string holds half of a surrogate pair")


def _nodes(value: dict[str, Json] | list[Json]) -> int:
    items = value.values() if isinstance(value, dict) else value
    return len(value) + sum(_nodes(item) for item in items if isinstance(item, (dict, list)))


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _strings(item)


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"


def _step(value: Json | Missing, token: str) -> Json | Missing:
    if isinstance(value, dict) and _TOKEN.fullmatch(token):
        return value.get(token.replace("~1", "/").replace("~0", "~"), MISSING)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return MISSING


def _leaves(pointer: str, value: Json) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(f"{pointer}/{index}", item)
    else:
        yield pointer, value


def _link(item: Json) -> Link | None:
    if not isinstance(item, dict):
        return None
    label, url = item.get("label"), item.get("url")
    if not isinstance(label, str) or not isinstance(url, str) or len(url) > LONGEST_LINK:
        return None
    shown = line(label, LONGEST_LABEL)
    if not shown or plain(url) != url or not _LINK.fullmatch(url):
        return None
    return Link(shown, url)
