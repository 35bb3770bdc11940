"""Stores in memory, for tests of what is above them: the web routes, and what needs virtual time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.reports.listing_store import ListingStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.audit import Action, Entry, named
from app.domain.breaker import CLOSED, Admission, Breaker, EndpointVerdict, SeenBreaker
from app.domain.claims import (
    Claimed,
    DatabaseUnavailable,
    Erased,
    Finished,
    ForeignTicket,
    Found,
    Given,
    ListedResult,
    Position,
    Stored,
    Submission,
    Submitted,
    Taken,
    Underway,
    UnknownProject,
    Wanted,
)
from app.domain.configuration import MOST_VERSIONS, Configuration, KeptVersion, StoredConfiguration, StoredToken
from app.domain.enumeration import asker, is_relay
from app.domain.outcomes import IdentifiedBy, Identity, KeptStep, attempt_of, endpoint_was_asked
from app.domain.projects import CreditReport, ListedProject, Project, ProjectNotFound, VersionConflict
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.traces import Trace
from app.domain.workload import MOST_STRIKES
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
    attempt: int = 0
    strikes: int = 0
    due_at: datetime | None = None
    extracted: Extracted | None = None
    credit_month: date | None = None
    result: str | None = None
    last_attempt: dict[str, Any] | None = None
    given_identifier: str | None = None
    email_digest: bytes | None = None
    trace: Trace | None = None


class MemoryDatabase:
    """What the stores share; `available = False` makes every call fail as a lost database does.

    `on_queued` is called when a run may be taken, now or after so many seconds, `on_ended` with ticket and project of
    each run that has ended.
    """

    def __init__(self) -> None:
        self.available = True
        self.breakers: dict[str, tuple[str, Breaker]] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.projects: dict[str, Project] = {}
        self.configurations: dict[str, StoredConfiguration] = {}
        self.used: dict[tuple[str, date], int] = {}
        self.rows: dict[str, Row] = {}
        self.unreadable: set[str] = set()
        self.access_tokens: dict[str, KeptToken] = {}
        self.ended_runs: list[EndedRun] = []
        self.history: dict[str, list[KeptVersion]] = {}
        self.entries: list[tuple[str, Entry]] = []
        self.refuses_notes = False
        self.senders: dict[tuple[str, str], dict[str, datetime]] = {}
        self.checks: dict[str, datetime] = {}
        self.versions = count(1)
        self.runs = count(1)
        self.on_queued: Callable[[float], None] = lambda after_seconds: None
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

    def tell_breaker(self, project_id: str, endpoint: str, run: int, verdict: EndpointVerdict) -> None:
        """Have it know what a run tells of an endpoint, if that is still the project's."""
        if endpoint != self.endpoint(project_id):
            return
        after = self.breaker(project_id).after(verdict, run, self.now())
        if after == CLOSED:
            self.breakers.pop(project_id, None)
        else:
            self.breakers[project_id] = endpoint, after

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


