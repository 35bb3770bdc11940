"""Whoever sends too much, too slowly or over too many connections is answered, and stops nobody else."""

import asyncio
import re
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import ClassVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.web.http import bounded_protocol
from app.web.http.bounded_protocol import LARGEST_HEAD_BYTES, BoundedProtocol, most_connections

ROOT = Path(__file__).parents[3]

ASK = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 with the number of bytes that came; `/held` waits until the caller leaves."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    if scope["path"] == "/held":
        await receive()
    body = b"%d" % size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class Roomy(BoundedProtocol):
    """The limits as they are served, with a number of connections that is not asked of the operating system."""

    most: ClassVar[int] = 1_000


class Hasty(Roomy):
    """The limits with clocks that a test can wait for; only for what is too slow, as a busy machine is slow, too."""

    head_seconds: ClassVar[float] = 0.3
    body_seconds: ClassVar[float] = 0.3


class Dripping(Roomy):
    """A body that may stand still ten times as long as the sender of a test pauses."""

    body_seconds: ClassVar[float] = 1.0


class Small(BoundedProtocol):
    """A process that may hold three connections."""

    most: ClassVar[int] = 3


@asynccontextmanager
async def serving(protocol: type[BoundedProtocol]) -> AsyncIterator[int]:
    """Yield the port of a server on a real socket."""
    config = uvicorn.Config(
        echo, port=0, http=protocol, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=75
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await running


async def said(reader: asyncio.StreamReader) -> bytes:
    """Return all that the server sends until it closes, or resets, the connection."""
    answer = b""
    try:
        async with asyncio.timeout(10):
            while piece := await reader.read(65_536):
                answer += piece
    except ConnectionError:
        pass
    return answer


async def sent(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await said(reader)
    except ConnectionError:
        return await said(reader)
    finally:
        writer.transport.abort()


def head_of(size: int) -> bytes:
    start, end = b"GET /head HTTP/1.1\r\nConnection: close\r\nX: ", b"\r\n\r\n"
    return start + b"x" * (size - len(start) - len(end)) + end


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        pytest.param([head_of(LARGEST_HEAD_BYTES)], b"200", id="a head of 65,536 bytes passes"),
        pytest.param([head_of(LARGEST_HEAD_BYTES + 1)], b"431", id="one byte more does not"),
        pytest.param([b"GET /" + b"x" * LARGEST_HEAD_BYTES], b"431", id="a path without an end"),
        pytest.param([b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 11_000], b"431", id="thousands of short headers"),
        pytest.param([b"GET / HTTP/1.1\r\nX: ", *[b"x" * 65_536] * 160], b"431", id="ten megabytes of one header"),
        pytest.param(
            [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 200_000],
            b"431",
            id="a trailer without an end",
        ),
        pytest.param(
            [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 200_000],
            b"431",
            id="a chunk extension without an end",
        ),
        pytest.param(
            [b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n", b"x" * 3_000_000],
            b"200",
            id="a large body is no head",
        ),
        pytest.param(
            [b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 30_000, b"0\r\n\r\n"],
            b"200",
            id="a body in the smallest of chunks is a body",
        ),
    ],
)
async def test_bytes_are_bounded(pieces: list[bytes], status: bytes) -> None:
    async with serving(Roomy) as port:
        answer = await sent(port, *pieces)

    assert answer.split(b" ", 2)[1] == status, answer[:200]


@pytest.mark.parametrize(
    ("limits", "request_id", "rest", "status", "code"),
    [
        pytest.param(Roomy, b"mine", b"X: " + b"x" * 70_000, b"431", b"head_too_large", id="too large"),
        pytest.param(Hasty, b"mine", b"X", b"408", b"request_timeout", id="too slow"),
        pytest.param(Hasty, b"two words", b"X", b"408", b"request_timeout", id="an id that is none"),
        pytest.param(Roomy, b"two words", b"no header\r\n\r\n", b"400", b"bad_request", id="no HTTP"),
    ],
)
async def test_refusal_is_a_problem_with_an_id_of_the_request(
    limits: type[BoundedProtocol], request_id: bytes, rest: bytes, status: bytes, code: bytes
) -> None:
    async with serving(limits) as port:
        answer = await sent(port, b"GET / HTTP/1.1\r\nX-Request-Id: " + request_id + b"\r\n", rest)
    head, _, body = answer.lower().partition(b"\r\n\r\n")
    told = next(line for line in head.split(b"\r\n") if line.startswith(b"x-request-id: "))[14:]

    assert head.split(b" ", 2)[1] == status
    assert b"content-type: application/problem+json" in head
    assert b'"code": "' + code + b'"' in body
    assert re.fullmatch(b"mine" if request_id == b"mine" else b"[0-9a-f]{32}", told)


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHos", b"408", id="a head that stops"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234", b"408", id="a body that stops"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"408", id="a body that never begins"),
        pytest.param(b"", b"", id="nothing at all: closed without a word"),
        pytest.param(b"\r\n\r\n", b"", id="empty lines: closed without a word"),
    ],
)
async def test_seconds_are_bounded(begun: bytes, status: bytes) -> None:
    async with serving(Hasty) as port:
        answer = await sent(port, begun)

    assert answer[9:12] == status
    assert b'"code": "request_timeout"' in answer or not status


