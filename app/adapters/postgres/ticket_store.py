"""Tickets as callers know them, in PostgreSQL: submitted with their job in one transaction, found, erased."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import FOREIGN_KEY_VIOLATION, StatementFailed, fetch
from app.adapters.postgres.line import OTHERS_WAIT, Line
from app.adapters.postgres.queue import CHANNEL, ENRICH, NEWS, NOBODY_WAITS, SOMEBODY_WAITS, insert_jobs, payload
from app.domain.audit import Action
from app.domain.claims import Erased, ForeignTicket, Found, Stored, Submission, Submitted, Underway, UnknownProject
from app.domain.tickets import Email
from support_context.limits import LONGEST_IDENTIFIER

ENDED_CHANNEL = "customer_context_ended"
"""The channel of NOTIFY on which every process hears that a run has ended."""

ERASED_AT_ONCE = 1_000
"""Rows of one customer erased per statement: few have more."""

TRIES = 3
"""A ticket or project that came or went in the moment of a submission is seen by the next try."""

_RUNNING = "e.state <> 'done' AND (e.run IS NOT NULL OR e.lease_until >= now())"
"""Also true for what a replica of the release before the queue is running; what it left behind is nobody's."""

_ENQUEUE = insert_jobs(f"""
    SELECT '{ENRICH}', {payload("known.ticket_id", "coalesce(written.run, known.run)")},
        'run ' || coalesce(written.run, known.run),
        CASE WHEN known.asynchronous THEN {NOBODY_WAITS} ELSE {SOMEBODY_WAITS} END, now()
    FROM known LEFT JOIN written ON written.ticket_id = known.ticket_id
    WHERE CASE WHEN written.run IS NULL THEN running AND holder = project_id AND known.run IS NOT NULL AND NOT in_line
        ELSE NOT crowded END
    ORDER BY place
""")  # noqa: S608 - constants, no value
"""Puts the runs that have not ended into the queue, in the order in which they were sent, unless they wait in line."""

# Rows that need no change are only read: even a losing ON CONFLICT would lock, and so write, them. Those that do are
# taken in the order of their ids, so that two batches with the same tickets wait for each other and never in a circle.
# A run that has not ended gets a job, also one that has it: a second is skipped, one that was lost is made up for. New
# ones of a project in whose line others stand, or that come in a crowd, get none: they stand in line, in their order.
_SUBMIT = text(f"""
    WITH input AS (
        SELECT * FROM unnest(CAST(:ticket_ids AS text[]), CAST(:project_ids AS text[]), CAST(:emails AS bytea[]),
            CAST(:verdicts AS boolean[]), CAST(:refreshes AS boolean[]), CAST(:asynchronous AS boolean[]),
            CAST(:traceparents AS text[])) WITH ORDINALITY
            AS i (ticket_id, project_id, email, sender_verified, refresh, asynchronous, traceparent, place)
    ), known AS (
        SELECT input.*, p.project_id IS NOT NULL AS has_project, e.project_id AS holder, e.run, e.result,
            e.submitted_at, e.asynchronous AS was_asynchronous, coalesce({_RUNNING}, false) AS running,
            e.state = 'done' AS done, EXISTS (SELECT FROM waiting_runs w WHERE w.run = e.run) AS in_line,
            {OTHERS_WAIT.format(project_id="input.project_id")}
                OR count(*) OVER (PARTITION BY input.project_id) > :places AS crowded
        FROM input LEFT JOIN projects p ON p.project_id = input.project_id
            LEFT JOIN enrichments e ON e.ticket_id = input.ticket_id
    ), wanted AS (
        SELECT known.*, nextval('enrichment_runs') AS new_run FROM known
        WHERE has_project AND (holder IS NULL OR holder = project_id AND NOT running AND (refresh OR NOT done))
        ORDER BY place
    ), written AS (
        INSERT INTO enrichments AS e
            (ticket_id, project_id, state, run, email, sender_verified, asynchronous, owner, attempt, traceparent)
        SELECT ticket_id, project_id, 'queued', new_run, email, sender_verified, asynchronous, '', 0, traceparent
        FROM wanted ORDER BY ticket_id
        ON CONFLICT (ticket_id) DO UPDATE SET state = 'queued', run = excluded.run, email = excluded.email,
            sender_verified = excluded.sender_verified, extracted = NULL, place = NULL,
            asynchronous = excluded.asynchronous, submitted_at = now(), updated_at = now(), owner = '', strikes = 0,
            traceparent = excluded.traceparent,
            credit_month = CASE e.state WHEN 'done' THEN NULL ELSE e.credit_month END
        WHERE e.project_id = excluded.project_id AND NOT ({_RUNNING})
            AND (e.state <> 'done' OR (SELECT refresh FROM input WHERE input.ticket_id = e.ticket_id))
        RETURNING e.ticket_id, e.run, e.submitted_at
    ), promised AS (
        UPDATE enrichments SET asynchronous = true WHERE ticket_id IN (
            SELECT e.ticket_id FROM enrichments e JOIN known ON known.ticket_id = e.ticket_id
            WHERE holder = known.project_id AND running AND known.asynchronous AND NOT was_asynchronous
                AND e.project_id = holder AND e.state <> 'done'
            ORDER BY e.ticket_id FOR NO KEY UPDATE OF e
        ) RETURNING ticket_id
    ), queued AS ({_ENQUEUE}
    ), lined_up AS (
        INSERT INTO waiting_runs (run, ticket_id, project_id, waited_for)
        SELECT written.run, ticket_id, project_id, NOT asynchronous FROM written JOIN known USING (ticket_id)
        WHERE crowded
    )
    SELECT known.ticket_id, known.has_project, known.holder, known.running, known.result,
        written.run IS NOT NULL AS is_new, written.run IS NOT NULL AND crowded AS is_in_line,
        coalesce(written.submitted_at, known.submitted_at) AS submitted_at,
        was_asynchronous OR promised.ticket_id IS NOT NULL AS is_asynchronous
    FROM known LEFT JOIN written ON written.ticket_id = known.ticket_id
        LEFT JOIN promised ON promised.ticket_id = known.ticket_id
""")  # noqa: S608 - constants, no value

