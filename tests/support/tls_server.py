"""A TLS server on loopback that answers with exactly the bytes that a test gives it."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import trustme

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes) -> bytes:
    """Return a good answer with this body."""
    return HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Authority:
    """A certificate authority of the tests, and certificates of several kinds by it."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def write_to(self, path: Path) -> Path:
        """Write the authority's certificate as PEM."""
        self._ca.cert_pem.write_to_path(path)
        return path

    def server_context(
        self,
        *names: str,
        expired: bool = False,
        max_version: ssl.TLSVersion | None = None,
        ask_client: bool = False,
        common_name: str | None = None,
    ) -> ssl.SSLContext:
        """Return a server's TLS context with a certificate for these names."""
        now = datetime.now(UTC)
        until = now - timedelta(days=1) if expired else now + timedelta(days=1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = self._ca.issue_cert(
            *names, common_name=common_name, not_before=now - timedelta(days=2), not_after=until
        )
        issued.configure_cert(context)
        if max_version:
            context.maximum_version = max_version
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self._ca.configure_trust(context)
        return context


class TlsServer:
    """Accepts, notes each request and whether its connection was closed, and answers with its script."""

    def __init__(self, tls: ssl.SSLContext | None, answer: bytes | Answer) -> None:
        self._tls = tls
        self._answer = answer
        self._server: asyncio.Server | None = None
        self.requests: list[bytes] = []
        self.accepted = 0
        self.ended = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> "TlsServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            if self._tls is not None:
                self.requests.append(await _request(reader))
            if isinstance(self._answer, bytes):
                writer.write(self._answer)
                await writer.drain()
            else:
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up, as it should on most of these scripts
        finally:
            writer.transport.abort()
            self.ended.set()


async def until_client_leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer nothing, and return once the client has closed the connection."""
    while await reader.read(65_536):
        pass


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Cut the connection with RST."""
    plain = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    return head + await reader.readexactly(int(length.split(b":")[1]))
