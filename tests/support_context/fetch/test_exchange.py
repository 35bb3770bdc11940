"""An exchange over a scripted connection: what it makes of one that breaks, and of every byte that may come."""

import ssl
import time
from typing import NamedTuple

import h11
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_context.fetch.exchange import Exchange, encoded
from support_context.fetch.phases import Progress
from support_context.fetch.tls import TlsStream
from support_context.limits import HEAD_BYTES
from tests.support.tls_server import HEAD

REQUEST = httpx.Request("GET", "https://unused.example/", headers={"Host": "h"}, extensions={"target": b"/"})


class ScriptedStream(TlsStream):
    """A connection that raises when written to, if told so, and gives its script when read from, then the end."""

    def __init__(self, on_send: Exception | None, *script: bytes | Exception) -> None:
        self._on_send = on_send
        self._script = list(script)
        self.closed = False

    async def send(self, data: bytes) -> None:
        if self._on_send:
            raise self._on_send

    async def receive(self) -> bytes:
        step = self._script.pop(0) if self._script else b""
        if isinstance(step, Exception):
            raise step
        return step

    def unread(self) -> int:
        return len(self._script)

    def close(self) -> None:
        self.closed = True


async def test_connection_is_closed_with_the_answer() -> None:
    stream = ScriptedStream(None, b"HTTP/1.1 401 X\r\n\r\n")
    response = await Exchange(stream, Progress()).answer_to(REQUEST)
    assert response.status_code == 401
    assert not stream.closed
    await response.aclose()
    assert stream.closed


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        pytest.param(ScriptedStream(ssl.SSLError("x")), ssl.SSLError, id="TLS breaks while sending"),
        pytest.param(ScriptedStream(None, ssl.SSLError("x")), ssl.SSLError, id="TLS breaks while reading"),
        pytest.param(ScriptedStream(None, httpx.ReadError("x")), httpx.ReadError, id="connection breaks on reading"),
    ],
)
async def test_break_keeps_its_kind(stream: ScriptedStream, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await Exchange(stream, Progress()).answer_to(REQUEST)


async def test_only_the_headers_that_matter_are_kept() -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nLocation: /x\r\nContent-Length: 0\r\nContent-Type: a/b\r\n\r\n"
    response = await Exchange(ScriptedStream(None, answer), Progress()).answer_to(REQUEST)
    assert dict(response.headers) == {"content-length": "0", "content-type": "a/b"}
    assert response.extensions["location"] == "/x"


@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        pytest.param("GET", b"/c?v=1", {"Host": "h", "Authorization": "Bearer a b"}, b"", id="a look-up"),
        pytest.param("POST", b"/", {"Host": "h", "Content-Length": "2"}, b"{}", id="with a body"),
        pytest.param("GET", b"/", {"Host": "h", "X": ""}, b"", id="empty value"),
        pytest.param("GET", b"/", {"Host": "h", "X": b"a\x01\xff\t b"}, b"", id="control character in a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": "a\nX: y"}, b"", id="line feed in a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": "a\rX: y"}, b"", id="carriage return in a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": "a\0"}, b"", id="NUL in a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": "a\n"}, b"", id="line feed after a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": " a"}, b"", id="blank before a value"),
        pytest.param("GET", b"/", {"Host": "h", "X": "a\t"}, b"", id="blank after a value"),
        pytest.param("GET", b"/", {"Host": "h", "X y": "a"}, b"", id="blank in a name"),
        pytest.param("GET", b"/", {"Host": "h", "X:": "a"}, b"", id="colon in a name"),
        pytest.param("GET", b"/a b", {"Host": "h"}, b"", id="blank in the target"),
        pytest.param("GET", b"/a\r\nX: y", {"Host": "h"}, b"", id="line in the target"),
        pytest.param("GET", b"/\xe4", {"Host": "h"}, b"", id="target that is not ASCII"),
        pytest.param("GET", b"", {"Host": "h"}, b"", id="no target"),
        pytest.param("G T", b"/", {"Host": "h"}, b"", id="blank in the method"),
    ],
)
def test_request_is_written_as_h11_writes_it(
    method: str, target: bytes, headers: dict[str, str | bytes], body: bytes
) -> None:
    lines = [(name.encode(), each if isinstance(each, bytes) else each.encode()) for name, each in headers.items()]
    request = httpx.Request(
        method, "https://unused.example/", headers=lines, content=body, extensions={"target": target}
    )
    try:
        writer = h11.Connection(h11.CLIENT)
        head = writer.send(h11.Request(method=method, target=target, headers=lines))
        written = head + writer.send(h11.Data(data=body)) + writer.send(h11.EndOfMessage())
    except h11.LocalProtocolError:
        with pytest.raises(httpx.LocalProtocolError, match=r"^the request is not HTTP/1\.1$"):
            encoded(request)
    else:
        assert encoded(request) == written


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"X:" + b" " * HEAD_BYTES + b"\0\r\n\r\n", id="blanks before what is no value"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b" " * HEAD_BYTES + b"\n\r\n", id="blanks after a size"
        ),
    ],
)
async def test_blanks_without_end_are_refused_in_linear_time(answer: bytes) -> None:
    # h11 takes ten seconds and more for each, with everybody waiting: its expressions try every way to share them out.
    started = time.process_time()
    assert await answered("GET", [answer]) == Refused(0)
    assert time.process_time() - started < 1.0


