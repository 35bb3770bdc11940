"""Workload of all processes: queue, workers and ended runs, the figures behind `customer-context status`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

BEAT_SECONDS = 5.0
"""How often a worker gives a sign of life."""

BEATS_TO_DEATH = 3.0
"""A worker that missed so many signs of life is taken for dead, and others get its runs."""

BEATS_TO_TAKE = 1.6
"""A worker takes a run only so long after its last sign of life: far from being taken for dead itself."""

MOST_STRIKES = 3
"""Attempts of one run that may end in a crash: a ticket that kills its worker each time must not do so for ever."""

MOST_COUNTED = 100_000
"""Waiting tickets that are counted, some 50 ms of work for the database: of millions the age tells enough."""


@dataclass(slots=True)
class Taker:
    """The identity of a worker: its row among the workers, and its heartbeat.

    `slots` is how many runs of one project may be in flight, over all processes. `takes_until` is when its last sign of
    life is too old to take a run, by the database's clock; None: it has given none.
    """

    worker_id: str
    slots: int
    beat_seconds: float = BEAT_SECONDS
    takes_until: datetime | None = None

    @property
    def fresh_seconds(self) -> float:
        """Return how old its last sign of life may be while it takes runs."""
        return BEATS_TO_TAKE * self.beat_seconds

    @property
    def alive_seconds(self) -> float:
        """Return how old the last sign of life of a worker is that is taken for dead."""
        return BEATS_TO_DEATH * self.beat_seconds


@dataclass(frozen=True, slots=True)
class WorkerBeat:
    """A process that runs tickets, at most `seats` at once; `worker_id` is a UUID, new at each start."""

    worker_id: str
    host: str
    pid: int
    seats: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class SeenWorker:
    """A worker as its last sign of life describes it, `unseen_seconds` ago; one that left in order is not seen.

    `is_alive` tells whether it still gives signs of life: `Taker.alive_seconds` has not passed.
    """

    worker: WorkerBeat
    up_seconds: float
    unseen_seconds: float
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Depth:
    """Queue depth: how many tickets wait, at most `MOST_COUNTED`, and for how long the oldest has.

    `in_line` counts those that wait for their own project's turn: no worker could run them. `open_breakers` counts
    projects whose endpoint is left alone.
    """

    queued: int
    oldest_seconds: float
    in_line: int = 0
    open_breakers: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """Tickets that wait, among them those put back for later, tickets in flight, webhooks to be delivered.

    `oldest_webhook_seconds` is how long the oldest of the webhooks, of at most `MOST_COUNTED`, has waited.
    """

    depth: Depth
    put_back: int
    in_flight: int
    webhooks: int
    oldest_webhook_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ProjectRuns:
    """Endings of one project's runs; every status but `ok` counts as failed."""

    project_id: str
    ended: int
    failed: int
    by_status: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EndedRuns:
    """Endings of the last hour's runs: of all projects together, why they failed, and those that failed most."""

    ended: int
    failed: int
    failed_because: Mapping[str, int]
    projects: int
    worst: tuple[ProjectRuns, ...]


@dataclass(frozen=True, slots=True)
class WorkloadReport:
    """The state of everything that runs tickets on one database."""

    queue: Queue
    workers: tuple[SeenWorker, ...]
    last_hour: EndedRuns

    @property
    def alive(self) -> tuple[SeenWorker, ...]:
        """Return the workers that give signs of life."""
        return tuple(worker for worker in self.workers if worker.is_alive)

    @property
    def silent(self) -> tuple[SeenWorker, ...]:
        """Return the workers that gave one within the last hour and neither since nor left in order."""
        return tuple(worker for worker in self.workers if not worker.is_alive)
