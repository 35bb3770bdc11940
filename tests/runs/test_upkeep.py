"""What a worker's process does beside running tickets: signs of life, figures, purges, whatever the database does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from app.domain.claims import DatabaseUnavailable
from app.domain.workload import Depth, Worker
from app.runs.upkeep import BEATS_PER_PURGE, tend


@dataclass
class NotedWorkload:
    """Notes what it is told; with `away` it fails as a lost database does."""

    beats: list[Worker] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    purges: int = 0
    let_in: int = 0
    away: bool = False

    async def beat(self, worker: Worker) -> None:
        if self.away:
            raise DatabaseUnavailable
        self.beats.append(worker)

    async def leave(self, worker_id: str) -> None:
        if self.away:
            raise DatabaseUnavailable
        self.left.append(worker_id)

    async def depth(self) -> Depth:
        return Depth(7, 1.5)

    async def let_all_in(self) -> None:
        self.let_in += 1

    async def purge(self) -> int:
        self.purges += 1
        return 0


@asynccontextmanager
async def tended(workload: NotedWorkload, depths: list[Depth], seats: int = 200) -> AsyncIterator[None]:
    tending = tend(workload, seats, lambda: 3, depths.append, workload.let_all_in, every_seconds=0.001)
    task = asyncio.create_task(tending)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_beats(workload: NotedWorkload, number: int) -> None:
    async with asyncio.timeout(10):
        while len(workload.beats) < number:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.001)


async def test_a_worker_shows_itself_and_the_queue_and_leaves_at_its_end() -> None:
    workload, depths = NotedWorkload(), list[Depth]()
    async with tended(workload, depths):
        await until_beats(workload, 2)

    assert {(worker.seats, worker.in_flight) for worker in workload.beats} == {(200, 3)}
    assert set(depths) == {Depth(7, 1.5)}
    assert workload.let_in >= 1
    assert workload.left == [workload.beats[0].worker_id]


async def test_a_process_without_seats_is_no_worker_but_measures_and_lets_in_all_the_same() -> None:
    workload, depths = NotedWorkload(), list[Depth]()
    async with tended(workload, depths, seats=0), asyncio.timeout(10):
        while workload.let_in < 2:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.001)

    assert workload.beats == []
    assert set(depths) == {Depth(7, 1.5)}


async def test_a_purge_comes_at_the_start_and_then_once_in_many_beats() -> None:
    workload = NotedWorkload()
    async with tended(workload, []):
        await until_beats(workload, BEATS_PER_PURGE + 1)

    assert workload.purges == 1 + (len(workload.beats) - 1) // BEATS_PER_PURGE


async def test_a_lost_database_stops_nothing() -> None:
    workload = NotedWorkload(away=True)
    async with tended(workload, []):
        await asyncio.sleep(0.01)
        workload.away = False
        await until_beats(workload, 2)

    assert len(workload.left) == 1


async def test_leaving_while_the_database_is_away_is_no_error() -> None:
    workload = NotedWorkload()
    async with tended(workload, []):
        await until_beats(workload, 1)
        workload.away = True

    assert workload.left == []
