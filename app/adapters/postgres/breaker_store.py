"""The breakers of all projects in PostgreSQL, shared by all replicas; a project whose endpoint answers has none.

A breaker belongs to one endpoint: URL, method, parameter and token as they were. When an owner changes one of them it
holds no more, and what still runs against the old endpoint tells nothing of the new one.
"""

from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import UNFLUSHED_HERE, fetch
from app.domain.breaker import CLOSED, PROBE_SECONDS, Breaker, SeenBreaker, Verdict

ENDPOINT = "md5(concat_ws(' ', c.method, c.identifier_parameter, c.token_updated_at, c.api_url))"
"""Names the endpoint of a row `c` of `configurations`."""

TRIES = 40
"""A change that meets another is made anew on what that left; more than usually come in one moment."""

PROBE = f"""
    UPDATE breakers AS b SET probe_run = mine.run, next_probe_at = now() + interval '{PROBE_SECONDS} seconds',
        version = b.version + 1
    FROM mine, turn WHERE b.project_id = mine.project_id AND mine.is_open AND mine.runnable
        AND b.opened_at IS NOT NULL AND (b.next_probe_at <= now() OR b.probe_run = mine.run)
    RETURNING 1
"""  # noqa: S608 - constants, no value
"""Makes the run of a claim the probe if one is due: who comes at the same time waits for the row and finds it taken."""

_FIND = text(f"""
    SELECT b.failures, b.opened_at, b.pause_seconds, b.next_probe_at, b.probe_run, b.version,
        b.endpoint = {ENDPOINT} AS is_its, {ENDPOINT} AS endpoint, now() AS now
    FROM configurations c LEFT JOIN breakers b ON b.project_id = c.project_id WHERE c.project_id = :project_id
""")  # noqa: S608 - constants, no value

_WRITE = text(f"""
    INSERT INTO breakers AS b (project_id, endpoint, failures, opened_at, pause_seconds, next_probe_at, probe_run)
    VALUES (:project_id, :endpoint, :failures, :opened_at, :pause_seconds, :next_probe_at, :probe_run)
    ON CONFLICT (project_id) DO UPDATE SET endpoint = excluded.endpoint, failures = excluded.failures,
        opened_at = excluded.opened_at, pause_seconds = excluded.pause_seconds, next_probe_at = excluded.next_probe_at,
        probe_run = excluded.probe_run, version = b.version + 1
    WHERE b.version = :version
    RETURNING {UNFLUSHED_HERE}
""")  # noqa: S608 - constants, no value

_CLOSE = text("DELETE FROM breakers WHERE project_id = :project_id AND version = :version RETURNING 1")


class BreakerStore:
    """The rows of breakers; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_project(self, project_id: str) -> SeenBreaker:
        """Return the breaker of the project's endpoint, and the time at which it was seen."""
        rows = await fetch(self._engine, _FIND, {"project_id": project_id})
        return SeenBreaker(_breaker_of(rows[0]), rows[0].now) if rows else SeenBreaker(CLOSED, None)

    async def record(self, project_id: str, endpoint: str, run: int, verdict: Verdict) -> None:
        """Have the breaker know what a run tells of that endpoint, if it still is the project's."""
        for _ in range(TRIES):
            rows = await fetch(self._engine, _FIND, {"project_id": project_id})
            if not rows or rows[0].endpoint != endpoint:
                return
            seen = _breaker_of(rows[0])
            after = seen.after(verdict, run, rows[0].now)
            if after == seen or await self._replace(project_id, rows[0], after):
                _log(project_id, seen, after)
                return

    async def close(self, project_id: str) -> None:
        """Close it: somebody has just seen the endpoint answer."""
        rows = await fetch(self._engine, _FIND, {"project_id": project_id})
        if rows:
            await self.record(project_id, rows[0].endpoint, 0, Verdict.ANSWERS)

    async def _replace(self, project_id: str, row: Row[Any], after: Breaker) -> bool:
        """Put another state in the place of the one that was seen; False if it is there no more."""
        values = {"project_id": project_id, "version": row.version if row.version is not None else -1}
        if after == CLOSED:
            return row.version is None or bool(await fetch(self._engine, _CLOSE, values))
        values |= {name: getattr(after, name) for name in Breaker.__slots__}
        return bool(await fetch(self._engine, _WRITE, values | {"endpoint": row.endpoint}))


def _breaker_of(row: Row[Any]) -> Breaker:
    if not row.is_its:  # there is none, or that of an endpoint which the project had before
        return CLOSED
    return Breaker(row.failures, row.opened_at, row.pause_seconds, row.next_probe_at, row.probe_run)


def _log(project_id: str, seen: Breaker, after: Breaker) -> None:
    log = structlog.get_logger()
    if seen.opened_at is None and after.opened_at is not None:
        log.info("breaker_opened", project_id=project_id, failures=after.failures)
    if seen.opened_at is not None and after.opened_at is None:
        log.info("breaker_closed", project_id=project_id, failures=seen.failures)
