"""Wakes callers that wait for a ticket's result: by NOTIFY, and by a poll of the database once a second."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from app.domain.claims import DatabaseUnavailable

POLL_SECONDS = 1.0
"""How often the database is asked about all tickets that are waited for here: a NOTIFY may get lost, a row cannot."""

STREAM_BACKLOG = 1_000
"""Ended runs that a slow reader of the stream may be behind before it is cut off: it must not fill the memory."""


EVENTS_PER_TURN = 50
"""Events that all streams together are sent in one turn of the event loop, some milliseconds of work."""

READERS_PER_TURN = 2
"""Readers of one turn of the event loop: a whole answer is some milliseconds of work by itself."""

PendingAmong = Callable[[list[str]], Awaitable[set[str]]]
"""Asks the database which of these tickets have not ended."""


@dataclass(slots=True)
class Ended:
    """A run of this ticket has ended, or the ticket was erased; `told` is what all streams say of it, read once."""

    ticket_id: str
    project_id: str
    told: "asyncio.Task[bytes | None] | None" = field(default=None, compare=False, repr=False)


class Expected(asyncio.Event):
    """Set when a run may have ended; `documents` are the results of those that this process has run, by their numbers.

    More than one, as a run may be told here after the next one has begun.
    """

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[int, dict[str, Any]] = {}


class Turns:
    """Lets a few callers through in each turn of the event loop, in the order in which they came.

    Thousands of streams or readers with something to send at once would otherwise keep everybody waiting for seconds.
    """

    def __init__(self, at_once: int = EVENTS_PER_TURN) -> None:
        self._at_once = at_once
        self._line: deque[asyncio.Future[None]] = deque()
        self._opening = False

    async def taken(self) -> None:
        """Return when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._line.append(turn)
        if not self._opening:
            self._opening = True
            loop.call_soon(self._open, loop)
        await turn

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(self._at_once, len(self._line))):
            turn = self._line.popleft()
            if not turn.done():  # who went away meanwhile needs none
                turn.set_result(None)
        self._opening = bool(self._line)
        if self._opening:
            loop.call_soon(self._open, loop)


class Completions:
    """The waiting callers and event streams of one process, and what wakes them when a run ends."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[Expected]] = defaultdict(set)
        self._streams: dict[asyncio.Queue[Ended | None], str | None] = {}
        self._streaming = True
        self.turns = Turns()
        self.reader_turns = Turns(READERS_PER_TURN)
        self.closed = False

    @contextmanager
    def expecting(self, ticket_id: str) -> Iterator[Expected]:
        """Yield an event that is set when a run of the ticket may have ended; look, clear it, wait again."""
        expected = Expected()
        self._waiting[ticket_id].add(expected)
        try:
            yield expected
        finally:
            self._waiting[ticket_id].discard(expected)
            if not self._waiting[ticket_id]:
                del self._waiting[ticket_id]

    @contextmanager
    def stream(self, project_id: str | None = None) -> Iterator[asyncio.Queue[Ended | None]]:
        """Yield a queue of every run of a project, or of all, that ends from now on; `None` ends it."""
        stream: asyncio.Queue[Ended | None] = asyncio.Queue()
        self._streams[stream] = project_id
        if not self._streaming:
            stream.put_nowait(None)
        try:
            yield stream
        finally:
            self._streams.pop(stream, None)

    def stored(self, ticket_id: str, run: int, document: dict[str, Any]) -> None:
        """Hand the result of a run of this very process to those who wait for it: they need not look."""
        for expected in self._waiting.get(ticket_id, ()):
            expected.documents[run] = document
        self._wake([ticket_id])

    def ended(self, ended: Ended) -> None:
        """Wake the callers that wait for this ticket, and put the ended run on every stream."""
        self._wake([ended.ticket_id])
        for stream, project_id in list(self._streams.items()):
            if project_id not in (None, ended.project_id):
                continue
            if stream.qsize() < STREAM_BACKLOG:
                stream.put_nowait(ended)
            else:
                del self._streams[stream]
                stream.put_nowait(None)

    def cut_streams(self) -> None:
        """End the streams that are open: ended runs may have been missed, and their readers should know."""
        for stream in self._streams:
            stream.put_nowait(None)
        self._streams.clear()

    def close_streams(self) -> None:
        """End every stream, also those that are opened from now on: the process will end."""
        self._streaming = False
        self.cut_streams()

    def close(self) -> None:
        """Wake every waiting caller for good: the process ends now."""
        self.closed = True
        self._wake(list(self._waiting))

    async def poll_for_ever(self, pending_among: PendingAmong, every_seconds: float = POLL_SECONDS) -> None:
        """Wake those whose ticket has ended without a NOTIFY that was heard."""
        while True:
            await asyncio.sleep(every_seconds)
            waited_for = list(self._waiting)
            if waited_for:
                with suppress(DatabaseUnavailable):  # who waits goes on waiting
                    pending = await pending_among(waited_for)
                    self._wake([ticket_id for ticket_id in waited_for if ticket_id not in pending])

    def _wake(self, ticket_ids: list[str]) -> None:
        for ticket_id in ticket_ids:
            for event in self._waiting.get(ticket_id, ()):
                event.set()