async def test_a_slow_body_that_moves_is_waited_for() -> None:
    async with serving(Dripping) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 15\r\n\r\n")
        for _ in range(15):
            await asyncio.sleep(0.1)  # longer than one body may stand still, in all
            writer.write(b"x")
        answer = await said(reader)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n15")


async def test_a_kept_connection_serves_again_and_its_next_head_is_timed() -> None:
    async with serving(Hasty) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(ASK % b"again")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readexactly(1)
            await asyncio.sleep(0.4)  # longer than a head may take: between requests a connection may rest
        writer.write(b"GET / HTT")
        answer = await said(reader)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408")


async def test_the_connection_that_was_idle_longest_makes_room() -> None:
    async with serving(Small) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        await asyncio.sleep(0.05)
        answer = await sent(port, b"GET /new HTTP/1.0\r\n\r\n")
        first_is_closed = await said(idle[0][0])
        idle[2][1].write(ASK % b"kept")
        kept = await idle[2][0].readuntil(b"\r\n\r\n")
        for _, writer in idle:
            writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert first_is_closed == b""
    assert kept.startswith(b"HTTP/1.1 200")


async def test_probes_are_answered_when_every_connection_is_in_use() -> None:
    async with serving(Small) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _, writer in held:
            writer.write(ASK % b"held")
        await asyncio.sleep(0.05)
        probe = await sent(port, b"GET /healthz HTTP/1.0\r\n\r\n")
        other = await sent(port, b"GET /other HTTP/1.0\r\n\r\n")
        for _, writer in held:
            writer.close()

    assert probe.startswith(b"HTTP/1.1 200")
    assert other.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 2" in other
    assert b'"code": "too_many_connections"' in other
    assert b"x-request-id: " in other


async def test_eighty_megabytes_of_header_cost_no_more_than_the_first_of_them() -> None:
    async with serving(Roomy) as port:
        began = time.process_time()
        answer = await sent(port, b"GET / HTTP/1.1\r\nX: ", *[b"x" * 262_144] * 320)
        spent = time.process_time() - began

    assert answer[:12] in (b"HTTP/1.1 431", b"")  # nothing, where the connection was reset before it was read
    assert spent < 5.0  # it was 12 to 29 s of CPU: this bound is for the kind of cost, not a measurement


def test_the_limit_follows_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"soft": 256, "hard": 1_024}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limits["soft"], limits["hard"]))
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.update(soft=new[0]))

    assert most_connections() == 1_024 - bounded_protocol.SPARE_FILES
    assert limits["soft"] == 1_024


FEW_FILES = """
import resource, uvicorn
from app.web.http.bounded_protocol import BoundedProtocol
from tests.web.http.test_bounded_protocol import echo
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
uvicorn.run(echo, port=0, http=BoundedProtocol, lifespan="off", loop="uvloop", access_log=False)
"""
"""A process that may open 256 files in all."""


async def test_the_process_answers_while_more_sockets_rest_on_it_than_it_may_open_files() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FEW_FILES, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert program.stderr
    resting: list[asyncio.StreamWriter] = []
    try:
        while not (found := re.search(rb"http://127.0.0.1:(\d+)", await program.stderr.readline())):
            pass
        port = int(found[1])
        for _ in range(400):
            with suppress(ConnectionError):
                resting.append((await asyncio.open_connection("127.0.0.1", port))[1])
        answers = [await sent(port, b"GET /healthz HTTP/1.0\r\n\r\n") for _ in range(5)]
    finally:
        program.kill()
        await program.wait()
        for writer in resting:
            writer.transport.abort()

    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 5
