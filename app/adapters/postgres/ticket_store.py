"""Tickets in PostgreSQL: submissions, look-ups of results, erasures."""

import asyncio
from collections.abc import Callable, Sequence

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import (
    FOREIGN_KEY_VIOLATION,
    UNIQUE_VIOLATION,
    Database,
    Row,
    Statement,
    StatementFailed,
)
from app.adapters.postgres.notify.notices import ENDED_CHANNEL, QUEUED_CHANNEL, ended_message
from app.adapters.postgres.rows.ticket_rows import QUEUED, RESTING, packed, shown, submitted_of
from app.domain.audit import Action
from app.domain.claims import (
    Erased,
    ForeignTicket,
    Found,
    Stored,
    Submission,
    Submitted,
    Taken,
    Underway,
    UnknownProject,
)
from app.domain.workload import Taker
from support_context.limits import LONGEST_IDENTIFIER

ERASED_AT_ONCE = 1_000
"""Rows of one customer erased per statement: few have more."""

TRIES = 5
"""A ticket, project or slot that came or went in the moment of a submission is seen by the next try."""

TRIES_FOR_A_SLOT = 2
"""Of a slot that others take as well; then the ticket is queued."""

_SUBMIT = Statement("""
    SELECT submit_ticket(:ticket_id, :project_id, nextval('enrichment_runs'), :submission,
        :email_digest, :refresh, :asynchronous, CAST(:taker AS uuid), :takes_until, :slots) AS submitted
""")

# Numbers are given in the order in which the tickets were sent; their rows are taken in the order of their ids, so that
# two batches with the same tickets wait for each other and never in a circle.
_SUBMIT_MANY = Statement("""
    WITH input AS MATERIALIZED (
        SELECT i.*, nextval('enrichment_runs') AS run
        FROM unnest(CAST(:ticket_id AS text[]), CAST(:project_id AS text[]), CAST(:submission AS bytea[]),
            CAST(:email_digest AS bytea[]), CAST(:refresh AS boolean[]), CAST(:asynchronous AS boolean[]))
            AS i (ticket_id, project_id, submission, digest, refresh, asynchronous)
    )
    SELECT submit_ticket(ticket_id, project_id, run, submission, digest, refresh, asynchronous, NULL, NULL, 0)
        AS submitted
    FROM (SELECT * FROM input ORDER BY ticket_id) AS sorted
""")

_FIND = Statement(
    "SELECT project_id AS holder, result, last_attempt, submitted_at, run, state FROM enrichments "
    "WHERE ticket_id = :ticket_id"
)

_HAND_OVER = Statement("""
    UPDATE enrichments SET asynchronous = true
    WHERE ticket_id = :ticket_id AND project_id = :project_id AND state <> 'done' RETURNING 1
""")

_PENDING = Statement("SELECT ticket_id FROM enrichments WHERE ticket_id = ANY(:ticket_ids) AND state <> 'done'")

_ERASE = Statement(f"""
    WITH existing AS (
        SELECT project_id FROM enrichments WHERE ticket_id = :ticket_id
    ), erased AS (
        DELETE FROM enrichments WHERE ticket_id = :ticket_id AND project_id = :project_id
        RETURNING ticket_id, project_id
    ), noted AS ({noting(Action.TICKET_ERASED, "erased", subject="ticket_id")})
    SELECT project_id AS holder FROM existing
""")  # noqa: S608 - constants, no value

_NOTE_LOOK_UP = Statement(f"""
    WITH noted AS ({
    noting(Action.TICKET_LOOKED_UP, "projects WHERE project_id = :project_id", subject="CAST(:ticket_id AS text)")
} RETURNING 1)
    SELECT 1 FROM noted
""")  # noqa: S608 - constants, no value

_UNDER_WAY = (f"{QUEUED} AND asynchronous = ANY(ARRAY[false, true])", RESTING, "state = 'running'")
"""The conditions of a run under way, each of which an index finds."""

_FOUND_UNDER_WAY = " UNION ".join(
    f"""
        SELECT ticket_id FROM enrichments WHERE {state} AND project_id = :project_id
            AND customer_named(left(extracted ->> 'identifier', {LONGEST_IDENTIFIER})) = customer_named(:identifier)
    """  # noqa: S608 - constants, no value
    for state in _UNDER_WAY
)

# A run under way is about a customer once the AI has named one. The first batch is noted whatever it finds: somebody
# has asked.
_ERASE_CUSTOMER = Statement(f"""
    WITH found AS (
        SELECT ticket_id FROM enrichments
        WHERE project_id = :project_id AND customer = customer_named(:identifier)
        UNION
        {_FOUND_UNDER_WAY}
        LIMIT :at_once
    ), erased AS (
        DELETE FROM enrichments WHERE project_id = :project_id AND ticket_id IN (SELECT ticket_id FROM found)
        RETURNING ticket_id, state <> 'done' AS running
    ), counted AS (
        SELECT p.project_id, (SELECT count(*) FROM erased) AS erased FROM projects p WHERE p.project_id = :project_id
    ), noted AS ({noting(Action.CUSTOMER_ERASED, "counted WHERE erased > 0 OR :is_first", results_erased="erased")})
    SELECT erased, ARRAY(SELECT ticket_id FROM erased WHERE running) AS running FROM counted
""")  # noqa: S608 - constants, no value


