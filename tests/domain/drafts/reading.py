"""Reads the 200 drafts: each honest text, its tampered twin, and where in that the planted place is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.domain.drafts.check import Backing, DraftFinding, check

FILE = Path(__file__).parent / "drafts.yaml"


@dataclass(frozen=True)
class Pair:
    record: str
    backing: Backing
    honest: str
    tampered: str
    planted: tuple[int, int]
    kind: str

    def found(self) -> list[DraftFinding]:
        """Return the findings that touch what was planted."""
        start, end = self.planted
        return [each for each in check(self.tampered, self.backing) if each.start < end and start < each.end]


def pairs() -> Iterator[Pair]:
    for record in yaml.safe_load(FILE.read_text()):
        backing = backing_of(record)
        for draft in record["drafts"]:
            old, new, kind = draft["edit"]
            assert draft["text"].count(old) >= 1, draft
            start = draft["text"].index(old)
            tampered = draft["text"].replace(old, new, 1)
            # UTF-16 as the check counts; no text of the file leaves the basic plane.
            assert max(tampered) <= "\uffff"
            yield Pair(record["record"], backing, draft["text"], tampered, (start, start + len(new)), kind)


def backing_of(record: dict[str, Any]) -> Backing:
    names = ("label", "value", "type", "raw")
    return Backing(
        rows=tuple(dict(zip(names, row, strict=True)) for row in record["rows"]),
        links=tuple({"label": label, "url": url} for label, url in record["links"]),
        identifier=record["identifier"],
        also_known=record["also_known"],
        display_instructions=record["instructions"],
        may_not_be_told=record.get("may_not_be_told", False),
    )
