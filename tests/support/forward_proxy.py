"""A forward proxy on loopback: passes requests on by their absolute target, and tunnels what is asked by CONNECT."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ProxyRequest:
    """One request as it came to the proxy."""

    method: str
    target: str
    headers: dict[str, str]


class ForwardProxy:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[ProxyRequest] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.split("\r\n")
            method, target, _ = line.split(" ")
            headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines if each)}
            self.asked.append(ProxyRequest(method, target, headers))
            tunnel = method == "CONNECT"
            parts = urlsplit(f"//{target}" if tunnel else target)
            onward_reader, onward_writer = await asyncio.open_connection(parts.hostname, parts.port)
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                kept = [f"{name}: {value}" for name, value in headers.items() if not name.startswith("proxy-")]
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                request = [f"{method} {path} HTTP/1.1", *kept, "connection: close", "", ""]
                onward_writer.write("\r\n".join(request).encode())
            await asyncio.gather(_copy(reader, onward_writer), _copy(onward_reader, writer))
        finally:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass  # one side has left
    finally:
        writer.close()


@asynccontextmanager
async def proxying(proxy: ForwardProxy) -> AsyncIterator[str]:
    """Serve the proxy; yields its URL."""
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
