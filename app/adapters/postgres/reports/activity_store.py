"""Sums up ended runs in PostgreSQL: daily sums, and a project's newest runs by the index on project and time.

A run that ends is one line of `ended_runs`. Once a minute, one process adds the new lines to the sums of their days, so
that no run waits for the counter of its project; until then they are counted one by one.
"""

from app.adapters.postgres.connection import (
    FOREIGN_KEY_VIOLATION,
    Database,
    Row,
    Statement,
    StatementFailed,
    Transaction,
)
from app.adapters.postgres.rows.packing import unpack
from app.domain.activity import COUNTED, RECENT, TIMED, UNKNOWN_CUSTOMER, Activity, Day, EndedLookup, Pace
from app.domain.outcomes import KeptStep, Status

_TODAY = "date_trunc('day', now() AT TIME ZONE 'UTC')"
"""Midnight of today, UTC, by the database's clock."""

PACED = 5_000
"""Of how many runs, the newest, the pace is told: however many there were, it takes a few milliseconds."""

_MINE = f"""
    project_id = :project_id
        AND ended_at >= ({_TODAY} - make_interval(days => CAST(:days AS integer) - 1)) AT TIME ZONE 'UTC'
"""

_DAY_AND_STATUS = f"""
    CAST(ended_at AT TIME ZONE 'UTC' AS date) AS day,
        CASE WHEN reason = '{UNKNOWN_CUSTOMER}' THEN reason ELSE status END AS status
"""
"""Of a line of `ended_runs`: what it is counted by, one of `COUNTED`."""

_SUMMED_UNTIL = "(SELECT coalesce(max(summed_until), '-infinity') FROM daily_runs)"
"""Lines that ended before this are in the sums. Where the latest sums go with their project, it falls to the latest of
the others: as these were not touched since, no line of theirs is counted twice."""

SETTLED = "interval '30 s'"
"""A line that is so old is there to be read: it bears the time at which its statement began, and the server ends a
statement after 8 s."""

SUMMED_AT_ONCE = "interval '1 hour'"
"""How much is summed up by one statement: a million runs of an hour, of 1,000 projects, in 0.4 s (measured)."""

SUMMING_LOCK = 0x63637478_73756D73
"""Names our advisory lock (`cctxsums`), held for one batch: who does not get it leaves the work to who has it."""

_TURN = Statement(f"SELECT pg_try_advisory_xact_lock({SUMMING_LOCK}) AS mine")

# A statement of its own, after the lock: it sees what the last one who held it has summed up.
_SUM_UP = Statement(f"""
    WITH batch AS (
        SELECT since, least(now() - {SETTLED}, {SUMMED_AT_ONCE} + (
            SELECT min(ended_at) FROM ended_runs WHERE ended_at >= since
        )) AS until
        FROM {_SUMMED_UNTIL} AS known (since)
    ), lines AS (
        SELECT project_id, {_DAY_AND_STATUS} FROM ended_runs
        WHERE ended_at >= (SELECT since FROM batch) AND ended_at < (SELECT until FROM batch)
    ), summed AS (
        INSERT INTO daily_runs AS d (project_id, day, status, runs, summed_until)
        SELECT project_id, day, status, count(*), (SELECT until FROM batch)
        FROM lines JOIN projects USING (project_id) GROUP BY project_id, day, status ORDER BY project_id, day, status
        ON CONFLICT (project_id, day, status)
        DO UPDATE SET runs = d.runs + excluded.runs, summed_until = excluded.summed_until
    )
    SELECT until < now() - {SETTLED} AS more FROM batch
""")  # noqa: S608 - constants, no value

# The series makes the days on which nothing ended.
_DAYS = Statement(f"""
    WITH every AS (
        SELECT CAST({_TODAY} AS date) - back AS day FROM generate_series(0, CAST(:days AS integer) - 1) AS back
    ), counted AS (
        SELECT day, status, runs FROM daily_runs
        WHERE project_id = :project_id AND day >= (SELECT min(day) FROM every)
        UNION ALL
        SELECT {_DAY_AND_STATUS}, 1 FROM ended_runs WHERE project_id = :project_id AND ended_at >= {_SUMMED_UNTIL}
    ), summed AS (
        SELECT day, status, sum(runs) AS lookups FROM counted GROUP BY day, status
    )
    SELECT day, coalesce(jsonb_object_agg(status, lookups) FILTER (WHERE status IS NOT NULL), '{{}}') AS by_status
    FROM every LEFT JOIN summed USING (day) GROUP BY day ORDER BY day
""")  # noqa: S608 - constants, no value

_PERCENTILES = ", ".join(
    f"""
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY {step}_ms)
            FILTER (WHERE extract_ms IS NOT NULL) AS {step}_ms
    """
    for step in TIMED
)
"""Of the runs in which the AI was asked: what ended before takes no time, and would make the whole look fast."""

_PACES = Statement(f"""
    SELECT {_PERCENTILES},
        CAST(count(*) FILTER (WHERE found AND identity = 'match') AS float8)
            / nullif(count(*) FILTER (WHERE found), 0) AS match_share
    FROM (
        SELECT extract_ms, fetch_ms, summarize_ms, total_ms, identity,
            status = 'ok' AND reason IS DISTINCT FROM 'no_data' AS found
        FROM ended_runs WHERE {_MINE} ORDER BY ended_at DESC LIMIT {PACED}
    ) AS newest
""")  # noqa: S608 - constants, no value

_RECENT = Statement(f"""
    SELECT ended_at, status, reason, ticket_id, steps, coalesce(total_ms, 0) AS duration_ms
    FROM ended_runs WHERE {_MINE} ORDER BY ended_at DESC LIMIT {RECENT}
""")  # noqa: S608 - constants, no value


class ActivityStore:
    """The rows of daily_runs and ended_runs, as owners see them; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sum_up(self) -> bool:
        """Add a batch of ended runs to the sums of their days, each once; tell whether there may be more."""
        try:
            return await self._database.transact(_sum_up)
        except StatementFailed as failure:
            if failure.sqlstate != FOREIGN_KEY_VIOLATION:
                raise
            return True  # a project was deleted in this moment: nothing is summed up yet

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


async def _sum_up(transaction: Transaction) -> bool:
    [turn] = await transaction.fetch(_TURN)
    if not turn.mine:
        return False
    [batch] = await transaction.fetch(_SUM_UP)
    more: bool = batch.more
    return more


def _pace(percentiles: list[float] | None) -> Pace:
    if percentiles is None:
        return Pace(None, None)
    return Pace(round(percentiles[0]), round(percentiles[1]))


def _ended(row: Row) -> EndedLookup:
    steps = tuple(KeptStep(**step) for step in (unpack(row.steps) if row.steps else ()))
    return EndedLookup(row.ended_at, Status(row.status), row.reason, row.duration_ms, row.ticket_id, steps)
