"""One TLS connection, below HTTP."""

import asyncio
import ssl
from pathlib import Path

import pytest

from support_context.failures import Failure, LookupFailed
from support_context.fetch.connecting import connect
from support_context.fetch.network import tls_context
from support_context.fetch.tls import TlsStream
from tests.support.tls_server import Authority, TlsServer


@pytest.mark.parametrize(("most_bytes", "accepted"), [(600, False), (100_000, True)])
async def test_encrypted_bytes_are_counted_from_the_handshake_on(
    tmp_path: Path, most_bytes: int, accepted: bool
) -> None:
    authority = Authority()
    client = tls_context(authority.write_to(tmp_path / "ca.pem"))
    async with TlsServer(authority.server_context("crm.example.com"), b"") as server:
        stream, address = await connect(
            lambda: TlsStream(client, "crm.example.com", most_bytes), ["127.0.0.1"], server.port
        )
        assert address == "127.0.0.1"
        if accepted:
            await stream.shake_hands()
            await stream.send(b"GET / HTTP/1.1\r\n\r\n")
            assert await stream.receive() == b""
        else:
            with pytest.raises(LookupFailed) as failed:
                await stream.shake_hands()
            assert failed.value.failure is Failure.TOO_LARGE
        stream.close()


class PausableTransport(asyncio.Transport):
    """A transport that notes whether it reads."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False


async def test_no_more_than_a_piece_is_read_ahead() -> None:
    transport, stream = PausableTransport(), TlsStream(tls_context(None), "crm.example.com")
    stream.connection_made(transport)
    stream.buffer_updated(len(stream.get_buffer(-1)))
    assert transport.reads
    stream.get_buffer(-1)
    stream.buffer_updated(1)
    assert not transport.reads


class WatchedStream(TlsStream):
    """A connection that tells when the server said its last, and when it is gone."""

    def __init__(self, tls: ssl.SSLContext, host: str) -> None:
        super().__init__(tls, host)
        self.ended, self.gone = asyncio.Event(), asyncio.Event()

    def eof_received(self) -> bool:
        self.ended.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


async def test_answer_is_read_when_the_server_stopped_listening_after_it(tmp_path: Path) -> None:
    async def answer_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 401 X\r\n\r\n")
        writer.close()

    authority = Authority()
    client = tls_context(authority.write_to(tmp_path / "ca.pem"))
    context = authority.server_context("crm.example.com", max_version=ssl.TLSVersion.TLSv1_2)
    server = await asyncio.start_server(answer_at_once, "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=1.0)
    async with server:
        stream, _ = await connect(
            lambda: WatchedStream(client, "crm.example.com"), ["127.0.0.1"], server.sockets[0].getsockname()[1]
        )
        await stream.shake_hands()
        await stream.ended.wait()
        stream.close()
        await stream.gone.wait()
        await stream.send(b"GET / HTTP/1.1\r\n\r\n")
        assert await stream.receive() == b"HTTP/1.1 401 X\r\n\r\n"
        assert await stream.receive() == b""
