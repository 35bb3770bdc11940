"""The intake of tickets: submits each once, waits for its result, reads and erases results."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import (
    DatabaseUnavailable,
    ForeignTicket,
    Found,
    Stored,
    Submission,
    Submitted,
    Taken,
    Underway,
    UnknownProject,
)
from app.domain.outcomes import endpoint_was_asked
from app.domain.reading.digests import digest_key, email_digest
from app.domain.refusals import Refusal, Refused
from app.domain.traces import Trace
from app.runs.waiting import Completions, Expected
from app.runs.worker import Worker


@dataclass(frozen=True, slots=True)
class Enriched:
    """A ticket's result as it is stored and sent, and whether it was there before this request."""

    document: dict[str, Any]
    reused: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """The pending result of a ticket whose run was submitted at that time."""

    since: datetime


class Intake:
    """Submits tickets, waits for results and reads them; holds no database connection while it waits."""

    def __init__(
        self,
        tickets: TicketStore,
        completions: Completions,
        worker: Worker,
        deadline_seconds: float,
        encryption_key: bytes,
    ) -> None:
        self._tickets = tickets
        self._worker = worker
        self._completions = completions
        self._deadline_seconds = deadline_seconds
        self._digest_key = digest_key(encryption_key)
        self._finds: dict[tuple[str, str, int], asyncio.Task[Found]] = {}

    async def enrich(self, submission: Submission, wait_seconds: float | None = None) -> Enriched | Pending:
        """Return the ticket's one result, or `Pending` if it has not come within `wait_seconds` or the run's deadline.

        Raises `Refused` for an unknown project, another project's ticket, or one that is erased meanwhile.
        """
        with self._completions.expecting(submission.ticket_id) as ended:
            # Whoever goes away in this moment leaves a run that is taken: it must be started.
            submitted = await asyncio.shield(self._submitted(submission))
            match submitted:
                case Stored(result):
                    return Enriched(result, reused=True)
                case Underway(previous=dict(previous)) if not submission.refresh:
                    return Enriched(previous, reused=True)
                case Underway():
                    most = self._deadline_seconds
                    patience = most if wait_seconds is None else min(wait_seconds, most)
                    found = await self._awaited(submission.ticket_id, submission.project_id, submitted, ended, patience)
                    return await self._answer(submission, found)
                case ForeignTicket():
                    raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
                case UnknownProject():
                    raise Refused(Refusal.PROJECT_NOT_FOUND)

    async def _submitted(self, submission: Submission) -> Submitted:
        """Submit a ticket and, if this process has a free seat and nobody else goes first, start its run at once."""
        with self._worker.seat() as is_free:
            [submitted] = await self._tickets.submit([self._digested(submission)], take=is_free)
            if isinstance(submitted, Taken):
                self._worker.start(submitted.claimed)
        return _known(submitted)

    async def refresh(
        self,
        ticket_id: str,
        project_id: str,
        wait_seconds: float | None = None,
        trace: Trace | None = None,
        *,
        asynchronous: bool = False,
    ) -> Enriched | Pending:
        """Refresh a ticket's result: call the endpoint again with the identifier known from it, without the email.

        Raises `Refused` where there is no result, or one for which the endpoint was never asked.
        """
        result = await self.latest(ticket_id, project_id)
        identifier = result["identifier"]
        if identifier is None or not endpoint_was_asked(result["status"], result["reason"]):
            raise Refused(Refusal.NOTHING_TO_REFRESH)
        again = Submission(ticket_id, project_id, None, True, asynchronous, trace, given_identifier=identifier)
        return await self.enrich(again, wait_seconds)

    async def look_up(self, submission: Submission, actor: str, wait_seconds: float | None) -> Enriched | Pending:
        """Look up the customer whom a person names, and note who asked; the submission is a refresh with an identifier.

        Raises `Refused` as `enrich` does, before anything is noted of an unknown project or another's ticket.
        """
        found = await self._tickets.find(submission.ticket_id, submission.project_id)
        if isinstance(found, ForeignTicket):
            raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
        if not await self._tickets.note_look_up(submission.ticket_id, submission.project_id, actor):
            raise Refused(Refusal.PROJECT_NOT_FOUND)
        return await self.enrich(submission, wait_seconds)

    def _digested(self, submission: Submission) -> Submission:
        """Add what will tell whether a later email is another; an email is not read for a given identifier."""
        if submission.email is None or submission.given_identifier is not None:
            return submission
        return replace(submission, email_digest=email_digest(self._digest_key, submission.email))

    async def enrich_batch(self, submissions: Sequence[Submission]) -> list[Submitted]:
        """Submit many tickets in one transaction that nobody waits for; of a ticket that stands twice, the first."""
        first: dict[str, Submission] = {}
        for each in submissions:
            first.setdefault(each.ticket_id, replace(each, asynchronous=True))
        submitted = await self._tickets.submit([self._digested(each) for each in first.values()])
        answers = {each: _known(answer) for each, answer in zip(first, submitted, strict=True)}
        same = [first[each.ticket_id].project_id == each.project_id for each in submissions]
        return [
            answers[each.ticket_id] if own else ForeignTicket() for each, own in zip(submissions, same, strict=True)
        ]

    async def read(self, ticket_id: str, project_id: str, wait_seconds: float = 0.0) -> Enriched | Pending:
        """Return what is stored for a ticket; where a run is under way, wait that long for it to end.

        Raises `Refused` where there is nothing, or the ticket is another project's.
        """
        with self._completions.expecting(ticket_id) as ended:
            found = await self._tickets.find(ticket_id, project_id)
            if isinstance(found, Underway) and wait_seconds > 0:
                found = await self._awaited(ticket_id, project_id, found, ended, wait_seconds)
                await self._completions.reader_turns.taken()
        return _told(found, reused=True)

    async def latest(self, ticket_id: str, project_id: str) -> dict[str, Any]:
        """Return the last result of a ticket, also while a run is to replace it.

        Raises `Refused` where there is none, or the ticket is another project's.
        """
        match await self._tickets.find(ticket_id, project_id):
            case Stored(result) | Underway(previous=dict(result)):
                return result
            case ForeignTicket():
                raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
            case _:
                raise Refused(Refusal.RESULT_NOT_FOUND)

    async def last_result(self, ticket_id: str, project_id: str) -> dict[str, Any] | None:
        """Return the last result of a ticket, also while a run is to replace it; None where there is none any more."""
        match await self._tickets.find(ticket_id, project_id):
            case Stored(result) | Underway(previous=result):
                return result
            case _:
                return None

    async def erase(self, ticket_id: str, project_id: str, actor: str | None = None) -> None:
        """Erase what is stored for a ticket, also while it runs; raises `Refused` if it is another project's."""
        if isinstance(await self._tickets.erase(ticket_id, project_id, actor), ForeignTicket):
            raise Refused(Refusal.TICKET_PROJECT_MISMATCH)

    async def erase_customer(self, project_id: str, identifier: str | None, actor: str | None = None) -> int:
        """Erase everything about one customer, runs under way too; return the number of tickets.

        `identifier` is what was sent to the customer endpoint, None where it never could be. Raises `Refused` for an
        unknown project.
        """
        erased = await self._tickets.erase_customer(project_id, identifier, actor)
        if isinstance(erased, UnknownProject):
            raise Refused(Refusal.PROJECT_NOT_FOUND)
        return erased

    async def _awaited(
        self, ticket_id: str, project_id: str, underway: Underway, ended: Expected, patience_seconds: float
    ) -> Found:
        """Wait until the run has ended and return what it left, or `underway` if it has not ended in time."""
        if patience_seconds <= 0:
            return underway
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                while not self._completions.closed:
                    await ended.wait()
                    ended.clear()
                    if underway.run in ended.documents:
                        return Stored(ended.documents[underway.run])
                    with suppress(DatabaseUnavailable):  # the poll will say again that it has ended
                        found = await self._found_by_all(ticket_id, project_id, underway.run)
                        if not isinstance(found, Underway):
                            return found
        return underway

    async def _found_by_all(self, ticket_id: str, project_id: str, run: int) -> Found:
        """Read a ticket once for all who wait for this run; one who comes too late for it is woken by the poll."""
        key = ticket_id, project_id, run
        if (reading := self._finds.get(key)) is None:
            reading = self._finds[key] = asyncio.create_task(self._tickets.find(ticket_id, project_id))
            reading.add_done_callback(lambda read: (self._finds.pop(key), read.exception()))
        return await asyncio.shield(reading)

    async def _answer(self, submission: Submission, found: Found) -> Enriched | Pending:
        """Return the result; or see to it that a run which this caller waits for no longer is told by webhook."""
        ticket_id, project_id = submission.ticket_id, submission.project_id
        left_behind = isinstance(found, Underway) and not submission.asynchronous
        if left_behind and not await self._tickets.hand_over(ticket_id, project_id):
            found = await self._tickets.find(ticket_id, project_id)
        return _told(found, reused=False)


def _known(answer: Submitted | Taken) -> Submitted:
    return Underway(answer.since, answer.claimed.run, answer.previous) if isinstance(answer, Taken) else answer


def _told(found: Found, *, reused: bool) -> Enriched | Pending:
    match found:
        case Stored(result):
            return Enriched(result, reused)
        case Underway(since):
            return Pending(since)
        case ForeignTicket():
            raise Refused(Refusal.TICKET_PROJECT_MISMATCH)
        case None:
            raise Refused(Refusal.RESULT_NOT_FOUND)
