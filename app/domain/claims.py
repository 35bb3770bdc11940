"""What the database answers about a ticket: to who submits it, to who waits for it, to who is about to run it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.breaker import Admission
from app.domain.configuration import StoredConfiguration
from app.domain.extraction import Extracted
from app.domain.projects import Project
from app.domain.tickets import Email
from app.domain.traces import Trace


class DatabaseUnavailable(Exception):
    """The database cannot be used right now; the same call may work later. It never carries foreign text."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A ticket that a caller wants enriched.

    `refresh` asks for a new run of a ticket that has a result; `asynchronous` says that nobody waits for this one, so
    that it may wait itself, and its end is told by webhook. `trace` is where its caller stands.
    """

    ticket_id: str
    project_id: str
    email: Email
    refresh: bool = False
    asynchronous: bool = False
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Underway:
    """The ticket's run is queued or running since that time, and will end with a result.

    `previous` is the result that it will replace, where somebody asked for a refresh.
    """

    since: datetime
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


Submitted = Underway | Stored | ForeignTicket | UnknownProject
"""Every answer to a submission."""

Found = Underway | Stored | ForeignTicket | None
"""Every answer to a look at a ticket; None where nothing ever was."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """The run has one attempt left, as all others have died with their worker: nobody has claimed it yet."""


@dataclass(frozen=True, slots=True)
class InLine:
    """The run waits for its project's turn: as many as may be are in flight, or others came before it.

    Nobody has claimed it; whoever leaves a place lets it in, with a new job.
    """


@dataclass(frozen=True, slots=True)
class Claimed:
    """The caller runs this ticket now.

    `owner` is this claim's own name and `attempt` counts the claims of the ticket: together they fence every later
    write. `strikes` counts the attempts, this one too, that have not ended in order; `charged` says that the run holds
    a credit, `extracted` what an earlier attempt has learned, `age_seconds` how long ago the run was submitted; `trace`
    is where its submitter stood; `admission` is what the breaker of its `endpoint` says to this run.
    """

    ticket_id: str
    project_id: str
    run: int
    owner: str
    attempt: int
    strikes: int
    project: Project
    stored: StoredConfiguration | None
    email: Email
    extracted: Extracted | None
    charged: bool
    age_seconds: float
    trace: Trace | None = None
    admission: Admission = Admission.PASSES
    endpoint: str = ""
