"""The stream GET /events: every run that ends from now on, as server-sent events, for who would rather listen."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from app.domain.claims import DatabaseUnavailable
from app.runs.waiting import Completions, Ended
from app.web.http.bodies import Id
from app.web.http.error_responses import problems
from app.web.http.requests import Wired
from app.web.tickets.bodies import result_document
from app.web.tickets.examples import COMPLETED

HEARTBEAT_SECONDS = 15.0
"""Time between two signs of life, below the idle limit of any proxy; also how long a reader may refuse to read."""

FIRST_LINES = b"retry: 2000\n: each run that ends from now on\n\n"
"""Milliseconds until a reader connects again, and proof that from here on nothing is missed."""

HEARTBEAT = b": still here\n\n"

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No cache keeps customer data, and nginx passes each event on at once."""

LastResult = Callable[[str, str], Awaitable[dict[str, Any] | None]]
"""Looks up the result of a ticket of a project; None where it was erased."""

router = APIRouter(tags=["Tickets"])

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, until the reader or the process goes away",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "examples": COMPLETED}},
    }
}


class ResultStream(StreamingResponse):
    """Streams ended runs; listens only while it is sent, and frees everything when either side goes away."""

    media_type = "text/event-stream"

    def __init__(
        self,
        completions: Completions,
        last_result: LastResult,
        project_id: str | None,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__((), headers=HEADERS)
        self._completions = completions
        self._last_result = last_result
        self._project_id = project_id
        self._heartbeat_seconds = heartbeat_seconds

    async def stream_response(self, send: Send) -> None:
        """Send what the runs that end from now on leave, until the reader is too slow or the process ends."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._heartbeat_seconds):
                await send(message)

        with self._completions.stream(self._project_id) as ended, suppress(TimeoutError):
            async with aclosing(self._chunks(ended)) as chunks:
                self.body_iterator = chunks
                await super().stream_response(send_in_time)

    async def _chunks(self, ended: asyncio.Queue[Ended | None]) -> AsyncGenerator[bytes]:
        yield FIRST_LINES
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_seconds):
                    run = await ended.get()
            except TimeoutError:
                yield HEARTBEAT
                continue
            if run is None:
                return
            if run.told is None:  # the first of its readers asks the database for all of them
                run.told = asyncio.get_running_loop().create_task(self._event(run))
            try:
                event = await asyncio.shield(run.told)
            except DatabaseUnavailable:  # ending tells the reader that something was missed
                return
            if event is not None:
                await self._completions.turns.taken()
                yield event

    async def _event(self, run: Ended) -> bytes | None:
        """Return the event that tells of an ended run; None where its ticket was erased."""
        result = await self._last_result(run.ticket_id, run.project_id)
        if result is None:
            return None
        document = result_document(run.ticket_id, run.project_id, result, reused=False)
        return f"event: completed\ndata: {json.dumps(document, ensure_ascii=False)}\n\n".encode()


@router.get(
    "/events",
    status_code=200,
    summary="Listen for results",
    response_class=ResultStream,
    responses={**STREAM, **problems()},
)
async def get_events(
    services: Wired,
    project_id: Annotated[Id | None, Query(description="only the tickets of this project")] = None,
) -> ResultStream:
    """Stream the result of every run that ends from now on: `event: completed`, its data as enrich answers it.

    A comment comes every 15 s as a heartbeat. Nothing is kept for who is not listening: a reader that connects again
    has missed what ended meanwhile, and reads those tickets with GET. The stream ends when the process does, when the
    reader falls too far behind, and when results may have been missed. An erased ticket produces nothing.
    """
    return ResultStream(services.completions, services.intake.last_result, project_id)