class Answered(NamedTuple):
    """An answer that was read, and how many pieces behind it were left unread."""

    status: int
    headers: dict[str, str]
    body: bytes
    unread: int


class Refused(NamedTuple):
    """An answer that is not HTTP/1.1, and how many pieces were not needed to see that."""

    unread: int


async def answered(method: str, pieces: list[bytes]) -> Answered | Refused:
    """Return what an exchange reads."""
    stream = ScriptedStream(None, *pieces)
    asked = httpx.Request(method, "https://unused.example/", headers={"Host": "h"}, extensions={"target": b"/"})
    try:
        exchange = Exchange(stream, Progress())
        response = await exchange.answer_to(asked)
        body = b"".join([piece async for piece in exchange])
    except httpx.RemoteProtocolError:
        return Refused(stream.unread())
    return Answered(response.status_code, dict(response.headers), body, stream.unread())


def answered_by_h11(method: str, pieces: list[bytes]) -> Answered | Refused:
    """Return what h11 reads, where the answer is of a version that it knows."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    parser.send(h11.EndOfMessage())
    left, body, status = list(pieces), b"", 0
    headers: dict[str, str] = {}
    try:
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                parser.receive_data(left.pop(0) if left else b"")
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.InformationalResponse | h11.Response):
                if event.http_version not in (b"1.0", b"1.1"):
                    return Refused(len(left))
                status, headers = event.status_code, kept_by_h11(event)
    except h11.RemoteProtocolError:
        return Refused(len(left))
    return Answered(status, headers, body, len(left))


def kept_by_h11(event: h11.InformationalResponse | h11.Response) -> dict[str, str]:
    kept = [each for each in event.headers if each[0] in (b"content-type", b"content-encoding")]
    kept += [(name, b"%d" % int(value)) for name, value in event.headers if name == b"content-length"]
    return dict(httpx.Headers(kept))


ONE_LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
"""Fields, of which some come twice, differ, or meet in one answer."""

STATUS_LINES = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\n",
    b"HTTP/1.1 200\r\n",
    b"HTTP/1.1 200 \r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 204 X\r\n",
    b"HTTP/1.1 304 X\r\n",
    b"HTTP/1.1 999 a\tb \xff\x01\r\n",
    b"HTTP/1.1 100 X\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 103 X\r\nLink: <x>\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 X\r\n",
    b"HTTP/1.1 103 X\r\nContent-Length: x\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/2.0 103 X\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n",
    b"HTTP/2.0 200 OK\r\n",
    b"HTTP/1.1 101 X\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 099 X\r\n\r\nHTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 000 X\r\n",
    b"HTTP/1.1 1000 X\r\n",
    b"HTTP/1.1 +20 X\r\n",
    b"HTTP/1.1  200 OK\r\n",
    b"HTTP/1.1\t200 OK\r\n",
    b"HTTP/1.1 200\tOK\r\n",
    b"HTTP/1.1 200 a\rb\r\n",
    b"HTTP/1.1 200 a\0b\r\n",
    b"http/1.1 200 OK\r\n",
    b"ICY 200 OK\r\n",
    b"RTSP/1.0 200 OK\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n",
    b"\nHTTP/1.1 200 OK\r\n",
    b" HTTP/1.1 200 OK\r\n",
    b"\x16\x03\x01\x02",
    b"220 mail ESMTP\r\n",
    b"",
)

FIELDS = (
    ONE_LENGTH,
    CHUNKED,
    b"Content-Length: 2\n",
    b"CONTENT-LENGTH:2\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 02\r\n",
    b"Content-Length: 2, 2\r\n",
    b"Content-Length: 2, 3\r\n",
    b"Content-Length: 2,\r\n",
    b"Content-Length:\r\n",
    b"Content-Length: -2\r\n",
    b"Content-Length: +2\r\n",
    b"Content-Length: 0x2\r\n",
    b"Content-Length: 2_0\r\n",
    b"Content-Length: \xb2\r\n",
    b"Content-Length: " + b"9" * 20 + b"\r\n",
    b"Content-Length: " + b"9" * 21 + b"\r\n",
    b"Content-Length : 2\r\n",
    b"Content-Length\r\n",
    b"Content-\r\n Length: 2\r\n",
    b"Content-Length: \r\n\t2\r\n",
    b"Transfer-Encoding: CHUNKED \t\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding:\r\n",
    b"Content-Type: a/b\r\n",
    b"Content-Type: a\r\n /b\r\n \r\n",
    b"Content-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"X: a\x01b\x7f\xff\r\n",
    b"X: a\0b\r\n",
    b"X: a\x0bb\r\n",
    b"X: a\rb\r\n",
    b"X: a\r\r\n",
    b"X:: \t \r\n",
    b"X\xe4: a\r\n",
    b"X(: a\r\n",
    b": a\r\n",
    b" X: a\r\n",
    b"\tX: a\r\n",
    b"X\r\n",
    b"\r",
)

BODIES = (
    b"{}",
    b"{",
    b"",
    b"{}HTTP/1.1 500 X\r\n\r\n",
    b"2\r\n{}\r\n0\r\n\r\n",
    b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n00;x=y\r\nX: y\r\n\r\nmore",
    b"2\r\n{}\r\n0\r\nX: y\n\nmore",
    b"2\r\n{}\r\n0\r\n\nmore",
    b"2\r\n{}\r\n0\r\nX\r\n\r\n",
    b"2\r\n{}\r\n0\r\nContent-Length: x\r\n\r\n",
    b"2\r\n{}\r\n0\r\n X: y\r\n\r\n",
    b"2\r\n{}\r\n0\r\n",
    b"2\r\n{}\r\n",
    b"2\r\n{}",
    b"2\r\n{}0\r\n\r\n",
    b"2\r\n{}\rx",
    b"2\r\n{}\n0\r\n\r\n",
    b"2\n{}\n0\n\n",
    b"2 \t\r\n{}\r\n0\r\n\r\n",
    b"2;x=y \r\n{}\r\n0\r\n\r\n",
    b"2;a\nb\r\n{}\r\n0\r\n\r\n",
    b"2 ;x\r\n{}\r\n0\r\n\r\n",
    b" 2\r\n{}\r\n0\r\n\r\n",
    b"+2\r\n{}\r\n0\r\n\r\n",
    b"0x2\r\n{}\r\n0\r\n\r\n",
    b"2_\r\n{}\r\n0\r\n\r\n",
    b"\r\n{}\r\n0\r\n\r\n",
    b"f" * 20 + b"\r\n{}",
    b"f" * 21 + b"\r\n{}",
)

ANSWERS = st.builds(
    lambda line, fields, end, body: line + b"".join(fields) + end + body,
    st.sampled_from(STATUS_LINES),
    st.lists(st.sampled_from(FIELDS), max_size=3),
    st.sampled_from((b"\r\n", b"\n", b"")),
    st.sampled_from(BODIES),
)


async def holds_to_h11(answer: bytes, method: str = "GET") -> None:
    for pieces in ([answer], [answer[i : i + 1] for i in range(len(answer))]):
        assert await answered(method, pieces) == answered_by_h11(method, pieces), answer


@pytest.mark.parametrize("line", STATUS_LINES)
async def test_status_line_is_read_as_h11_reads_it(line: bytes) -> None:
    await holds_to_h11(line + ONE_LENGTH + b"\r\n{}")


@pytest.mark.parametrize("field", FIELDS)
async def test_fields_are_read_as_h11_reads_them(field: bytes) -> None:
    for others in (b"", ONE_LENGTH, CHUNKED):
        for body in (b"{}", b"2\r\n{}\r\n0\r\n\r\n"):
            await holds_to_h11(STATUS_LINES[0] + others + field + b"\r\n" + body)
            await holds_to_h11(STATUS_LINES[0] + field + others + b"\r\n" + body)


@pytest.mark.parametrize("body", BODIES)
async def test_body_is_read_as_h11_reads_it(body: bytes) -> None:
    for method in ("GET", "HEAD"):
        for framing in (b"", ONE_LENGTH, CHUNKED):
            await holds_to_h11(STATUS_LINES[0] + framing + b"\r\n" + body, method)


@given(ANSWERS, st.sampled_from(("GET", "POST", "HEAD")))
async def test_any_answer_is_read_as_h11_reads_it(answer: bytes, method: str) -> None:
    await holds_to_h11(answer, method)
