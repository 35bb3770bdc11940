"""Stores in memory, for tests of what is above them; they pass the same tests as the real ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from app.domain.claims import Busy, Claim, Claimed, DatabaseUnavailable, Erased, ForeignTicket, Stored, UnknownProject
from app.domain.configuration import Configuration, StoredConfiguration, StoredToken
from app.domain.projects import CreditReport, Project, ProjectNotFound, VersionConflict


@dataclass(slots=True)
class Row:
    """A row of `enrichments`."""

    project_id: str
    owner: str
    lease_until: datetime
    attempt: int = 1
    done: bool = False
    credit_month: date | None = None
    result: str | None = None


class MemoryDatabase:
    """What the two stores share; `available = False` makes every call fail as a lost database does."""

    def __init__(self) -> None:
        self.available = True
        self.projects: dict[str, Project] = {}
        self.configurations: dict[str, StoredConfiguration] = {}
        self.used: dict[tuple[str, date], int] = {}
        self.rows: dict[str, Row] = {}
        self.versions = count(1)

    def check(self) -> None:
        """Fail where a real database would."""
        if not self.available:
            raise DatabaseUnavailable

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

    async def put(self, project: Project) -> None:
        self._database.check()
        self._database.projects[project.project_id] = project

    async def get(self, project_id: str) -> tuple[Project, CreditReport] | None:
        self._database.check()
        project, month = self._database.projects.get(project_id), this_month()
        if project is None:
            return None
        next_month = (month + timedelta(days=31)).replace(day=1)
        resets_at = datetime(next_month.year, next_month.month, 1, tzinfo=UTC)
        return project, CreditReport(self._database.used.get((project_id, month), 0), resets_at)

    async def delete(self, project_id: str) -> bool:
        self._database.check()
        self._database.configurations.pop(project_id, None)
        for ticket_id in [key for key, row in self._database.rows.items() if row.project_id == project_id]:
            del self._database.rows[ticket_id]
        for key in [key for key in self._database.used if key[0] == project_id]:
            del self._database.used[key]
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
    ) -> StoredConfiguration:
        self._check_version(project_id, expected_version)
        if project_id not in self._database.projects:
            raise ProjectNotFound
        old, now = self._database.configurations.get(project_id), datetime.now(UTC)
        stored = StoredConfiguration(
            configuration, token, next(self._database.versions), old.created_at if old else now, now, actor
        )
        self._database.configurations[project_id] = stored
        return stored

    async def delete_configuration(self, project_id: str, expected_version: int | None = None) -> None:
        self._check_version(project_id, expected_version)
        self._database.configurations.pop(project_id, None)

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


class MemoryEnrichmentStore:
    """`EnrichmentStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def claim(self, ticket_id: str, project_id: str, owner: str, *, refresh: bool, lease_seconds: float) -> Claim:
        self._database.check()
        project, row = self._database.projects.get(project_id), self._database.rows.get(ticket_id)
        if project is None:
            return UnknownProject()
        lease_until = datetime.now(UTC) + timedelta(seconds=lease_seconds)
        if row is None:
            row = self._database.rows[ticket_id] = Row(project_id, owner, lease_until)
        elif row.project_id != project_id:
            return ForeignTicket()
        elif row.result is not None and not refresh:
            return Stored(json.loads(row.result), refreshing=_running(row))
        elif _running(row):
            return Busy()
        else:
            row.credit_month = None if row.done else row.credit_month
            row.owner, row.lease_until, row.attempt, row.done = owner, lease_until, row.attempt + 1, False
        stored = self._database.configurations.get(project_id)
        return Claimed(ticket_id, project_id, owner, row.attempt, project, stored, row.credit_month is not None)

    async def charge(self, claimed: Claimed) -> bool:
        self._database.check()
        row = self._mine(claimed)
        if claimed.charged or row is None:
            return claimed.charged
        row.credit_month = self._database.take_credit(claimed.project_id)
        return row.credit_month is not None

    async def finish(self, claimed: Claimed, result: dict[str, Any], *, refund: bool) -> bool:
        self._database.check()
        row = self._mine(claimed)
        if row is None:
            return False
        row.result, row.done = json.dumps(result, allow_nan=False), True
        if refund:
            self._database.return_credit(row.project_id, row.credit_month)
        return True

    async def release(self, claimed: Claimed, *, refund: bool) -> None:
        self._database.check()
        row = self._mine(claimed)
        if row is None:
            return
        if refund:
            self._database.return_credit(row.project_id, row.credit_month)
        if row.result is None:
            del self._database.rows[claimed.ticket_id]
        row.done = True

    async def renew(self, owner: str, ticket_ids: Sequence[str], lease_seconds: float) -> None:
        self._database.check()
        for ticket_id in ticket_ids:
            row = self._database.rows.get(ticket_id)
            if row is not None and row.owner == owner and not row.done:
                row.lease_until = datetime.now(UTC) + timedelta(seconds=lease_seconds)

    async def find(self, ticket_id: str, project_id: str) -> Stored | Busy | ForeignTicket | None:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None:
            return None
        if row.project_id != project_id:
            return ForeignTicket()
        return Busy() if row.result is None else Stored(json.loads(row.result), refreshing=_running(row))

    async def erase(self, ticket_id: str, project_id: str) -> Erased | ForeignTicket | None:
        self._database.check()
        row = self._database.rows.get(ticket_id)
        if row is None:
            return None
        if row.project_id != project_id:
            return ForeignTicket()
        del self._database.rows[ticket_id]
        return Erased()

    def _mine(self, claimed: Claimed) -> Row | None:
        row = self._database.rows.get(claimed.ticket_id)
        fence = (claimed.owner, claimed.attempt, False)
        return row if row is not None and (row.owner, row.attempt, row.done) == fence else None


def this_month() -> date:
    """Return the first day of the calendar month, UTC."""
    return datetime.now(UTC).date().replace(day=1)


def _running(row: Row) -> bool:
    return not row.done and row.lease_until >= datetime.now(UTC)
