"""What a process does beside running tickets: signs of life, takeovers, figures, purges, whatever the database does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from app.adapters.postgres.workload_store import WorkloadStore
from app.domain.claims import DatabaseUnavailable
from app.domain.workload import BEAT_SECONDS, Depth, Taker, WorkerBeat
from app.runs.observer import Observer
from app.runs.upkeep import BEATS_PER_PURGE, upkeep_loop
from app.runs.worker import Worker
from tests.support.virtual_time import in_no_time

TAKER = Taker("d3f8bcce-d952-48ec-a84f-da755edb2d51", 16)
BEAT = BEAT_SECONDS + 0.01


@dataclass
class NotedWorkload(WorkloadStore):
    """Notes what it is told; with `away` it fails as a lost database does."""

    beats: list[tuple[WorkerBeat, Sequence[int]]] = field(default_factory=list)
    takeovers: list[float] = field(default_factory=list)
    left: int = 0
    purges: int = 0
    away: bool = False

    async def beat(self, worker: WorkerBeat, running: Callable[[], Sequence[int]]) -> int:
        if self.away:
            raise DatabaseUnavailable
        self.beats.append((worker, running()))
        return 0

    async def take_over(self) -> int:
        self.takeovers.append(asyncio.get_running_loop().time())
        return 0

    async def leave(self) -> None:
        if self.away:
            raise DatabaseUnavailable
        self.left += 1

    async def depth(self) -> Depth:
        return Depth(7, 1.5)

    async def purge(self) -> None:
        self.purges += 1


class Running(Worker):
    """Runs the runs 4, 7 and 9."""

    def __init__(self, seats: int) -> None:
        self.seats = seats

    @property
    def running(self) -> list[int]:
        return [4, 7, 9]


class Watching(Observer):
    """Keeps each depth of the queue that it is told."""

    def __init__(self, depths: list[Depth]) -> None:
        self._depths = depths

    def queue_seen(self, depth: Depth) -> None:
        self._depths.append(depth)


@asynccontextmanager
async def tended(workload: NotedWorkload, depths: list[Depth], seats: int = 200) -> AsyncIterator[None]:
    task = asyncio.create_task(upkeep_loop(workload, TAKER, Running(seats), Watching(depths)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@in_no_time
async def test_a_worker_shows_itself_and_what_it_runs_and_leaves_at_its_end() -> None:
    workload, depths = NotedWorkload(), list[Depth]()
    async with tended(workload, depths):
        await asyncio.sleep(BEAT)

    assert len(workload.beats) == 2
    assert {(worker.worker_id, worker.seats, worker.in_flight) for worker, _ in workload.beats} == {
        (TAKER.worker_id, 200, 3)
    }
    assert workload.beats[0][1] == [4, 7, 9]
    assert set(depths) == {Depth(7, 1.5)}
    assert workload.left == 1


@in_no_time
async def test_a_process_without_seats_is_no_worker_but_measures_and_takes_over_all_the_same() -> None:
    workload, depths = NotedWorkload(), list[Depth]()
    async with tended(workload, depths, seats=0):
        await asyncio.sleep(5 * BEAT)

    assert workload.beats == []
    assert set(depths) == {Depth(7, 1.5)}
    assert workload.takeovers


@in_no_time
async def test_nobody_is_taken_for_dead_until_everybody_could_have_shown_themselves() -> None:
    workload = NotedWorkload()
    async with tended(workload, []):
        await asyncio.sleep(30.0)
        assert workload.takeovers[0] > TAKER.alive_seconds
        workload.away = True
        await asyncio.sleep(60.0)  # nobody could
        workload.away, before = False, len(workload.takeovers)
        await asyncio.sleep(TAKER.alive_seconds - BEAT_SECONDS)
        assert len(workload.takeovers) == before
        await asyncio.sleep(3 * BEAT)
        assert len(workload.takeovers) > before


@in_no_time
async def test_a_purge_comes_at_the_start_and_then_once_in_many_beats() -> None:
    workload = NotedWorkload()
    async with tended(workload, []):
        await asyncio.sleep(BEAT_SECONDS * BEATS_PER_PURGE + 1.0)

    assert workload.purges == 2


@in_no_time
async def test_a_lost_database_stops_nothing() -> None:
    workload = NotedWorkload(away=True)
    async with tended(workload, []):
        await asyncio.sleep(20.0)
        workload.away = False
        await asyncio.sleep(BEAT)
        assert workload.beats

    assert workload.left == 1


@in_no_time
async def test_leaving_while_the_database_is_away_is_no_error() -> None:
    workload = NotedWorkload()
    async with tended(workload, []):
        await asyncio.sleep(BEAT)
        workload.away = True

    assert workload.left == 0
