"""The registry of workers and the queue's figures in PostgreSQL: heartbeats, takeovers, depth, report.

Every query stays cheap on large tables: it reads what waits or runs, or the last hour, by an index.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from app.adapters.postgres.connection import (
    PATIENCE_SECONDS,
    UNFLUSHED_HERE,
    Database,
    Row,
    Statement,
    Transaction,
)
from app.adapters.postgres.notify.notices import QUEUED_CHANNEL
from app.adapters.postgres.rows.ticket_rows import QUEUED, RESTING
from app.adapters.postgres.sender_store import WINDOW_SECONDS
from app.domain.outcomes import Status
from app.domain.workload import (
    MOST_COUNTED,
    Depth,
    EndedRuns,
    ProjectRuns,
    Queue,
    SeenWorker,
    Taker,
    WorkerBeat,
    WorkloadReport,
)

PURGED_AT_ONCE = 5_000
"""Lines deleted per statement, some 20 ms of work: hours of them never make one long transaction."""

WORST_PROJECTS = 20
"""Projects that a report names: a page that a person reads."""

HEADS = 10_000
"""Lines of projects in which the ticket that has waited longest is looked for."""

_BEAT = Statement(f"""
    INSERT INTO workers (worker_id, host, pid, seats, in_flight)
    VALUES (CAST(:worker_id AS uuid), :host, :pid, :seats, :in_flight)
    ON CONFLICT (worker_id) DO UPDATE SET seats = excluded.seats, in_flight = excluded.in_flight, seen_at = now()
    RETURNING seen_at + make_interval(secs => CAST(:fresh_seconds AS float8)) AS takes_until, {UNFLUSHED_HERE}
""")  # noqa: S608 - a constant, no value

# What this process was given without knowing it, as the connection was lost before the answer: as old as an answer
# may be, and not among those that it runs.
_GIVE_BACK_UNKNOWN = Statement(f"""
    UPDATE enrichments SET state = 'queued', strikes = strikes - 1
    WHERE state = 'running' AND worker = CAST(:worker_id AS uuid) AND run <> ALL(CAST(:running AS bigint[]))
        AND updated_at < now() - interval '{PATIENCE_SECONDS} s'
    RETURNING 1
""")  # noqa: S608 - a constant, no value

# The worker that runs this is alive, so it leaves out its own runs, even if waiting statements made its heartbeat late.
_GIVE_TO_OTHERS = Statement("""
    UPDATE enrichments e SET state = 'queued'
    WHERE e.state = 'running' AND e.worker <> CAST(:worker_id AS uuid) AND NOT EXISTS (
        SELECT FROM workers w
        WHERE w.worker_id = e.worker AND w.seen_at > now() - make_interval(secs => :alive_seconds)
    )
    RETURNING 1
""")

_LEAVE = Statement("""
    WITH gone AS (DELETE FROM workers WHERE worker_id = CAST(:worker_id AS uuid))
    UPDATE enrichments SET state = 'queued', strikes = strikes - 1
    WHERE state = 'running' AND worker = CAST(:worker_id AS uuid) RETURNING 1
""")

# Two processes that purge at once take the same lines: the second waits for the first, finds them gone, and stops.
_PURGE_SENDERS = Statement(f"""
    DELETE FROM senders WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM senders WHERE seen_at < now() - interval '{WINDOW_SECONDS} s' LIMIT :at_once
    )) AND seen_at < now() - interval '{WINDOW_SECONDS} s' RETURNING 1
