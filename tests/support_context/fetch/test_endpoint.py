"""The whole fetch against a real TLS server, on both event loops that the service may run on."""

import asyncio
import gc
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from support_context.addresses import Network
from support_context.failures import Failure, LookupFailed
from support_context.fetch.endpoint import TRANSLATIONS, HttpsEndpoint, translated
from support_context.fetch.network import tls_context
from support_context.fetch.tls import TlsStream
from support_context.limits import PAGE_BYTES
from support_context.lookups import LookupResponse, read, request_for
from support_context.secrets import Secret
from tests.support.tls_server import HEAD, Answer, Authority, TlsServer, ok, reset, until_client_leaves

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"

TOKEN = "canary-token-0123456789"
LOOPBACK = (ip_network("127.0.0.0/8"),)

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
    return authority.server_context("crm.example.com", "127.0.0.1")


@asynccontextmanager
async def calling(
    server: TlsServer,
    tls: ssl.SSLContext,
    *,
    addresses: tuple[str, ...] = ("127.0.0.1",),
    allowed: tuple[Network, ...] = LOOPBACK,
    seconds: float = 5.0,
) -> AsyncIterator[HttpsEndpoint]:
    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == ("crm.example.com", server.port)
        return list(addresses)

    endpoint = HttpsEndpoint(tls, allowed, resolve, seconds)
    try:
        yield endpoint
    finally:
        await endpoint.aclose()


async def fetched(
    endpoint: HttpsEndpoint,
    server: TlsServer,
    *,
    method: str = "GET",
    token: str = TOKEN,
    host: str = "crm.example.com",
) -> LookupResponse:
    request = request_for(f"https://{host}:{server.port}/c?v=1", "a@b.example", method=method)
    return await endpoint.fetch(request, Secret(token))


