"""What the queue promises, on PostgreSQL: every job is settled, whatever fails, and by one worker at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import db_settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import connector, fetch
from app.adapters.postgres.listening import StandingConnection
from app.adapters.postgres.queue import CHANNEL, NAMES, NEWS, Handler, QueueWorker, insert_jobs, payload
from tests.adapters.postgres.test_run_store import dump
from tests.support.stores import Stores

PUT = text(
    insert_jobs(f"""
        SELECT 'enrich', {payload("ticket_id", "run")}, 'run ' || run, priority, now() + make_interval(secs => pause)
        FROM unnest(CAST(:ticket_ids AS text[]), CAST(:runs AS bigint[]), CAST(:priorities AS integer[]),
            CAST(:pauses AS float8[])) AS job (ticket_id, run, priority, pause)
        ORDER BY run
    """)  # noqa: S608 - constants
)

MESSAGE = payload("'msg_1'", "'t_ü'", "'prj_1'")
PUT_MESSAGE = text(insert_jobs(f"SELECT 'webhook', {MESSAGE}, NULL, 0, now()"))


@dataclass(frozen=True)
class Job:
    """The job of a run."""

    run: int
    priority: int = 0
    pause: float = 0.0

    @property
    def payload(self) -> list[Any]:
        return [f"t_{self.run}", self.run]


JOBS = [Job(run) for run in range(1, 11)]


@dataclass
class Hands:
    """A handler that keeps what it was given, and lets go of a job when it is told to."""

    released: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: list[list[Any]] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    in_hand: int = 0
    most_in_hand: int = 0
    answers: list[float | BaseException | None] = field(default_factory=list)

    async def __call__(self, payload: list[Any], age_seconds: float) -> float | None:
        self.jobs.append(payload)
        self.ages.append(age_seconds)
        self.in_hand += 1
        self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            await self.released.wait()
        finally:
            self.in_hand -= 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def open_hands(*answers: float | BaseException | None) -> Hands:
    hands = Hands(answers=list(answers))
    hands.released.set()
    return hands


def values(*jobs: Job) -> dict[str, object]:
    return {
        "ticket_ids": [f"t_{job.run}" for job in jobs],
        "runs": [job.run for job in jobs],
        "priorities": [job.priority for job in jobs],
        "pauses": [job.pause for job in jobs],
    }


async def put(engine: AsyncEngine, *jobs: Job) -> None:
    await fetch(engine, PUT, values(*jobs))
    await fetch(engine, text("SELECT pg_notify(:channel, :news)"), {"channel": CHANNEL, "news": NEWS})


async def statuses(engine: AsyncEngine) -> list[str]:
    return [row.status for row in await fetch(engine, text("SELECT status FROM pgqueuer ORDER BY id"))]


async def until(seen: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    """Return when something is seen; fail when it never is."""
    async with asyncio.timeout(30):
        while True:
            found = seen()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)


@dataclass
class Workers:
    """Makes workers of one database, each with a connection of its own."""

    url: str
    stack: AsyncExitStack
    mended: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(
        self, handler: Handler, seats: int = 10, telling: Handler | None = None
    ) -> tuple[QueueWorker, asyncio.Task[None]]:
        connection = StandingConnection(connector(self.url), self.mended.set)
        await connection.open()
        self.stack.push_async_callback(connection.aclose)
        handlers = {"enrich": handler} | ({"webhook": telling} if telling else {})
        worker = QueueWorker(connection, handlers, seats)
        running = asyncio.create_task(worker.run())
        self.stack.push_async_callback(self._ended, worker, running)
        return worker, running

    @asynccontextmanager
    async def working(
        self, handler: Handler, seats: int = 10, telling: Handler | None = None
    ) -> AsyncIterator[QueueWorker]:
        """Have a worker run meanwhile; after that, what it had in hand is settled."""
        worker, running = await self.start(handler, seats, telling)
        yield worker
        worker.stop()
        await running

    @staticmethod
    async def _ended(worker: QueueWorker, running: asyncio.Task[None]) -> None:
        worker.stop()
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
async def workers(database_url: str) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as stack:
        yield Workers(database_url, stack)


async def test_a_job_is_done_once_and_gone(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands()
    async with workers.working(hands):
        await put(engine, JOBS[0])
        await until(lambda: len(hands.jobs) == 1)
    assert hands.jobs == [["t_1", 1]]
    assert 0 <= hands.ages[0] < 30
    assert await statuses(engine) == []


async def test_each_kind_of_job_has_a_handler_of_its_own(
    real_stores: Stores, engine: AsyncEngine, workers: Workers
) -> None:
    enriching, telling = open_hands(), open_hands()
    await put(engine, JOBS[0])
    await fetch(engine, PUT_MESSAGE)
    async with workers.working(enriching, telling=telling):
        await until(lambda: bool(enriching.jobs and telling.jobs))
    assert (enriching.jobs, telling.jobs) == ([["t_1", 1]], [["msg_1", "t_ü", "prj_1"]])


async def test_a_job_of_another_kind_waits_when_nobody_here_handles_it(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands()
    await fetch(engine, PUT_MESSAGE)
    await put(engine, JOBS[0])
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 1)
    assert await statuses(engine) == ["queued"]


async def test_a_second_job_of_a_run_is_skipped_while_the_first_waits_or_runs(
    engine: AsyncEngine, workers: Workers
) -> None:
    hands = Hands()
    await put(engine, JOBS[0])
    await put(engine, JOBS[0], JOBS[1])
    assert await statuses(engine) == ["queued", "queued"]
    async with workers.working(hands):
        await until(lambda: hands.in_hand == 2)
        await put(engine, JOBS[0])
        hands.released.set()
    assert len(hands.jobs) == 2
    await put(engine, JOBS[0])
    assert await statuses(engine) == ["queued"]


async def test_who_is_waited_for_goes_first(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands()
    await put(engine, Job(1), Job(2, priority=1), Job(3))
    async with workers.working(hands, seats=1):
        await until(lambda: len(hands.jobs) == 3)
    assert hands.jobs == [["t_2", 2], ["t_1", 1], ["t_3", 3]]


async def test_a_job_for_later_waits(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands()
    await put(engine, Job(1, pause=60))
    await put(engine, Job(2))
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 1)
    assert hands.jobs == [["t_2", 2]]
    assert await statuses(engine) == ["queued"]


async def test_a_job_comes_again_when_its_handler_says_so(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands(0.0, 0.05, None)
    await put(engine, JOBS[0])
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 3)
    assert hands.jobs == [JOBS[0].payload] * 3
    assert await statuses(engine) == []


async def test_a_job_waits_as_long_as_its_handler_says(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands(600.0)
    await put(engine, JOBS[0])
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 1)
    pauses = await fetch(engine, text("SELECT extract(epoch FROM execute_after - now()) AS pause FROM pgqueuer"))
    assert [590 < row.pause <= 600 for row in pauses] == [True]
    assert await statuses(engine) == ["queued"]


async def test_a_job_comes_again_later_when_its_handler_fails(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands(RuntimeError("canary of a customer"))
    await put(engine, JOBS[0])
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 1)
    assert await statuses(engine) == ["queued"]
    assert "canary" not in await dump(engine)

    await fetch(engine, text("UPDATE pgqueuer SET execute_after = now()"))  # the pause need not pass
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 2)
    assert await statuses(engine) == []


async def test_a_job_comes_again_when_its_handler_is_cancelled(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands(asyncio.CancelledError())
    await put(engine, JOBS[0])
    async with workers.working(hands):
        await until(lambda: len(hands.jobs) == 2)
    assert await statuses(engine) == []


@pytest.mark.parametrize("seats", [1, 2, 3, 5])
async def test_no_more_jobs_are_in_hand_than_there_are_seats(engine: AsyncEngine, workers: Workers, seats: int) -> None:
    hands = Hands()
    await put(engine, *JOBS)
    async with workers.working(hands, seats):
        await until(lambda: hands.in_hand == seats)
        await asyncio.sleep(0.1)  # long enough to take one more
        assert hands.in_hand == seats
        hands.released.set()
        await until(lambda: len(hands.jobs) == len(JOBS))
    assert hands.most_in_hand <= seats
    assert await statuses(engine) == []


async def test_two_workers_share_the_jobs(engine: AsyncEngine, workers: Workers) -> None:
    one, two = Hands(), Hands()
    async with workers.working(one, 4), workers.working(two, 4):
        await put(engine, *JOBS[:8])
        await until(lambda: one.in_hand == two.in_hand == 4)
        one.released.set()
        two.released.set()
    assert sorted([*one.jobs, *two.jobs]) == [job.payload for job in JOBS[:8]]
    assert await statuses(engine) == []


async def test_what_is_in_hand_is_finished_and_no_more_taken_when_it_is_stopped(
    engine: AsyncEngine, workers: Workers
) -> None:
    hands = Hands()
    await put(engine, *JOBS)
    worker, running = await workers.start(hands, 4)
    await until(lambda: hands.in_hand == 4)

    worker.stop()
    await put(engine, Job(99, priority=1))
    await asyncio.sleep(0.1)
    assert (running.done(), hands.in_hand) == (False, 4)
    hands.released.set()
    await running

    assert len(hands.jobs) == 4
    assert await statuses(engine) == ["queued"] * 7


async def test_nothing_is_taken_when_it_was_stopped_before_it_began(engine: AsyncEngine, workers: Workers) -> None:
    hands = open_hands()
    await put(engine, *JOBS)
    worker, running = await workers.start(hands)
    worker.stop()
    await running
    assert hands.jobs == []
    assert await statuses(engine) == ["queued"] * 10


KILL_ALL_BUT_ME = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def test_jobs_are_done_once_when_the_connection_is_lost_meanwhile(
    engine: AsyncEngine, workers: Workers, other: Any
) -> None:
    hands = Hands()
    await put(engine, *JOBS[:2])
    async with workers.working(hands):
        await until(lambda: hands.in_hand == 2)
        await engine.dispose()
        await other.execute(KILL_ALL_BUT_ME)
        hands.released.set()
        await workers.mended.wait()
        await put(engine, JOBS[2])
        await until(lambda: len(hands.jobs) == 3)
    assert await statuses(engine) == []
    assert len(hands.jobs) == 3


async def test_work_goes_on_when_the_queue_itself_was_broken(engine: AsyncEngine, workers: Workers, other: Any) -> None:
    hands = open_hands()
    await other.execute("ALTER TABLE pgqueuer RENAME COLUMN slot TO gone")
    async with workers.working(hands):
        await asyncio.sleep(0.1)
        await other.execute("ALTER TABLE pgqueuer RENAME COLUMN gone TO slot")
        await put(engine, JOBS[0])
        await until(lambda: len(hands.jobs) == 1)
    assert await statuses(engine) == []


@pytest.fixture
def strange_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Variables that mean something to somebody else, and to the library."""
    for name in ("CHANNEL", "QUEUE_TABLE", "QUEUE_TABLE_LOG", "QUEUE_STATUS_TYPE", "PGQUEUER_PREFIX"):
        monkeypatch.setenv(name, "stable")
    db_settings.cache_clear()
    yield
    db_settings.cache_clear()


@pytest.mark.usefixtures("strange_environment")
async def test_jobs_are_found_and_heard_of_whatever_is_in_the_environment(
    engine: AsyncEngine, workers: Workers
) -> None:
    hands = open_hands()
    async with workers.working(hands):
        await put(engine, JOBS[0])
        await until(lambda: len(hands.jobs) == 1)
        listening = await fetch(engine, text("SELECT query FROM pg_stat_activity WHERE query LIKE 'LISTEN%stable%'"))
    assert await statuses(engine) == []
    assert listening == []


async def test_the_schema_is_the_one_that_the_installed_library_wants(other: Any) -> None:
    plan = await Queries(AsyncpgDriver(other), QueryBuilderEnvironment(NAMES)).plan_upgrade()
    assert (plan.statements, plan.notes) == ((), ())
