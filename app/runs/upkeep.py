"""What a process does beside running tickets: it shows that it lives, measures the queue, clears up behind it."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol
from uuid import uuid4

from app.domain.claims import DatabaseUnavailable
from app.domain.workload import BEAT_SECONDS, Depth, Worker

BEATS_PER_PURGE = 12
"""A purge once a minute finds little to delete, and so takes milliseconds."""


class Workload(Protocol):
    """The registry of workers and the queue's figures; every method may raise `DatabaseUnavailable`."""

    async def beat(self, worker: Worker) -> None:
        """Note a sign of life."""

    async def leave(self, worker_id: str) -> None:
        """Forget a worker that ends in order."""

    async def depth(self) -> Depth:
        """Return how many tickets wait, and how long the oldest has."""

    async def purge(self) -> int:
        """Delete what nobody needs any more."""


async def tend(
    workload: Workload,
    seats: int,
    in_flight: Callable[[], int],
    on_depth: Callable[[Depth], None],
    let_in: Callable[[], Awaitable[None]],
    every_seconds: float = BEAT_SECONDS,
) -> None:
    """Tend until cancelled, then take this worker off the list; a lost database only makes it late.

    A process without `seats` is no worker and gives no sign of life as one, but measures and clears up all the same.

    `let_in` lets those in who stand in line before a free place: whoever left it may have died before it could.
    """
    worker_id, beats = str(uuid4()), 0
    try:
        while True:
            with suppress(DatabaseUnavailable):
                if seats:
                    await workload.beat(Worker(worker_id, socket.gethostname(), os.getpid(), seats, in_flight()))
                on_depth(await workload.depth())
                await let_in()
                if beats % BEATS_PER_PURGE == 0:
                    await workload.purge()
            beats += 1
            await asyncio.sleep(every_seconds)
    finally:
        with suppress(DatabaseUnavailable):
            await workload.leave(worker_id)
