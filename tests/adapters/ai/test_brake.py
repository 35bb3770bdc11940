"""The brake, by a clock that stands still: who may call, when, and how many at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import pytest

from app.adapters.ai.brake import Brake, Braked, Held
from app.adapters.ai.call_observer import CallObserver
from tests.support.clocks import Clock, settled

LONGEST = 60.0


class Blip(Exception):
    """A call that ended without an answer, and without a word on the load."""


class Pauses(CallObserver):
    """Keeps by how much each pause has grown."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def ai_braked(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Calls:
    """Calls of one process, each under way until the test ends it."""

    def __init__(self) -> None:
        self.clock = Clock()
        pauses = Pauses()
        self.pauses = pauses.seconds
        self.brake = Brake(pauses, self.clock.now, self.clock.wait)
        self.tasks: list[asyncio.Task[None]] = []
        self.under_way: deque[asyncio.Future[None]] = deque()
        self.held: list[float] = []

    async def start(self, count: int = 1, longest: float = LONGEST) -> None:
        self.tasks += [asyncio.create_task(self._call(longest)) for _ in range(count)]
        await settled()

    async def _call(self, longest: float) -> None:
        try:
            async with self.brake.turn(longest):
                end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self.under_way.append(end)
                await end
        except Held as held:
            self.held.append(held.seconds)
        except (Braked, Blip):
            pass

    async def answer(self, count: int = 1) -> None:
        """End the calls that are under way for longest with an answer."""
        for _ in range(count):
            self.under_way.popleft().set_result(None)
        await settled()

    async def fail(self, failure: Exception, count: int = 1) -> None:
        for _ in range(count):
            self.under_way.popleft().set_exception(failure)
        await settled()

    async def refuse(self, asked: float | None = None, count: int = 1) -> None:
        await self.fail(Braked("HTTP 429", asked), count)


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    made = Calls()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


async def test_calls_go_at_once_when_none_was_refused(calls: Calls) -> None:
    await calls.start(200)
    assert len(calls.under_way) == 200
    await calls.answer(100)
    await calls.start(100)
    assert (len(calls.under_way), calls.pauses) == (200, [])


async def test_one_call_goes_first_and_then_ever_more_when_the_pause_is_over(calls: Calls) -> None:
    await calls.start()
    await calls.refuse(10.0)
    await calls.start(200)
    assert len(calls.under_way) == 0
    await calls.clock.advance(9.75)
    assert len(calls.under_way) == 0
    await calls.clock.advance(0.25)
    for at_once in (1, 4, 16, 64):
        assert len(calls.under_way) == at_once
        await calls.answer(at_once)
    assert len(calls.under_way) == 200 - 1 - 4 - 16 - 64
    await calls.answer()
    await calls.start(500)
    assert len(calls.under_way) == 200 - 1 - 4 - 16 - 64 - 1 + 500
    assert calls.pauses == [10.0]


async def test_provider_gets_one_call_for_each_pause_while_it_stays_in_trouble(calls: Calls) -> None:
    await calls.start(100)
    await calls.refuse(10.0, count=100)
    await calls.start(100)
    for _ in range(5):
        await calls.clock.advance(10.0)
        assert len(calls.under_way) == 1
        await calls.refuse(10.0)
    assert calls.pauses == [10.0] * 6


async def test_pause_grows_to_its_limit_and_an_answer_resets_it_when_none_is_named(calls: Calls) -> None:
    for _ in range(7):
        await calls.start()
        await calls.refuse()
        assert calls.brake.seconds_left() == calls.pauses[-1]
        await calls.clock.advance(30.0)
    await calls.start()
    await calls.answer()
    await calls.start()
    await calls.refuse()
    for pause, full in zip(calls.pauses, (1, 2, 4, 8, 16, 30, 30, 1), strict=True):
        assert full / 2 <= pause <= full


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        pytest.param(0.0, 0.5, 1.0, id="at once, while it refuses"),
        pytest.param(0.99, 0.5, 1.0, id="less than a first pause"),
        pytest.param(1.0, 1.0, 1.0, id="a first pause"),
        pytest.param(20.0, 20.0, 20.0, id="long"),
    ],
)
async def test_pause_is_what_was_asked_for_from_one_second_up(
    calls: Calls, asked: float, least: float, most: float
) -> None:
    await calls.start()
    await calls.refuse(asked)
    assert least <= calls.brake.seconds_left() <= most


