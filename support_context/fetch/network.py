"""The guarded transport for httpx requests: it decides which address one may reach, and reads no more than it must.

It is called itself, without httpx's client and pool, because policy belongs where connecting happens: the name is
resolved once, every address is judged, and the connection goes to a judged one. A connection serves one request and is
then closed, so nothing that one customer's server planted can meet the next customer's request.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import certifi
import h11
import httpx

from support_context.addresses import Network, refusal
from support_context.failures import FLOOD, Failure, LookupFailed
from support_context.fetch.connecting import connect
from support_context.fetch.phases import Phase, Progress, progress_of
from support_context.fetch.tls import TlsStream
from support_context.limits import HEAD_BYTES, LONGEST_LOCATION, WIRE_BYTES
from support_context.urls import EndpointUrl, is_address

KEPT_HEADERS = (b"content-type", b"content-encoding", b"content-length")
"""All that httpx may see of the headers: no cookie to keep, no location to follow."""

SPOKEN_VERSIONS = (b"1.1", b"1.0")
"""Versions of HTTP that the parser knows; it would take `HTTP/3.0` in a text for one of them."""

SWITCHING_PROTOCOLS = 101

MOST_INTERIM_ANSWERS = 100
"""Answers of 1xx before the final one; each costs a parse, and no server has as many hints to give."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives every address of a host name, or raises `OSError`."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Build the one TLS context of the process: certificates and names verified, TLS 1.2 or newer, HTTP/1.1.

    Trusts the public authorities of certifi and, where `ca_file` is given, those in it; `ValueError` if it has none.
    """
    # Not `create_default_context`: that one writes session keys to a file which the environment names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A name is what stands among the alternative names (RFC 6125, 6.4.4); the subject's common name proves nothing.
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as unreadable:  # ssl.SSLError is one
            raise ValueError("not a readable file of PEM certificates") from unreadable
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport over one verified TLS connection to an address that was judged.

    Raises `LookupFailed` for its own verdicts. What goes wrong below stays what it is (`OSError`, `ssl.SSLError`) until
    the connection stands, and is an httpx exception with a fixed text from then on.
    """

    def __init__(self, tls: ssl.SSLContext, allowed: tuple[Network, ...], resolve: Resolve) -> None:
        self._tls = tls
        self._allowed = allowed
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connect, send, and return the answer's head; its body is read as it is iterated over."""
        url: EndpointUrl = request.extensions["endpoint"]
        progress = progress_of(request)
        addresses = await self._judged(url)
        progress.phase = Phase.CONNECTING
        plain, address = await connect(addresses, url.port)
        try:
            progress.phase = Phase.HANDSHAKE
            stream = TlsStream(plain, self._tls, url.host)
            await stream.shake_hands()
            progress.phase = Phase.WAITING
            response = await Exchange(stream, progress).answer_to(request)
        except BaseException:
            plain.close()
            raise
        response.extensions["remote_address"] = address
        response.extensions["tls_session"] = stream.session  # called by whoever wants to know
        return response

    async def _judged(self, url: EndpointUrl) -> list[str]:
        addresses = [url.host] if is_address(url.host) else await self._resolve(url.host, url.port)
        if not addresses:
            raise LookupFailed(Failure.DNS_ERROR, "the host name has no address")
        for address in addresses:
            # One bad address among good ones is how a rebinding name looks: all are refused.
            why = refusal(address, self._allowed)
            if why:
                raise LookupFailed(Failure.BLOCKED_ADDRESS, why)
        return addresses


class Exchange(httpx.AsyncByteStream):
    """One request and its answer over HTTP/1.1; iterating gives the body's bytes as they came."""

    def __init__(self, stream: TlsStream, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._received = 0

    async def answer_to(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read up to the end of the final answer's head."""
        await self._send(self._encoded(request))
        head = await self._next_event()
        for _ in range(MOST_INTERIM_ANSWERS):
            if not isinstance(head, h11.InformationalResponse) or not _is_http(head):
                break
            head = await self._next_event()
        if not isinstance(head, h11.Response) or not _is_http(head):
            raise httpx.RemoteProtocolError("the answer has no head that HTTP/1.1 knows")
        response = httpx.Response(
            head.status_code,
            headers=[(name, value) for name, value in head.headers if name in KEPT_HEADERS],
            stream=self,
        )
        # No header of httpx's response: it would read it as a URL.
        location = next((value for name, value in head.headers if name == b"location"), b"")
        response.extensions["location"] = location[:LONGEST_LOCATION].decode("latin-1")
        return response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _encoded(self, request: httpx.Request) -> bytes:
        with contextlib.suppress(h11.LocalProtocolError):
            target = request.extensions["target"]
            head = h11.Request(method=request.method, target=target, headers=request.headers.raw)
            events = (head, h11.Data(data=request.content), h11.EndOfMessage())
            return b"".join(self._http.send(event) or b"" for event in events)
        # Raised outside of the handler: h11's exception quotes the header that it dislikes, and that may be the token.
        raise httpx.LocalProtocolError("the request is not HTTP/1.1")

    async def _send(self, data: bytes) -> None:
        try:
            await self._stream.send(data)
        except ssl.SSLError:
            raise
        except OSError:
            # A server may answer and close before it has read everything: what it said is still to be read.
            return

    async def _next_event(self) -> object:
        while (event := self._parsed()) is h11.NEED_DATA:
            data = await self._receive()
            self._received += len(data)
            if data:
                self._progress.phase = Phase.ANSWERING
            if self._received > WIRE_BYTES:
                raise LookupFailed(Failure.TOO_LARGE, f"more than {WIRE_BYTES} bytes in all", sentence=FLOOD)
            self._http.receive_data(data)
        return event

    async def _receive(self) -> bytes:
        try:
            return await self._stream.receive()
        except ssl.SSLError:
            raise
        except OSError as broken:
            raise httpx.ReadError("the connection broke") from broken

    def _parsed(self) -> object:
        with contextlib.suppress(h11.RemoteProtocolError):
            return self._http.next_event()
        # Raised outside of the handler: h11's exception quotes what it could not read.
        raise httpx.RemoteProtocolError("the answer is not HTTP/1.1")


def _is_http(head: h11.InformationalResponse | h11.Response) -> bool:
    return head.http_version in SPOKEN_VERSIONS and head.status_code != SWITCHING_PROTOCOLS