async def failed_fetch(endpoint: HttpsEndpoint, server: TlsServer, *, token: str = TOKEN) -> LookupFailed:
    with pytest.raises(LookupFailed) as failed:
        await fetched(endpoint, server, token=token)
    return failed.value


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(ok(b'{"a":1}'), b'{"a":1}', id="declared length"),
        pytest.param(ok(b"{}") + b"HTTP/1.1 200 OK\r\n\r\n", b"{}", id="a planted second answer is left unread"),
        pytest.param(HEAD + b"\r\n{}", b"{}", id="until the connection closes"),
        pytest.param(HEAD + b"content-type: application/json; charset=latin1\r\n\r\n{}", b"{}", id="the type twice"),
        pytest.param(HEAD + b"Content-Encoding: UTF-8\r\n\r\n{}", b"{}", id="a coding that is none"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n", b"", id="an empty body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", id="an empty body without a type"),
        pytest.param(PAGE + b"Content-Length: 0\r\n\r\n", b"", id="an empty page"),
        pytest.param(PAGE + b"\r\n", b"", id="an empty page, until close"),
        pytest.param(PAGE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"", id="an empty page, chunked"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="no content"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}", b"{}", id="HTTP/1.0"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n",
            b"{}",
            id="chunked, trailer",
        ),
        pytest.param(b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n" * 100 + ok(b"{}"), b"{}", id="after 100 interim answers"),
        pytest.param(ok(b" " * 65_534 + b"{}"), b" " * 65_534 + b"{}", id="65,536 bytes, declared"),
        pytest.param(HEAD + b"\r\n" + b" " * 65_534 + b"{}", b" " * 65_534 + b"{}", id="65,536 bytes, until close"),
    ],
)
def test_answer_is_returned_when_it_keeps_to_the_contract(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes, body: bytes
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, answer) as server, calling(server, tls) as endpoint:
            response = await fetched(endpoint, server)
            assert (response.body, response.remote_address) == (body, "127.0.0.1")
            assert read(response) is not None
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        pytest.param(ok(b" " * 65_535 + b"{}"), Failure.TOO_LARGE, id="65,537 bytes, declared"),
        pytest.param(HEAD + b"\r\n" + b" " * 65_535 + b"{}", Failure.TOO_LARGE, id="65,537 bytes, until close"),
        pytest.param(HEAD + b"Content-Length: 99999999\r\n\r\n", Failure.TOO_LARGE, id="declared too large, none sent"),
        pytest.param(b"HTTP/1.1 102 X\r\n\r\n" * 101 + ok(b"{}"), Failure.PROTOCOL_ERROR, id="101 interim answers"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1;" + b"x" * 999 + b"\r\n{\r\n") * 150,
            Failure.TOO_LARGE,
            id="more framing than body",
        ),
        pytest.param(HEAD + b"X: " + b"y" * 99_999 + b"\r\n\r\n", Failure.PROTOCOL_ERROR, id="endless header"),
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", Failure.REDIRECT, id="redirect"),
        pytest.param(b"HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\n", Failure.HTTP_STATUS, id="error without its body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Failure.NOT_JSON, id="no type"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n{}", Failure.NOT_JSON, id="two types"),
        pytest.param(PAGE + b"Content-Length: 1\r\n\r\n", Failure.NOT_JSON, id="a page that does not come"),
        pytest.param(HEAD + b"Content-Encoding: gzip\r\n\r\n", Failure.PROTOCOL_ERROR, id="compressed"),
        pytest.param(b"HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n", Failure.PROTOCOL_ERROR, id="switched protocols"),
        pytest.param(b"HTTP/3.0 200 OK\r\n\r\n{}", Failure.PROTOCOL_ERROR, id="a version that this is not"),
        pytest.param(b"HTTP/2.0 103 X\r\n\r\n", Failure.PROTOCOL_ERROR, id="such a version in an interim answer"),
        pytest.param(b"220 mail ESMTP\r\n", Failure.PROTOCOL_ERROR, id="another protocol"),
        pytest.param(b"", Failure.PROTOCOL_ERROR, id="nothing"),
        pytest.param(HEAD[:20], Failure.PROTOCOL_ERROR, id="end within the head"),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\n{}", Failure.PROTOCOL_ERROR, id="end within the body"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n{}", Failure.PROTOCOL_ERROR, id="negative length"),
        pytest.param(HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", Failure.PROTOCOL_ERROR, id="absurd length"),
        pytest.param(
            HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", Failure.PROTOCOL_ERROR, id="two lengths"
        ),
        pytest.param(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", Failure.PROTOCOL_ERROR, id="transfer coding"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", Failure.PROTOCOL_ERROR, id="no chunk size"),
        pytest.param(reset, Failure.PROTOCOL_ERROR, id="reset"),
    ],
)
def test_answer_is_refused_when_it_breaks_the_contract(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes | Answer, failure: Failure
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, answer) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert failed.failure is failure
            assert len(server.requests) == 1  # not retried, not redirected
            await server.ended.wait()

    run(scenario())


def test_refused_head_is_kept_with_what_follows_it(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async def scenario() -> None:
        answer = b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\noops!"
        async with TlsServer(good, answer) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert failed.response == LookupResponse(500, "text/plain", b"oops!", "127.0.0.1")

    run(scenario())


async def stalled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b'Content-Length: 9\r\n\r\n{"a":')
    await until_client_leaves(reader, writer)


