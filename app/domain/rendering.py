"""Shows JSON values and JSON Pointers to people: values as plain text, pointers as labels."""

from collections.abc import Iterable

from app.domain.outcomes import Field
from app.domain.wording import name_words, numeral
from support_context.plain_text import line

MOST_FIELDS = 24
"""Rows on one card: more than an agent reads before answering."""

LONGEST_LABEL = 80
LONGEST_VALUE = 500
LONGEST_SUMMARY = 600
"""Characters of a label, a value and a summary: one line, a short paragraph, two or three sentences."""

LONGEST_INDEX = 6
"""Digits of a list's index in a pointer; 64 KB of JSON hold no longer list."""

NOTHING = "—"
"""What stands where the JSON has null or an empty text."""


def rendered(value: object, limit: int = LONGEST_VALUE) -> str:
    """Write a JSON value as one plain line of at most `limit` characters."""
    return line(_written(value), limit) or NOTHING


def keys_of(pointer: str) -> list[str]:
    """Split a JSON Pointer into its keys (RFC 6901, section 4)."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def label_for(pointer: str, parents: int = 1) -> str:
    """Make a label from the last key, `monthly_revenue` being "Monthly revenue"; an index follows its list's key.

    With `parents` 2 the key before it is named too, as "Owner name" and "Company name".
    """
    keys = keys_of(pointer)
    first = len(keys)
    while first > 0 and parents > 0:
        first -= 1
        parents -= not _is_index(keys[first])
    words = [str(int(key) + 1) if _is_index(key) else _spoken(key) for key in keys[first:]]
    label = line(" ".join(words), LONGEST_LABEL)
    return label[:1].upper() + label[1:] or NOTHING


def made_from_rows(fields: Iterable[Field]) -> str:
    """Say the rows in one line, as `Plan: Pro · Seats: 12`."""
    return line(" · ".join(f"{field.label}: {field.value}" for field in fields), LONGEST_SUMMARY)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) <= LONGEST_INDEX


def _spoken(key: str) -> str:
    """Part a key into words; a key in capitals, as `MRR` or `ID`, stays so."""
    words = name_words(key)
    return line(key, LONGEST_LABEL) if not words or "".join(words).upper() == key else " ".join(words)


def _written(value: object) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return "true" if value else "false"
        case int() | float():
            return numeral(value)
        case str():
            return value
        case dict():
            return "; ".join(f"{key}: {_written(member)}" for key, member in value.items())
        case list() | tuple():
            return ", ".join(map(_written, value))
        case _:
            raise TypeError("not a JSON value")
