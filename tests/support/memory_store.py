"""Stores in memory, for tests of what is above them; they pass the same tests as the real ones."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from app.domain.audit import Action, Entry, named
from app.domain.breaker import CLOSED, Admission, Breaker, SeenBreaker, Verdict
from app.domain.claims import (
    Claimed,
    DatabaseUnavailable,
    Erased,
    ForeignTicket,
    Found,
    InLine,
    Stored,
    Submission,
    Submitted,
    Suspect,
    Underway,
    UnknownProject,
)
from app.domain.configuration import Configuration, StoredConfiguration, StoredToken
from app.domain.enumeration import asker
from app.domain.extraction import Extracted
from app.domain.projects import CreditReport, Project, ProjectNotFound, VersionConflict
from app.domain.tickets import Email
from app.domain.traces import Trace
from support_context.limits import LONGEST_IDENTIFIER
from tests.support.rows import EndedRun, KeptToken


@dataclass(slots=True)
class Row:
    """A row of `enrichments`."""

    project_id: str
    run: int
    email: Email | None
    asynchronous: bool
    submitted_at: datetime
    state: str = "queued"
    owner: str = ""
    attempt: int = 0
    strikes: int = 0
    waited_for: bool = True
    placed: bool = False
    extracted: Extracted | None = None
    credit_month: date | None = None
    result: str | None = None
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class MemoryJob:
    """A job: somebody should look at this run, so many seconds from now."""

    ticket_id: str
    run: int
    after_seconds: float = 0.0


class MemoryDatabase:
    """What the stores share; `available = False` makes every call fail as a lost database does.

    A project has `places` for runs in flight; the others stand in `line`. `on_job` is called with each job that is put
    into the queue, `on_webhook` with the ticket and project of each message to the helpdesk, `on_ended` with those of
    each run that has ended.
    """

    def __init__(self, places: int = 600) -> None:
        self.available = True
        self.places = places
        self.line: list[str] = []
        self.breakers: dict[str, tuple[str, Breaker]] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.projects: dict[str, Project] = {}
        self.configurations: dict[str, StoredConfiguration] = {}
        self.used: dict[tuple[str, date], int] = {}
        self.rows: dict[str, Row] = {}
        self.access_tokens: dict[str, KeptToken] = {}
        self.ended_runs: list[EndedRun] = []
        self.entries: list[tuple[str, Entry]] = []
        self.refuses_notes = False
        self.senders: dict[tuple[str, str], dict[str, datetime]] = {}
        self.versions = count(1)
        self.runs = count(1)
        self.on_job: Callable[[MemoryJob], None] = lambda job: None
        self.on_webhook: Callable[[str, str], None] = lambda ticket_id, project_id: None
        self.on_ended: Callable[[str, str], None] = lambda ticket_id, project_id: None

    def check(self) -> None:
        """Fail where a real database would."""
        if not self.available:
            raise DatabaseUnavailable

    def note(self, project_id: str, actor: str | None, action: Action, **about: Any) -> None:
        """Put a line into the audit trail, or fail as a database that is lost in this moment."""
        if self.refuses_notes:
            raise DatabaseUnavailable
        entry = Entry(len(self.entries) + 1, datetime.now(UTC), actor, action, **about)
        self.entries.append((project_id, entry))

    def in_line(self, project_id: str) -> list[str]:
        """Return the project's tickets in line: those for which somebody waited when they came, the oldest first."""
        mine = [ticket_id for ticket_id in self.line if self.rows[ticket_id].project_id == project_id]
        return sorted(mine, key=lambda ticket_id: (not self.rows[ticket_id].waited_for, self.rows[ticket_id].run))

    def free_places(self, project_id: str) -> int:
        """Return how many runs of the project may still be let in."""
        return self.places - sum(row.placed for row in self.rows.values() if row.project_id == project_id)

    def let_in(self, project_id: str) -> None:
        """Give free places, and jobs, to those in line."""
        for ticket_id in self.in_line(project_id)[: max(0, self.free_places(project_id))]:
            self.line.remove(ticket_id)
            self.rows[ticket_id].placed = True
            self.on_job(MemoryJob(ticket_id, self.rows[ticket_id].run))

    def endpoint(self, project_id: str) -> str:
        """Name the endpoint that the project has now."""
        stored = self.configurations.get(project_id)
        if stored is None:
            return ""
        what = stored.configuration
        updated_at = stored.token and stored.token.updated_at
        return f"{what.method} {what.identifier_parameter} {updated_at} {what.api_url}"

    def breaker(self, project_id: str) -> Breaker:
        """Return the breaker of that endpoint."""
        endpoint, breaker = self.breakers.get(project_id, ("", CLOSED))
        return breaker if endpoint == self.endpoint(project_id) else CLOSED

    def tell_breaker(self, project_id: str, endpoint: str, run: int, verdict: Verdict) -> None:
        """Have it know what a run tells of an endpoint, if that is still the project's."""
        if endpoint != self.endpoint(project_id):
            return
        after = self.breaker(project_id).after(verdict, run, self.now())
        if after == CLOSED:
            self.breakers.pop(project_id, None)
        else:
            self.breakers[project_id] = endpoint, after

    def forget(self, ticket_id: str) -> Row:
        """Erase a ticket, wherever it is, and return its row."""
        if ticket_id in self.line:
            self.line.remove(ticket_id)
        return self.rows.pop(ticket_id)

    def take_credit(self, project_id: str) -> date | None:
        """Take one credit if one is left this month."""
        project, month = self.projects.get(project_id), this_month()
        if project is None or self.used.get((project_id, month), 0) >= project.monthly_ai_credits:
            return None
        self.used[project_id, month] = self.used.get((project_id, month), 0) + 1
        return month

    def return_credit(self, project_id: str, month: date | None) -> None:
        """Give one credit of that month back."""
        if month is not None and self.used.get((project_id, month), 0) > 0:
            self.used[project_id, month] -= 1


