"""What an exchange makes of a connection that fails in the middle."""

import ssl

import httpx
import pytest

from support_context.fetch.network import Exchange
from support_context.fetch.phases import Progress
from support_context.fetch.tls import TlsStream

REQUEST = httpx.Request("GET", "https://unused.example/", headers={"Host": "h"}, extensions={"target": b"/"})


class BrokenStream(TlsStream):
    """A connection that raises when written to, and gives its script when read from."""

    def __init__(self, on_send: Exception | None, *script: bytes | Exception) -> None:
        self._on_send = on_send
        self._script = list(script)
        self.closed = False

    async def send(self, data: bytes) -> None:
        assert data.startswith(b"GET / HTTP/1.1\r\n")
        if self._on_send:
            raise self._on_send

    async def receive(self) -> bytes:
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed = True


async def test_answer_is_read_when_the_server_stopped_listening_after_it() -> None:
    stream = BrokenStream(BrokenPipeError(), b"HTTP/1.1 401 X\r\n\r\n")
    response = await Exchange(stream, Progress()).answer_to(REQUEST)
    assert response.status_code == 401
    await response.aclose()
    assert stream.closed


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        pytest.param(BrokenStream(ssl.SSLError("x")), ssl.SSLError, id="TLS breaks while sending"),
        pytest.param(BrokenStream(None, ssl.SSLError("x")), ssl.SSLError, id="TLS breaks while reading"),
        pytest.param(BrokenStream(None, ConnectionResetError()), httpx.ReadError, id="connection breaks while reading"),
    ],
)
async def test_break_keeps_its_kind(stream: BrokenStream, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await Exchange(stream, Progress()).answer_to(REQUEST)


async def test_only_the_headers_that_matter_are_kept() -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nLocation: /x\r\nContent-Length: 0\r\nContent-Type: a/b\r\n\r\n"
    response = await Exchange(BrokenStream(None, answer), Progress()).answer_to(REQUEST)
    assert dict(response.headers) == {"content-length": "0", "content-type": "a/b"}
    assert response.extensions["location"] == "/x"
