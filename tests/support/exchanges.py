"""One request driven by hand: a test sees each part of the answer when it is sent, and may go away in between."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.types import Message

PATIENCE_SECONDS = 10.0


class Exchange:
    """A POST of JSON to the application behind a client of `World`."""

    def __init__(self, client: httpx.AsyncClient, url: str, body: dict[str, Any], **headers: str) -> None:
        transport = client._transport
        assert isinstance(transport, httpx.ASGITransport)
        request = client.build_request("POST", url, json=body, headers=headers)
        parts = urlsplit(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("service", 80),
        }
        self._unread = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
        self._left = asyncio.Event()
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.task = asyncio.ensure_future(transport.app(scope, self._receive, self._sent.put))

    async def part(self) -> Message:
        """Return the next part of the answer when it is sent."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._sent.get()

    async def event(self) -> tuple[str, dict[str, Any]]:
        """Return the next event of the answer when it is sent."""
        (event,) = events_of((await self.part())["body"].decode())
        return event

    def leave(self) -> None:
        """Go away, as a closed tab does."""
        self._left.set()

    async def ended(self) -> None:
        """Wait until the application is done with the request."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.wait({self.task})

    async def _receive(self) -> Message:
        if self._unread:
            return self._unread.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}


def events_of(stream: str) -> list[tuple[str, dict[str, Any]]]:
    """Read a stream as a browser does (WHATWG HTML, 9.2.6), and insist on one line of JSON in each event."""
    lines = stream.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events = []
    name, data = "message", []
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif line == "" and data:
            (content,) = data
            events.append((name, json.loads(content)))
            name, data = "message", []
        else:
            assert line == "", line
    return events
