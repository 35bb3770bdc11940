"""Failures of a look-up: every way in which it can end without facts, with a sentence on what to do."""

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support_context.lookups import LookupResponse


class Failure(Enum):
    """One member per failure of the customer endpoint: its reason, stable for programs, and its sentence."""

    TIMEOUT = (
        "timeout",
        "The customer endpoint did not finish its answer within 5 seconds; its owner should make the look-up faster.",
    )
    DNS_ERROR = (
        "dns_error",
        "The customer endpoint's host name could not be resolved; its owner should check the API URL and its DNS.",
    )
    CONNECT_ERROR = (
        "connect_error",
        "No connection to the customer endpoint could be made; its owner should check that the server runs "
        "and lets this service in.",
    )
    TLS_ERROR = (
        "tls_error",
        "The customer endpoint's TLS certificate or handshake was refused; its owner should install a valid "
        "certificate, with its chain, for this host name.",
    )
    BLOCKED_ADDRESS = (
        "blocked_address",
        "The customer endpoint's host name leads to an address that is not public, so it was not called; "
        "its owner should use a public host.",
    )
    HTTP_STATUS = (
        "http_status",
        "The customer endpoint answered with an error status; its owner should check the token and the server's log.",
    )
    REDIRECT = (
        "redirect",
        "The customer endpoint answered with a redirect, which is never followed; its owner should save the final URL.",
    )
    NOT_JSON = (
        "not_json",
        "The customer endpoint's answer is not declared as JSON; its owner should send Content-Type: application/json.",
    )
    TOO_LARGE = (
        "too_large",
        "The customer endpoint's answer is larger than 64 KB; its owner should return only what support needs.",
    )
    INVALID_JSON = (
        "invalid_json",
        "The customer endpoint's answer is not valid JSON; its owner should check the body that it sends.",
    )
    NOT_OBJECT = (
        "not_object",
        "The customer endpoint's answer is JSON but not an object; its owner should return {...}, "
        "and {} for an unknown customer.",
    )
    PROTOCOL_ERROR = (
        "protocol_error",
        "The customer endpoint's answer breaks the HTTP protocol or is compressed; its owner should check the server "
        "or the proxy in front of it.",
    )

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        self.sentence = sentence


FLOOD = (
    "The customer endpoint sent far more than its answer: headers, interim answers or framing without end; "
    "its owner should check the server or the proxy in front of it."
)
"""What is told where the limit on the wire is met, which is not the limit of a body."""


class LookupFailed(Exception):
    """The look-up ended without facts; `response` is what arrived until then.

    `message` and `detail` are safe to show to anybody: they never hold a secret or a word of the answer. `seen` is for
    the owner alone: a title or an address that the endpoint sent.
    """

    def __init__(
        self,
        failure: Failure,
        detail: str = "",
        response: "LookupResponse | None" = None,
        *,
        sentence: str = "",
        seen: str = "",
    ) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.detail = detail
        self.response = response
        self.sentence = sentence or failure.sentence
        self.seen = seen

    @property
    def message(self) -> str:
        """Return the sentence for people, with the detail behind it."""
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence

    @property
    def shown_to_owner(self) -> str:
        """Return what an engineer of the endpoint looks at first."""
        return ", ".join(part for part in (self.detail or self.sentence, self.seen) if part)
