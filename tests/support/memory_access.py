"""Access tokens and ended runs in memory; they pass the same tests as the real stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.domain.access_tokens import AccessToken, Holder
from app.domain.activity import COUNTED, RECENT, TIMED, Activity, Day, EndedLookup, Pace, counted_as
from app.domain.audit import Action, Entry
from app.domain.outcomes import Status
from app.domain.projects import ProjectNotFound
from tests.support.memory_store import MemoryDatabase
from tests.support.rows import EndedRun, KeptToken


class MemoryAccessTokenStore(AccessTokenStore):
    """`AccessTokenStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def add(
        self, project_id: str, token_id: str, token_hash: bytes, label: str, person: str, seconds: int
    ) -> AccessToken:
        self._memory.check()
        if project_id not in self._memory.projects:
            raise ProjectNotFound
        now, kept = datetime.now(UTC), self._memory.access_tokens
        for each in [key for key, row in kept.items() if row.project_id == project_id and row.known.expires_at <= now]:
            del kept[each]
        known = AccessToken(token_id, label, person, now, now + timedelta(seconds=seconds), None)
        kept[token_id] = KeptToken(project_id, token_hash, known)
        self._memory.note(project_id, person, Action.ACCESS_TOKEN_MADE, subject=token_id)
        return known

    async def of_project(self, project_id: str) -> list[AccessToken]:
        self._memory.check()
        mine = [row.known for row in self._good() if row.project_id == project_id]
        return sorted(mine, key=lambda known: known.created_at, reverse=True)

    async def remove(self, project_id: str, token_id: str, actor: str | None = None) -> bool:
        self._memory.check()
        mine = [row for row in self._good() if (row.project_id, row.known.token_id) == (project_id, token_id)]
        for row in mine:
            del self._memory.access_tokens[row.known.token_id]
            self._memory.note(project_id, actor, Action.ACCESS_TOKEN_REVOKED, subject=token_id)
        return bool(mine)

    async def use(self, token_hash: bytes) -> Holder | None:
        self._memory.check()
        row = next((row for row in self._good() if row.token_hash == token_hash), None)
        if row is None:
            return None
        now, last = datetime.now(UTC), row.known.last_used_at
        if last is None or last <= now - timedelta(minutes=1):
            row.known = replace(row.known, last_used_at=now)
        return Holder(self._memory.projects[row.project_id], row.known.created_by)

    def _good(self) -> list[KeptToken]:
        now = datetime.now(UTC)
        return [row for row in self._memory.access_tokens.values() if row.known.expires_at > now]


class MemoryAuditStore(AuditStore):
    """`AuditStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def note_test(self, project_id: str, actor: str, fields: tuple[str, ...]) -> None:
        self._memory.check()
        self._memory.note(project_id, actor, Action.CONFIGURATION_TESTED, fields=fields)

    async def of_project(self, project_id: str, limit: int, before: int | None) -> list[Entry]:
        self._memory.check()
        mine = [entry for owner, entry in reversed(self._memory.entries) if owner == project_id]
        return [entry for entry in mine if before is None or entry.number < before][:limit]


class MemoryActivityStore(ActivityStore):
    """`ActivityStore` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._memory = database

    async def of_project(self, project_id: str, days: int) -> Activity:
        self._memory.check()
        today = datetime.now(UTC).date()
        dates = [today - timedelta(days=back) for back in reversed(range(days))]
        mine = [run for run in self._memory.ended_runs if run.project_id == project_id]
        mine = [run for run in mine if run.ended_at.astimezone(UTC).date() >= dates[0]]
        newest = sorted(mine, key=lambda run: run.ended_at, reverse=True)[:RECENT]
        return Activity(
            days=tuple(Day(each, {counted: _count(mine, each, counted) for counted in COUNTED}) for each in dates),
            paces={step: _pace([run for run in mine if "extract" in run.timings_ms], step) for step in TIMED},
            recent=tuple(
                EndedLookup(
                    run.ended_at,
                    Status(run.status),
                    run.reason,
                    run.timings_ms.get("total", 0),
                    run.ticket_id,
                    run.steps,
                )
                for run in newest
            ),
            match_share=_match_share(mine),
        )


def _count(runs: Sequence[EndedRun], day: object, counted: str) -> int:
    those = [run for run in runs if run.ended_at.astimezone(UTC).date() == day]
    return sum(1 for run in those if counted_as(run.status, run.reason) == counted)


def _match_share(runs: Sequence[EndedRun]) -> float | None:
    found = [run for run in runs if counted_as(run.status, run.reason) == Status.OK]
    return sum(run.identity == "match" for run in found) / len(found) if found else None


def _pace(runs: Sequence[EndedRun], step: str) -> Pace:
    times = sorted(run.timings_ms[step] for run in runs if step in run.timings_ms)
    return Pace(_percentile(times, 0.5), _percentile(times, 0.95)) if times else Pace(None, None)


def _percentile(times: Sequence[int], share: float) -> int:
    """Interpolate between the two nearest, as percentile_cont does."""
    position = share * (len(times) - 1)
    below = int(position)
    above = min(below + 1, len(times) - 1)
    return round(times[below] + (times[above] - times[below]) * (position - below))
