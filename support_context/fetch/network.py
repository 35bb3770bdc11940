"""The guarded transport for httpx requests: it decides which address one may reach, and reads no more than it must.

It is called itself, without httpx's client and pool, because policy belongs where connecting happens: the name is
resolved once, every address is judged, and the connection goes to a judged one. A connection serves one request and is
then closed, so nothing that one customer's server planted can meet the next customer's request.
"""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import certifi
import httpx

from support_context.addresses import Network, refusal
from support_context.failures import Failure, LookupFailed
from support_context.fetch.connecting import connect
from support_context.fetch.exchange import Exchange
from support_context.fetch.phases import Phase, progress_of
from support_context.fetch.tls import TlsStream
from support_context.urls import EndpointUrl, is_address

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
        stream, address = await connect(lambda: TlsStream(self._tls, url.host), addresses, url.port)
        try:
            progress.phase = Phase.HANDSHAKE
            await stream.shake_hands()
            progress.phase = Phase.WAITING
            response = await Exchange(stream, progress).answer_to(request)
        except BaseException:
            stream.close()
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
