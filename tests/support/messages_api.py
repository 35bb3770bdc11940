"""A stand-in Messages API on loopback HTTP: it refuses what the real one refuses and remembers what it was asked."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

API_KEY = "key-of-the-stand-in-messages-api"

FORBIDDEN = ("temperature", "top_p", "top_k")
"""What the model refuses with 400."""

STOP_SECONDS = 5.0

KEEP_ALIVE_SECONDS = 75
"""Longer than the client keeps an idle connection: one that the server closes first, as uvicorn does after five s,
may be gone in the very moment in which the next call is sent over it."""

HOLD_SECONDS = 60.0
"""Longest wait for calls to come to a gate: on a busy machine two hundred take ten seconds."""

USAGE = {"input_tokens": 700, "output_tokens": 60, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 12}

SUMMARY = {
    "summary": "A Pro customer with 12 seats.",
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan"},
        {"label": "Status", "value": "Active", "source": "/status"},
    ],
}


@dataclass(frozen=True)
class Reply:
    """One answer of the script: an error status, or a message that says `said` (None: whatever is right)."""

    status: int = 200
    said: Any = None
    stop_reason: str = "end_turn"
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


RIGHT = Reply()


class Gate:
    """Holds back whoever comes to it until it is opened, from whatever thread; then it stands open."""

    def __init__(self) -> None:
        self._opened: Future[None] = Future()
        self.held = 0

    async def passed(self) -> None:
        """Return when the gate is open."""
        self.held += 1
        await asyncio.shield(asyncio.wrap_future(self._opened))

    async def holds(self, many: int) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(HOLD_SECONDS):
            while self.held < many:  # noqa: ASYNC110 - an event belongs to one loop, and there are two
                await asyncio.sleep(0.02)

    def open(self) -> None:
        """Let everybody pass, from now on."""
        if not self._opened.done():
            self._opened.set_result(None)


@dataclass
class MessagesApi:
    """Answers from the script and rightly after it; `before` is awaited first, for tests that hold calls back.

    `always`, while it is set, is the answer to everybody: a provider that is down.
    """

    script: list[Reply] = field(default_factory=list)
    before: Callable[[dict[str, Any]], Awaitable[None]] | None = None
    always: Reply | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)

    def application(self) -> Starlette:
        return Starlette(routes=[Route("/v1/messages", self._create, methods=["POST"])])

    def asked_for(self, member: str) -> list[dict[str, Any]]:
        """Return the requests for an answer with this member: `identifier` or `summary`."""
        return [each for each in self.requests if member in _schema(each)["properties"]]

    async def _create(self, request: Request) -> JSONResponse:
        body = await request.json()
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self.came_at.append(monotonic())
        reply = self.always or (self.script.pop(0) if self.script else RIGHT)
        if request.headers.get("authorization") != f"Bearer {API_KEY}":  # how version 2 of the SDK sends the key
            return _error(401, "authentication_error")
        if any(name in body for name in FORBIDDEN) or body["messages"][-1]["role"] != "user":
            return _error(400, "invalid_request_error")
        if self.before is not None:
            await self.before(body)
        await asyncio.sleep(reply.seconds)
        if reply.status != 200:
            return _error(reply.status, "overloaded_error", reply.headers)
        return JSONResponse(_message(body, _right(body) if reply.said is None else reply.said, reply.stop_reason))


def wants_identifier(body: dict[str, Any]) -> bool:
    """Tell the first of the two calls, which reads the email, from the second."""
    return "identifier" in _schema(body)["properties"]


@contextmanager
def listening(application: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an application on loopback HTTP, in a thread of its own; yields its URL."""
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
    )
    with socket.create_server(("127.0.0.1", port), backlog=1_000) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)


def _schema(body: dict[str, Any]) -> dict[str, Any]:
    if "format" in body.get("output_config", {}):
        schema: dict[str, Any] = body["output_config"]["format"]["schema"]
    else:  # it stands in the prompt
        schema = json.loads(body["system"][0]["text"].rpartition("\n")[2])
    return schema


def _right(body: dict[str, Any]) -> Any:
    if not wants_identifier(body):
        return SUMMARY
    found = re.search(r"acct_[0-9a-z]+", json.dumps(body["messages"]))
    return {"identifier": found[0] if found else None}


def _message(body: dict[str, Any], said: Any, stop_reason: str) -> dict[str, Any]:
    return {
        "id": "msg_stand_in",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": json.dumps(said)}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": USAGE,
    }


def _error(status: int, kind: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"type": "error", "error": {"type": kind, "message": "as the script says"}}, status, headers)