class MemoryProjectStore(ProjectStore):
    """`ProjectStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def put(self, project: Project, actor: str | None = None) -> None:
        self._memory.check()
        before = self._memory.projects.get(project.project_id)
        self._memory.projects[project.project_id] = project
        names = ("plan", "owner_ids", "monthly_ai_credits")
        changed = [name for name in names if before is None or getattr(before, name) != getattr(project, name)]
        if changed:
            fields = named(changed, new_token=False)
            self._memory.note(project.project_id, actor, Action.PROJECT_SAVED, fields=fields)

    async def get(self, project_id: str) -> tuple[Project, CreditReport] | None:
        self._memory.check()
        project, month = self._memory.projects.get(project_id), this_month()
        if project is None:
            return None
        next_month = (month + timedelta(days=31)).replace(day=1)
        resets_at = datetime(next_month.year, next_month.month, 1, tzinfo=UTC)
        return project, CreditReport(self._memory.used.get((project_id, month), 0), resets_at)

    async def delete(self, project_id: str, actor: str | None = None) -> bool:
        self._memory.check()
        self._memory.configurations.pop(project_id, None)
        mine = [key for key, row in self._memory.rows.items() if row.project_id == project_id]
        for ticket_id in mine:
            del self._memory.rows[ticket_id]
        if mine:
            self._memory.note(project_id, actor, Action.RESULTS_ERASED, results_erased=len(mine))
        if project_id in self._memory.projects:
            self._memory.note(project_id, actor, Action.PROJECT_ERASED)
        for token_id in [key for key, kept in self._memory.access_tokens.items() if kept.project_id == project_id]:
            del self._memory.access_tokens[token_id]
        for key in [key for key in self._memory.used if key[0] == project_id]:
            del self._memory.used[key]
        for asked in [key for key in self._memory.senders if key[0] == project_id]:
            del self._memory.senders[asked]
        self._memory.ended_runs = [run for run in self._memory.ended_runs if run.project_id != project_id]
        return self._memory.projects.pop(project_id, None) is not None

    async def configuration(self, project_id: str) -> StoredConfiguration | None:
        self._memory.check()
        return self._memory.configurations.get(project_id)

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
        if project_id not in self._memory.projects:
            raise ProjectNotFound
        old, now = self._memory.configurations.get(project_id), datetime.now(UTC)
        stored = StoredConfiguration(
            configuration, token, next(self._memory.versions), old.created_at if old else now, now, actor
        )
        self._memory.configurations[project_id] = stored
        kept = KeptVersion(stored.version, now, actor, configuration)
        history = self._memory.history.get(project_id, [])
        self._memory.history[project_id] = [kept, *history][:MOST_VERSIONS]
        self._memory.note(project_id, actor, Action.CONFIGURATION_SAVED, fields=tuple(changed))
        return stored

    async def versions(self, project_id: str) -> list[KeptVersion]:
        self._memory.check()
        return self._memory.history.get(project_id, [])

    async def delete_configuration(
        self, project_id: str, expected_version: int | None = None, actor: str | None = None
    ) -> None:
        self._check_version(project_id, expected_version)
        if self._memory.configurations.pop(project_id, None) is not None:
            self._memory.history.pop(project_id, None)
            self._memory.note(project_id, actor, Action.CONFIGURATION_ERASED)

    async def begin_check(self, project_id: str, seconds: float) -> datetime | None:
        self._memory.check()
        now, until = self._memory.now(), self._memory.checks.get(project_id)
        if project_id not in self._memory.projects or (until is not None and until >= now):
            return None
        self._memory.checks[project_id] = now + timedelta(seconds=seconds)
        return self._memory.checks[project_id]

    async def end_check(self, project_id: str, until: datetime) -> None:
        self._memory.check()
        if self._memory.checks.get(project_id) == until:
            del self._memory.checks[project_id]

    async def take_credit(self, project_id: str) -> date | None:
        self._memory.check()
        return self._memory.take_credit(project_id)

    async def return_credit(self, project_id: str, month: date) -> None:
        self._memory.check()
        self._memory.return_credit(project_id, month)

    def _check_version(self, project_id: str, expected: int | None) -> None:
        self._memory.check()
        stored = self._memory.configurations.get(project_id)
        if expected is not None and expected != (stored.version if stored else 0):
            raise VersionConflict


class MemoryTicketStore(TicketStore):
    """`TicketStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def submit(self, submissions: Sequence[Submission], *, take: bool = False) -> list[Submitted | Taken]:
        self._memory.check()
        return [self._submit_in_memory(each, take=take) for each in submissions]

    async def find(self, ticket_id: str, project_id: str) -> Found:
        self._memory.check()
        row = self._memory.rows.get(ticket_id)
        if row is None:
            return None
        return _found(row) if row.project_id == project_id else ForeignTicket()

    async def hand_over(self, ticket_id: str, project_id: str) -> bool:
        self._memory.check()
        row = self._memory.rows.get(ticket_id)
        if row is None or row.project_id != project_id or row.state == "done":
            return False
        row.asynchronous = True
        return True

    async def pending_among(self, ticket_ids: list[str]) -> set[str]:
        self._memory.check()
        rows = self._memory.rows
        return {ticket_id for ticket_id in ticket_ids if ticket_id in rows and rows[ticket_id].state != "done"}

    async def erase(self, ticket_id: str, project_id: str, actor: str | None = None) -> Erased | ForeignTicket | None:
        self._memory.check()
        row = self._memory.rows.get(ticket_id)
        if row is None:
            return None
        if row.project_id != project_id:
            return ForeignTicket()
        del self._memory.rows[ticket_id]
        self._memory.note(project_id, actor, Action.TICKET_ERASED, subject=ticket_id)
        self._memory.on_ended(ticket_id, project_id)
        return Erased()

    async def note_look_up(self, ticket_id: str, project_id: str, actor: str) -> bool:
        self._memory.check()
        if project_id not in self._memory.projects:
            return False
        self._memory.note(project_id, actor, Action.TICKET_LOOKED_UP, subject=ticket_id)
        return True

    async def erase_customer(
        self, project_id: str, identifier: str | None, actor: str | None = None
    ) -> int | UnknownProject:
        self._memory.check()
        if project_id not in self._memory.projects:
            return UnknownProject()
        rows = self._memory.rows
        theirs = [key for key, row in rows.items() if row.project_id == project_id and _is_about(row, identifier)]
        for ticket_id in theirs:
            if self._memory.rows.pop(ticket_id).state != "done":
                self._memory.on_ended(ticket_id, project_id)
        self._memory.note(project_id, actor, Action.CUSTOMER_ERASED, results_erased=len(theirs))
        return len(theirs)

    def _submit_in_memory(self, wanted: Submission, *, take: bool) -> Submitted | Taken:
        if wanted.project_id not in self._memory.projects:
            return UnknownProject()
        row = self._memory.rows.get(wanted.ticket_id)
        if row is not None and row.project_id != wanted.project_id:
            return ForeignTicket()
        if row is not None and row.state != "done":
            row.asynchronous = row.asynchronous or wanted.asynchronous
            return Underway(row.submitted_at, _final(row))
        if row is not None and not wanted.refresh and not _may_run_again(row, wanted.email_digest):
            return _found(row)
        run = next(self._memory.runs)
        new = Row(wanted.project_id, run, wanted.email, wanted.asynchronous, self._memory.now(), trace=wanted.trace)
        new.given_identifier, new.email_digest = wanted.given_identifier, wanted.email_digest
        if row is not None:
            new.result, new.attempt, new.last_attempt = row.result, row.attempt, row.last_attempt
            new.email_digest = wanted.email_digest or row.email_digest
        self._memory.rows[wanted.ticket_id] = new
        if take:
            return Taken(new.submitted_at, claim(self._memory, wanted.ticket_id), _final(new))
        self._memory.on_queued(0.0)
        return Underway(new.submitted_at, _final(new))


def claim(database: MemoryDatabase, ticket_id: str) -> Claimed:
    """Have a queued ticket run, and take its credit."""
    row = database.rows[ticket_id]
    project, stored = database.projects[row.project_id], database.configurations.get(row.project_id)
    is_open = database.breaker(row.project_id).opened_at is not None
    runnable = row.strikes < MOST_STRIKES and project.includes_customer_context
    if runnable and stored is not None and stored.configuration.enabled and row.credit_month is None and not is_open:
        row.credit_month = database.take_credit(row.project_id)
    row.state, row.attempt, row.strikes = "running", row.attempt + 1, row.strikes + 1
    return Claimed(
        ticket_id=ticket_id,
        project_id=row.project_id,
        run=row.run,
        attempt=row.attempt,
        strikes=row.strikes,
        project=project,
        stored=stored,
        email=row.email or Email("", "", ""),
        given=_given(row),
        extracted=row.extracted,
        charged=row.credit_month is not None,
        age_seconds=(database.now() - row.submitted_at).total_seconds(),
        trace=row.trace,
        endpoint=database.endpoint(row.project_id),
        breaker_open=is_open,
    )


class MemoryRunStore(RunStore):
    """`RunStore` in memory; `most` is how many customers one sender may ask about in an hour, 0 for any number."""

    def __init__(self, database: MemoryDatabase, most: int = 0) -> None:
        self._memory = database
        self._most = most

    async def take(self, want: int, *, suspects: bool) -> list[Claimed]:
        self._memory.check()
        rows, now = self._memory.rows, self._memory.now()
        due = [
            ticket_id
            for ticket_id, row in rows.items()
            if row.state == "queued" or (row.state == "resting" and row.due_at is not None and row.due_at <= now)
        ]
        return [claim(self._memory, each) for each in sorted(due, key=lambda each: rows[each].run)[:want]]

    async def ask_breaker(self, claimed: Claimed) -> Claimed:
        row = self._mine(claimed)
        assert row is not None
        breaker, admission = self._memory.breaker(claimed.project_id).admit(claimed.run, self._memory.now())
        if admission is Admission.REFUSED:
            return replace(claimed, admission=admission)
        self._memory.breakers[claimed.project_id] = claimed.endpoint, breaker
        row.credit_month = row.credit_month or self._memory.take_credit(claimed.project_id)
        return replace(claimed, admission=admission, charged=row.credit_month is not None)

    async def token_unreadable(self, claimed: Claimed) -> None:
        self._memory.check()
        self._memory.unreadable.add(claimed.project_id)

    async def admit(self, claimed: Claimed, extracted: Extracted, identifier: str) -> bool | None:
        row = self._mine(claimed)
        if row is None:
            return None
        row.extracted = extracted
        who, now = asker(claimed.email.sender), self._memory.now()
        relays = claimed.stored.configuration.relay_senders if claimed.stored else ()
        if not self._most or not who or is_relay(claimed.email.sender, relays):
            return True
        asked = self._memory.senders.setdefault((claimed.project_id, who), {})
        for old in [key for key, since in asked.items() if since <= now - timedelta(hours=1)]:
            del asked[old]
        if identifier not in asked and len(asked) >= self._most:
            return False
        asked.setdefault(identifier, now)
        return True

    async def finish(
        self,
        claimed: Claimed,
        result: dict[str, Any],
        *,
        refund: bool,
        verdict: EndpointVerdict = EndpointVerdict.UNKNOWN,
    ) -> Finished | None:
        row = self._mine(claimed)
        if row is None:
            return None
        keeps = _shown(row).get("status") == "ok" and result["status"] != "ok"
        row.last_attempt = attempt_of(result) if keeps else None
        row.result = row.result if keeps else json.dumps(result, allow_nan=False)
        row.state, row.email, row.extracted, row.given_identifier, row.trace = "done", None, None, None, None
        if refund:
            self._memory.return_credit(row.project_id, row.credit_month)
        ending = result["status"], result["reason"], result.get("timings_ms", {}), result["credits_used"]
        steps = tuple(KeptStep(**step) for step in result.get("steps", []))
        known = claimed.ticket_id, result.get("identity"), steps
        self._memory.ended_runs.append(EndedRun(row.project_id, self._memory.now(), *ending, *known))
        self._memory.on_ended(claimed.ticket_id, row.project_id)
        self._memory.tell_breaker(row.project_id, claimed.endpoint, claimed.run, verdict)
        return Finished(others_wait=False, kept=_shown(row) if keeps else None)

    async def rest(self, claimed: Claimed, pause_seconds: float, *, strike: bool) -> bool:
        row = self._mine(claimed)
        if row is None or not (strike or row.asynchronous):
            return False
        row.state, row.strikes = "resting", row.strikes if strike else row.strikes - 1
        row.due_at = self._memory.now() + timedelta(seconds=pause_seconds)
        self._memory.on_queued(pause_seconds)
        return True

    def _mine(self, claimed: Claimed) -> Row | None:
        self._memory.check()
        row = self._memory.rows.get(claimed.ticket_id)
        fence = (claimed.run, claimed.attempt, "running")
        return row if row is not None and (row.run, row.attempt, row.state) == fence else None


class MemoryListingStore(ListingStore):
    """`ListingStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def projects(self, limit: int, after: str) -> list[ListedProject]:
        self._memory.check()
        known = sorted((key, project) for key, project in self._memory.projects.items() if key > after)
        stored = self._memory.configurations
        return [
            ListedProject(key, project.plan, key in stored and stored[key].configuration.enabled)
            for key, project in known[:limit]
        ]

    async def results(self, project_id: str, wanted: Wanted, limit: int, before: Position | None) -> list[ListedResult]:
        def fits(row: Row) -> bool:
            result = _shown(row)
            same = wanted.status in (None, result["status"]) and wanted.reason in (None, result["reason"])
            return same and (wanted.since is None or row.submitted_at >= wanted.since)

        return self._listed(lambda row: row.project_id == project_id and fits(row), limit, before)

    async def of_customer(
        self, project_id: str, identifier: str | None, limit: int, before: Position | None
    ) -> list[ListedResult]:
        return self._listed(lambda row: row.project_id == project_id and _is_about(row, identifier), limit, before)

    async def has_project(self, project_id: str) -> bool:
        self._memory.check()
        return project_id in self._memory.projects

    async def note_customer_read(self, project_id: str, actor: str | None) -> bool:
        self._memory.check()
        if project_id not in self._memory.projects:
            return False
        self._memory.note(project_id, actor, Action.CUSTOMER_READ)
        return True

    def _listed(self, fits: Callable[[Row], bool], limit: int, before: Position | None) -> list[ListedResult]:
        self._memory.check()
        found = [
            ListedResult(Position(row.submitted_at, ticket_id), _shown(row))
            for ticket_id, row in self._memory.rows.items()
            if row.result and fits(row)
        ]
        found.sort(key=lambda each: (each.position.submitted_at, each.position.ticket_id), reverse=True)
        end = None if before is None else (before.submitted_at, before.ticket_id)
        return [each for each in found if end is None or (each.position.submitted_at, each.position.ticket_id) < end][
            :limit
        ]


