"""Finds number words that count what a fact counts: "three seats" where the record says 12.

A word for a number is mostly no statement ("give me two minutes", "one of us"), so only those are read that stand
directly before the name of a number that the card shows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ENGLISH = "two three four five six seven eight nine ten eleven twelve"
_GERMAN = "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
NUMBER_WORDS = {word: str(number) for words in (_ENGLISH, _GERMAN) for number, word in enumerate(words.split(), 2)}
"""Words and what they mean, from two on: "one" and "ein" are articles too."""

_COUNT = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})[ \u00a0]([^\W\d_]{{2,40}}+)", re.IGNORECASE)
_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]{2,40}+")


@dataclass(frozen=True, slots=True)
class CountedWord:
    """A number word at one place of a draft, and what the record says of the same thing."""

    amount: str
    facts: frozenset[str]
    start: int
    end: int


def counts_in(draft: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[CountedWord]:
    """Yield the number words of a draft that stand before the name of a number of the record, from left to right."""
    facts: dict[str, set[str]] = {}
    for row in rows:
        if row.get("type") == "number":
            for name in _NAME.findall(row["label"])[-1:]:  # what "Open invoices" counts is invoices
                facts.setdefault(_singular(name), set()).add(str(row.get("raw")))
    for match in _COUNT.finditer(draft) if facts else ():
        known = facts.get(_singular(match[2]))
        if known:
            yield CountedWord(NUMBER_WORDS[match[1].lower()], frozenset(known), *match.span(1))


def numbers_in(texts: Iterable[str]) -> set[str]:
    """Return the numbers that texts write as words."""
    return {NUMBER_WORDS[word.lower()] for text in texts for word in _WORD.findall(text)}


def _singular(name: str) -> str:
    return name.lower().removesuffix("s")
