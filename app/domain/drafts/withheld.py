"""Finds the values of a record in a draft that may tell none of them, in whatever disguise they stand there."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.drafts.look_alikes import Skeleton, skeleton
from app.domain.drafts.readings import Date, agree, amounts
from app.domain.drafts.statements import Place, places_in

MOST_VALUES = 400
"""Values of one record that are looked for: 24 rows and 20 links, in parts."""

MOST_TOLD = 1_000
"""Places that are listed."""

SHORTEST_VALUE = 2
"""Characters; a figure of one digit is compared as a number."""

BORDERLESS_LENGTH = 8
"""Characters from which a value is found inside another word too."""

LONGEST_GAP = 3
"""Characters between two letters of a value that are put in to hide it."""

WORDS_OF_A_PART, SHORTEST_PART = 3, 12
"""Words, and characters, of a long text from which a part of it tells something."""

ANSWERS = frozenset(
    ["yes", "no", "true", "false", "on", "off", "ok", "none", "null", "n/a", "ja", "nein", "oui", "non", "si", "sí"]
)
"""Values that every reply has: they tell something only where the label stands beside them."""

_PARTS = re.compile(r"[,;|()\n]|\s[-–—]\s")
_SENTENCE = re.compile(r"[^.!?\n]+")


@dataclass(frozen=True, slots=True)
class Withheld:
    """The values of a record, ready to be looked for."""

    values: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    amounts: frozenset[str]
    dates: frozenset[Date]
    keys: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], links: Iterable[Mapping[str, Any]]) -> "Withheld":
        """Read the values of a record: whole, in parts, and as figures."""
        texts, answers = [], []
        for row in rows:
            for text in (row["value"], str(row.get("raw") or "")):
                if text.strip().lower() in ANSWERS:
                    answers.append((row["label"], text.strip()))
                else:
                    texts.append(text)
        texts += [link["url"] for link in links]
        places = [place for text in texts for place in places_in(text)]
        values = {skeleton(part).letters for text in texts for part in _parts(text)}
        values |= {skeleton(place.key).letters for place in places if place.kind in ("identifier", "address")}
        values |= {re.sub(r"\D", "", amount) for place in places for amount in place.amounts}
        whole = frozenset(amount for text in texts for amount in _whole_number(text))
        return cls(
            tuple(sorted((value for value in values if len(value) >= SHORTEST_VALUE), key=len, reverse=True))[
                :MOST_VALUES
            ],
            tuple(answers),
            whole | {amount for place in places for amount in place.amounts},
            frozenset(date for place in places for date in place.dates),
            frozenset(place.key for place in places if place.key),
        )

    def told_in(self, draft: str, places: Sequence[Place]) -> list[tuple[int, int]]:
        """List where a draft tells a value; where one stands inside another, the longer one."""
        looks = skeleton(draft)
        within = {at: (place.start, place.end) for place in places for at in range(place.start, place.end)}
        spans = [
            span for value in self.values for span in _standing(value, looks, draft) if _is_whole(span, value, within)
        ]
        spans += [(place.start, place.end) for place in places if self._tells(place)]
        spans += list(self._answered(draft))
        kept: list[tuple[int, int]] = []
        for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
            if not kept or start >= kept[-1][1]:
                kept.append((start, end))
            if len(kept) == MOST_TOLD:
                break
        return kept

    def _tells(self, place: Place) -> bool:
        same = not place.amounts.isdisjoint(self.amounts) or bool(place.key and place.key in self.keys)
        return same or any(agree(one, other) for one in place.dates for other in self.dates)

    def _answered(self, draft: str) -> Iterator[tuple[int, int]]:
        for label, word in self.answers:
            words = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
            for sentence in _SENTENCE.finditer(draft):
                if label.lower() in sentence[0].lower():
                    yield from (
                        (sentence.start() + each.start(), sentence.start() + each.end())
                        for each in words.finditer(sentence[0])
                    )


def _parts(text: str) -> Iterator[str]:
    """Return a value, what stands between its commas, and of a long text every few words of it."""
    yield text
    pieces = [piece.strip() for piece in _PARTS.split(text)]
    yield from (piece for piece in pieces if piece.lower() not in ANSWERS)
    words = text.split()
    for first in range(len(words) - WORDS_OF_A_PART + 1):
        part = " ".join(words[first : first + WORDS_OF_A_PART])
        if len(part) >= SHORTEST_PART:
            yield part


def _whole_number(text: str) -> frozenset[str]:
    return amounts(text.lstrip("-")) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else frozenset()


def _standing(value: str, looks: Skeleton, draft: str) -> Iterator[tuple[int, int]]:
    """Yield each place where a value stands in the draft as a word of its own, or as a long part of one."""
    letters, places = looks.letters, looks.places
    at = letters.find(value)
    found = 0
    while at >= 0 and found < MOST_TOLD:
        start, last = places[at], places[at + len(value) - 1]
        if last - start < len(value) * (LONGEST_GAP + 1) and (
            len(value) >= BORDERLESS_LENGTH or _is_apart(draft, start, last + 1)
        ):
            found += 1
            yield start, last + 1
        at = letters.find(value, at + 1)


def _is_whole(span: tuple[int, int], value: str, within: Mapping[int, tuple[int, int]]) -> bool:
    """Tell whether a short value is more than a part of a longer figure or address: `12` in `acct_12ab` is none."""
    start, end = within.get(span[0], span)
    return len(value) >= BORDERLESS_LENGTH or (start, end) == span or not (start <= span[0] and span[1] <= end)


def _is_apart(draft: str, start: int, end: int) -> bool:
    """Tell whether a place begins and ends where a word does, or where letters and digits meet."""
    return _differ(draft[start - 1 : start], draft[start]) and _differ(draft[end : end + 1], draft[end - 1])


def _differ(outside: str, inside: str) -> bool:
    return not outside.isalnum() or outside.isdecimal() != inside.isdecimal()
