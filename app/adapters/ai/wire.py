"""One HTTP session to the AI provider, for every call: bounded, not redirected, nothing from the environment."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from support_context.secrets import Secret

CONNECT_SECONDS = 10.0
"""A host that takes no connection within this time is away; how long an answer may take, the caller's deadline says."""

IDLE_SECONDS = 30.0
"""How long a connection is kept warm for the next call."""

ANSWER_BYTES = 1_000_000
"""Bytes of an answer that are read: a hundred times what a model is asked for."""

HTTP_OK, HTTP_NOT_FOUND, FIRST_SERVER_ERROR = 200, 404, 500


class NoAnswer(Exception):
    """The AI provider could not be reached, or the connection broke; named by the error's class, never by its text."""


class NoCredentials(Exception):
    """The credentials for an AI call could not be had; named by the error's class."""


class Unusable(Exception):
    """The AI provider cannot be used as the environment is; the text says what it needs."""


@dataclass(frozen=True, slots=True)
class WireReply:
    """An HTTP response of the AI provider; `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Parts(aiohttp.Payload):
    """A request body in parts, joined only while it is sent: what requests share is held once while models think."""

    _autoclose = True  # there is nothing to close

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        super().__init__(parts)
        self._size = sum(map(len, parts))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body in one piece."""
        await writer.write(b"".join(self._value))


class Wire:
    """The HTTP client for AI calls: one session, through a proxy where one is set; `aclose` it."""

    def __init__(self, tls: ssl.SSLContext | None = None, proxy: Secret | None = None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._opened: aiohttp.ClientSession | None = None  # a session belongs to the loop that it was made in

    async def send(self, method: str, url: str, headers: Mapping[str, str], *body: bytes) -> WireReply:
        """Send one request, its body in parts, and return the response of any status; raises `NoAnswer`.

        The caller's deadline ends it.
        """
        try:
            async with self._session().request(
                method,
                url,
                data=_Parts(body) if body else None,
                headers=headers,
                allow_redirects=False,
                proxy=None if self._proxy is None else self._proxy.reveal(),
            ) as response:
                told = {name.lower(): value for name, value in response.headers.items()}
                return WireReply(response.status, told, await _body_of(response))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, ssl=self._tls or True)
            self._opened = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                # No proxy, netrc or certificate from the environment: the email goes to one host only.
                trust_env=False,
            )
        return self._opened


async def _body_of(response: aiohttp.ClientResponse) -> bytes:
    """Read a body as far as it is one answer: nobody asked for a stream of events."""
    if response.content_type == "text/event-stream":
        response.close()
        return b""
    pieces: list[bytes] = []
    left = ANSWER_BYTES
    async for piece in response.content.iter_any():
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            response.close()
            return b""
    return b"".join(pieces)
