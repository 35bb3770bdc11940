"""Result types of the ticket store and the run store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.breaker import Admission
from app.domain.configuration import Configuration
from app.domain.outcomes import IdentifiedBy, Identity
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.traces import Trace


class DatabaseUnavailable(Exception):
    """The database cannot be used right now; the same call may work later. It never carries foreign text."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A ticket that a caller wants enriched.

    `refresh` asks for a new run of a ticket that has a result; `asynchronous` says that nobody waits for this one, so
    that it may wait itself, and its end is told by webhook. `trace` is where its caller stands. `given_identifier` is
    whom to look up where no email is to be read: a refresh has none at all; `email_digest` will tell whether a later
    email is another.
    """

    ticket_id: str
    project_id: str
    email: Email | None
    refresh: bool = False
    asynchronous: bool = False
    trace: Trace | None = None
    given_identifier: str | None = None
    email_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Underway:
    """The ticket's run is queued or running since that time, and will end with a result.

    `run` is its number. `previous` is the result that it will replace, where somebody asked for a refresh.
    """

    since: datetime
    run: int
    previous: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The ticket has a result, as the JSON document that was stored, and no run is under way."""

    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ForeignTicket:
    """The ticket belongs to another project, of which nothing is said."""


@dataclass(frozen=True, slots=True)
class UnknownProject:
    """No such project."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The ticket's row was there and is gone."""


@dataclass(frozen=True, slots=True)
class Given:
    """A given identifier, looked up without reading an email: typed by an agent, or known from the result before.

    `identity` is what the comparison with the sender gave at the look-up before; None: compare the sender of this one.
    """

    identifier: str
    identified_by: IdentifiedBy
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed run: the lease by which the caller is the one to run this ticket.

    `run` and `attempt`, which counts the claims of the ticket, fence every later write. `strikes` counts the attempts,
    this one too, that have not ended in order; `plan`, `configuration` and `token_sealed`, a ciphertext, are those of
    the project as the run began; `charged` says that it holds a credit, `extracted` what an earlier attempt has
    learned, `age_seconds` how long ago the run was submitted; `trace` is where its submitter stood. Where the breaker
    of its `endpoint` is open, `admission` is what that has said once it was asked.
    """

    ticket_id: str
    project_id: str
    run: int
    attempt: int
    strikes: int
    plan: str
    configuration: Configuration | None
    token_sealed: bytes | None
    email: Email
    extracted: Extracted | None
    charged: bool
    age_seconds: float
    trace: Trace | None = None
    given: Given | None = None
    endpoint: str = ""
    breaker_open: bool = False
    admission: Admission = Admission.PASSES


@dataclass(frozen=True, slots=True)
class Taken:
    """A submission that this process runs at once: the ticket is new since that time, and claimed."""

    since: datetime
    claimed: Claimed
    previous: dict[str, Any] | None = None


Submitted = Underway | Stored | ForeignTicket | UnknownProject
"""Every answer to a submission, beside `Taken` where it may be taken."""

Found = Underway | Stored | ForeignTicket | None
"""Every answer to a look at a ticket; None where nothing ever was."""


@dataclass(frozen=True, slots=True)
class Position:
    """The cursor of a page of results: when its last ticket was submitted, and which it is."""

    submitted_at: datetime
    ticket_id: str


@dataclass(frozen=True, slots=True)
class ListedResult:
    """A result in a list, with its position there."""

    position: Position
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter of a list of results: a status, a reason, a time since which they ended."""

    status: str | None = None
    reason: str | None = None
    since: datetime | None = None
