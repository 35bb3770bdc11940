"""The HTTP/1.1 protocol of uvicorn with limits: bytes and seconds of a request, and the number of connections.

uvicorn bounds neither a request's head nor the time that it takes, and a parser that collects an 80 MB header blocks
the event loop for seconds. What is counted here is counted before the parser sees it.
"""

import asyncio
import sys
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.domain.refusals import Refusal
from app.web.http.errors import problem_response
from app.web.http.middleware import RequestIds, request_id_of

if sys.platform != "win32":
    import resource

LARGEST_HEAD_BYTES = 65_536
"""Bytes of a request line with its headers; also of what stands between two pieces of a body, or after it."""

HEAD_SECONDS = 10.0
"""How long a request's head may take, from the connection or from its first byte on a kept one."""

BODY_SECONDS = 30.0
"""How long a body may stand still before the request is given up."""

LINGER_SECONDS = 2.0
"""How long what a refused caller still sends is read and dropped: closed at once, it would not see its answer."""

MOST_CONNECTIONS = 20_000
"""Connections of one process, where the operating system allows that many."""

SPARE_FILES = 128
"""File handles that connections leave free: for the database, customer endpoints, the AI provider and files."""

PROBE_CONNECTIONS = 32
"""Connections beyond the limit that may still ask whether the process lives."""

PROBES = frozenset({"/healthz", "/readyz"})
"""What is answered when every connection is taken."""


def most_connections() -> int:
    """Return how many connections this process may hold; raise the soft limit of file handles as far as needed."""
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if sys.platform == "win32":
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(PROBE_CONNECTIONS, most - SPARE_FILES)


class BoundedProtocol(HttpToolsProtocol):
    """One connection with limits: its head in bytes and seconds, its body in progress, its server in connections.

    When the process holds as many connections as it may, the one that has been idle longest makes room for a new one;
    when none is idle, a new one is answered 503 unless it is a probe.
    """

    head_seconds: ClassVar[float] = HEAD_SECONDS
    body_seconds: ClassVar[float] = BODY_SECONDS
    most: ClassVar[int] = 0  # where it is 0, the first connection asks the operating system
    idle_of: ClassVar["WeakKeyDictionary[ServerState, dict[BoundedProtocol, None]]"] = WeakKeyDictionary()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        type(self).most = self.most or most_connections()
        self._idle = self.idle_of.setdefault(server_state, {})  # in the order in which they became idle
        self._unparsed_bytes = 0  # since the parser last gave something whole: a head, or a piece of a body
        self._in_head = self._in_body = self._moved = self._refused = False
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Take a connection in; where there are too many, close the one that has been idle longest."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            if self._idle:
                longest = next(iter(self._idle))
                longest._stop_watching()
                self.connections.discard(longest)
                longest.transport.abort()
            elif len(self.connections) > self.most + PROBE_CONNECTIONS:
                transport.abort()
            else:
                self.app = self._only_probes
        self._idle[self] = None
        self._watch_for(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_watching()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, as far as the limit of bytes allows, and start the clock of what is still missing."""
        self._moved = False
        while data and not self._refused and not self.transport.is_closing():
            room = LARGEST_HEAD_BYTES - self._unparsed_bytes
            if not room:
                self._refuse(Refusal.HEAD_TOO_LARGE)
                return
            part, data = (data, b"") if len(data) <= room else (data[:room], data[room:])
            self._unparsed_bytes += len(part)
            super().data_received(part)
        if self._refused:
            return
        if self._in_body:
            if self._moved or self._watch is None:
                self._watch_for(self.body_seconds)
        elif self._in_head or self.cycle is None or self.cycle.response_complete:
            if self._watch is None:
                self._watch_for(self.head_seconds)
        else:
            self._stop_watching()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other refusal is answered."""
        self._refuse(Refusal.BAD_REQUEST)

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Note that a head is whole: a request is in hand now."""
        self._in_head, self._in_body, self._unparsed_bytes = False, True, 0
        self._idle.pop(self, None)
        self._stop_watching()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that the body has moved."""
        self._moved, self._unparsed_bytes = True, 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._in_body, self._unparsed_bytes = False, 0
        self._stop_watching()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that the connection is idle again, unless a further request stands behind this one."""
        super().on_response_complete()
        if not self.pipeline and not self.transport.is_closing():
            self._idle[self] = None

    def _watch_for(self, seconds: float) -> None:
        self._stop_watching()
        self._watch = self.loop.call_later(seconds, self._too_slow)

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _too_slow(self) -> None:
        self._watch = None
        if self._in_body and self.flow.read_paused:  # it is we who do not read on
            self._watch_for(self.body_seconds)
        elif self._in_body or self._in_head:
            self._refuse(Refusal.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer instead of the application, and drop what still comes."""
        self._refused = True
        self._stop_watching()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # what the application says from now on is not sent
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        request_id = request_id_of(Headers(raw=self.headers or []))
        answer = problem_response(refusal, headers={"Connection": "close", "X-Request-Id": request_id})
        headers = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 %d \r\n%s\r\n%s" % (answer.status_code, headers, bytes(answer.body)))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._watch = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    async def _only_probes(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the probes as ever, and everything else with 503."""
        if scope["path"] in PROBES:
            await self.config.loaded_app(scope, receive, send)
        else:
            refused = problem_response(Refusal.TOO_MANY_CONNECTIONS, headers={"Connection": "close"})
            await RequestIds(refused)(scope, receive, send)
