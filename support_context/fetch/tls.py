"""One verified TLS connection that can be dropped at any moment, mid-handshake too, and leaves nothing open.

It drives OpenSSL over memory buffers: asyncio's own TLS transport outlives a cancelled handshake, and OpenSSL reading
the socket by itself would not return while a server floods it with records that carry no data.
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

import httpx

from support_context.failures import FLOOD, Failure, LookupFailed
from support_context.limits import WIRE_BYTES
from support_context.probes import TlsSession

READ_BYTES = 16_384
"""Bytes per read: one TLS record."""

ENCRYPTED_BYTES = 4 * WIRE_BYTES
"""Bytes that may arrive before decryption: certificates, and the overhead of servers that send very small records."""

T = TypeVar("T")


class TlsStream(asyncio.BufferedProtocol):
    """Encrypts and decrypts over the connection that it is the protocol of; reads no further than it is asked to."""

    def __init__(self, tls: ssl.SSLContext, host: str, most_bytes: int = ENCRYPTED_BYTES) -> None:
        self._most_bytes = most_bytes
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._buffer = bytearray()
        self._encrypted = 0
        self._unconfirmed_at: int | None = None
        self._lost = False
        self._arrival: asyncio.Future[None] | None = None

    async def shake_hands(self) -> None:
        """Agree on keys with a server that proves to be the host; `ssl.SSLError` where it does not."""
        try:
            await self._patiently(self._tls.do_handshake, flush=False)  # what is left goes out with the request
        except httpx.ReadError as broken:
            raise LookupFailed(Failure.TLS_ERROR, "the connection broke during the handshake") from broken
        if self._tls.version() == "TLSv1.3":
            # Here the client is done first (RFC 8446, 2): only a byte from the server will show that it agrees too.
            self._unconfirmed_at = self._encrypted - self._incoming.pending

    async def send(self, data: bytes) -> None:
        """Encrypt and send all of the data; where nobody takes it, what arrived before is still to be received."""
        await self._patiently(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """Return the decrypted bytes that have arrived, `b""` at the end."""
        try:
            data = await self._patiently(lambda: self._tls.read(READ_BYTES))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            data = b""
        except httpx.ReadError:
            self._refuse_half_handshake()
            raise
        if not data:
            self._refuse_half_handshake()
        return data

    def session(self) -> TlsSession:
        """Return the TLS version agreed on, and the expiry of the server's certificate."""
        ends = ssl.cert_time_to_seconds(str((self._tls.getpeercert() or {})["notAfter"]))
        return TlsSession(self._tls.version() or "", datetime.fromtimestamp(ends, UTC))

    def close(self) -> None:
        """Close at once, without the farewell of TLS that a hostile server could delay."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what sends; nothing is sent before the handshake is asked for."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return the room for a read that is about to happen: a connection that waits needs none."""
        self._buffer = bytearray(READ_BYTES)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has arrived."""
        self._encrypted += nbytes
        self._incoming.write(memoryview(self._buffer)[:nbytes])
        self._buffer = bytearray()
        if self._encrypted > READ_BYTES:
            # A server that keeps sending is read one piece a turn; what it sends may be slow to parse. Others wait too.
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Note the end, and keep the other direction open: a request may be sent to a server that says no more."""
        self._incoming.write_eof()
        self._wake()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that nothing can be sent or received any more."""
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _refuse_half_handshake(self) -> None:
        if self._encrypted == self._unconfirmed_at:
            detail = "the server ended the handshake; it may ask for a client certificate"
            raise LookupFailed(Failure.TLS_ERROR, detail)

    async def _patiently(self, attempt: Callable[[], T], *, flush: bool = True) -> T:
        while True:
            try:
                result = attempt()
            except ssl.SSLWantReadError:
                self._flush()
                await self._feed()
            except ssl.SSLError:
                self._flush()  # the alert tells the server's log what was wrong with its certificate
                raise
            else:
                if flush:
                    self._flush()
                return result

    def _flush(self) -> None:
        if self._outgoing.pending and not self._lost:
            self._transport.write(self._outgoing.read())

    async def _feed(self) -> None:
        if self._lost:
            raise httpx.ReadError("the connection broke")
        self._arrival = asyncio.get_running_loop().create_future()
        if self._encrypted > READ_BYTES:
            self._transport.resume_reading()
        await self._arrival
        if self._encrypted > self._most_bytes:
            raise LookupFailed(Failure.TOO_LARGE, f"more than {self._most_bytes} encrypted bytes", sentence=FLOOD)
