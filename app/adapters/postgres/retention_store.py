"""How long things are kept in PostgreSQL, and what removes them: portions found by an index, by one replica at a time.

The queue's own log and silent workers are purged by `app.adapters.postgres.workload_store`.
"""

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import fetch
from app.adapters.postgres.queue import ENRICH, NOBODY_WAITS, insert_jobs, payload
from app.domain.activity import LONGEST_DAYS

PORTION = 1_000
"""Rows removed per statement, some 20 ms of work."""

RUN_DAYS = LONGEST_DAYS + 1
"""How long it is known how a run ended: what the activity can be asked for, and the day that has begun."""

SWEPT_AFTER_HOURS = 1
"""A run still pending after this should have a job, or stand in line. If not, its email would stay for ever."""

LOCK = 0x63637478_72657400
"""Names our advisory lock (`cctxret`) for a portion: who does not get it leaves the work to who has it."""

_TURN = f"turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({LOCK}) AS mine)"
_MINE = "(SELECT mine FROM turn)"

# Its age counts from when it was asked for, in a column that no later update of the row touches, and so costs no
# update an index entry. One that is pending has no age: it will end. What somebody holds is taken the next time.
_RESULTS = text(f"""
    WITH {_TURN}, old AS MATERIALIZED (
        SELECT ticket_id FROM enrichments
        WHERE {_MINE} AND submitted_at < now() - make_interval(days => :days) AND state = 'done'
        ORDER BY submitted_at LIMIT :portion FOR UPDATE SKIP LOCKED
    ), removed AS (
        DELETE FROM enrichments WHERE ticket_id = ANY(ARRAY(SELECT ticket_id FROM old)) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_RUNS = text(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM ended_runs WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ended_runs WHERE {_MINE} AND ended_at < now() - interval '{RUN_DAYS} days'
            ORDER BY ended_at LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_ACCESS_TOKENS = text(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM access_tokens WHERE token_id = ANY(ARRAY(
            SELECT token_id FROM access_tokens WHERE {_MINE} AND expires_at < now() ORDER BY expires_at LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_LOST = f"""
    SELECT '{ENRICH}', {payload("e.ticket_id", "e.run")}, 'run ' || e.run, {NOBODY_WAITS}, now()
    FROM enrichments e
    WHERE {_MINE} AND e.email IS NOT NULL AND e.submitted_at < now() - interval '{SWEPT_AFTER_HOURS} hours'
        AND e.state <> 'done' AND NOT EXISTS (
            SELECT FROM pgqueuer q WHERE q.dedupe_key = 'run ' || e.run
                AND q.status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])
                AND q.dedupe_key IS NOT NULL
        ) AND NOT EXISTS (SELECT FROM waiting_runs w WHERE w.run = e.run)
    ORDER BY e.submitted_at LIMIT :portion
"""  # noqa: S608 - constants, no value

_SWEEP = text(f"""
    WITH {_TURN}, swept AS ({insert_jobs(_LOST)} RETURNING 1)
    SELECT count(*) AS rows FROM swept
""")  # noqa: S608 - constants, no value


class RetentionStore:
    """Everything that is kept for a time; `retention_days` is how long results are."""

    def __init__(self, engine: AsyncEngine, retention_days: int) -> None:
        self._engine = engine
        self._retention_days = retention_days

    async def remove_portion(self) -> bool:
        """Remove a portion of each kind, and give lost runs a job again; tell whether any kind may have more."""
        swept = await self._rows(_SWEEP)
        if swept:
            structlog.get_logger().warning("lost_runs_queued", runs=swept)
        removed = [await self._rows(_RESULTS, days=self._retention_days)]
        removed += [await self._rows(statement) for statement in (_RUNS, _ACCESS_TOKENS)]
        return PORTION in removed

    async def _rows(self, statement: TextClause, **values: object) -> int:
        [row] = await fetch(self._engine, statement, values | {"portion": PORTION})
        return int(row.rows)