_FIND = text(f"""
    SELECT project_id AS holder, result, submitted_at, {_RUNNING} AS running
    FROM enrichments e WHERE ticket_id = :ticket_id
""")  # noqa: S608 - constants, no value

_HAND_OVER = text("""
    UPDATE enrichments SET asynchronous = true
    WHERE ticket_id = :ticket_id AND project_id = :project_id AND state <> 'done' RETURNING 1
""")

_PENDING = text("SELECT ticket_id FROM enrichments WHERE ticket_id = ANY(:ticket_ids) AND state <> 'done'")

_ERASE = text(f"""
    WITH existing AS (
        SELECT project_id FROM enrichments WHERE ticket_id = :ticket_id
    ), erased AS (
        DELETE FROM enrichments WHERE ticket_id = :ticket_id AND project_id = :project_id
        RETURNING ticket_id, project_id, run
    ), left_the_line AS (
        DELETE FROM waiting_runs WHERE run IN (SELECT run FROM erased)
    ), noted AS ({noting(Action.TICKET_ERASED, "erased", subject="ticket_id")})
    SELECT project_id AS holder FROM existing
""")  # noqa: S608 - constants, no value

# Whoever writes "Jane@Example.com" means jane@example.com: an erasure that missed her would be worse than one that
# takes a result too many, which can be looked up again. Only ASCII is ever stored, and folded here.
_ABOUT = 'lower({0} COLLATE "C") = lower(CAST(:identifier AS text) COLLATE "C")'

