"""Names of rows: JSON Pointers split into keys, and labels made of them."""

import unicodedata
from collections.abc import Iterable

from app.domain.outcomes import Field
from app.domain.rows.spelling import NOTHING, ORDERS_LEFT_OUT, UNITS
from app.domain.rows.vocabulary import ORDERS
from app.domain.rows.words import LONGEST_NAME, name_words
from support_context.json_pointers import keys_of
from support_context.plain_text import comparable, line

MOST_FIELDS = 24
"""Rows on one card: more than an agent reads before answering."""

LONGEST_LABEL = 80
LONGEST_SUMMARY = 600
"""Characters of a label and of a summary: one line, two or three sentences."""

MOST_WORDS_OF_A_FACT = 8
"""Words of a fact that may speak in a summary; a longer one is somebody's text."""

LONGEST_INDEX = 6
"""Digits of a list's index in a pointer; 64 KB of JSON hold no longer list."""


def label_for(pointer: str, parents: int = 1) -> str:
    """Make a label from the last key, `monthly_revenue` being "Monthly revenue"; an index follows its list's key.

    With `parents` 2 the key before it is named too, as "Owner name" and "Company name".
    """
    keys = keys_of(pointer)
    first = len(keys)
    while first > 0 and parents > 0:
        first -= 1
        parents -= not is_index(keys[first])
    words = [str(int(key) + 1) if is_index(key) else _spoken(key) for key in keys[first:]]
    label = line(" ".join(words), LONGEST_LABEL)
    return label[:1].upper() + label[1:] or NOTHING


def made_from_rows(fields: Iterable[Field]) -> str:
    """Say the rows in one line, as `Plan: Pro · Seats: 12`.

    Those that only agents may see are left out, texts of more words than a name has, which speak for themselves, and
    those that give orders.
    """
    said = (field for field in fields if not field.agent_only and ORDERS_LEFT_OUT not in field.value)
    told = (field for field in said if not is_long(field.value))
    return line(" · ".join(f"{field.label}: {field.value}" for field in told), LONGEST_SUMMARY)


def is_index(key: str) -> bool:
    """Tell whether a key of a pointer is a list's index."""
    return key.isascii() and key.isdecimal() and len(key) <= LONGEST_INDEX


def _spoken(key: str) -> str:
    """Part a key into words; a key in capitals, as `MRR` or `ID`, stays so, a unit goes to the value."""
    name, opened, unit = key[:LONGEST_NAME].rstrip(") ").partition("(")
    shown = name if opened and name.strip() and unit.strip().lower() in UNITS else key[:LONGEST_NAME]
    shown = shown.rstrip("% ") or shown
    if ORDERS.search(comparable(shown)):
        return ORDERS_LEFT_OUT
    words = name_words(shown)
    return line(shown, LONGEST_LABEL) if not words or "".join(words).upper() == shown else " ".join(words)


def is_long(text: str) -> bool:
    """Tell whether a text has more words than a name or a state has, two signs of a spaceless script being one."""
    if text.isascii():
        return len(text.split()) > MOST_WORDS_OF_A_FACT
    spaceless = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text.split()) + spaceless // 2 > MOST_WORDS_OF_A_FACT
