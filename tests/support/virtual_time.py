"""An event loop whose time passes only while everybody waits: an hour of waiting takes no time, and always the same."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec

P = ParamSpec("P")

BEGINNING = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""When the loop's time is 0."""


class _Selector(selectors.DefaultSelector):
    """Does not wait for a time to come, but has it come."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.seconds += max(0.0, timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """A loop on that selector's time. What threads or other processes do, it does not wait for."""

    def __init__(self) -> None:
        self._own = _Selector()
        super().__init__(self._own)

    def time(self) -> float:
        return self._own.seconds


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
