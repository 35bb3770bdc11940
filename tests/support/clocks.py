"""Time that stands still until a test moves it, for what waits by a clock that it was given."""

import asyncio


class Clock:
    """Starts at 0; whoever waits is woken by its event or when the test has moved the time far enough."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._seconds

    async def wait(self, news: asyncio.Event, seconds: float) -> None:
        self._waiting.append((self._seconds + seconds, news))
        await news.wait()

    async def advance(self, seconds: float) -> None:
        """Move the time and let everybody do what it makes them do."""
        self._seconds += seconds
        due = [news for until, news in self._waiting if until <= self._seconds]
        self._waiting = [(until, news) for until, news in self._waiting if until > self._seconds]
        for news in due:
            news.set()
        await settled()


async def settled() -> None:
    """Return when every task that can go on has done so: 1,000 turns of the loop are ten times what a test needs."""
    for _ in range(1_000):
        await asyncio.sleep(0)


class HurriedClock(Clock):
    """Moves by itself as far as somebody would wait, so that nobody does."""

    async def wait(self, news: asyncio.Event, seconds: float) -> None:
        self._seconds += seconds
        await asyncio.sleep(0)
