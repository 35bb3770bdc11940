"""Progress of a look-up: the phase in which its time is up decides what went wrong; what has arrived is kept."""

from dataclasses import replace
from enum import Enum

import httpx

from support_context.failures import Failure, LookupFailed
from support_context.limits import FETCH_SECONDS
from support_context.lookups import LookupResponse

NAME = "phase"
"""Under which a request carries its `Progress` among its extensions."""


class Phase(Enum):
    """One member per phase, in order: the failure that running out of time is there, and what it looked like."""

    RESOLVING = (Failure.DNS_ERROR, f"the name servers gave no answer within {FETCH_SECONDS:g} s")
    CONNECTING = (
        Failure.CONNECT_ERROR,
        f"nothing answered the connection attempts within {FETCH_SECONDS:g} s; a firewall may drop them",
    )
    HANDSHAKE = (Failure.TLS_ERROR, f"the TLS handshake was not finished within {FETCH_SECONDS:g} s")
    WAITING = (Failure.TIMEOUT, "connected, but no byte of the answer came")
    ANSWERING = (Failure.TIMEOUT, "the answer began, but did not end")

    def __init__(self, failure: Failure, detail: str) -> None:
        self.failure = failure
        self.detail = detail


class Progress:
    """Holds the phase that a request has reached, and what has arrived of the answer."""

    def __init__(self) -> None:
        self.phase = Phase.RESOLVING
        self.head: LookupResponse | None = None
        self.body = bytearray()

    def ran_out(self) -> LookupFailed:
        """Return how a look-up ends whose time is up now."""
        return LookupFailed(self.phase.failure, self.phase.detail)

    def with_answer(self, failed: LookupFailed) -> LookupFailed:
        """Return the failure with what has arrived of the answer."""
        if failed.response is None and self.head is not None:
            failed.response = replace(self.head, body=bytes(self.body))
        return failed


def progress_of(request: httpx.Request) -> Progress:
    """Return the progress of a request: the phase that it has reached."""
    found: Progress = request.extensions.setdefault(NAME, Progress())
    return found
