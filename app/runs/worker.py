"""Runs the tickets of one process: those that it has taken in itself, and queued ones while it has free seats."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from app.adapters.postgres.run_store import RunStore
from app.domain.claims import Claimed, DatabaseUnavailable
from app.domain.steps import Span
from app.domain.workload import MOST_STRIKES
from app.runs.attempt import Attempts, ClaimLost
from app.runs.observer import Observer

FAULT_PAUSE_SECONDS = 1.0
"""Pause before a run is tried again that met a fault of ours."""

POLL_SECONDS = 1.0
"""How often a process with free seats looks for queued runs of which no NOTIFY told."""

MOST_AT_ONCE = 25
"""Runs taken at once: few enough that processes share a burst, enough that a backlog costs one statement for many."""


class Worker:
    """A worker that runs at most `seats` tickets at once."""

    def __init__(self, runs: RunStore, attempts: Attempts, seats: int, observer: Observer) -> None:
        self._runs = runs
        self._attempts = attempts
        self.seats = seats
        self._observer = observer
        self._tasks: dict[asyncio.Task[None], Claimed] = {}
        self._held = 0  # seats of runs that are being taken
        self._may_be_more = False
        self._ended_since_look = set[str]()  # projects of the runs that have ended since the last look began
        self._wake = asyncio.Event()
        self._stopped = False
        self._putting_back = False

    @property
    def running(self) -> list[int]:
        """The numbers of the runs in flight."""
        return [claimed.run for claimed in self._tasks.values()]

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """Yield whether a seat is free, and hold it while the context is open: a run may be taken and started."""
        if self._stopped or self._free < 1:
            self._may_be_more = True
            yield False
            return
        self._held += 1
        try:
            yield True
        finally:
            self._held -= 1

    def start(self, claimed: Claimed) -> "asyncio.Task[None]":
        """Start a task that runs a claimed ticket, and return it."""
        task = asyncio.get_running_loop().create_task(self._work(claimed))
        self._tasks[task] = claimed
        task.add_done_callback(self._left)
        return task

    def wake(self) -> None:
        """Look for queued runs now."""
        self._wake.set()

    async def take_for_ever(self) -> None:
        """Take queued runs while there are free seats, until `stop`."""
        while not self._stopped:
            self._wake.clear()
            if not await self._take():
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    def stop(self) -> None:
        """Take no further run from the queue; those in flight go on."""
        self._stopped = True
        self._wake.set()

    async def settled(self) -> None:
        """Return when no run is in flight."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def put_back_all(self) -> None:
        """Stop every run: this process ends, and has the tickets put back as it leaves."""
        self._putting_back = True
        self.stop()
        for task in self._tasks:
            task.cancel()

    @property
    def _free(self) -> int:
        return self.seats - len(self._tasks) - self._held

    async def _take(self) -> bool:
        """Take queued runs and start them; tell whether there may be more that could be taken now."""
        self._ended_since_look.clear()
        want = min(self._free, MOST_AT_ONCE)
        if want < 1:
            self._may_be_more = True
            return False
        suspects = not any(claimed.strikes == MOST_STRIKES for claimed in self._tasks.values())
        self._held += want
        try:
            taken = await self._runs.take(want, suspects=suspects)
        except DatabaseUnavailable:
            return False
        finally:
            self._held -= want
        for claimed in taken:
            self.start(claimed)
        self._may_be_more = len(taken) == want
        return self._may_be_more or not self._ended_since_look.isdisjoint(self._runs.waiting)

    def _left(self, task: "asyncio.Task[None]") -> None:
        project_id = self._tasks.pop(task).project_id
        self._ended_since_look.add(project_id)
        if self._may_be_more or project_id in self._runs.waiting:
            self._wake.set()

    async def _work(self, claimed: Claimed) -> None:
        where = claimed.project_id, claimed.ticket_id, claimed.trace
        with self._observer.running(), self._observer.traced(*where) as span:
            try:
                await self._attempts.make(claimed, span)
            except (ClaimLost, DatabaseUnavailable):
                pass  # another one has the run, or gets it once it is seen that this process does not run it
            except asyncio.CancelledError:
                if not self._putting_back:
                    raise
                self._put_back(span)
            except Exception as fault:
                # Our bug: the run comes again, until its strikes end it.
                self._observer.failed(fault)
                with suppress(DatabaseUnavailable):
                    await self._runs.rest(claimed, FAULT_PAUSE_SECONDS, strike=True)

    def _put_back(self, span: Span) -> None:
        self._observer.put_back("shutdown")
        span.put_back("shutdown")