@pytest.mark.parametrize(
    ("answer", "failure", "body"),
    [
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\n{}", Failure.PROTOCOL_ERROR, b"{}", id="broken off"),
        pytest.param(HEAD + b"\r\n" + b" " * 65_537, Failure.TOO_LARGE, b" " * 65_537, id="too large"),
        pytest.param(stalled, Failure.TIMEOUT, b'{"a":', id="stalled"),
    ],
)
def test_what_has_arrived_is_kept_when_the_body_does_not_end_well(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes | Answer, failure: Failure, body: bytes
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, answer) as server, calling(server, tls, seconds=0.5) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert failed.failure is failure
            assert failed.response == LookupResponse(200, "application/json", body, "127.0.0.1")

    run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ok(b'{"a":1}'), id="an answer"),
        pytest.param(b"HTTP/1.1 500 X\r\nContent-Length: 5\r\n\r\noops!", id="a refused head"),
        pytest.param(HEAD + b"\r\n" + b" " * 65_537, id="a body that is too large"),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\n{}", id="an incomplete body"),
        pytest.param(b"220 mail ESMTP\r\n", id="another protocol"),
        pytest.param(reset, id="a reset"),
    ],
)
def test_buffers_of_a_connection_are_freed_without_the_garbage_collector(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, answer: bytes | Answer
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, answer) as server, calling(server, tls) as endpoint:
            with suppress(LookupFailed):
                await fetched(endpoint, server)
            await server.ended.wait()

    gc.collect()
    before = connections()
    gc.disable()
    try:
        run(scenario())
        left = [each for each in connections() if each not in before]
    finally:
        gc.enable()

    assert left == []


def connections() -> list[TlsStream]:
    return [each for each in gc.get_objects() if isinstance(each, TlsStream)]


def test_body_is_dropped_at_the_limit_however_much_would_follow(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b" " * 16_384)
            await writer.drain()
            await asyncio.sleep(0)

    async def scenario() -> None:
        async with TlsServer(good, endless) as server, calling(server, tls) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.TOO_LARGE
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_is_sent_once_to_its_own_host_with_the_token(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, method: str
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, ok(b"{}")) as server, calling(server, tls) as endpoint:
            await fetched(endpoint, server, method=method)
            (sent,) = server.requests
            head, _, body = sent.partition(b"\r\n\r\n")
            line, *headers = head.decode().split("\r\n")
            names = [header.partition(":")[0].lower() for header in headers]
            assert line == {"GET": "GET /c?v=1&id=a%40b.example HTTP/1.1", "POST": "POST /c?v=1 HTTP/1.1"}[method]
            assert body == {"GET": b"", "POST": b'{"id": "a@b.example"}'}[method]
            assert f"Host: crm.example.com:{server.port}" in headers
            assert f"Authorization: Bearer {TOKEN}" in headers
            assert "Accept-Encoding: identity" in headers
            assert len(names) == len(set(names))
            assert not {"cookie", "proxy-authorization", "referer"} & set(names)

    run(scenario())


