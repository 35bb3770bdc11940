"""Who may run the enrichment of a ticket now: everything that asking the database for it can answer."""

from dataclasses import dataclass
from typing import Any

from app.domain.configuration import StoredConfiguration
from app.domain.projects import Project


class DatabaseUnavailable(Exception):
    """The database cannot be used right now; the same call may work later. It never carries foreign text."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The caller runs this ticket now, and nobody else does while its lease is renewed.

    `attempt` counts the claims of the ticket; with `owner` it fences every later write. `charged` says that an earlier
    attempt died holding a credit, which this one may use.
    """

    ticket_id: str
    project_id: str
    owner: str
    attempt: int
    project: Project
    stored: StoredConfiguration | None
    charged: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """The ticket has a result, as the JSON document that was stored.

    `refreshing` says that a run which will replace it is under way: who waits for that one asks again.
    """

    result: dict[str, Any]
    refreshing: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """Another run has this ticket now: ask again shortly."""


@dataclass(frozen=True, slots=True)
class ForeignTicket:
    """The ticket belongs to another project, of which nothing is said."""


@dataclass(frozen=True, slots=True)
class UnknownProject:
    """No such project."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The ticket's row was there and is gone."""


Claim = Claimed | Stored | Busy | ForeignTicket | UnknownProject
"""Every answer to a claim."""
