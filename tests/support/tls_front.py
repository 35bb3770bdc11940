"""TLS in front of a server that has none, as a platform's proxy puts it: bytes in, bytes out."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

LOOPBACK = "127.0.0.1"

LEAVE_SECONDS = 1.0
"""Longest wait for an end in order. Python 3.11's TLS never comes to one where the client has left while the front was
not reading, as before a server that stops reading: `close` does nothing any more, and the socket stays open."""


@contextmanager
def tls_front(port: int, ca_file: Path) -> Iterator[str]:
    """Serve what listens on `port` over TLS; yields the origin and writes the CA to trust into `ca_file`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind_reader, behind_writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            writer.close()
        else:
            try:
                await asyncio.gather(_pass_on(reader, behind_writer), _pass_on(behind_reader, writer))
            finally:
                await asyncio.gather(_leave(writer), _leave(behind_writer))

    # A loop on a thread of its own: those who call it may block theirs.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tls-front", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, LOOPBACK, 0, ssl=context), loop).result()
    try:
        yield f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side leaves; then the other side is left, too: no message here is half a connection."""
    try:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def _leave(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and cut it where that takes too long."""
    if not writer.is_closing():  # closed twice, Python 3.11's TLS cannot be cut any more
        writer.close()
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