""")  # noqa: S608 - a constant, no value

_PURGE_WORKERS = Statement("DELETE FROM workers WHERE seen_at < now() - interval '1 day'")


def _count(rows: str) -> str:
    return f"(SELECT count(*) FROM (SELECT FROM {rows} LIMIT {MOST_COUNTED}) AS counted)"  # noqa: S608


_IN_LINE = (
    f"enrichments JOIN full_projects USING (project_id) WHERE {QUEUED} AND asynchronous = ANY(ARRAY[false, true])"
)
"""Tickets that wait for a slot of their own project, by the index of the queue."""

# The oldest is the first in the line of its project, and the index skips from one line to the next.
_DEPTH = f"""
    WITH RECURSIVE heads AS (
        (SELECT asynchronous, project_id, submitted_at FROM enrichments WHERE {QUEUED}
        ORDER BY asynchronous, project_id, run LIMIT 1)
        UNION ALL
        SELECT next.* FROM heads, LATERAL (
            SELECT asynchronous, project_id, submitted_at FROM enrichments WHERE {QUEUED}
                AND (asynchronous, project_id) > (heads.asynchronous, heads.project_id)
            ORDER BY asynchronous, project_id, run LIMIT 1
        ) AS next
    ), full_projects AS (
        SELECT project_id FROM enrichments WHERE state = 'running'
        GROUP BY project_id HAVING count(*) >= CAST(:slots AS integer)
    )
    SELECT {_count("enrichments WHERE state = 'queued'")} AS queued, (
        SELECT coalesce(CAST(extract(epoch FROM now() - min(submitted_at)) AS float8), 0)
        FROM (SELECT submitted_at FROM heads LIMIT {HEADS}) AS known
    ) AS oldest_seconds, {_count(_IN_LINE)} AS in_line, (
        SELECT count(*) FROM projects
        WHERE breaker IS NOT NULL AND breaker ->> 'opened_at' IS NOT NULL AND breaker ->> 'endpoint' = endpoint
    ) AS open_breakers
"""  # noqa: S608 - constants, no value

_SEE_DEPTH = Statement(_DEPTH)

_QUEUE = Statement(f"""
    SELECT depth.*, {_count(f"enrichments WHERE {RESTING}")} AS put_back,
        {_count("enrichments WHERE state = 'running'")} AS in_flight, {_count("deliveries")} AS webhooks, (
            SELECT coalesce(CAST(extract(epoch FROM now() - min(made_at)) AS float8), 0)
            FROM (SELECT made_at FROM deliveries ORDER BY due_at LIMIT {MOST_COUNTED}) AS known
        ) AS oldest_webhook_seconds
    FROM ({_DEPTH}) AS depth
""")  # noqa: S608 - constants, no value

_WORKERS = Statement("""
    SELECT CAST(worker_id AS text) AS worker_id, host, pid, seats, in_flight,
        CAST(extract(epoch FROM now() - started_at) AS float8) AS up_seconds,
        CAST(extract(epoch FROM now() - seen_at) AS float8) AS unseen_seconds
    FROM workers WHERE seen_at > now() - interval '1 hour' ORDER BY host, pid, worker_id
""")

_LAST_HOUR = Statement(f"""
    WITH runs AS MATERIALIZED (
        SELECT project_id, status, status <> '{Status.OK}' AS failed, coalesce(reason, status) AS why, count(*) AS runs
        FROM ended_runs WHERE ended_at > now() - interval '1 hour' GROUP BY project_id, status, reason
    ), projects AS MATERIALIZED (
        SELECT project_id, sum(runs) AS ended, coalesce(sum(runs) FILTER (WHERE failed), 0) AS failed
        FROM runs GROUP BY project_id
    ), worst AS (
        SELECT project_id, ended, failed, (
            SELECT jsonb_object_agg(status, runs) FROM (
                SELECT status, sum(runs) AS runs FROM runs WHERE runs.project_id = projects.project_id GROUP BY status
            ) AS statuses
        ) AS by_status
        FROM projects ORDER BY failed DESC, ended DESC, project_id LIMIT {WORST_PROJECTS}
    )
    SELECT CAST(coalesce(sum(ended), 0) AS bigint) AS ended, CAST(coalesce(sum(failed), 0) AS bigint) AS failed,
        count(*) AS projects,
        (SELECT coalesce(jsonb_object_agg(why, runs), '{{}}') FROM (
            SELECT why, sum(runs) AS runs FROM runs WHERE failed GROUP BY why
        ) AS reasons) AS failed_because,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(worst) ORDER BY failed DESC, ended DESC, project_id), '[]') FROM worst
        ) AS worst
    FROM projects
