"""What lists of projects and results hold: ids and endings, and of one customer everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project as it stands in the list; `enabled` says that its look-up is turned on."""

    project_id: str
    plan: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of results ends: when its last ticket was submitted, and which it is."""

    submitted_at: datetime
    ticket_id: str


@dataclass(frozen=True, slots=True)
class ListedResult:
    """A result as it stands in a list, and where it stands there."""

    position: Position
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results of a project are listed: those with this status or reason, that ended since a time."""

    status: str | None = None
    reason: str | None = None
    since: datetime | None = None
