"""Finds what a model said about a fact, or about all of them, that they do not say."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.domain import display
from app.domain.rendering import keys_of, rendered
from app.domain.wording import Wording, name_words, part_words, wording
from support_context.facts import Facts, Json
from support_context.plain_text import comparable

LONGEST_FACT_READ = 8_000
"""Characters of one fact that a value is held against; a value shows 500 of them at most."""

_QUIET = frozenset("_.,:;()/'\"’‘“”-–—−+&… ")
"""Marks that say nothing of their own; any other (`%`, `<`, `*`, `✅`) must stand in the fact or the instructions."""

_NEGATIONS = frozenset({"not", "no", "never", "none", "non", "without", "isn", "doesn", "hasn", "cannot"})
"""Words of a fact that a value may not leave out: "not active" does not say "active"."""

_NUMBER_WORDS = dict(
    zip(
        name_words(
            "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty hundred"
        ),
        name_words("2 3 4 5 6 7 8 9 10 11 12 20 30 40 50 60 100"),
        strict=True,
    )
) | {"dozen": "12", "thousand": "1000", "million": "1000000", "billion": "1000000000"}

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|[\w.+-]+@[\w.-]*\w|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b")
_MARKUP = re.compile(r"[<>`*|\\~^{}\[\]]|^#+ ")


@dataclass(frozen=True, slots=True)
class Owner:
    """What the owner's display instructions say themselves, and may therefore stand in a row."""

    said: Wording
    names: frozenset[str]
    marks: frozenset[str]
    choices: tuple[tuple[str, ...], ...]

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, instructions: str) -> "Owner":
        """Read the instructions; one reading serves all tickets of a project."""
        choices = tuple(display.alternatives(instructions))
        return cls(wording(instructions), frozenset(name_words(instructions)), frozenset(marks(instructions)), choices)


def marks(text: str) -> set[str]:
    """Return the characters of a text that are neither letter, digit, space, currency sign nor plain punctuation."""
    return {c for c in set(comparable(text)) - _QUIET if unicodedata.category(c)[0] not in "LMNZ" and not _is_money(c)}


def beyond_fact(value: str, fact: Json, source: str, owner: Owner) -> set[str]:
    """Name what a value says beyond the fact and the owner's words; empty where every word and number is backed."""
    truth = rendered(fact, LONGEST_FACT_READ)
    if comparable(value) == comparable(truth):
        return set()
    known = wording(truth) | wording(part_words(truth))
    said = wording(value, known.numbers | owner.said.numbers)
    beyond = said.beyond(known | owner.said) | (marks(value) - marks(truth) - owner.marks)
    if not beyond and (_turned(value, said, truth, known, fact) or _phrase(value) in denied(fact, source, owner)[1]):
        beyond = (said.words | said.numbers) - known.words - known.numbers or {_phrase(value)}
    return beyond


def denied(fact: Json, source: str, owner: Owner) -> tuple[set[str], set[str]]:
    """Return those of the owner's alternatives that this fact states, and those that it thereby denies."""
    stated: set[str] = set()
    offered: set[str] = set()
    for choice in owner.choices:
        one = display.stated(fact, keys_of(source)[-1], choice)
        if one is not None:
            stated.add(_phrase(one))
            offered.update(map(_phrase, choice))
    return stated, offered - stated


def beyond_facts(summary: str, facts: Facts, false_phrases: set[str]) -> bool:
    """Tell whether a summary has a figure, an address, markup or a phrase known to be false that the JSON lacks."""
    said, text, phrase = wording(summary), comparable(summary), f" {_phrase(summary)} "
    coded = {word for word in said.words if any(character.isdigit() for character in word)}
    figures = Wording(coded, said.numbers, said.dates, said.times)
    counts = said.words & _NUMBER_WORDS.keys()
    literal = [found.group().rstrip(".,;:!?)'\"") for found in _ADDRESS.finditer(text)] + _MARKUP.findall(text)
    false = {word for word in false_phrases if f" {word} " in phrase}
    if not (figures.beyond(Wording()) or counts or literal or false):
        return False
    everything = " | ".join(_texts(facts.value))
    known, known_text, known_phrase = wording(everything), comparable(everything), f" {_phrase(everything)} "
    return (
        bool(figures.beyond(known))
        or any(word not in known.words and _NUMBER_WORDS[word] not in known.numbers for word in counts)
        or any(part not in known_text for part in literal)
        or any(f" {word} " not in known_phrase for word in false)
    )


def _turned(value: str, said: Wording, truth: str, known: Wording, fact: Json) -> bool:
    """Tell whether a value turns the fact into another: leaves out its "not", changes its currency or its number."""
    shown, meant = set(filter(_is_money, value)), set(filter(_is_money, truth))
    other_number = (
        not isinstance(fact, bool) and isinstance(fact, int | float) and said.numbers.isdisjoint(known.numbers)
    )
    return bool((_NEGATIONS & known.words) - said.words or (meant and shown - meant) or (said.numbers and other_number))


def _texts(value: Json) -> Iterator[str]:
    """Yield every key, as it is and in words, and every scalar."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield part_words(key)
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    else:
        yield rendered(value, LONGEST_FACT_READ)


def _phrase(text: str) -> str:
    return " ".join(name_words(text))


def _is_money(character: str) -> bool:
    return unicodedata.category(character) == "Sc"