""")  # noqa: S608 - constants, no value


class WorkloadStore:
    """The registry of workers and the figures of the queue; every method may raise `DatabaseUnavailable`.

    `taker` is this process, as it takes runs. `notify` sends a NOTIFY on a channel, soon.
    """

    def __init__(self, database: Database, taker: Taker, notify: Callable[[str, str], None]) -> None:
        self._database = database
        self._taker = taker
        self._notify = notify

    async def beat(self, worker: WorkerBeat, running: Callable[[], Sequence[int]]) -> int:
        """Store the worker's heartbeat and queue the runs that it was given but does not run; return how many.

        To be called as often as `Taker.beat_seconds` says.
        """

        async def note(transaction: Transaction) -> tuple[datetime, Sequence[Row]]:
            [seen] = await transaction.fetch(_BEAT, asdict(worker) | {"fresh_seconds": self._taker.fresh_seconds})
            # Asked only now: a list from before a long wait for the database lacks what was started meanwhile, and
            # that would be given back and run twice. Ages are counted from the beginning of the transaction.
            values = {"worker_id": worker.worker_id, "running": list(running())}
            return seen.takes_until, await transaction.fetch(_GIVE_BACK_UNKNOWN, values)

        self._taker.takes_until, given_back = await self._database.transact(note)
        return self._queued(given_back)

    async def take_over(self) -> int:
        """Queue the runs of workers without a heartbeat; return how many. An attempt that ended so is a strike."""
        values = {"worker_id": self._taker.worker_id, "alive_seconds": self._taker.alive_seconds}
        return self._queued(await self._database.fetch(_GIVE_TO_OTHERS, values))

    async def leave(self) -> None:
        """Delete this worker's row, as it ends in order, and queue the runs that it had."""
        self._taker.takes_until = None
        self._queued(await self._database.fetch(_LEAVE, {"worker_id": self._taker.worker_id}))

    async def purge(self) -> None:
        """Delete workers unseen for a day and senders unseen for an hour."""
        await self._database.fetch(_PURGE_WORKERS)
        while len(await self._database.fetch(_PURGE_SENDERS, {"at_once": PURGED_AT_ONCE})) == PURGED_AT_ONCE:
            pass

    async def depth(self) -> Depth:
        """Return the queue's depth: how many tickets wait, and for how long the oldest has."""
        [row] = await self._database.fetch(_SEE_DEPTH, {"slots": self._taker.slots})
        return _depth(row)

    async def report(self) -> WorkloadReport:
        """Return the workload report: queue, workers, and the runs that ended within the last hour."""
        [queue] = await self._database.fetch(_QUEUE, {"slots": self._taker.slots})
        workers = await self._database.fetch(_WORKERS)
        [hour] = await self._database.fetch(_LAST_HOUR)
        return WorkloadReport(
            Queue(_depth(queue), queue.put_back, queue.in_flight, queue.webhooks, queue.oldest_webhook_seconds),
            tuple(_seen(row, self._taker.alive_seconds) for row in workers),
            EndedRuns(
                hour.ended,
                hour.failed,
                hour.failed_because,
                hour.projects,
                tuple(ProjectRuns(**project) for project in hour.worst),
            ),
        )

    def _queued(self, rows: Sequence[Row]) -> int:
        if rows:
            self._notify(QUEUED_CHANNEL, "")
        return len(rows)


def _depth(row: Row) -> Depth:
    return Depth(row.queued, row.oldest_seconds, row.in_line, row.open_breakers)


def _seen(row: Row, alive_seconds: float) -> SeenWorker:
    worker = WorkerBeat(row.worker_id, row.host, row.pid, row.seats, row.in_flight)
    return SeenWorker(worker, row.up_seconds, row.unseen_seconds, row.unseen_seconds <= alive_seconds)
