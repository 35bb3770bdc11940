"""The customer endpoint, called once over the guarded transport: bounded in time and size, each failure by its name."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar, cast

import httpx

from support_context.addresses import Network
from support_context.failures import Failure, LookupFailed
from support_context.fetch.network import GuardedTransport, Resolve
from support_context.fetch.phases import progress_of
from support_context.fetch.resolver import Resolver
from support_context.limits import BODY_BYTES, FETCH_SECONDS, LONGEST_CONTENT_TYPE, PAGE_BYTES, PAGE_SECONDS
from support_context.lookups import LookupRequest, LookupResponse, refuse_head, with_page
from support_context.secrets import Secret

T = TypeVar("T")

ENVELOPE = httpx.URL("https://customer-endpoint.invalid/")
"""What httpx gets for a URL: it would parse the real one anew, perhaps differently, and log it with the identifier."""

TRANSLATIONS: tuple[tuple[type[Exception], Failure, str], ...] = (
    (ssl.SSLCertVerificationError, Failure.TLS_ERROR, "the certificate was not accepted"),
    (ssl.SSLEOFError, Failure.TLS_ERROR, "the server closed the connection during the handshake"),
    (ssl.SSLZeroReturnError, Failure.TLS_ERROR, "the server closed the connection during the handshake"),
    (ssl.SSLError, Failure.TLS_ERROR, "the handshake failed"),
    (socket.gaierror, Failure.DNS_ERROR, "the host name could not be resolved"),
    (UnicodeError, Failure.DNS_ERROR, "the host name could not be resolved"),
    (TimeoutError, Failure.TIMEOUT, ""),
    (ConnectionRefusedError, Failure.CONNECT_ERROR, "the connection was refused"),
    (ConnectionResetError, Failure.CONNECT_ERROR, "the connection was reset"),
    (OSError, Failure.CONNECT_ERROR, "no route to the server"),
    (httpx.TimeoutException, Failure.TIMEOUT, ""),
    (httpx.ConnectError, Failure.CONNECT_ERROR, "no connection"),
    (httpx.ProxyError, Failure.CONNECT_ERROR, "no connection"),
    (httpx.NetworkError, Failure.PROTOCOL_ERROR, "the connection broke in mid-answer"),
    (httpx.LocalProtocolError, Failure.PROTOCOL_ERROR, "the request cannot be sent as HTTP/1.1; enter the token again"),
    (httpx.RemoteProtocolError, Failure.PROTOCOL_ERROR, "the answer is not valid HTTP/1.1, or incomplete"),
    (httpx.TooManyRedirects, Failure.REDIRECT, ""),
    (httpx.HTTPStatusError, Failure.HTTP_STATUS, ""),
    (httpx.HTTPError, Failure.PROTOCOL_ERROR, ""),
    (httpx.InvalidURL, Failure.PROTOCOL_ERROR, ""),
    (httpx.CookieConflict, Failure.PROTOCOL_ERROR, ""),
    (httpx.StreamError, Failure.PROTOCOL_ERROR, ""),
)
"""Foreign exceptions, from specific to general: the first that fits gives the outcome and its detail."""

CERTIFICATE_FAULTS = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate's authority is not a trusted one",
    20: "the certificate's chain is incomplete, or its authority is not a trusted one",
    21: "the certificate's chain is incomplete",
    62: "the certificate is not for this host name",
    64: "the certificate is not for this IP address",
}
"""X509_V_ERR_* of OpenSSL in words."""

HANDSHAKE_FAULTS = {
    "WRONG_VERSION_NUMBER": "the port does not speak TLS",
    "HTTP_REQUEST": "the port does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the server offers no TLS version from 1.2 up",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server offers no TLS version from 1.2 up",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server asks for a client certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server refused the handshake",
}
"""Reasons of OpenSSL in words."""


class HttpsEndpoint:
    """The client of customer endpoints; one for the process, holding no connection between two calls."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        allowed: tuple[Network, ...] = (),
        resolve: Resolve | None = None,
        seconds: float = FETCH_SECONDS,
    ) -> None:
        self._seconds = seconds
        self._resolver = Resolver()
        # Without httpx's client: redirects, cookies and settings of the environment are what must not be, and its
        # responses are cycles, which keep the buffers of their connections until garbage is collected.
        self.transport = GuardedTransport(tls, allowed, resolve or self._resolver)

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        """Send the request with the token to its own origin and return the answer; raises only `LookupFailed`."""
        sent = outgoing(request, [("Authorization", f"Bearer {token.reveal()}")])
        return await self.in_time(sent, self._answer(request, sent))

    async def in_time(self, sent: httpx.Request, sending: Awaitable[T]) -> T:
        """Await what sends a request, within the deadline; raises only `LookupFailed`."""
        limit, progress = asyncio.timeout(self._seconds), progress_of(sent)
        try:
            async with limit:
                return await sending
        except LookupFailed as failed:
            progress.with_answer(failed)
            raise
        except TimeoutError as late:
            raise progress.with_answer(progress.ran_out() if limit.expired() else translated(late)) from late
        except Exception as foreign:
            raise progress.with_answer(translated(foreign)) from foreign

    async def aclose(self) -> None:
        """Let go of the resolver's threads."""
        self._resolver.close()

    async def _answer(self, request: LookupRequest, sent: httpx.Request) -> LookupResponse:
        response = await self.transport.handle_async_request(sent)
        try:
            progress = progress_of(sent)
            progress.head = head = head_of(response)
            encoding, length = response.headers.get("content-encoding", ""), response.headers.get("content-length")
            try:
                refuse_head(request, head, encoding, int(length) if length else None)
            except LookupFailed as refused:
                beginning, is_whole = await _beginning(response)
                if refused.failure is Failure.NOT_JSON and is_whole and not beginning:
                    return head  # no bytes are of no type: it knows nobody
                raise with_page(refused, replace(head, body=beginning)) from None
            await _read_into(progress.body, response)
            return replace(head, body=bytes(progress.body))
        finally:
            await body_of(response).aclose()