class MemoryBreakerStore(BreakerStore):
    """`BreakerStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def of_project(self, project_id: str) -> SeenBreaker:
        self._memory.check()
        return SeenBreaker(self._memory.breaker(project_id), self._memory.now())

    async def close(self, project_id: str) -> None:
        self._memory.check()
        self._memory.breakers.pop(project_id, None)


def this_month() -> date:
    """Return the first day of the calendar month, UTC."""
    return datetime.now(UTC).date().replace(day=1)


def _is_about(row: Row, identifier: str | None) -> bool:
    """Tell whether the row's result, or what its run has found, is about this customer."""
    stored = json.loads(row.result).get("identifier") if row.result else None
    found = (row.extracted.identifier or "")[:LONGEST_IDENTIFIER] if row.extracted else None
    return identifier is not None and identifier.lower() in [each.lower() for each in (stored, found) if each]


def _found(row: Row) -> Underway | Stored:
    return Stored(_shown(row)) if row.state == "done" else Underway(row.submitted_at, _shown(row) or None)


def _shown(row: Row) -> dict[str, Any]:
    """Return the row's result with what came of a later try; empty where it has none."""
    result: dict[str, Any] = json.loads(row.result) if row.result else {}
    return result | ({"last_attempt": row.last_attempt} if row.last_attempt else {})


def _final(row: Row) -> dict[str, Any] | None:
    """Return the row's result if no email will be read again for it."""
    result = _shown(row)
    return result if result and endpoint_was_asked(result["status"], result["reason"]) else None


def _may_run_again(row: Row, digest: bytes | None) -> bool:
    result = _shown(row)
    passing = {"ai_unavailable", "ai_misconfigured", "interrupted", "circuit_open"}
    may_have_passed = result["status"] in ("disabled", "skipped_credits") or result["reason"] in passing
    return _final(row) is None and (may_have_passed or digest != row.email_digest)


def _given(row: Row) -> Given | None:
    if row.given_identifier is None:
        return None
    if row.email is not None:
        return Given(row.given_identifier, IdentifiedBy.AGENT)
    before = _shown(row)
    return Given(row.given_identifier, IdentifiedBy(before["identified_by"]), Identity(before["identity"]))
