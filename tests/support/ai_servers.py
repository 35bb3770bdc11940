"""Stand-ins for AI providers over real sockets: each answers from a script and keeps what it was asked."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

USED = {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 3}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `chunks`, where given, are sent one after the other without an end."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class AiServer:
    """Answers POSTs by `answer` and GETs by `pages`, by path; 404 for what it does not have."""

    def __init__(self, answer: Callable[[Asked], Answer], pages: dict[str, Answer] | None = None) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._pages = pages or {}

    @property
    def posts(self) -> list[Asked]:
        return [each for each in self.asked if each.method == "POST"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        given = json.loads(body) if body[:1] == b"{" else {}
        asked = Asked(request.method, request.path, {k.lower(): v for k, v in request.headers.items()}, given)
        self.asked.append(asked)
        absent = failed(404, "not_found_error", "no such page", enveloped=False)
        said = self._answer(asked) if request.method == "POST" else self._pages.get(request.path, absent)
        headers = {"content-type": "application/json", **said.headers}
        if not said.chunks:
            return web.Response(status=said.status, body=said.body, headers=headers)
        response = web.StreamResponse(status=said.status, headers=headers)
        await response.prepare(request)
        for chunk in said.chunks:
            await response.write(chunk)
        return response


@asynccontextmanager
async def serving(server: AiServer) -> AsyncIterator[str]:
    """Serve on loopback HTTP; yields the URL."""
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def message(text: str, stop_reason: str | None = "end_turn", **changes: Any) -> Answer:
    """An answer of the Messages API."""
    said = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": USED,
    }
    return Answer(body=json.dumps(said | changes).encode())


def completion(text: str | None, finish_reason: str = "stop", **spoken: Any) -> Answer:
    """An answer of POST /v1/chat/completions."""
    said = {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text} | spoken, "finish_reason": finish_reason}
        ],
        "usage": {"prompt_tokens": 17, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 7}},
    }
    return Answer(body=json.dumps(said).encode())


def failed(
    status: int, kind: str, text: str, *, enveloped: bool = True, headers: Mapping[str, str] | None = None
) -> Answer:
    """An error, `enveloped` as Anthropic's API writes it, else as servers of one's own do; `_` in a header is `-`."""
    error = {"error": {"type": kind, "message": text}}
    body = {"type": "error", **error} if enveloped else error
    return Answer(
        status, json.dumps(body).encode(), {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    )