def test_cookie_and_location_of_one_answer_do_not_reach_the_next_request(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        planted = HEAD + b"Set-Cookie: sid=1; Path=/\r\nLocation: /x\r\nContent-Length: 2\r\n\r\n{}"
        async with TlsServer(good, planted) as server, calling(server, tls) as endpoint:
            await fetched(endpoint, server)
            await fetched(endpoint, server)
            assert server.accepted == 2  # a connection is never used again
            assert b"cookie" not in server.requests[1].lower()
            assert b"sid=1" not in server.requests[1]

    run(scenario())


@pytest.mark.parametrize(
    ("addresses", "allowed", "failure"),
    [
        pytest.param(("127.0.0.1",), (), Failure.BLOCKED_ADDRESS, id="private"),
        pytest.param(("93.184.215.14", "127.0.0.1"), (), Failure.BLOCKED_ADDRESS, id="private after public"),
        pytest.param(("127.0.0.1", "10.0.0.1"), LOOPBACK, Failure.BLOCKED_ADDRESS, id="private beside an opened one"),
        pytest.param(("::ffff:127.0.0.1",), LOOPBACK, Failure.BLOCKED_ADDRESS, id="mapped form of an opened one"),
        pytest.param((), (), Failure.DNS_ERROR, id="no address"),
    ],
)
def test_no_connection_is_made_when_one_address_is_bad(
    run: Run,
    tls: ssl.SSLContext,
    good: ssl.SSLContext,
    addresses: tuple[str, ...],
    allowed: tuple[Network, ...],
    failure: Failure,
) -> None:
    async def scenario() -> None:
        async with (
            TlsServer(good, ok(b"{}")) as server,
            calling(server, tls, addresses=addresses, allowed=allowed) as endpoint,
        ):
            assert (await failed_fetch(endpoint, server)).failure is failure
            assert server.accepted == 0

    run(scenario())


def test_address_in_the_url_is_judged_and_called_without_a_look_up(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, ok(b"{}")) as server, calling(server, tls) as endpoint:
            assert (await fetched(endpoint, server, host="127.0.0.1")).body == b"{}"
            with pytest.raises(LookupFailed) as failed:
                await fetched(endpoint, server, host="10.0.0.1")
            assert failed.value.failure is Failure.BLOCKED_ADDRESS

    run(scenario())


def test_next_address_is_tried_when_the_first_does_not_answer(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with (
            TlsServer(good, ok(b"{}")) as server,
            calling(server, tls, addresses=("127.0.0.9", "127.0.0.1")) as endpoint,
        ):
            assert (await fetched(endpoint, server)).remote_address == "127.0.0.1"

    run(scenario())


@contextmanager
def dropping(host: str, port: int) -> Iterator[None]:
    """Make an address drop packets: its queue of connections is full, and nobody takes them."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield


def test_dropped_packets_are_a_connect_error(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with (
            TlsServer(good, ok(b"{}")) as server,
            calling(server, tls, addresses=("127.0.0.9",), seconds=0.4) as endpoint,
        ):
            with dropping("127.0.0.9", server.port):
                failed = await failed_fetch(endpoint, server)
            assert failed.failure is Failure.CONNECT_ERROR
            assert "a firewall may drop them" in failed.detail

    run(scenario())


def test_two_addresses_that_drop_packets_cost_half_a_second(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        dead = ("127.0.0.9", "127.0.0.10")
        async with (
            TlsServer(good, ok(b"{}")) as server,
            calling(server, tls, addresses=(*dead, "127.0.0.1")) as endpoint,
        ):
            with dropping(dead[0], server.port), dropping(dead[1], server.port):
                await fetched(endpoint, server, host="127.0.0.1")  # a first one opens what stays open
                before, started = open_files(), asyncio.get_running_loop().time()
                answered = await fetched(endpoint, server)
                assert answered.remote_address == "127.0.0.1"
                assert asyncio.get_running_loop().time() - started < 2.0  # half a second, and a busy machine
                assert open_files() <= before  # half-open losers are closed

    run(scenario())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_slow_name_server_is_a_dns_error(run: Run, tls: ssl.SSLContext) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async def scenario() -> None:
        endpoint = HttpsEndpoint(tls, LOOPBACK, resolve, 0.1)
        with pytest.raises(LookupFailed) as failed:
            await endpoint.fetch(request_for("https://crm.example.com/c", "a"), Secret(TOKEN))
        assert failed.value.failure is Failure.DNS_ERROR
        await endpoint.aclose()

    run(scenario())


def test_certificate_that_names_the_host_as_its_common_name_only_is_refused(
    run: Run, tls: ssl.SSLContext, authority: Authority
) -> None:
    async def scenario() -> None:
        context = authority.server_context(common_name="crm.example.com")
        async with TlsServer(context, ok(b"{}")) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert (failed.failure, failed.detail) == (
                Failure.TLS_ERROR,
                "the certificate is not for this host name",
            )

    run(scenario())


def test_connection_refused_is_a_connect_error(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async def scenario() -> None:
        server = TlsServer(good, b"")
        async with server:
            pass
        async with calling(server, tls) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.CONNECT_ERROR

    run(scenario())


@pytest.mark.parametrize(
    ("names", "expired", "ask_client", "detail"),
    [
        pytest.param(
            ("other.example.com",), False, False, "the certificate is not for this host name", id="other name"
        ),
        pytest.param(("crm.example.com",), True, False, "the certificate has expired", id="expired"),
        pytest.param(
            ("crm.example.com",),
            False,
            True,
            "the server ended the handshake; it may ask for a client certificate",
            id="client certificate asked for",
        ),
    ],
)
def test_token_is_not_sent_when_the_handshake_fails(
    run: Run,
    tls: ssl.SSLContext,
    authority: Authority,
    names: tuple[str, ...],
    expired: bool,
    ask_client: bool,
    detail: str,
) -> None:
    async def scenario() -> None:
        context = authority.server_context(*names, expired=expired, ask_client=ask_client)
        asyncio.get_running_loop().set_exception_handler(lambda loop, error: None)  # the server's side of the failure
        async with TlsServer(context, ok(b"{}")) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert (failed.failure, failed.detail) == (Failure.TLS_ERROR, detail)
            assert server.requests == []

    run(scenario())


def test_server_is_told_why_its_certificate_is_refused(run: Run, tls: ssl.SSLContext, authority: Authority) -> None:
    context = authority.server_context("crm.example.com", expired=True)
    told: list[str | None] = []

    async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        connection = context.wrap_bio(incoming, outgoing, server_side=True)
        while not told:
            try:
                connection.do_handshake()
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                data = await reader.read(65_536)
                incoming.write(data) if data else incoming.write_eof()
            except ssl.SSLError as refused:
                told.append(refused.reason)

    async def scenario() -> None:
        async with TlsServer(None, shake_hands) as server, calling(server, tls) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.TLS_ERROR
            await server.ended.wait()

    run(scenario())
    assert told == ["SSLV3_ALERT_CERTIFICATE_EXPIRED"]


def test_unknown_authority_is_a_tls_error(run: Run, good: ssl.SSLContext) -> None:
    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, error: None)
        async with TlsServer(good, ok(b"{}")) as server, calling(server, tls_context(None)) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.TLS_ERROR
            assert server.requests == []

    run(scenario())


async def hear_and_answer_in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4_096)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def hear_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4_096)


async def hear_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4_096)
    await reset(reader, writer)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (hear_and_answer_in_clear, "the port does not speak TLS"),
        (hear_and_hang_up, "the server closed the connection during the handshake"),
        (hear_and_reset, "the connection broke during the handshake"),
    ],
)
def test_server_without_tls_is_a_tls_error(run: Run, tls: ssl.SSLContext, answer: Answer, detail: str) -> None:
    async def scenario() -> None:
        async with TlsServer(None, answer) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert (failed.failure, failed.detail) == (Failure.TLS_ERROR, detail)

    run(scenario())


def test_reset_after_the_clients_half_of_the_handshake_is_a_tls_error(
    run: Run, tls: ssl.SSLContext, authority: Authority
) -> None:
    async def scenario() -> None:
        context = authority.server_context("crm.example.com")
        context.num_tickets = 0  # with tickets the server would have confirmed the handshake
        async with TlsServer(context, reset) as server, calling(server, tls) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.TLS_ERROR

    run(scenario())


def test_tls_1_2_is_enough(run: Run, tls: ssl.SSLContext, authority: Authority) -> None:
    async def scenario() -> None:
        context = authority.server_context("crm.example.com", max_version=ssl.TLSVersion.TLSv1_2)
        async with TlsServer(context, ok(b"{}")) as server, calling(server, tls) as endpoint:
            assert (await fetched(endpoint, server)).body == b"{}"

    run(scenario())


@pytest.mark.parametrize("encrypted", [False, True], ids=["in the handshake", "after it"])
def test_deadline_ends_the_whole_and_closes_the_connection(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, encrypted: bool
) -> None:
    async def scenario() -> None:
        async with (
            TlsServer(good if encrypted else None, until_client_leaves) as server,
            calling(server, tls, seconds=0.2) as endpoint,
        ):
            failed = await failed_fetch(endpoint, server)
            assert failed.failure is (Failure.TIMEOUT if encrypted else Failure.TLS_ERROR)
            assert failed.detail
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize(
    "body", [pytest.param(b"x" * 70_000, id="one without end"), pytest.param(b"<title>No", id="one that stalls")]
)
def test_body_of_a_refused_answer_delays_nothing_and_changes_nothing(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, body: bytes
) -> None:
    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 X\r\nContent-Type: text/html\r\n\r\n" + body)
        await until_client_leaves(reader, writer)

    async def scenario() -> None:
        started = asyncio.get_running_loop().time()
        async with TlsServer(good, stalling) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server)
            assert failed.failure is Failure.HTTP_STATUS
            assert failed.response is not None
            assert failed.response.body == body[:PAGE_BYTES]
            assert asyncio.get_running_loop().time() - started < 3.0
            await server.ended.wait()

    run(scenario())


def test_deadline_ends_an_answer_that_drips(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def scenario() -> None:
        async with TlsServer(good, drip) as server, calling(server, tls, seconds=0.3) as endpoint:
            assert (await failed_fetch(endpoint, server)).failure is Failure.TIMEOUT
            await server.ended.wait()

    run(scenario())


@pytest.mark.parametrize("encrypted", [False, True], ids=["in the handshake", "after it"])
def test_cancelling_closes_the_connection(run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, encrypted: bool) -> None:
    async def scenario() -> None:
        arrived = asyncio.Event()

        async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await until_client_leaves(reader, writer)

        async with TlsServer(good if encrypted else None, wait) as server, calling(server, tls) as endpoint:
            task = asyncio.create_task(fetched(endpoint, server))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.ended.wait()

    run(scenario())


def test_token_that_is_no_header_value_is_found_nowhere(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, ok(b"{}")) as server, calling(server, tls) as endpoint:
            failed = await failed_fetch(endpoint, server, token=TOKEN + "\nX: y")
            assert failed.failure is Failure.PROTOCOL_ERROR
            link: BaseException | None = failed
            while link is not None:
                assert TOKEN not in repr(link) + str(link)
                link = link.__cause__ or link.__context__

    caplog.set_level(logging.DEBUG)
    run(scenario())
    assert TOKEN not in caplog.text


def test_identifier_and_host_are_in_no_log_line(
    run: Run, tls: ssl.SSLContext, good: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with TlsServer(good, ok(b"{}")) as server, calling(server, tls) as endpoint:
            await fetched(endpoint, server)

    caplog.set_level(logging.DEBUG)
    run(scenario())
    assert "b.example" not in caplog.text
    assert TOKEN not in caplog.text


FOREIGN = [kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_is_translated(kind: type[Exception]) -> None:
    assert any(issubclass(kind, known) for known, _, _ in TRANSLATIONS)


def test_translations_go_from_specific_to_general() -> None:
    kinds = [kind for kind, _, _ in TRANSLATIONS]
    assert not [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :] if issubclass(b, a)]


def test_exception_that_nobody_foresaw_is_logged_by_its_class_alone(caplog: pytest.LogCaptureFixture) -> None:
    failed = translated(RuntimeError("secret words"))
    (line,) = caplog.records
    assert failed.failure is Failure.PROTOCOL_ERROR
    assert (line.levelname, line.getMessage(), line.__dict__["error"]) == (
        "ERROR",
        "endpoint_unforeseen",
        "RuntimeError",
    )
    assert "secret" not in str(line.__dict__)


@pytest.mark.parametrize("text", [None, "", "no certificate"], ids=["missing", "empty", "not PEM"])
def test_ca_file_is_refused_when_it_holds_no_certificate(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match="PEM certificates"):
        tls_context(path)


def test_tls_context_verifies_and_speaks_nothing_older_than_1_2() -> None:
    context = tls_context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