class TicketStore:
    """The rows of tickets; every method may raise `DatabaseUnavailable`.

    `taker` is this process, as it takes runs. `notify` sends a NOTIFY on a channel, soon.
    """

    def __init__(self, database: Database, taker: Taker, notify: Callable[[str, str], None]) -> None:
        self._database = database
        self._taker = taker
        self._notify = notify

    async def submit(self, submissions: Sequence[Submission], *, take: bool = False) -> list[Submitted | Taken]:
        """Store tickets in one transaction, each once, and return the state of each in the order given.

        With `take`, the one ticket is `Taken` by this process if it can be run at once.
        """
        # A batch may hold megabytes of emails, and packing them would hold up everybody else.
        alone = len(submissions) == 1
        values = [_values(each) for each in submissions] if alone else await asyncio.to_thread(_columns, submissions)
        for turn in range(TRIES):
            try:
                if alone:
                    rows = await self._submit(values[0], take=take and turn < TRIES_FOR_A_SLOT)
                else:
                    rows = await self._database.fetch(_SUBMIT_MANY, values[0])
            except StatementFailed as failure:
                if failure.sqlstate not in (FOREIGN_KEY_VIOLATION, UNIQUE_VIOLATION):
                    raise
                continue  # something came or went in this moment: now it is seen
            known = {row.submitted["ticket_id"]: row.submitted for row in rows if row.submitted}
            if any(each["is_new"] and each["terms"] is None for each in known.values()):
                self._notify(QUEUED_CHANNEL, "")
            return [submitted_of(known.get(each.ticket_id), each) for each in submissions]
        raise StatementFailed("a submission that never settles", None)

    async def _submit(self, values: dict[str, object], *, take: bool) -> Sequence[Row]:
        terms = {
            "taker": self._taker.worker_id if take else None,
            "takes_until": self._taker.takes_until if take else None,
            "slots": self._taker.slots,
        }
        return await self._database.fetch(_SUBMIT, values | terms)

    async def find(self, ticket_id: str, project_id: str) -> Found:
        """Return a ticket's result, or that a run is under way; None where nothing is stored."""
        rows = await self._database.fetch(_FIND, {"ticket_id": ticket_id})
        if not rows:
            return None
        [row] = rows
        if row.holder != project_id:
            return ForeignTicket()
        if row.state == "done":
            return Stored(shown(row))
        return Underway(row.submitted_at, row.run, None if row.result is None else shown(row))

    async def hand_over(self, ticket_id: str, project_id: str) -> bool:
        """Make a ticket's run asynchronous, as its caller waits no longer; False if it has ended already."""
        return bool(await self._database.fetch(_HAND_OVER, {"ticket_id": ticket_id, "project_id": project_id}))

    async def pending_among(self, ticket_ids: list[str]) -> set[str]:
        """Return the tickets, of these, whose run has not ended."""
        return {row.ticket_id for row in await self._database.fetch(_PENDING, {"ticket_ids": ticket_ids})}

    async def note_look_up(self, ticket_id: str, project_id: str, actor: str) -> bool:
        """Note that a person looks a customer up by hand, without whom; False where there is no such project."""
        values = {"ticket_id": ticket_id, "project_id": project_id, "actor": actor}
        return bool(await self._database.fetch(_NOTE_LOOK_UP, values))

    async def erase(self, ticket_id: str, project_id: str, actor: str | None = None) -> Erased | ForeignTicket | None:
        """Erase the ticket's row, running or not; None if there is none."""
        values = {"ticket_id": ticket_id, "project_id": project_id, "actor": actor}
        rows = await self._database.fetch(_ERASE, values)
        if not rows:
            return None
        if rows[0].holder != project_id:
            return ForeignTicket()
        self._notify(ENDED_CHANNEL, ended_message(ticket_id, project_id))
        return Erased()

    async def erase_customer(
        self, project_id: str, identifier: str | None, actor: str | None = None
    ) -> int | UnknownProject:
        """Erase the rows of all tickets that were looked up by this identifier, running or not; say how many."""
        values = {"project_id": project_id, "identifier": identifier, "actor": actor, "at_once": ERASED_AT_ONCE}
        erased: list[int] = []
        while not erased or erased[-1] == ERASED_AT_ONCE:
            rows = await self._database.fetch(_ERASE_CUSTOMER, values | {"is_first": not erased})
            if not rows:
                return UnknownProject()
            for ticket_id in rows[0].running:  # somebody may wait for it
                self._notify(ENDED_CHANNEL, ended_message(ticket_id, project_id))
            erased.append(rows[0].erased)
        return sum(erased)


def _values(submission: Submission) -> dict[str, object]:
    return {
        "ticket_id": submission.ticket_id,
        "project_id": submission.project_id,
        "submission": packed(submission),
        "email_digest": submission.email_digest,
        "refresh": submission.refresh,
        "asynchronous": submission.asynchronous,
    }


def _columns(submissions: Sequence[Submission]) -> list[dict[str, object]]:
    """Return the values of many, column by column."""
    rows = [_values(each) for each in submissions]
    return [{name: [row[name] for row in rows] for name in _SUBMIT_MANY.names}]
