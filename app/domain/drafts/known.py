"""Knows which numbers, sums, dates, addresses and identifiers are backed by facts or by texts that the caller has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.drafts.figure_words import CURRENCIES_MEANT
from app.domain.drafts.readings import Date, agree, amounts
from app.domain.drafts.statements import Place, places_in, readable

MOST_KNOWN_FIGURES = 4_000
"""Figures and addresses that are read of all texts that the caller knows; what stands behind them backs nothing."""

SHORTEST_PART = 3
"""Characters of an identifier's part that people write for the whole: `10482` of `ORD-10482`."""

_PART = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Known:
    """Everything checkable that the known texts state."""

    amounts: set[str] = field(default_factory=set)
    plain_amounts: set[str] = field(default_factory=set)
    percents: set[str] = field(default_factory=set)
    sums: dict[str, set[str]] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    dates: set[Date] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Known":
        """Read texts that the caller knows."""
        known, left = cls(), MOST_KNOWN_FIGURES
        for text in texts:
            left -= known._read(text[: readable(text, left)])
        return known

    def with_facts(
        self, rows: Iterable[Mapping[str, Any]], links: Iterable[Mapping[str, Any]], summary: str
    ) -> "Known":
        """Read the facts of a customer too."""
        for row in rows:
            for text in (row["label"], row["value"], str(row.get("raw") or "")):
                self._read(text if row.get("type") != "percent" else f"{text} %")
                self._read_number(text)
        for link in links:
            self._read(link["label"])
            self._read(link["url"])
        self._read(summary)
        return self

    def backs(self, place: Place) -> bool:
        """Tell whether something known says what a place of the draft says."""
        match place.kind:
            case "number":
                backing = self.percents if place.percent else self.amounts
                return not place.amounts.isdisjoint(backing) or (place.key in self.keys and not place.percent)
            case "money":
                return any(self._has_sum(amount, place.currencies) for amount in place.amounts)
            case "date":
                known_time = bool(place.key) and place.key in self.keys
                return known_time or any(agree(one, other) for one in place.dates for other in self.dates)
            case "address":
                return place.key in self.keys or place.key in self.hosts
            case _:
                return place.key in self.keys or place.key in self.amounts

    def _has_sum(self, amount: str, currencies: frozenset[str]) -> bool:
        if not currencies.isdisjoint(self.sums.get(amount, ())):
            return True
        return amount in self.plain_amounts and not currencies.isdisjoint(self.currencies)

    def _read(self, text: str) -> int:
        """Read a text, and return how many places it has."""
        places = places_in(text)
        for place in places:
            self.amounts |= place.amounts
            self.dates |= place.dates
            self.currencies |= place.currencies
            self.amounts |= {str(year) for year, _, _ in place.dates if year}
            if place.kind == "money":
                for amount in place.amounts:
                    self.sums.setdefault(amount, set()).update(place.currencies)
            elif place.kind == "number":
                (self.percents if place.percent else self.plain_amounts).update(place.amounts)
            if place.key:
                self._read_key(place)
        self.currencies |= {code for word in text.split() for code in CURRENCIES_MEANT.get(word.strip(".,;:()"), ())}
        return len(places)

    def _read_key(self, place: Place) -> None:
        self.keys.add(place.key)
        if place.kind == "address":
            self.hosts.add(re.split("[/?#]", place.key.rpartition("@")[2])[0])
        elif place.kind == "identifier":
            parts = [part for part in _PART.findall(place.key) if len(part) >= SHORTEST_PART]
            self.keys |= set(parts)
            self.amounts |= {amount for part in parts if part.isdecimal() for amount in amounts(part)}

    def _read_number(self, text: str) -> None:
        """Take a value that is nothing but a number as it stands: an order number that looks like a date, too."""
        if re.fullmatch(r"-?\d+(?:\.\d+)?", text):
            self.amounts |= amounts(text.lstrip("-"))
            self.plain_amounts |= amounts(text.lstrip("-"))
            self.keys.add(text)
