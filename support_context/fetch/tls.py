"""One verified TLS connection that can be dropped at any moment, mid-handshake too, and leaves nothing open.

It drives OpenSSL over memory buffers: asyncio's own TLS transport outlives a cancelled handshake, and OpenSSL reading
the socket by itself would not return while a server floods it with records that carry no data.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from support_context.failures import FLOOD, Failure, LookupFailed
from support_context.limits import WIRE_BYTES
from support_context.probes import TlsSession

READ_BYTES = 16_384
"""Bytes per read: one TLS record."""

ENCRYPTED_BYTES = 4 * WIRE_BYTES
"""Bytes that may arrive before decryption: certificates, and the overhead of servers that send very small records."""

T = TypeVar("T")


class TlsStream:
    """Encrypts and decrypts over a connected, non-blocking socket that it owns."""

    def __init__(self, plain: socket.socket, tls: ssl.SSLContext, host: str, most_bytes: int = ENCRYPTED_BYTES) -> None:
        self._socket = plain
        self._most_bytes = most_bytes
        self._loop = asyncio.get_running_loop()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._encrypted = 0
        self._unconfirmed_at: int | None = None

    async def shake_hands(self) -> None:
        """Agree on keys with a server that proves to be the host; `ssl.SSLError` where it does not."""
        try:
            await self._patiently(self._tls.do_handshake, flush=False)  # what is left goes out with the request
        except ssl.SSLError:
            raise
        except OSError as broken:
            raise LookupFailed(Failure.TLS_ERROR, "the connection broke during the handshake") from broken
        if self._tls.version() == "TLSv1.3":
            # Here the client is done first (RFC 8446, 2): only a byte from the server will show that it agrees too.
            self._unconfirmed_at = self._encrypted - self._incoming.pending

    async def send(self, data: bytes) -> None:
        """Encrypt and send all of the data."""
        await self._patiently(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """Return the decrypted bytes that have arrived, `b""` at the end."""
        try:
            data = await self._patiently(lambda: self._tls.read(READ_BYTES))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            data = b""
        except OSError:
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
        self._socket.close()

    def _refuse_half_handshake(self) -> None:
        if self._encrypted == self._unconfirmed_at:
            detail = "the server ended the handshake; it may ask for a client certificate"
            raise LookupFailed(Failure.TLS_ERROR, detail)

    async def _patiently(self, attempt: Callable[[], T], *, flush: bool = True) -> T:
        while True:
            try:
                result = attempt()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                # The alert tells the server's log what was wrong with its certificate.
                with contextlib.suppress(OSError):
                    self._socket.send(self._outgoing.read())
                raise
            else:
                if flush:
                    await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._socket, self._outgoing.read())

    async def _feed(self) -> None:
        data = await self._loop.sock_recv(self._socket, READ_BYTES)
        self._encrypted += len(data)
        if self._encrypted > self._most_bytes:
            raise LookupFailed(Failure.TOO_LARGE, f"more than {self._most_bytes} encrypted bytes", sentence=FLOOD)
        if self._encrypted > READ_BYTES:
            # A server that keeps sending is read without a pause; what it sends may be slow to parse. Others wait too.
            await asyncio.sleep(0)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
