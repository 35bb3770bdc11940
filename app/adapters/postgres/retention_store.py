"""Retention in PostgreSQL: deletes expired rows in batches found by an index, one replica at a time.

Silent workers and senders are purged by `app.adapters.postgres.workload_store`.
"""

from app.adapters.postgres.connection import Database, Statement
from app.domain.activity import LONGEST_DAYS
from app.domain.webhooks.webhook_messages import TRYING_SECONDS

PORTION = 1_000
"""Rows removed per statement, some 20 ms of work."""

RUN_DAYS = LONGEST_DAYS + 1
"""How long it is known how a run ended: what the activity can be asked for, and the day that has begun."""

LOCK = 0x63637478_72657400
"""Names our advisory lock (`cctxret`) for a portion: who does not get it leaves the work to who has it."""

_TURN = f"turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({LOCK}) AS mine)"
_MINE = "(SELECT mine FROM turn)"

# A result's age counts from its submission. A ticket that has not ended is never removed, as it will end. A row that is
# locked is removed the next time. Results are found project by project, through the index that lists them: an index for
# this alone would have to be written with each result.
_RESULTS = Statement(f"""
    WITH {_TURN}, old AS MATERIALIZED (
        SELECT place FROM projects p, LATERAL (
            SELECT ctid AS place FROM enrichments e WHERE e.project_id = p.project_id
                AND {_MINE} AND submitted_at < now() - make_interval(days => :days) AND state = 'done'
            ORDER BY submitted_at LIMIT :portion FOR UPDATE SKIP LOCKED
        ) AS of_project LIMIT :portion
    ), removed AS (
        DELETE FROM enrichments WHERE ctid = ANY(ARRAY(SELECT place FROM old)) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_RUNS = Statement(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM ended_runs WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ended_runs WHERE {_MINE} AND ended_at < now() - interval '{RUN_DAYS} days'
            ORDER BY ended_at LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_ACCESS_TOKENS = Statement(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM access_tokens WHERE token_id = ANY(ARRAY(
            SELECT token_id FROM access_tokens WHERE {_MINE} AND expires_at < now() ORDER BY expires_at LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

# Where no process delivers, nobody takes what is due.
_UNDELIVERED = Statement(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM deliveries WHERE message_id = ANY(ARRAY(
            SELECT message_id FROM deliveries
            WHERE {_MINE} AND due_at < now() - interval '{TRYING_SECONDS} seconds' ORDER BY due_at LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value

_SUMS = Statement(f"""
    WITH {_TURN}, removed AS (
        DELETE FROM daily_runs WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM daily_runs WHERE {_MINE} AND summed_until < now() - interval '{RUN_DAYS} days'
            ORDER BY summed_until LIMIT :portion
        )) RETURNING 1
    )
    SELECT count(*) AS rows FROM removed
""")  # noqa: S608 - constants, no value


class RetentionStore:
    """The rows that expire: results after `retention_days`, ended runs, daily sums, access tokens.

    Where this process `delivers`, messages to the helpdesk are none of it: they are tried, however old.
    """

    def __init__(self, database: Database, retention_days: int, *, delivers: bool = False) -> None:
        self._database = database
        self._retention_days = retention_days
        self._delivers = delivers

    async def remove_portion(self) -> bool:
        """Delete a batch of expired rows of each kind; tell whether any kind may have more."""
        removed = [await self._rows(_RESULTS, days=self._retention_days)]
        undelivered = () if self._delivers else (_UNDELIVERED,)
        removed += [await self._rows(statement) for statement in (_RUNS, _SUMS, _ACCESS_TOKENS, *undelivered)]
        return PORTION in removed

    async def _rows(self, statement: Statement, **values: object) -> int:
        [row] = await self._database.fetch(statement, values | {"portion": PORTION})
        return int(row.rows)
