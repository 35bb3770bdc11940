"""Webhooks sent to a real server: signed as the specification says, bounded, and every failure a plain value."""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from app.adapters.webhook import ANSWER_BYTES, WebhookSender
from app.domain.webhooks.webhook_messages import Reply
from support_context.fetch.network import tls_context
from support_context.secrets import Secret
from tests.support.forward_proxy import ForwardProxy, proxying
from tests.support.tls_server import HEAD, Answer, Authority, TlsServer, ok, reset, until_client_leaves

MESSAGE = "msg_0123456789abcdef0123456789abcdef"
BODY = b'{"type":"enrichment.completed","data":{"summary":"Zo\\u00eb"}}'
PATH = "/hooks/canary-path-0123456789"
NEW, OLD, OTHER = (f"whsec_{'ABCDEFGH'[i] * 43}=" for i in (0, 4, 6))
SECRETS = [Secret(NEW), Secret(OLD)]
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def tls(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return tls_context(authority.write_to(tmp_path_factory.mktemp("ca") / "ca.pem"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> ssl.SSLContext:
    return authority.server_context("127.0.0.1")


@asynccontextmanager
async def sending(
    server: TlsServer, tls: ssl.SSLContext, *, scheme: str = "https", seconds: float = 15.0
) -> AsyncIterator[WebhookSender]:
    sender = WebhookSender(Secret(f"{scheme}://127.0.0.1:{server.port}{PATH}"), SECRETS, tls, seconds)
    try:
        yield sender
    finally:
        await sender.aclose()


def headers_and_body(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    assert len(pairs) == len({name.lower() for name, _, _ in pairs})
    return {name.lower(): value for name, _, value in pairs}, body


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("time_zone")
async def test_message_is_verified_with_either_secret_and_no_other(tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async with TlsServer(good, NO_CONTENT) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(204)

    headers, body = headers_and_body(server.requests[0])
    assert body == BODY
    for secret in (NEW, OLD):
        Webhook(secret).verify(body, headers)  # its own clock judges the timestamp
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body.replace(b"Zo", b"Jo"), headers)


async def test_request_has_the_headers_of_the_specification(tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async with TlsServer(good, NO_CONTENT) as server, sending(server, tls) as sender:
        await sender.send(MESSAGE, BODY)

    headers, _ = headers_and_body(server.requests[0])
    assert server.requests[0].startswith(f"POST {PATH} HTTP/1.1\r\n".encode())
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(BODY))
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("customer-context/")
    assert headers["webhook-id"] == MESSAGE
    assert headers["webhook-timestamp"].isdigit()
    assert [part[:3] for part in headers["webhook-signature"].split(" ")] == ["v1,", "v1,"]


async def test_message_is_sent_in_clear_to_a_private_host_when_its_url_says_so(tls: ssl.SSLContext) -> None:
    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(BODY)).startswith(b"POST ")
        writer.write(NO_CONTENT)
        await writer.drain()

    async with TlsServer(None, receive) as server, sending(server, tls, scheme="http") as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(204)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        pytest.param(ok(b'{"ok":true}'), Reply(200), id="success with a body"),
        pytest.param(b"HTTP/1.1 103 X\r\n\r\n" + NO_CONTENT, Reply(204), id="after an interim answer"),
        pytest.param(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Reply(410), id="gone"),
        pytest.param(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", Reply(500), id="server error"),
        pytest.param(
            b"HTTP/1.1 429 X\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", Reply(429, 120.0), id="asks for seconds"
        ),
        pytest.param(
            b"HTTP/1.1 503 X\r\nRetry-After: Sun, 22 Nov 2026 09:30:00 GMT\r\nContent-Length: 0\r\n\r\n",
            Reply(503),
            id="asks with a date",
        ),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\n{}", Reply(200), id="accepted, the body cut"),
        pytest.param(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", Reply(200), id="body no gzip"),
    ],
)
async def test_status_and_pause_are_returned_whatever_the_body_is(
    tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes, reply: Reply
) -> None:
    async with TlsServer(good, answer) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == reply
        assert len(server.requests) == 1  # not tried again here


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(b"", "RemoteProtocolError", id="nothing"),
        pytest.param(b"220 mail ESMTP\r\n", "RemoteProtocolError", id="another protocol"),
        pytest.param(HEAD[:20], "RemoteProtocolError", id="end within the head"),
        pytest.param(HEAD + b"X: " + b"y" * 999_999 + b"\r\n\r\n", "RemoteProtocolError", id="endless header"),
        pytest.param(reset, "ConnectionResetError", id="reset"),
    ],
)
async def test_fault_is_named_when_there_is_no_answer(
    tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes | Answer, fault: str
) -> None:
    async with TlsServer(good, answer) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(fault=fault)
        await server.ended.wait()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(tls: ssl.SSLContext, good: ssl.SSLContext, status: int) -> None:
    async with TlsServer(good, NO_CONTENT) as elsewhere:
        location = f"https://127.0.0.1:{elsewhere.port}/"
        answer = f"HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
        async with TlsServer(good, answer) as server, sending(server, tls) as sender:
            assert await sender.send(MESSAGE, BODY) == Reply(status)
        assert elsewhere.accepted == 0


async def test_cookie_of_one_answer_does_not_reach_the_next_request(tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    planted = HEAD + b"Set-Cookie: sid=1; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    async with TlsServer(good, planted) as server, sending(server, tls) as sender:
        await sender.send(MESSAGE, BODY)
        await sender.send(MESSAGE, BODY)

    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()
    assert b"sid=1" not in server.requests[1]


async def test_proxy_of_the_environment_is_not_used(
    tls: ssl.SSLContext, good: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TlsServer(None, until_client_leaves) as proxy, TlsServer(good, NO_CONTENT) as server:
        for name in ("HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        async with sending(server, tls) as sender:
            assert await sender.send(MESSAGE, BODY) == Reply(204)
        assert proxy.accepted == 0


async def test_message_goes_through_the_proxy_that_is_set(tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    proxy = ForwardProxy()
    async with TlsServer(good, NO_CONTENT) as server, proxying(proxy) as address:
        url = Secret(f"https://127.0.0.1:{server.port}{PATH}")
        sender = WebhookSender(url, SECRETS, tls, proxy=Secret(address))
        assert await sender.send(MESSAGE, BODY) == Reply(204)
        await sender.aclose()

    assert [(asked.method, asked.target) for asked in proxy.asked] == [("CONNECT", f"127.0.0.1:{server.port}")]


@pytest.mark.parametrize(("length", "connections"), [(ANSWER_BYTES, 1), (ANSWER_BYTES + 1, 2)])
async def test_connection_serves_the_next_message_when_the_answer_was_short(
    tls: ssl.SSLContext, good: ssl.SSLContext, length: int, connections: int
) -> None:
    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(b" " * length))
        await writer.drain()
        await reader.readuntil(BODY)
        writer.write(ok(b""))
        await writer.drain()

    async with TlsServer(good, twice) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(200)
        assert await sender.send(MESSAGE, BODY) == Reply(200)
        assert server.accepted == connections


async def test_endless_answer_is_left_unread_and_its_connection_closed(
    tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b" " * 16_384)
            await writer.drain()
            await asyncio.sleep(0)

    async with TlsServer(good, endless) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(200)
        await server.ended.wait()


@pytest.mark.parametrize("encrypted", [False, True], ids=["in the handshake", "after it"])
def test_deadline_ends_a_try_and_closes_the_connection(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, encrypted: bool
) -> None:
    async def scenario() -> None:
        async with (
            TlsServer(good if encrypted else None, until_client_leaves) as server,
            sending(server, tls, seconds=0.2) as sender,
        ):
            assert await sender.send(MESSAGE, BODY) == Reply(fault="TimeoutError")
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize(
    ("head", "seconds", "reply"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", 0.3, Reply(fault="TimeoutError"), id="no status yet"),
        # Long enough for a busy machine to shake hands in.
        pytest.param(HEAD + b"\r\n", 1.5, Reply(200), id="accepted, the body drips"),
    ],
)
def test_deadline_ends_an_answer_that_drips(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, head: bytes, seconds: float, reply: Reply
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def scenario() -> None:
        async with TlsServer(good, drip) as server, sending(server, tls, seconds=seconds) as sender:
            assert await sender.send(MESSAGE, BODY) == reply
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize("encrypted", [False, True], ids=["in the handshake", "after it"])
def test_cancelling_closes_the_connection(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, encrypted: bool) -> None:
    async def scenario() -> None:
        arrived = asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not encrypted:
                await reader.read(1)  # the handshake has begun
            arrived.set()
            await until_client_leaves(reader, writer)

        async with TlsServer(good if encrypted else None, wait) as server, sending(server, tls) as sender:
            task = asyncio.create_task(sender.send(MESSAGE, BODY))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.ended.wait()

    run(scenario())


async def test_connection_refused_is_a_reply_without_status(tls: ssl.SSLContext) -> None:
    server = TlsServer(None, b"")
    async with server:
        pass
    async with sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(fault="ConnectionRefusedError")


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "x" * 70 + ".invalid"])
async def test_name_that_does_not_resolve_is_a_reply_without_status(tls: ssl.SSLContext, host: str) -> None:
    sender = WebhookSender(Secret(f"https://{host}/"), SECRETS, tls)
    reply = await sender.send(MESSAGE, BODY)
    await sender.aclose()

    assert (reply.status, reply.fault) in [(None, "gaierror"), (None, "UnicodeError")]


@pytest.mark.parametrize(
    ("names", "expired"),
    [
        pytest.param(("other.example.com",), False, id="another name"),
        pytest.param(("127.0.0.1",), True, id="expired"),
    ],
)
async def test_nothing_is_sent_when_the_certificate_is_wrong(
    tls: ssl.SSLContext, authority: Authority, names: tuple[str, ...], expired: bool
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda loop, error: None)  # the server's side of the failure
    context = authority.server_context(*names, expired=expired)
    async with TlsServer(context, NO_CONTENT) as server, sending(server, tls) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(fault="SSLCertVerificationError")
        assert server.requests == []


async def test_nothing_is_sent_when_the_authority_is_unknown(good: ssl.SSLContext) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda loop, error: None)
    async with TlsServer(good, NO_CONTENT) as server, sending(server, tls_context(None)) as sender:
        assert await sender.send(MESSAGE, BODY) == Reply(fault="SSLCertVerificationError")
        assert server.requests == []


async def test_url_and_secrets_are_in_no_log_line(
    tls: ssl.SSLContext, good: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with TlsServer(good, NO_CONTENT) as server, sending(server, tls) as sender:
        await sender.send(MESSAGE, BODY)
    async with sending(server, tls) as sender:
        await sender.send(MESSAGE, BODY)

    assert "canary-path" not in caplog.text
    assert not [secret for secret in (NEW, OLD) if secret[6:] in caplog.text]