# A run under way is about a customer once the AI has named one. The first batch is noted whatever it finds: somebody
# has asked.
_ERASE_CUSTOMER = text(f"""
    WITH found AS (
        SELECT ticket_id FROM enrichments
        WHERE project_id = :project_id AND {_ABOUT.format("(result ->> 'identifier')")}
        UNION
        SELECT ticket_id FROM enrichments
        WHERE email IS NOT NULL AND project_id = :project_id
            AND {_ABOUT.format(f"left(extracted ->> 'identifier', {LONGEST_IDENTIFIER})")}
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
    """The rows of tickets; every method may raise `DatabaseUnavailable`. `notify` sends a NOTIFY on a channel, soon."""

    def __init__(self, engine: AsyncEngine, line: Line, notify: Callable[[str, str], None]) -> None:
        self._engine = engine
        self._line = line
        self._notify = notify

    async def submit(self, submissions: Sequence[Submission]) -> list[Submitted]:
        """Store these tickets, each of them once, and their jobs in one statement; say what is known of each."""
        # A batch may hold megabytes of emails, and packing them would hold up everybody else.
        values = await asyncio.to_thread(_values, submissions) if len(submissions) > 1 else _values(submissions)
        values["places"] = self._line.places
        for _ in range(TRIES):
            try:
                rows = {row.ticket_id: row for row in await fetch(self._engine, _SUBMIT, values)}
            except StatementFailed as failure:
                if failure.sqlstate != FOREIGN_KEY_VIOLATION:
                    raise
                continue  # a project was deleted in this moment: now it is not there
            answers = [_submitted(rows[each.ticket_id], each) for each in submissions]
            settled = [answer for answer in answers if answer is not None]
            if len(settled) == len(answers):
                if any(row.is_new for row in rows.values()):
                    self._notify(CHANNEL, NEWS)
                for project_id in {each.project_id for each in submissions if rows[each.ticket_id].is_in_line}:
                    await self._line.try_to_let_in(project_id)
                return settled
        raise StatementFailed("a submission that never settles", None)

    async def find(self, ticket_id: str, project_id: str) -> Found:
        """Return the result, or that a run is under way, or None where nothing ever was."""
        rows = await fetch(self._engine, _FIND, {"ticket_id": ticket_id})
        if not rows:
            return None
        [row] = rows
        if row.holder != project_id:
            return ForeignTicket()
        if row.running or row.result is None:
            return Underway(row.submitted_at, row.result)
        return Stored(row.result)

    async def hand_over(self, ticket_id: str, project_id: str) -> bool:
        """Make the run one that nobody waits for; False if it has ended already."""
        return bool(await fetch(self._engine, _HAND_OVER, {"ticket_id": ticket_id, "project_id": project_id}))

    async def pending_among(self, ticket_ids: list[str]) -> set[str]:
        """Return those whose run has not ended."""
        return {row.ticket_id for row in await fetch(self._engine, _PENDING, {"ticket_ids": ticket_ids})}

    async def erase(self, ticket_id: str, project_id: str, actor: str | None = None) -> Erased | ForeignTicket | None:
        """Erase the ticket's row, running or not; None if there is none."""
        values = {"ticket_id": ticket_id, "project_id": project_id, "actor": actor}
        rows = await fetch(self._engine, _ERASE, values)
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
            rows = await fetch(self._engine, _ERASE_CUSTOMER, values | {"is_first": not erased})
            if not rows:
                return UnknownProject()
            for ticket_id in rows[0].running:  # somebody may wait for it
                self._notify(ENDED_CHANNEL, ended_message(ticket_id, project_id))
            erased.append(rows[0].erased)
        return sum(erased)


def ended_message(ticket_id: str, project_id: str) -> str:
    """Return what is sent on `ENDED_CHANNEL`."""
    return json.dumps([ticket_id, project_id])


def ended_in(message: str) -> tuple[str, str]:
    """Return the ticket and the project that such a message names."""
    ticket_id, project_id = json.loads(message)
    return ticket_id, project_id


def packed(email: Email) -> bytes:
    """Return an email as it waits in the database: bytes, as PostgreSQL's text and JSON take not every character.

    The verdict on its sender waits in a column of its own.
    """
    return json.dumps([email.subject, email.body, email.sender]).encode()


def unpacked(content: bytes) -> Email:
    """Return the email that waited."""
    return Email(*json.loads(content))


def _values(submissions: Sequence[Submission]) -> dict[str, object]:
    return {
        "ticket_ids": [each.ticket_id for each in submissions],
        "project_ids": [each.project_id for each in submissions],
        "emails": [packed(each.email) for each in submissions],
        "verdicts": [each.email.sender_verified for each in submissions],
        "refreshes": [each.refresh for each in submissions],
        "asynchronous": [each.asynchronous for each in submissions],
        "traceparents": [str(each.trace) if each.trace else None for each in submissions],
    }


def _submitted(row: Row[Any], submission: Submission) -> Submitted | None:
    """Return what a row says; None if it came in between, too late for the statement to see."""
    if not row.has_project:
        return UnknownProject()
    if row.holder not in (None, submission.project_id):
        return ForeignTicket()
    if row.is_new:
        return Underway(row.submitted_at, row.result)
    if row.running:
        # If not, the run has ended in this moment: nobody would tell of it.
        keeps_promise = row.is_asynchronous or not submission.asynchronous
        return Underway(row.submitted_at, row.result) if keeps_promise else None
    return Stored(row.result) if row.result is not None and not submission.refresh else None
