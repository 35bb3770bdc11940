"""What a process does beside running tickets: signs of life, the runs of the dead, measures and purges."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from app.adapters.postgres.workload_store import WorkloadStore
from app.domain.claims import DatabaseUnavailable
from app.domain.workload import Depth, Taker, WorkerBeat

BEATS_PER_PURGE = 12
"""A purge once a minute finds little to delete, and so takes milliseconds."""


async def tend(
    workload: WorkloadStore,
    taker: Taker,
    seats: int,
    running: Callable[[], Sequence[int]],
    on_depth: Callable[[Depth], None],
) -> None:
    """Tend until cancelled, then take this worker off the list; a lost database only makes it late.

    A process without `seats` is no worker and gives no sign of life as one, but does all the rest.

    Nobody is taken for dead until the database has answered for as long as a sign of life may be old: while it was
    away, nobody could give one.
    """
    clock, beats = asyncio.get_running_loop(), 0
    lost_at = clock.time()  # for all that is known
    host, pid = socket.gethostname(), os.getpid()
    try:
        while True:
            try:
                if seats:
                    now_running = running()
                    await workload.beat(WorkerBeat(taker.worker_id, host, pid, seats, len(now_running)), now_running)
                if clock.time() - lost_at > taker.alive_seconds:
                    await workload.take_over()
                on_depth(await workload.depth())
                if beats % BEATS_PER_PURGE == 0:
                    await workload.purge()
            except DatabaseUnavailable:
                lost_at = clock.time()
            beats += 1
            await asyncio.sleep(taker.beat_seconds)
    finally:
        with suppress(DatabaseUnavailable):
            await workload.leave()
