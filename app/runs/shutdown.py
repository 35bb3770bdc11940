"""Graceful shutdown of a process: asked by a signal, it drains for `DRAIN_SECONDS`, then ends."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DRAIN_SECONDS = 20.0
"""From SIGTERM until what is unfinished is put back; of the 25 s in all, 5 are left for doing that and leaving."""


class Draining:
    """The shutdown of a process as two events: draining was asked for, and its time is over."""

    def __init__(self, patience_seconds: float = DRAIN_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self.asked = asyncio.Event()
        self.over = asyncio.Event()

    def ask(self) -> None:
        """Ask the process to end; asked a second time, it is over at once."""
        if self.asked.is_set():
            self.over.set()
            return
        self.asked.set()
        asyncio.get_running_loop().call_later(self._patience_seconds, self.over.set)

    def ask_once(self) -> None:
        """Ask the process to end, if nobody has."""
        if not self.asked.is_set():
            self.ask()


@contextmanager
def asked_by_signals(draining: Draining) -> Iterator[None]:
    """Begin draining at SIGTERM or SIGINT; the first also reaches the handler before ours, a second ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def asked(number: int, frame: FrameType | None) -> None:
        first, handler = not draining.asked.is_set(), before[signal.Signals(number)]
        loop.call_soon_threadsafe(draining.ask)
        if first and callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
