"""What a check of an endpoint sees of one request: the whole answer whatever its status, and the TLS session."""

from dataclasses import dataclass
from datetime import datetime

from support_context.facts import Facts
from support_context.failures import LookupFailed
from support_context.lookups import LookupResponse, read, refuse_head


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What client and server agreed on, and the day on which the server's certificate ends."""

    version: str
    certificate_ends: datetime


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """An answer that nobody refused; a body that is too large is cut one byte after the limit."""

    response: LookupResponse
    content_encoding: str
    tls: TlsSession


def judged(answer: ProbeAnswer) -> Facts:
    """Read the facts out of it by the rules of a look-up, or raise the `LookupFailed` that it would have ended in."""
    response = answer.response
    try:
        refuse_head(response.http_status, response.content_type, answer.content_encoding, len(response.body))
    except LookupFailed as failure:
        failure.response = response
        raise
    return read(response)
