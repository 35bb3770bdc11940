"""Tells what a run does while it runs, as server-sent events (WHATWG HTML, 9.2)."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.domain.refusals import Refusal
from app.web.http.errors import problem_of, refused_by

MEDIA_TYPE = "text/event-stream"
"""What a caller accepts who wants to be told."""

HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that collects an answer before it passes it on would spoil the point
}
"""A stream is meant for one reader, now."""

Tell = Callable[[str, dict[str, Any]], None]
"""Is called with the name and the data of each event."""

Told = Callable[[Tell], Awaitable[dict[str, Any]]]
"""A run that tells what it does and returns its result."""


class StepStream(Response):
    """Streams the events of a run, then its `result`, or the `problem` that ended it; who goes away ends the run.

    A run that is refused before its first event is refused as everywhere, with a status of its own.
    """

    media_type = MEDIA_TYPE

    def __init__(self, run: Told) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]  # nobody knows it yet
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run, and tell of it.

        The run is a task of its own, cancelled once: the framework's own streaming response cancels again and again,
        also what a run does to end in order, such as giving a credit back.
        """
        events: asyncio.Queue[bytes] = asyncio.Queue()
        run = asyncio.ensure_future(self._run(lambda name, data: events.put_nowait(_event(name, data))))
        run.add_done_callback(lambda _: events.put_nowait(b""))
        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(lambda left: None if left.cancelled() else run.cancel())
        try:
            await self._tell(run, events, send)
        finally:
            leaving.cancel()
            if not run.done():
                run.cancel()
            await asyncio.wait({run, leaving})

    async def _tell(self, run: "asyncio.Future[dict[str, Any]]", events: "asyncio.Queue[bytes]", send: Send) -> None:
        event = await events.get()
        if not event and not run.cancelled():
            run.result()  # raises what it was refused by
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while event:
            await send(_body(event))
            event = await events.get()
        if run.cancelled():
            return  # nobody is there any more
        fault = run.exception()
        if fault is None:
            event = _event("result", run.result())
        else:
            refused = refused_by(fault)
            event = _event("problem", problem_of(refused.refusal, refused.complaints))
        await send(_body(event))
        await send({"type": "http.response.body"})
        if fault is not None and refused.refusal is Refusal.INTERNAL_ERROR:
            raise fault  # to be logged where every fault is


def prefers_events(accept: str) -> bool:
    """Tell whether an Accept header (RFC 9110, 12.5.1) names events, and not JSON before them."""
    weights = {}
    for part in accept.lower().split(","):
        media_type, *parameters = (each.strip() for each in part.split(";"))
        weights[media_type] = next((_weight(each) for each in parameters if each.startswith("q=")), 1.0)
    events = weights.get(MEDIA_TYPE, 0.0)
    return events > 0 and events >= weights.get("application/json", 0.0)


def _weight(parameter: str) -> float:
    return float(parameter[2:]) if re.fullmatch(r"q=[01](\.[0-9]{0,3})?", parameter) else 0.0


def _event(name: str, data: dict[str, Any]) -> bytes:
    # JSON escapes every line end, so that what an email or an endpoint wrote cannot begin an event of its own.
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _body(event: bytes) -> Message:
    return {"type": "http.response.body", "body": event, "more_body": True}


async def _left(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass
