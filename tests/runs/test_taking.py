"""Which runs a process takes: those that it has taken in, and queued ones as long as it has seats; in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.adapters.postgres.run_store import RunStore
from app.adapters.vault import Vault
from app.domain.claims import Claimed, DatabaseUnavailable, Submission
from app.domain.tickets import Email
from app.domain.workload import MOST_STRIKES
from app.enrichment import Enricher
from app.runs.attempt import Attempts
from app.runs.observer import Observer
from app.runs.worker import MOST_AT_ONCE, POLL_SECONDS, Worker
from tests.support.endpoints import ScriptedEndpoint
from tests.support.service import CUSTOMER, SLOTS, World
from tests.support.virtual_time import in_no_time

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")


class Runs(RunStore):
    """Notes what was asked for; fails as often as told, and answers some looks late."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.taker, world.senders, world.notify, webhooks=False)
        self.asked: list[tuple[int, bool]] = []
        self.failing = 0
        self.answers_after: dict[int, float] = {}

    async def take(self, want: int, *, suspects: bool) -> list[Claimed]:
        self.asked.append((want, suspects))
        if self.failing:
            self.failing -= 1
            raise DatabaseUnavailable
        known, on_its_way = self.waiting, self.answers_after.get(len(self.asked), 0.0)
        taken = await super().take(want, suspects=suspects)
        self.waiting, answer = known, self.waiting
        await asyncio.sleep(on_its_way)
        self.waiting = answer
        return taken


class Office:
    """A worker over a world whose endpoint takes a second, if nothing else is said, and queued tickets."""

    def __init__(self, seats: int, slots: int = SLOTS, endpoint_seconds: float = 1.0) -> None:
        endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=endpoint_seconds)
        self.world = World(endpoint=endpoint, seats=0)
        self.world.taker.slots = slots
        self.world.put_in_place(monthly_credits=10_000)
        self.runs = Runs(self.world)
        enricher, observer = Enricher(self.world.model, self.world.endpoint), Observer()
        self.worker = Worker(
            self.runs, Attempts(self.runs, Vault(self.world.keys), enricher, 30.0, observer), seats, observer
        )

    async def queue(self, *ticket_ids: str) -> None:
        await self.world.tickets.submit([Submission(ticket_id, "prj_1", EMAIL) for ticket_id in ticket_ids])

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        taking = asyncio.create_task(self.worker.take_for_ever())
        try:
            yield
        finally:
            self.worker.stop()
            await taking
            await self.worker.settled()

    @property
    def done(self) -> int:
        return len(self.world.tickets_that_are("done"))


@in_no_time
async def test_queued_runs_are_taken_as_long_as_there_are_seats_and_again_when_one_is_free() -> None:
    office = Office(seats=3)
    await office.queue(*(f"t_{n}" for n in range(7)))
    async with office.open():
        await asyncio.sleep(0.5)
        assert (len(office.worker.running), office.done) == (3, 0)
        await asyncio.sleep(1.0)
        assert (len(office.worker.running), office.done) == (3, 3)
        await asyncio.sleep(2.0)
        assert (len(office.worker.running), office.done) == (0, 7)


@pytest.mark.parametrize(
    "answers_after",
    [
        pytest.param({}, id="at once"),
        pytest.param({2: 0.5}, id="as soon as it knows, when the slot became free after it had looked"),
    ],
)
@in_no_time
async def test_a_free_slot_is_taken_by_who_waits_for_it(answers_after: dict[int, float]) -> None:
    office = Office(seats=3, slots=1, endpoint_seconds=1.25)
    office.runs.answers_after = answers_after
    await office.queue("t_1")
    async with office.open():
        await asyncio.sleep(0.75)
        await office.queue("t_2")  # seen by the second look, after one second; the slot is free after 1.25
        await asyncio.sleep(2.25)  # the look once a second would have come too late
        assert office.done == 2


@in_no_time
async def test_nobody_looks_more_often_because_runs_end_while_it_looks_and_nobody_waits() -> None:
    office = Office(seats=3, endpoint_seconds=1.25)
    office.runs.answers_after = {2: 0.5}
    await office.queue("t_1")
    async with office.open():
        await asyncio.sleep(2.0)
        assert (office.done, len(office.runs.asked)) == (1, 2)


@in_no_time
async def test_a_backlog_is_taken_in_portions() -> None:
    office = Office(seats=60)
    await office.queue(*(f"t_{n}" for n in range(60)))
    async with office.open():
        await asyncio.sleep(0.5)
    assert [want for want, _ in office.runs.asked[:3]] == [MOST_AT_ONCE, MOST_AT_ONCE, 60 - 2 * MOST_AT_ONCE]
    assert office.done == 60


@in_no_time
async def test_a_run_of_which_nobody_told_is_found_within_a_second_and_at_once_where_somebody_did() -> None:
    office = Office(seats=3)
    async with office.open():
        await asyncio.sleep(10.25)
        await office.queue("t_1")
        await asyncio.sleep(POLL_SECONDS)
        assert len(office.worker.running) == 1
        await office.queue("t_2")
        office.worker.wake()
        await office.world.database.settled()
        assert len(office.worker.running) == 2


@in_no_time
async def test_a_lost_database_makes_it_late_and_nothing_else() -> None:
    office = Office(seats=3)
    office.runs.failing = 5
    await office.queue("t_1")
    async with office.open():
        await asyncio.sleep(5.5 * POLL_SECONDS)
        assert len(office.worker.running) == 1
    assert office.done == 1


@in_no_time
async def test_no_suspect_is_taken_while_one_is_running() -> None:
    office = Office(seats=5)
    await office.queue("t_1")
    office.world.database.rows("UPDATE enrichments SET strikes = :strikes", strikes=MOST_STRIKES - 1)
    async with office.open():
        await asyncio.sleep(0.5)
        office.worker.wake()
        await office.world.database.settled()
        assert [suspects for _, suspects in office.runs.asked] == [True, False]
        await asyncio.sleep(1.1)
        assert office.runs.asked[-1] == (5, True)


@in_no_time
async def test_a_seat_is_held_while_a_ticket_is_being_taken_in_and_none_is_given_where_none_is_free() -> None:
    office = Office(seats=1)
    with office.worker.seat() as first, office.worker.seat() as second:
        assert (first, second) == (True, False)
    with office.worker.seat() as again:
        assert again is True
    office.worker.stop()
    with office.worker.seat() as late:
        assert late is False


@in_no_time
async def test_a_process_without_seats_runs_nothing() -> None:
    office = Office(seats=0)
    await office.queue("t_1")
    async with office.open():
        await asyncio.sleep(3.0)
        with office.worker.seat() as free:
            assert free is False
    assert (office.runs.asked, office.done) == ([], 0)


@in_no_time
async def test_who_ends_takes_no_more_and_waits_for_what_is_in_hand() -> None:
    office = Office(seats=1)
    await office.queue("t_1", "t_2")
    async with office.open():
        await asyncio.sleep(0.5)
    assert (office.done, asyncio.get_running_loop().time()) == (1, 1.0)