def outgoing(request: LookupRequest, headers: list[tuple[str, str]]) -> httpx.Request:
    """Return the request as the guarded transport takes it, with further headers."""
    return httpx.Request(
        request.method,
        ENVELOPE,
        # What is not ASCII in a header is one byte a character on the wire (RFC 9110, 5.5).
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in (*request.headers, *headers)],
        content=request.body,
        extensions={"endpoint": request.url, "target": request.target.encode("ascii")},
    )


def head_of(response: httpx.Response) -> LookupResponse:
    """Return status, type and address of an answer whose body is still to be read."""
    content_type = response.headers.get("content-type", "")
    return LookupResponse(
        response.status_code,
        content_type[: LONGEST_CONTENT_TYPE + 1],
        b"",
        response.extensions["remote_address"],
        response.extensions.get("location", ""),
    )


def body_of(response: httpx.Response) -> httpx.AsyncByteStream:
    """Return the body of an answer, to be iterated over and closed without what httpx does for every piece."""
    return cast("httpx.AsyncByteStream", response.stream)


def translated(foreign: Exception) -> LookupFailed:
    """Name the outcome of a foreign exception; its own message is never passed on, it may quote the token."""
    for kind, failure, detail in TRANSLATIONS:
        if isinstance(foreign, kind):
            return LookupFailed(failure, _tls_detail(foreign) or detail)
    logging.getLogger(__name__).error("endpoint_unforeseen", extra={"error": type(foreign).__name__})
    return LookupFailed(Failure.PROTOCOL_ERROR)


def _tls_detail(foreign: Exception) -> str | None:
    if isinstance(foreign, ssl.SSLCertVerificationError):
        return CERTIFICATE_FAULTS.get(foreign.verify_code)
    return HANDSHAKE_FAULTS.get(foreign.reason) if isinstance(foreign, ssl.SSLError) else None


async def _beginning(response: httpx.Response) -> tuple[bytes, bool]:
    """Return what comes at once of a body that is refused already, for its owner to see, and whether that is all."""
    body, is_whole = bytearray(), False
    # Whatever goes wrong here changes nothing: that the answer is refused, and why, is known by now.
    with suppress(TimeoutError, LookupFailed, httpx.HTTPError, OSError):
        async with asyncio.timeout(PAGE_SECONDS):
            async for piece in body_of(response):
                body += piece
                if len(body) >= PAGE_BYTES:
                    break
            else:
                is_whole = True
    return bytes(body[:PAGE_BYTES]), is_whole


async def _read_into(body: bytearray, response: httpx.Response) -> None:
    async for piece in body_of(response):
        body += piece
        if len(body) > BODY_BYTES:
            raise LookupFailed(Failure.TOO_LARGE, f"more than {BODY_BYTES} bytes")
