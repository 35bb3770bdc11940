"""The upkeep loop of a process: heartbeats, takeovers of dead workers' runs, the queue's depth, purges."""

import asyncio
import os
import socket
from contextlib import suppress

from app.adapters.postgres.workload_store import WorkloadStore
from app.domain.claims import DatabaseUnavailable
from app.domain.workload import Taker, WorkerBeat
from app.runs.observer import Observer
from app.runs.worker import Worker

BEATS_PER_PURGE = 12
"""A purge once a minute finds little to delete, and so takes milliseconds."""


async def upkeep_loop(
    workload: WorkloadStore,
    taker: Taker,
    worker: Worker,
    observer: Observer,
) -> None:
    """Run the upkeep loop until cancelled, then delete this worker's row; a lost database only makes it late.

    A process whose worker has no seats is no worker and gives no sign of life as one, but does all the rest.

    Nobody is taken for dead until the database has answered for as long as a sign of life may be old: while it was
    away, nobody could give one.
    """
    clock, beats = asyncio.get_running_loop(), 0
    lost_at = clock.time()  # for all that is known
    host, pid = socket.gethostname(), os.getpid()
    try:
        while True:
            try:
                if worker.seats:
                    beat = WorkerBeat(taker.worker_id, host, pid, worker.seats, len(worker.running))
                    await workload.beat(beat, lambda: worker.running)
                if clock.time() - lost_at > taker.alive_seconds:
                    await workload.take_over()
                observer.queue_seen(await workload.depth())
                if beats % BEATS_PER_PURGE == 0:
                    await workload.purge()
            except DatabaseUnavailable:
                lost_at = clock.time()
            beats += 1
            await asyncio.sleep(taker.beat_seconds)
    finally:
        with suppress(DatabaseUnavailable):
            await workload.leave()
