"""Reads the answer of a summarize call: a summary, and pointers to facts with the way to read each."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from support_context.facts import Json
from support_context.plain_text import line

MOST_ROWS_READ = 48
"""Rows of an answer that are looked at, twice what a card holds: some are dropped, and a flood must not cost."""

LONGEST_POINTER = 1_000
LONGEST_TEXT = 4_000
"""Characters of a pointer and of any other text of an answer that are read."""

MOST_MEMBERS = 8
"""Members of an object that a row may name, each as a key of it."""


class UnreadableAnswer(ValueError):
    """The JSON holds neither summary nor rows; the text says what is wanted, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class PointedRow:
    """One row as a model asks for it: no value, only where the fact stands and how to read it.

    `kind` is its word for `as`; `unit` a second pointer, to the currency; `members` the keys to show of each item.
    `words` are other texts of the row: one of them may choose among the words that the owner lists, and is ignored
    where it is none of these.
    """

    label: str
    source: str
    kind: str = ""
    unit: str = ""
    members: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer as it was read, not judged."""

    summary: str
    rows: tuple[PointedRow, ...]


KINDS = ("text", "number", "percent", "money", "date", "datetime", "choice", "count", "list")
"""Ways to read a fact that a model may name; it is a hint, and code refuses what the fact is not."""

NAMES_OF_ROWS = ("fields", "rows", "data")
READ_OF_ROW = frozenset({"label", "source", "as", "members"})


def answer_of(said: Json) -> Answer:
    """Read an answer, also of a server that holds no schema; raises `UnreadableAnswer` where nothing can be made of it.

    Unknown members are ignored, a scalar is taken as text, a row that is none is skipped.
    """
    if isinstance(said, dict):
        rows = next((rows for name in NAMES_OF_ROWS if isinstance(rows := said.get(name), list)), None)
        if rows is not None or isinstance(said.get("summary"), str):
            return Answer(_text(said.get("summary")), tuple(_rows(rows or [])))
    if isinstance(said, list) and any(isinstance(row, dict) and "source" in row for row in said):
        return Answer("", tuple(_rows(said)))
    raise UnreadableAnswer('it must be an object with "summary", a string, and "fields", a list of rows')


def _rows(rows: list[Json]) -> Iterator[PointedRow]:
    for row in islice(rows, MOST_ROWS_READ):
        source = row.get("source") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(source, str):
            continue
        members = row.get("members")
        named = members if isinstance(members, list) else []
        others = (_text(value) for key, value in islice(row.items(), MOST_MEMBERS) if key not in READ_OF_ROW)
        yield PointedRow(
            label=_text(row.get("label")),
            source=source[:LONGEST_POINTER],
            kind=_text(row.get("as")).strip().lower(),
            unit=_text(row.get("unit"))[:LONGEST_POINTER],
            members=tuple(_text(name) for name in islice(named, MOST_MEMBERS)),
            words=tuple(word for word in others if word),
        )


def _text(value: object) -> str:
    if isinstance(value, str):
        return line(value[:LONGEST_TEXT], LONGEST_TEXT)
    return json.dumps(value) if isinstance(value, bool | int | float) else ""