async def test_calls_refused_together_begin_one_pause_when_none_names_it(calls: Calls) -> None:
    await calls.start(50)
    await calls.refuse(count=50)
    assert len(calls.pauses) == 1
    assert calls.pauses[0] <= 1.0


async def test_longest_of_the_pauses_counts_when_calls_are_refused_together(calls: Calls) -> None:
    await calls.start(4)
    await calls.refuse(4.0)
    await calls.clock.advance(1.0)
    await calls.refuse(6.0)
    await calls.refuse(2.0)
    await calls.refuse(6.0)
    assert calls.brake.seconds_left() == 6.0
    assert calls.pauses == [4.0, 3.0]


async def test_call_from_before_the_pause_brakes_but_does_not_release_when_it_ends_late(calls: Calls) -> None:
    await calls.start(12)
    await calls.refuse(5.0)
    await calls.start(20)
    await calls.clock.advance(5.0)
    assert len(calls.under_way) == 11 + 1
    await calls.answer(5)
    await calls.refuse()
    assert len(calls.under_way) == 5 + 1
    await calls.refuse(5.0)
    assert calls.brake.seconds_left() == 5.0
    await calls.clock.advance(5.0)
    assert len(calls.under_way) == 4 + 1 + 1


async def test_call_is_told_at_once_when_the_pause_is_longer_than_it_would_wait(calls: Calls) -> None:
    await calls.start()
    await calls.refuse(8.25)
    await calls.start(3, longest=8.0)
    assert calls.held == [8.25] * 3
    await calls.clock.advance(0.25)
    await calls.start(3, longest=8.0)
    assert calls.held == [8.25] * 3
    await calls.clock.advance(8.0)
    assert len(calls.under_way) == 1


async def test_call_is_told_at_once_when_one_with_more_patience_is_first_in_line(calls: Calls) -> None:
    await calls.start()
    await calls.refuse(20.0)
    await calls.start(longest=30.0)
    await calls.start(longest=8.0)
    assert calls.held == [20.0]


async def test_all_in_line_are_told_at_once_when_the_pause_becomes_too_long(calls: Calls) -> None:
    await calls.start(2)
    await calls.refuse(4.0)
    await calls.start(5, longest=8.0)
    await calls.start(1, longest=30.0)
    await calls.refuse(20.0)
    assert calls.held == [20.0] * 5
    await calls.clock.advance(20.0)
    assert len(calls.under_way) == 1


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
async def test_next_in_line_goes_first_when_the_first_call_ends_without_an_answer(calls: Calls, ending: str) -> None:
    await calls.start()
    await calls.refuse(5.0)
    await calls.start(3)
    await calls.clock.advance(5.0)
    if ending == "failed":
        await calls.fail(Blip())
    else:
        calls.tasks[1].cancel()
        await settled()
        assert calls.under_way.popleft().cancelled()
    assert len(calls.under_way) == 1


async def test_others_keep_their_place_when_the_first_in_line_gives_up(calls: Calls) -> None:
    await calls.start()
    await calls.refuse(5.0)
    await calls.start(3)
    calls.tasks[1].cancel()
    await settled()
    await calls.clock.advance(5.0)
    assert len(calls.under_way) == 1
    await calls.answer()
    assert len(calls.under_way) == 1
    assert all(task.done() for task in calls.tasks[:3])


async def test_one_more_call_goes_every_five_seconds_when_those_before_it_are_silent(calls: Calls) -> None:
    await calls.start()
    await calls.refuse(5.0)
    await calls.start(3)
    await calls.clock.advance(5.0)
    await calls.clock.advance(4.75)
    assert len(calls.under_way) == 1
    await calls.clock.advance(0.25)
    assert len(calls.under_way) == 2
    await calls.clock.advance(5.0)
    assert len(calls.under_way) == 3


async def test_brake_lets_go_by_itself_when_real_time_passes() -> None:
    brake = Brake()
    with pytest.raises(Braked):
        async with brake.turn(LONGEST):
            raise Braked("HTTP 529", None)
    assert brake.seconds_left() > 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), brake.turn(LONGEST):
            pytest.fail("the brake is on")
    async with brake.turn(LONGEST):
        assert brake.seconds_left() == 0
