"""Sums up a project's ended runs in PostgreSQL; they are found by the index on project and time."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import fetch
from app.domain.activity import RECENT, TIMED, Activity, Day, Ended, Pace
from app.domain.outcomes import Status

_TODAY = "date_trunc('day', now() AT TIME ZONE 'UTC')"
"""Midnight of today, UTC, by the database's clock."""

_MINE = f"""
    project_id = :project_id AND ended_at >= ({_TODAY} - make_interval(days => :days - 1)) AT TIME ZONE 'UTC'
"""

# The series makes the days on which nothing ended.
_DAYS = text(f"""
    WITH counted AS (
        SELECT date_trunc('day', ended_at AT TIME ZONE 'UTC') AS day, status, count(*) AS lookups
        FROM ended_runs WHERE {_MINE} GROUP BY 1, 2
    )
    SELECT CAST(day AS date) AS day,
        coalesce(jsonb_object_agg(status, lookups) FILTER (WHERE status IS NOT NULL), '{{}}') AS by_status
    FROM generate_series({_TODAY} - make_interval(days => :days - 1), {_TODAY}, interval '1 day') AS every (day)
    LEFT JOIN counted USING (day) GROUP BY day ORDER BY day
""")  # noqa: S608 - constants, no value

_PERCENTILES = ", ".join(
    f"""
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY CAST(timings_ms ->> '{step}' AS float8))
            FILTER (WHERE timings_ms ? 'extract') AS {step}_ms
    """
    for step in TIMED
)
"""Of the runs in which the AI was asked: what ended before takes no time, and would make the whole look fast."""

_PACES = text(f"SELECT {_PERCENTILES} FROM ended_runs WHERE {_MINE}")  # noqa: S608 - constants, no value

_RECENT = text(f"""
    SELECT ended_at, status, reason, coalesce(CAST(timings_ms ->> 'total' AS float8), 0) AS duration_ms
    FROM ended_runs WHERE {_MINE} ORDER BY ended_at DESC LIMIT {RECENT}
""")  # noqa: S608 - constants, no value


class ActivityStore:
    """The rows of ended_runs, as owners see them; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_project(self, project_id: str, days: int) -> Activity:
        """Sum up today and the days before it, `days` in all."""
        values = {"project_id": project_id, "days": days}
        per_day = await fetch(self._engine, _DAYS, values)
        (paces,) = await fetch(self._engine, _PACES, values)
        recent = await fetch(self._engine, _RECENT, values)
        return Activity(
            days=tuple(Day(row.day, {status: row.by_status.get(status, 0) for status in Status}) for row in per_day),
            paces={step: _pace(getattr(paces, f"{step}_ms")) for step in TIMED},
            recent=tuple(_ended(row) for row in recent),
        )


def _pace(percentiles: list[float] | None) -> Pace:
    if percentiles is None:
        return Pace(None, None)
    return Pace(round(percentiles[0]), round(percentiles[1]))


def _ended(row: Row[Any]) -> Ended:
    return Ended(row.ended_at, Status(row.status), row.reason, round(row.duration_ms))