class MemoryProjectStore:
    """`ProjectStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def put(self, project: Project, actor: str | None = None) -> None:
        self._database.check()
        before = self._database.projects.get(project.project_id)
        self._database.projects[project.project_id] = project
        names = ("plan", "owner_ids", "monthly_ai_credits")
        changed = [name for name in names if before is None or getattr(before, name) != getattr(project, name)]
        if changed:
            fields = named(changed, new_token=False)
            self._database.note(project.project_id, actor, Action.PROJECT_SAVED, fields=fields)

    async def get(self, project_id: str) -> tuple[Project, CreditReport] | None:
        self._database.check()
        project, month = self._database.projects.get(project_id), this_month()
        if project is None:
            return None
        next_month = (month + timedelta(days=31)).replace(day=1)
        resets_at = datetime(next_month.year, next_month.month, 1, tzinfo=UTC)
        return project, CreditReport(self._database.used.get((project_id, month), 0), resets_at)

    async def delete(self, project_id: str, actor: str | None = None) -> bool:
        self._database.check()
        self._database.configurations.pop(project_id, None)
        mine = [key for key, row in self._database.rows.items() if row.project_id == project_id]
        for ticket_id in mine:
            self._database.forget(ticket_id)
        if mine:
            self._database.note(project_id, actor, Action.RESULTS_ERASED, results_erased=len(mine))
        if project_id in self._database.projects:
            self._database.note(project_id, actor, Action.PROJECT_ERASED)
        for token_id in [key for key, kept in self._database.access_tokens.items() if kept.project_id == project_id]:
            del self._database.access_tokens[token_id]
        for key in [key for key in self._database.used if key[0] == project_id]:
            del self._database.used[key]
        for asked in [key for key in self._database.senders if key[0] == project_id]:
            del self._database.senders[asked]
        self._database.ended_runs = [run for run in self._database.ended_runs if run.project_id != project_id]
        return self._database.projects.pop(project_id, None) is not None

    async def configuration(self, project_id: str) -> StoredConfiguration | None:
        self._database.check()
        return self._database.configurations.get(project_id)

    async def save_configuration(
        self,
        project_id: str,
        configuration: Configuration,
        token: StoredToken | None,
        actor: str,
        expected_version: int | None = None,
        changed: Sequence[str] = (),
    ) -> StoredConfiguration:
        self._check_version(project_id, expected_version)
        if project_id not in self._database.projects:
            raise ProjectNotFound
        old, now = self._database.configurations.get(project_id), datetime.now(UTC)
        stored = StoredConfiguration(
            configuration, token, next(self._database.versions), old.created_at if old else now, now, actor
        )
        self._database.configurations[project_id] = stored
        self._database.note(project_id, actor, Action.CONFIGURATION_SAVED, fields=tuple(changed))
        return stored

    async def delete_configuration(
        self, project_id: str, expected_version: int | None = None, actor: str | None = None
    ) -> None:
        self._check_version(project_id, expected_version)
        if self._database.configurations.pop(project_id, None) is not None:
            self._database.note(project_id, actor, Action.CONFIGURATION_ERASED)

    async def take_credit(self, project_id: str) -> date | None:
        self._database.check()
        return self._database.take_credit(project_id)

    async def return_credit(self, project_id: str, month: date) -> None:
        self._database.check()
        self._database.return_credit(project_id, month)

    def _check_version(self, project_id: str, expected: int | None) -> None:
        self._database.check()
        stored = self._database.configurations.get(project_id)
        if expected is not None and expected != (stored.version if stored else 0):
            raise VersionConflict


class MemoryTicketStore:
    """`TicketStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def submit(self, submissions: Sequence[Submission]) -> list[Submitted]:
        self._database.check()
        many = Counter(each.project_id for each in submissions)
        crowds = {each for each in many if many[each] > self._database.places or self._database.in_line(each)}
        answers = [self._submit(each, in_line=each.project_id in crowds) for each in submissions]
        for project_id in sorted(crowds):
            self._database.let_in(project_id)
        return answers

    async def find(self, ticket_id: str, project_id: str) -> Found:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None:
            return None
        return _found(row) if row.project_id == project_id else ForeignTicket()

    async def hand_over(self, ticket_id: str, project_id: str) -> bool:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None or row.project_id != project_id or row.state == "done":
            return False
        row.asynchronous = True
        return True

    async def pending_among(self, ticket_ids: list[str]) -> set[str]:
        self._database.check()
        rows = self._database.rows
        return {ticket_id for ticket_id in ticket_ids if ticket_id in rows and rows[ticket_id].state != "done"}

    async def erase(self, ticket_id: str, project_id: str, actor: str | None = None) -> Erased | ForeignTicket | None:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None:
            return None
        if row.project_id != project_id:
            return ForeignTicket()
        self._database.forget(ticket_id)
        self._database.note(project_id, actor, Action.TICKET_ERASED, subject=ticket_id)
        self._database.on_ended(ticket_id, project_id)
        return Erased()

    async def erase_customer(
        self, project_id: str, identifier: str | None, actor: str | None = None
    ) -> int | UnknownProject:
        self._database.check()
        if project_id not in self._database.projects:
            return UnknownProject()
        rows = self._database.rows
        theirs = [key for key, row in rows.items() if row.project_id == project_id and _is_about(row, identifier)]
        for ticket_id in theirs:
            if self._database.forget(ticket_id).state != "done":
                self._database.on_ended(ticket_id, project_id)
        self._database.note(project_id, actor, Action.CUSTOMER_ERASED, results_erased=len(theirs))
        return len(theirs)

    def _submit(self, wanted: Submission, *, in_line: bool) -> Submitted:
        if wanted.project_id not in self._database.projects:
            return UnknownProject()
        row = self._database.rows.get(wanted.ticket_id)
        if row is not None and row.project_id != wanted.project_id:
            return ForeignTicket()
        if row is not None and row.state != "done":
            row.asynchronous = row.asynchronous or wanted.asynchronous
            return _found(row)
        if row is not None and not wanted.refresh:
            return _found(row)
        run = next(self._database.runs)
        new = Row(wanted.project_id, run, wanted.email, wanted.asynchronous, self._database.now(), trace=wanted.trace)
        new.waited_for = not wanted.asynchronous
        if row is not None:
            new.result, new.attempt = row.result, row.attempt
        self._database.rows[wanted.ticket_id] = new
        if in_line:
            self._database.line.append(wanted.ticket_id)
        else:
            self._database.on_job(MemoryJob(wanted.ticket_id, run))
        return _found(new)


class MemoryRunStore:
    """`RunStore` in memory."""

    def __init__(self, database: MemoryDatabase, most_strikes: int, *, webhooks: bool = False) -> None:
        self._database = database
        self._most_strikes = most_strikes
        self._webhooks = webhooks

    async def claim(
        self, ticket_id: str, run: int, owner: str, *, suspects: bool = True
    ) -> Claimed | Suspect | InLine | None:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None or row.run != run or row.state == "done":
            return None
        if row.strikes == self._most_strikes - 1 and not suspects:
            return Suspect()
        others_wait = bool(self._database.in_line(row.project_id))
        if not row.placed and (others_wait or self._database.free_places(row.project_id) < 1):
            if ticket_id not in self._database.line:
                self._database.line.append(ticket_id)
            self._database.let_in(row.project_id)
            return InLine()
        row.placed = True
        endpoint = self._database.endpoint(row.project_id)
        admission = Admission.PASSES
        project = self._database.projects[row.project_id]
        stored = self._database.configurations.get(row.project_id)
        runnable = row.strikes < self._most_strikes and project.includes_customer_context
        runnable = runnable and stored is not None and stored.configuration.enabled
        breaker = self._database.breaker(row.project_id)
        if runnable or breaker.opened_at is not None:
            breaker, admission = breaker.admit(run, self._database.now())
            admission = admission if runnable or admission is Admission.PASSES else Admission.REFUSED
            if admission is Admission.PROBES:
                self._database.breakers[row.project_id] = endpoint, breaker
        if runnable and row.credit_month is None and admission is not Admission.REFUSED:
            row.credit_month = self._database.take_credit(row.project_id)
        row.state, row.owner, row.attempt, row.strikes = "running", owner, row.attempt + 1, row.strikes + 1
        assert row.email is not None
        return Claimed(
            ticket_id=ticket_id,
            project_id=row.project_id,
            run=run,
            owner=owner,
            attempt=row.attempt,
            strikes=row.strikes,
            project=project,
            stored=stored,
            email=row.email,
            extracted=row.extracted,
            charged=row.credit_month is not None,
            age_seconds=(self._database.now() - row.submitted_at).total_seconds(),
            trace=row.trace,
            admission=admission,
            endpoint=endpoint,
        )

    async def keep(self, claimed: Claimed, extracted: Extracted) -> bool:
        row = self._mine(claimed)
        if row is not None:
            row.extracted = extracted
        return row is not None

    async def finish(
        self, claimed: Claimed, result: dict[str, Any], *, refund: bool, verdict: Verdict = Verdict.UNKNOWN
    ) -> bool:
        row = self._mine(claimed)
        if row is None:
            return False
        row.result, row.state, row.email, row.extracted = json.dumps(result, allow_nan=False), "done", None, None
        row.trace, row.placed = None, False
        if refund:
            self._database.return_credit(row.project_id, row.credit_month)
        ending = result["status"], result["reason"], result.get("timings_ms", {}), result["credits_used"]
        self._database.ended_runs.append(EndedRun(row.project_id, self._database.now(), *ending))
        if self._webhooks and row.asynchronous:
            self._database.on_webhook(claimed.ticket_id, row.project_id)
        self._database.on_ended(claimed.ticket_id, row.project_id)
        self._database.tell_breaker(row.project_id, claimed.endpoint, claimed.run, verdict)
        self._database.let_in(row.project_id)
        return True

    async def put_back(self, claimed: Claimed, *, if_asynchronous: bool) -> bool:
        row = self._mine(claimed)
        if row is None or (if_asynchronous and not row.asynchronous):
            return False
        row.state, row.owner, row.strikes = "queued", "", row.strikes - 1
        if if_asynchronous:
            row.placed = False
            self._database.tell_breaker(row.project_id, claimed.endpoint, claimed.run, Verdict.UNKNOWN)
            self._database.let_in(row.project_id)
        return True

    async def look_again(self, claimed: Claimed, after_seconds: float) -> None:
        self._database.check()
        self._database.on_job(MemoryJob(claimed.ticket_id, claimed.run, after_seconds))

    def _mine(self, claimed: Claimed) -> Row | None:
        self._database.check()
        row = self._database.rows.get(claimed.ticket_id)
        fence = (claimed.owner, claimed.attempt, "running")
        return row if row is not None and (row.owner, row.attempt, row.state) == fence else None


class MemorySenderStore:
    """`SenderStore` in memory."""

    def __init__(self, database: MemoryDatabase, most: int) -> None:
        self._database = database
        self._most = most

    async def admit(self, project_id: str, sender: str, identifier: str) -> bool:
        self._database.check()
        who, now = asker(sender), self._database.now()
        if not self._most or not who:
            return True
        asked = self._database.senders.setdefault((project_id, who), {})
        for old in [key for key, since in asked.items() if since <= now - timedelta(hours=1)]:
            del asked[old]
        if identifier not in asked and len(asked) >= self._most:
            return False
        asked.setdefault(identifier, now)
        return True


class MemoryBreakerStore:
    """`BreakerStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def of_project(self, project_id: str) -> SeenBreaker:
        self._database.check()
        return SeenBreaker(self._database.breaker(project_id), self._database.now())

    async def close(self, project_id: str) -> None:
        self._database.check()
        self._database.breakers.pop(project_id, None)


def this_month() -> date:
    """Return the first day of the calendar month, UTC."""
    return datetime.now(UTC).date().replace(day=1)


def _is_about(row: Row, identifier: str | None) -> bool:
    """Tell whether the row's result, or what its run has found, is about this customer."""
    stored = json.loads(row.result).get("identifier") if row.result else None
    found = (row.extracted.identifier or "")[:LONGEST_IDENTIFIER] if row.extracted else None
    return identifier is not None and identifier.lower() in [each.lower() for each in (stored, found) if each]


def _found(row: Row) -> Underway | Stored:
    result = None if row.result is None else json.loads(row.result)
    if row.state == "done":
        assert result is not None
        return Stored(result)
    return Underway(row.submitted_at, result)
