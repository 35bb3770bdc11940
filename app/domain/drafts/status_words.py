"""Finds status words in a draft that the customer's facts deny, by the choices that the owner's instructions name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.domain.drafts.look_alikes import evened
from app.domain.rows.display import Wish, read_display

ANSWERS = frozenset(["yes", "no", "true", "false", "on", "off", "y", "n"])
"""Words that every reply has; they deny something only right behind the label."""

_NOT = r"(?:not|no longer|never|isn't|aren't|wasn't|cannot be|nicht|kein|keine|nicht mehr|pas|no está)"


def denied(
    draft: str, instructions: str, rows: Iterable[Mapping[str, Any]], also_known: Sequence[str]
) -> list[tuple[int, int]]:
    """List where a draft says of a status what its row denies, less what other texts say."""
    text = evened(draft)
    elsewhere = [evened(each).casefold() for each in also_known]
    spans: list[tuple[int, int]] = []
    wishes = [wish for wish in read_display(instructions).wishes if wish.alternatives]
    values = {_even(row["label"]): _even(row["value"]) for row in rows}
    for wish in wishes:
        value = values.get(_even(wish.label), values.get(_even(wish.name)))
        if value is None:
            continue
        others = " ".join(each for label, each in values.items() if each is not value)
        spans += _denied_by(text, wish, value, [*elsewhere, others])
    return sorted(set(spans))


def _denied_by(text: str, wish: Wish, value: str, elsewhere: Sequence[str]) -> Iterator[tuple[int, int]]:
    stated = [word for word in wish.alternatives if _words(word).search(value)]
    if not stated:
        return
    # "Not active" holds "active": the longest choice that the value states is the one that it is.
    longest = max(stated, key=len)
    said = [found.span() for found in _words(longest).finditer(text)]
    for word in wish.alternatives:
        if word == longest:
            continue
        pattern = _behind_label(wish.label, word) if word.lower() in ANSWERS else _words(word)
        for found in pattern.finditer(text):
            start, end = found.span(found.lastgroup or 0)
            if not any(a <= start and end <= b for a, b in said) and not _stands(word, elsewhere):
                yield start, end
    if longest.lower() not in ANSWERS and not _stands(f"not {longest}", elsewhere):
        negated = re.compile(rf"(?<!\w){_NOT}\s(?:\w+\s)?{re.escape(longest)}(?!\w)", re.IGNORECASE)
        yield from (found.span() for found in negated.finditer(text))


def _words(phrase: str) -> re.Pattern[str]:
    spaced = r"[\s_-]+".join(re.escape(word) for word in evened(phrase).split())
    return re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE)


def _behind_label(label: str, word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(evened(label))}\W{{1,3}}(?P<word>{re.escape(word)})(?!\w)", re.IGNORECASE)


def _stands(phrase: str, texts: Iterable[str]) -> bool:
    pattern = _words(phrase)
    return any(pattern.search(text) for text in texts)


def _even(text: str) -> str:
    return " ".join(evened(text).casefold().split())
