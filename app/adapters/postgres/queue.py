"""The durable queue, pgqueuer on PostgreSQL: jobs that say "somebody should look at this", never more.

The rows of the tickets are the truth. A job may come twice, late, or to a worker that was thought dead; what it leads
to is guarded there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import structlog
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain import models
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import NotifyCallback

from app.adapters.postgres.listening import StandingConnection

ENRICH, WEBHOOK = "enrich", "webhook"
"""The kinds of jobs: run a ticket, tell the helpdesk of one that has ended."""

SOMEBODY_WAITS, NOBODY_WAITS = 1, 0
"""Priorities of tickets: a caller who waits goes before ten thousand tickets that may."""

WEBHOOKS_AT_ONCE = 20
"""Webhooks under way over all workers: it is one host that gets them."""

BATCH = 25
"""Jobs taken at once: few enough that replicas share a burst, enough that a backlog costs one statement for many."""

STALE_SECONDS = 15.0
"""A job without a heartbeat for so long is taken over; heartbeats come in half the time."""

POLL_SECONDS = 5.0
"""How often a worker looks for jobs that no NOTIFY told of: those of a dead worker, mostly."""

RECHECK_SECONDS = 0.005
"""Pause before a worker looks for a job whose NOTIFY the library has counted for another; its own 100 ms are felt."""

FAULT_PAUSE_SECONDS = 1.0
"""Pause after a fault of ours: before the job is tried again, and before the queue's loop is started anew."""

CHANNEL = Channel("ch_pgqueuer")
"""On which the library listens for new jobs."""

NAMES = DBSettings(
    prefix="",
    db_schema=None,
    channel=CHANNEL,
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    queue_status_type="pgqueuer_status",
    statistics_table="pgqueuer_statistics",
    schedules_table="pgqueuer_schedules",
    function="fn_pgqueuer_changed",
    trigger="tg_pgqueuer_changed",
    durability=Durability.balanced,
)
"""The queue as our migration makes it: left to itself, the library takes names from variables as common as CHANNEL."""

NEWS = json.dumps(
    {
        "channel": CHANNEL,
        "operation": "insert",
        "sent_at": "1970-01-01T00:00:00Z",  # nobody reads it, and of equal NOTIFYs one is enough
        "table": "pgqueuer",
        "type": "table_changed_event",
    }
)
"""What the library hears there, as its own trigger would word it."""

Handler = Callable[[list[Any], float], Awaitable[float | None]]
"""Does a job with that payload and age (s); returns None when it is done, or the seconds until it is to come again."""


def insert_jobs(select: str) -> str:
    """Return a statement that puts jobs into the queue, for the statement that writes the row which they are about.

    `select` gives their entrypoint, payload, dedupe_key, priority and execute_after; of those with the key of a job
    that waits or runs, none is inserted. The library's own `enqueue` would need a transaction of several round trips.
    """
    return f"""
        INSERT INTO pgqueuer (status, entrypoint, payload, dedupe_key, priority, execute_after)
        SELECT 'queued', job.* FROM ({select}) AS job
        ON CONFLICT (dedupe_key)
            WHERE status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status]) AND dedupe_key IS NOT NULL
        DO NOTHING
    """  # noqa: S608 - constants, no value


def payload(*columns: str) -> str:
    """Return the SQL of a payload that holds these columns as a JSON array: what the handler gets."""
    return f"convert_to(CAST(json_build_array({', '.join(columns)}) AS text), 'UTF8')"


class QueueWorker:
    """Takes jobs while it runs; `stop` lets it take no more, and `run` returns when those in hand are settled."""

    def __init__(self, connection: StandingConnection, handlers: Mapping[str, Handler], seats: int) -> None:
        self._connection = connection
        self._handlers = handlers
        self._seats = seats
        self._free = asyncio.Semaphore(seats)  # the library takes two jobs at least, also for one seat
        self._manager: QueueManager | None = None
        self._stopped = False

    def stop(self) -> None:
        """Take no more jobs."""
        self._stopped = True
        if self._manager is not None:
            self._manager.shutdown.set()

    async def run(self) -> None:
        """Take and settle jobs until `stop`, whatever fails."""
        while not self._stopped:
            self._manager = self._new_manager()
            try:
                await self._manager.run(
                    dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                    batch_size=max(1, min(BATCH, self._seats // 2)),
                    max_concurrent_tasks=max(2, self._seats),
                    heartbeat_timeout=timedelta(seconds=STALE_SECONDS),
                    log_aggregation_interval=timedelta(0),
                )
            except Exception as fault:
                if not self._stopped:
                    structlog.get_logger().error("queue_failed", error=type(fault).__name__)
                    await asyncio.sleep(FAULT_PAUSE_SECONDS)

    def _new_manager(self) -> QueueManager:
        queries = Queries(_Driver(self._connection), QueryBuilderEnvironment(NAMES), QueryQueueBuilder(NAMES))
        manager = QueueManager(queries, CHANNEL)
        manager.min_dequeue_poll_interval = timedelta(seconds=RECHECK_SECONDS)
        limits = {WEBHOOK: WEBHOOKS_AT_ONCE}
        for kind, handler in self._handlers.items():
            settle = _settling(handler, self._free)
            manager.entrypoint(kind, concurrency_limit=limits.get(kind, 0), accepts_context=False)(settle)
        return manager


def _settling(handler: Handler, free: asyncio.Semaphore) -> Callable[[models.Job], Awaitable[None]]:
    async def settle(job: models.Job) -> None:
        age = (datetime.now(UTC) - job.created).total_seconds()
        try:
            async with free:
                pause = await handler(json.loads(job.payload or b"[]"), max(0.0, age))
        except Exception as fault:
            # Our bug: the job comes again, ever later; a ticket's strikes end it if it stays.
            structlog.get_logger().exception("job_failed", kind=job.entrypoint, error=type(fault).__name__)
            pause = max(FAULT_PAUSE_SECONDS, age / 2)
        except asyncio.CancelledError:
            pause = 0.0  # the process is torn down: the library would take the job for done and delete it
        if pause is not None:
            raise RetryRequested(timedelta(seconds=pause))

    return settle


class _Driver:
    """What pgqueuer drives: the standing connection."""

    def __init__(self, connection: StandingConnection) -> None:
        self._connection = connection
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Return the rows of a statement."""
        return [dict(row) for row in await self._connection.run(lambda c: c.fetch(query, *args))]

    async def execute(self, query: str, *args: object) -> str:
        """Return the status of a statement."""
        return str(await self._connection.run(lambda c: c.execute(query, *args)))

    async def notify(self, channel: str, payload: str) -> None:
        """Send a NOTIFY."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Hear of what is new in the queue."""
        await self._connection.listen(channel, callback)

    @property
    def shutdown(self) -> asyncio.Event:
        """Return an event that is never set: the worker is stopped by its own."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """Return a manager of no tasks."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: Any) -> None:
        return None
