"""An event loop whose time passes only while everybody waits: an hour of waiting takes no time, and always the same."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

BEGINNING = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""When the loop's time is 0."""


class _Selector(selectors.DefaultSelector):
    """Does not wait for a time to come, but has it come; waits for what is done `elsewhere`."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.elsewhere = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or (timeout > 0 and self.elsewhere):
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.seconds += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """A loop on that selector's time. What other processes do, it does not wait for, unless `time_stands_still`."""

    def __init__(self) -> None:
        self.own = _Selector()
        super().__init__(self.own)

    def time(self) -> float:
        return self.own.seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        done = super().run_in_executor(executor, func, *args)
        self.own.elsewhere += 1
        done.add_done_callback(self._is_back)
        return done

    async def shutdown_default_executor(self, *_: Any) -> None:
        """Wait for the threads as long as they take: the limit of the runner of Python 3.12 would pass at once."""
        await super().shutdown_default_executor()

    def _is_back(self, _: object) -> None:
        self.own.elsewhere -= 1


def in_no_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on such a loop."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> datetime:
    """Return the date and time on the running loop's clock."""
    return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())


def is_virtual() -> bool:
    """Tell whether the running loop's time is virtual."""
    return isinstance(asyncio.get_running_loop(), _Loop)


@contextmanager
def time_stands_still() -> Iterator[None]:
    """Have no virtual time pass while another thread or process works for this loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, _Loop):
        yield
        return
    loop.own.elsewhere += 1
    try:
        yield
    finally:
        loop.own.elsewhere -= 1
