"""Sums up a project's ended runs in PostgreSQL: daily sums, and the newest runs by the index on project and time."""

from app.adapters.postgres.connection import Database, Row, Statement
from app.adapters.postgres.rows.packing import unpack
from app.domain.activity import COUNTED, RECENT, TIMED, Activity, Day, EndedLookup, Pace
from app.domain.outcomes import KeptStep, Status

_TODAY = "date_trunc('day', now() AT TIME ZONE 'UTC')"
"""Midnight of today, UTC, by the database's clock."""

PACED = 5_000
"""Of how many runs, the newest, the pace is told: however many there were, it takes some 20 ms."""

_MINE = f"""
    project_id = :project_id
        AND ended_at >= ({_TODAY} - make_interval(days => CAST(:days AS integer) - 1)) AT TIME ZONE 'UTC'
"""

# The series makes the days on which nothing ended.
_DAYS = Statement(f"""
    WITH every AS (
        SELECT CAST({_TODAY} AS date) - back AS day FROM generate_series(0, CAST(:days AS integer) - 1) AS back
    ), summed AS (
        SELECT day, status, sum(runs) AS lookups FROM daily_runs
        WHERE project_id = :project_id AND day >= (SELECT min(day) FROM every) GROUP BY day, status
    )
    SELECT day, coalesce(jsonb_object_agg(status, lookups) FILTER (WHERE status IS NOT NULL), '{{}}') AS by_status
    FROM every LEFT JOIN summed USING (day) GROUP BY day ORDER BY day
""")  # noqa: S608 - constants, no value

_PERCENTILES = ", ".join(
    f"""
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY CAST(timings_ms ->> '{step}' AS float8))
            FILTER (WHERE timings_ms ? 'extract') AS {step}_ms
    """
    for step in TIMED
)
"""Of the runs in which the AI was asked: what ended before takes no time, and would make the whole look fast."""

_PACES = Statement(f"""
    SELECT {_PERCENTILES},
        CAST(count(*) FILTER (WHERE found AND identity = 'match') AS float8)
            / nullif(count(*) FILTER (WHERE found), 0) AS match_share
    FROM (
        SELECT timings_ms, identity, status = 'ok' AND reason IS DISTINCT FROM 'no_data' AS found
        FROM ended_runs WHERE {_MINE} ORDER BY ended_at DESC LIMIT {PACED}
    ) AS newest
""")  # noqa: S608 - constants, no value

_RECENT = Statement(f"""
    SELECT ended_at, status, reason, ticket_id, steps,
        coalesce(CAST(timings_ms ->> 'total' AS float8), 0) AS duration_ms
    FROM ended_runs WHERE {_MINE} ORDER BY ended_at DESC LIMIT {RECENT}
""")  # noqa: S608 - constants, no value


class ActivityStore:
    """The rows of daily_runs and ended_runs, as owners see them; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_project(self, project_id: str, days: int) -> Activity:
        """Sum up today and the days before it, `days` in all."""
        values = {"project_id": project_id, "days": days}
        per_day = await self._database.fetch(_DAYS, values)
        (paces,) = await self._database.fetch(_PACES, values)
        recent = await self._database.fetch(_RECENT, values)
        return Activity(
            days=tuple(Day(row.day, {each: row.by_status.get(each, 0) for each in COUNTED}) for row in per_day),
            paces={step: _pace(getattr(paces, f"{step}_ms")) for step in TIMED},
            recent=tuple(_ended(row) for row in recent),
            match_share=paces.match_share,
        )


def _pace(percentiles: list[float] | None) -> Pace:
    if percentiles is None:
        return Pace(None, None)
    return Pace(round(percentiles[0]), round(percentiles[1]))


def _ended(row: Row) -> EndedLookup:
    steps = tuple(KeptStep(**step) for step in (unpack(row.steps) if row.steps else ()))
    return EndedLookup(row.ended_at, Status(row.status), row.reason, round(row.duration_ms), row.ticket_id, steps)
