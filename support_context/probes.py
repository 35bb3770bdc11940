"""Probes of an endpoint: the whole answer to one request whatever its status, and the TLS session."""

from dataclasses import dataclass
from datetime import datetime

from support_context.facts import Facts
from support_context.failures import LookupFailed
from support_context.lookups import LookupRequest, LookupResponse, read, refuse_head, with_page


@dataclass(frozen=True, slots=True)
class TlsSession:
    """The TLS session of a probe: the version agreed on, and the expiry of the server's certificate."""

    version: str
    certificate_ends: datetime


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """An answer that nobody refused; a body that is too large is cut one byte after the limit."""

    response: LookupResponse
    content_encoding: str
    tls: TlsSession


def judged(request: LookupRequest, answer: ProbeAnswer) -> Facts:
    """Read the facts out of it by the rules of a look-up, or raise the `LookupFailed` that it would have ended in."""
    response = answer.response
    try:
        refuse_head(request, response, answer.content_encoding, len(response.body))
    except LookupFailed as failed:
        raise with_page(failed, response) from None
    return read(response)
