"""Rate limiting of AI calls: after a 429 or 529 every call of the process pauses, not only the refused one.

After a pause one call goes first; its answer lets three more through, and so does each of theirs. A provider that is
still in trouble gets one request for each pause instead of hundreds, and one that has just recovered is not pushed over
again: a sudden rise of the load is itself answered with 429. Delays by chance would need a guess at how long to spread
the calls; answers tell.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from math import inf
from time import monotonic

from app.adapters.ai.call_observer import CallObserver

FIRST_PAUSE_SECONDS = 1.0
"""Pause where the provider names none, or a shorter one: doubled with each refusal until a call is answered."""

LONGEST_GROWN_PAUSE_SECONDS = 30.0
"""Where the doubling ends: a provider that names no time is asked at least this often whether it is back."""

MORE_PER_ANSWER = 3
"""Calls that each answer lets through besides the one that takes its place: 1, 4, 16, 64, 256 at a time."""

LONGEST_SILENCE_SECONDS = 5.0
"""So long those in line wait for the calls before them; then one more goes, lest a dead connection stops everybody."""


class Braked(Exception):
    """The AI provider's rate limit refused a call; `asked` is the pause it wants in seconds, None for no word."""

    def __init__(self, detail: str, asked: float | None) -> None:
        super().__init__(detail)
        self.asked = asked


class Held(Exception):
    """The pause outlasts the patience of this call: no call may start for `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


async def _wait_for(news: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()


class Brake:
    """Limits the rate of AI calls: no limit until one is refused, then a pause and a slow start.

    `wait` returns when the event is set, or after the seconds at the latest; by then `now` must have moved on.
    """

    def __init__(
        self,
        observer: CallObserver | None = None,
        now: Callable[[], float] = monotonic,
        wait: Callable[[asyncio.Event, float], Awaitable[None]] = _wait_for,
    ) -> None:
        self._observer = observer or CallObserver()
        self._now = now
        self._wait = wait
        self._until = -inf
        self._next_pause = FIRST_PAUSE_SECONDS
        # Calls carry the number of the pause that they came after: the end of an older one says nothing about today.
        self._pause = 0
        self._room = inf
        self._under_way = 0
        self._last_passed = -inf
        # Only the first in line looks at the clock and the news; the lock keeps the others in order behind it.
        self._line = asyncio.Lock()
        self._waiting = 0
        self._news = asyncio.Event()

    def seconds_left(self) -> float:
        """Return the rest of the pause in seconds, 0 while calls may start."""
        return max(self._until - self._now(), 0.0)

    @asynccontextmanager
    async def turn(self, longest: float) -> AsyncIterator[None]:
        """Wait for a turn to make one call; raises `Held` where the pause has more than `longest` seconds left.

        The body raises `Braked` to put the brake on, for everybody; an end without an exception is an answer.
        """
        pause = await self._passed(longest)
        try:
            yield
            self._answered(pause)
        except Braked as refused:
            self._put_on(pause, refused.asked)
            raise
        finally:
            if pause == self._pause:
                self._under_way -= 1
            self._news.set()

    async def _passed(self, longest: float) -> int:
        """Wait in line; return the number of the last pause."""
        self._seconds_to_wait(longest)  # raises for those who need not even stand in line
        self._waiting += 1
        try:
            async with self._line:
                while seconds := self._seconds_to_wait(longest):
                    self._news.clear()
                    await self._wait(self._news, seconds)
                self._under_way += 1
        finally:
            self._waiting -= 1
        self._last_passed = self._now()
        return self._pause

    def _seconds_to_wait(self, longest: float) -> float:
        """Return after how many seconds the first in line may pass if there is no news until then."""
        left = self.seconds_left()
        if left > longest:
            raise Held(left)
        if left or self._under_way < self._room:
            return left
        return max(self._last_passed + LONGEST_SILENCE_SECONDS - self._now(), 0.0)

    def _answered(self, pause: int) -> None:
        if pause != self._pause:
            return
        self._next_pause = FIRST_PAUSE_SECONDS
        self._room = self._room + MORE_PER_ANSWER if self._waiting else inf

    def _put_on(self, pause: int, asked: float | None) -> None:
        if asked is None or asked < FIRST_PAUSE_SECONDS:
            if pause != self._pause:
                return  # one of many that were refused together: the pause that has begun is for all of them
            asked = self._next_pause * random.uniform(0.5, 1.0)  # noqa: S311 (spreads replicas, hides nothing)
            self._next_pause = min(self._next_pause * 2, LONGEST_GROWN_PAUSE_SECONDS)
        now = self._now()
        if now + asked <= self._until:
            return
        self._observer.ai_braked(now + asked - max(self._until, now))
        self._until = now + asked
        self._pause += 1
        self._room, self._under_way = 1, 0
