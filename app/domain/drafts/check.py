"""Checks a draft reply against a customer's facts: what it states that nothing backs, and what it may not tell."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from app.domain.drafts import status_words
from app.domain.drafts.known import Known
from app.domain.drafts.number_words import counts_in, numbers_in
from app.domain.drafts.statements import Place, places_in, readable
from app.domain.drafts.withheld import Withheld

MOST_FIGURES = 1_000
"""Figures and addresses of a draft that are read; what stands behind them is one finding, never passed over."""

MESSAGES = {
    "number": "This number stands in no fact of the customer and in no other text given; check it before you send.",
    "money": "This amount, in this currency, stands in no fact of the customer and in no other text given; check it "
    "before you send.",
    "date": "This date or time stands in no fact of the customer and in no other text given; check it before you send.",
    "identifier": "This identifier stands in no fact of the customer and in no other text given; check it before you "
    "send.",
    "address": "This address stands in no fact of the customer and in no other text given; check where it leads "
    "before you send.",
    "status": "The customer's facts say otherwise; check the status before you send.",
    "withheld": "This is a value of a record that the sender may not be told, also where the sender wrote it first; "
    "remove it, or verify who is writing.",
    "unread": "From here on nothing was checked: the draft holds more figures than a reply has; shorten it.",
}
"""What is said of each kind of finding."""

_KINDS = {"unread": "number"}
"""Kinds that are told as another: what was not read may hold anything, figures above all."""


@dataclass(frozen=True, slots=True)
class DraftFinding:
    """One place of a draft that needs a person; offsets count UTF-16 code units, as editors in a browser do."""

    kind: str
    text: str
    start: int
    end: int
    message: str


@dataclass(frozen=True, slots=True)
class Backing:
    """What a draft is held against: a stored result, the owner's display instructions, and texts known to the caller.

    `may_not_be_told` says that the sender is not tied to the record, so that no value of it backs anything.
    """

    rows: tuple[dict[str, Any], ...] = ()
    links: tuple[dict[str, Any], ...] = ()
    summary: str = ""
    identifier: str | None = None
    also_known: Sequence[str] = ()
    display_instructions: str = ""
    may_not_be_told: bool = False


def backing_of(result: dict[str, Any], also_known: Sequence[str], display_instructions: str) -> Backing:
    """Return what a draft is held against for a stored result."""
    return Backing(
        tuple(result["fields"]),
        tuple(result["links"]),
        result["summary"],
        result["identifier"],
        also_known,
        display_instructions,
        result["ai_context_withheld"] or result["identity"] == "mismatch",
    )


def check(draft: str, backing: Backing) -> list[DraftFinding]:
    """List what a draft states without backing, and what of a withheld record it tells, from left to right."""
    end = readable(draft, MOST_FIGURES)
    places = places_in(draft[:end])
    known = Known.of([backing.identifier or "", *backing.also_known])
    found: list[tuple[str, int, int]] = []
    if backing.may_not_be_told:
        withheld = Withheld.of(backing.rows, backing.links)
        found += [("withheld", *span) for span in withheld.told_in(draft, places)]
        counted = [each for each in counts_in(draft[:end], backing.rows) if each.amount in each.facts]
        found += [("withheld", each.start, each.end) for each in counted]
    else:
        known = known.with_facts(backing.rows, backing.links, backing.summary)
        denied = status_words.denied(draft, backing.display_instructions, backing.rows, backing.also_known)
        found += [("status", *span) for span in denied]
        fine = known.amounts | numbers_in(backing.also_known)
        counted = [each for each in counts_in(draft[:end], backing.rows) if each.amount not in fine]
        found += [("number", each.start, each.end) for each in counted]
    spans = sorted((start, stop) for _, start, stop in found)
    found += _apart([place for place in places if not known.backs(place)], spans)
    if end < len(draft):
        found.append(("unread", end, len(draft)))
    return _findings(draft, sorted(found, key=lambda each: each[1:]))


def _apart(places: Iterable[Place], spans: Sequence[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Return the places that touch none of these spans, which are in order and do not overlap."""
    starts = [start for start, _ in spans]

    def touches(place: Place) -> bool:
        before = bisect_left(starts, place.end)
        return before > 0 and spans[before - 1][1] > place.start

    return [(place.kind, place.start, place.end) for place in places if not touches(place)]


def _findings(draft: str, found: list[tuple[str, int, int]]) -> list[DraftFinding]:
    wide = draft.isascii() or max(draft) <= "\uffff"
    units = None if wide else [0, *accumulate(2 if character > "\uffff" else 1 for character in draft)]
    return [
        DraftFinding(
            _KINDS.get(kind, kind),
            draft[start:end],
            units[start] if units else start,
            units[end] if units else end,
            MESSAGES[kind],
        )
        for kind, start, end in found
    ]
