"""How a process is asked to end, and when its time is over."""

import asyncio
import signal
import threading
from types import FrameType

import pytest

from app.runs.shutdown import DRAIN_SECONDS, Draining, asked_by_signals
from tests.support.virtual_time import in_no_time


@in_no_time
async def test_it_is_over_when_the_patience_is_at_its_end() -> None:
    draining = Draining(20.0)
    assert (draining.asked.is_set(), draining.over.is_set()) == (False, False)
    draining.ask()
    assert (draining.asked.is_set(), draining.over.is_set()) == (True, False)
    await asyncio.sleep(19.9)
    assert not draining.over.is_set()
    await asyncio.sleep(0.2)
    assert draining.over.is_set()


def test_putting_back_and_leaving_fit_into_the_usual_25_seconds() -> None:
    assert DRAIN_SECONDS <= 20.0


async def test_it_is_over_at_once_when_asked_a_second_time() -> None:
    draining = Draining(3600.0)
    draining.ask()
    draining.ask()
    assert draining.over.is_set()


async def test_it_is_not_hurried_when_asked_once_more_by_itself() -> None:
    draining = Draining(3600.0)
    draining.ask_once()
    draining.ask_once()
    assert (draining.asked.is_set(), draining.over.is_set()) == (True, False)


class Handled:
    """A signal handler that keeps what came."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.signals.append(number)


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def number(request: pytest.FixtureRequest) -> signal.Signals:
    return signal.Signals(request.param)


async def test_the_first_signal_asks_and_goes_on_and_the_second_only_hurries(number: signal.Signals) -> None:
    draining, handled = Draining(3600.0), Handled()
    before = signal.signal(number, handled)
    try:
        with asked_by_signals(draining):
            signal.raise_signal(number)
            await asyncio.wait_for(draining.asked.wait(), 10)
            assert (handled.signals, draining.over.is_set()) == ([number], False)
            signal.raise_signal(number)
            await asyncio.wait_for(draining.over.wait(), 10)
            assert handled.signals == [number]
        assert signal.getsignal(number) is handled
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("nobody", [signal.SIG_IGN, signal.SIG_DFL])
async def test_a_signal_asks_when_nobody_else_handles_it(number: signal.Signals, nobody: signal.Handlers) -> None:
    draining = Draining(3600.0)
    before = signal.signal(number, nobody)
    try:
        with asked_by_signals(draining):
            signal.raise_signal(number)
            await asyncio.wait_for(draining.asked.wait(), 10)
    finally:
        signal.signal(number, before)

    assert draining.asked.is_set()


def test_signals_are_left_alone_when_it_is_not_the_main_thread() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    async def look() -> None:
        with asked_by_signals(Draining()):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=asyncio.run, args=(look(),))
    thread.start()
    thread.join()
    assert seen == [before]
