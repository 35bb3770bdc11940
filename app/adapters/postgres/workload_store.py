"""The workload in PostgreSQL: which processes run tickets, how much waits, how the last hour's runs ended.

Every query stays cheap on large tables: it reads what waits or runs, or the last hour, by an index.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.breaker_store import ENDPOINT
from app.adapters.postgres.connection import fetch
from app.adapters.postgres.queue import ENRICH, NOBODY_WAITS, SOMEBODY_WAITS, WEBHOOK
from app.adapters.postgres.sender_store import WINDOW_SECONDS
from app.domain.outcomes import Status
from app.domain.workload import MOST_COUNTED, Depth, EndedRuns, ProjectRuns, Queue, SeenWorker, Worker, WorkloadReport

LOG_HOURS = 1
"""The queue's own log tells how its jobs ended, which `ended_runs` tells better: kept to look into a fresh trouble."""

PURGED_AT_ONCE = 5_000
"""Lines deleted per statement, some 20 ms of work: hours of them never make one long transaction."""

WORST_PROJECTS = 20
"""Projects that a report names: a page that a person reads."""

_BEAT = text("""
    INSERT INTO workers (worker_id, host, pid, seats, in_flight)
    VALUES (CAST(:worker_id AS uuid), :host, :pid, :seats, :in_flight)
    ON CONFLICT (worker_id) DO UPDATE SET seats = excluded.seats, in_flight = excluded.in_flight, seen_at = now()
""")

_LEAVE = text("DELETE FROM workers WHERE worker_id = CAST(:worker_id AS uuid)")

# Two processes that purge at once take the same lines: the second waits for the first, finds them gone, and stops.
_PURGE_LOG = text(f"""
    WITH purged AS (
        DELETE FROM pgqueuer_log WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM pgqueuer_log WHERE created < now() - interval '{LOG_HOURS} hour'
            ORDER BY created LIMIT :at_once
        )) RETURNING 1
    )
    SELECT count(*) AS lines FROM purged
""")  # noqa: S608 - a constant, no value

_PURGE_SENDERS = text(f"""
    DELETE FROM senders WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM senders WHERE seen_at < now() - interval '{WINDOW_SECONDS} s' LIMIT :at_once
    )) AND seen_at < now() - interval '{WINDOW_SECONDS} s' RETURNING 1
""")  # noqa: S608 - a constant, no value

_PURGE_WORKERS = text("DELETE FROM workers WHERE seen_at < now() - interval '1 day'")

_WAITING = f"entrypoint = '{ENRICH}' AND status = 'queued'"


def _count(condition: str) -> str:
    return f"(SELECT count(*) FROM (SELECT FROM pgqueuer WHERE {condition} LIMIT {MOST_COUNTED}) AS counted)"  # noqa: S608


# Ids are given in the order of arrival, and an index holds them by priority: the first of each is found without a
# search. "At most this priority" is for the planner, which would walk another index for "this priority".
_DEPTH = f"""
    SELECT {_count(_WAITING)} AS queued, (
        SELECT coalesce(CAST(extract(epoch FROM now() - min(first.created)) AS float8), 0)
        FROM unnest(ARRAY[{SOMEBODY_WAITS}, {NOBODY_WAITS}]) AS most, LATERAL (
            SELECT created FROM pgqueuer WHERE {_WAITING} AND priority <= most ORDER BY priority DESC, id LIMIT 1
        ) AS first
    ) AS oldest_seconds, (
        SELECT count(*) FROM (SELECT FROM waiting_runs LIMIT {MOST_COUNTED}) AS counted
    ) AS in_line, (
        SELECT count(*) FROM breakers b JOIN configurations c ON c.project_id = b.project_id
        WHERE b.opened_at IS NOT NULL AND b.endpoint = {ENDPOINT}
    ) AS open_breakers
"""  # noqa: S608 - constants, no value

_QUEUE = f"""
    SELECT depth.*, {_count(f"{_WAITING} AND execute_after > now()")} AS put_back,
        {_count(f"entrypoint = '{ENRICH}' AND status = 'picked'")} AS in_flight,
        {_count(f"entrypoint = '{WEBHOOK}' AND status = 'queued'")} AS webhooks
    FROM ({_DEPTH}) AS depth
"""  # noqa: S608 - constants, no value

_WORKERS = text("""
    SELECT CAST(worker_id AS text) AS worker_id, host, pid, seats, in_flight,
        CAST(extract(epoch FROM now() - started_at) AS float8) AS up_seconds,
        CAST(extract(epoch FROM now() - seen_at) AS float8) AS unseen_seconds
    FROM workers WHERE seen_at > now() - interval '1 hour' ORDER BY host, pid, worker_id
""")

_LAST_HOUR = text(f"""
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


class Workload:
    """The registry of workers and the figures of the queue; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def beat(self, worker: Worker) -> None:
        """Note a sign of life; to be called every `BEAT_SECONDS`."""
        await fetch(self._engine, _BEAT, asdict(worker))

    async def leave(self, worker_id: str) -> None:
        """Forget a worker that ends in order."""
        await fetch(self._engine, _LEAVE, {"worker_id": worker_id})

    async def purge(self) -> int:
        """Delete the queue's old log, workers unseen for a day and senders unseen for an hour.

        Return how many lines the log has lost.
        """
        await fetch(self._engine, _PURGE_WORKERS)
        while len(await fetch(self._engine, _PURGE_SENDERS, {"at_once": PURGED_AT_ONCE})) == PURGED_AT_ONCE:
            pass
        purged: list[int] = []
        while not purged or purged[-1] == PURGED_AT_ONCE:
            rows = await fetch(self._engine, _PURGE_LOG, {"at_once": PURGED_AT_ONCE})
            purged.append(int(rows[0].lines))
        return sum(purged)

    async def depth(self) -> Depth:
        """Return how many tickets wait, and how long the oldest has."""
        [row] = await fetch(self._engine, text(_DEPTH))
        return _depth(row)

    async def report(self) -> WorkloadReport:
        """Return everything that an operator asks for."""
        [queue] = await fetch(self._engine, text(_QUEUE))
        workers = await fetch(self._engine, _WORKERS)
        [hour] = await fetch(self._engine, _LAST_HOUR)
        return WorkloadReport(
            Queue(_depth(queue), queue.put_back, queue.in_flight, queue.webhooks),
            tuple(_seen(row) for row in workers),
            EndedRuns(
                hour.ended,
                hour.failed,
                hour.failed_because,
                hour.projects,
                tuple(ProjectRuns(**project) for project in hour.worst),
            ),
        )


def _depth(row: Row[Any]) -> Depth:
    return Depth(row.queued, row.oldest_seconds, row.in_line, row.open_breakers)


def _seen(row: Row[Any]) -> SeenWorker:
    worker = Worker(row.worker_id, row.host, row.pid, row.seats, row.in_flight)
    return SeenWorker(worker, row.up_seconds, row.unseen_seconds)
