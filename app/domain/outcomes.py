"""Every way in which an enrichment can end, with the sentence that tells a person what happened and what to do."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any


class Status(StrEnum):
    """The five statuses of the guide."""

    OK = "ok"
    NO_IDENTIFIER = "no_identifier"
    FETCH_ERROR = "fetch_error"
    SKIPPED_CREDITS = "skipped_credits"
    DISABLED = "disabled"


class Identity(StrEnum):
    """Whether the sender of an email is the customer whose record was looked up."""

    MATCH = "match"  # verified, and the address on file
    MISMATCH = "mismatch"  # there is an address on file, and it is another
    UNKNOWN = "unknown"  # everything else


class Outcome(Enum):
    """One member per ending: its status, its reason (`None` where the status says it all) and its sentence."""

    OK = (Status.OK, None, "Customer data was looked up just now and is shown below.")
    NO_DATA = (
        Status.OK,
        "no_data",
        "The customer endpoint knows no customer under this identifier; check the identifier with the sender.",
    )
    SUMMARY_FALLBACK = (
        Status.OK,
        "summary_fallback",
        "The AI could not summarize the customer data, so the rows below are taken straight from it.",
    )
    NOT_FOUND = (
        Status.NO_IDENTIFIER,
        "not_found",
        "No customer identifier was found in this email, so nothing was looked up; ask the sender for it.",
    )
    NOT_GROUNDED = (
        Status.NO_IDENTIFIER,
        "not_grounded",
        "The AI named an identifier that is not in this email, so nothing was looked up; "
        "make the identify instructions more exact if this happens often.",
    )
    AI_UNAVAILABLE = (
        Status.NO_IDENTIFIER,
        "ai_unavailable",
        "The AI provider gave no usable answer, so nothing was looked up and no credit used; refresh to try again.",
    )
    AI_REFUSED = (
        Status.NO_IDENTIFIER,
        "ai_refused",
        "The AI declined to read this email, so nothing was looked up; find the customer by hand.",
    )
    ENUMERATION_LIMIT = (
        Status.NO_IDENTIFIER,
        "enumeration_limit",
        "This sender has asked about too many different customers within an hour, so nothing was looked up; "
        "verify who is writing, then find the customer by hand.",
    )
    INTERRUPTED = (
        Status.NO_IDENTIFIER,
        "interrupted",
        "A failure of this service cut this look-up off three times, so it was given up and no credit used; "
        "refresh to try again, and tell the operator if it stays.",
    )
    TIMEOUT = (
        Status.FETCH_ERROR,
        "timeout",
        "The customer endpoint did not finish its answer within 5 seconds; its owner should make the look-up faster.",
    )
    DNS_ERROR = (
        Status.FETCH_ERROR,
        "dns_error",
        "The customer endpoint's host name could not be resolved; its owner should check the API URL and its DNS.",
    )
    CONNECT_ERROR = (
        Status.FETCH_ERROR,
        "connect_error",
        "No connection to the customer endpoint could be made; its owner should check that the server runs "
        "and lets this service in.",
    )
    TLS_ERROR = (
        Status.FETCH_ERROR,
        "tls_error",
        "The customer endpoint's TLS certificate or handshake was refused; its owner should install a valid "
        "certificate, with its chain, for this host name.",
    )
    BLOCKED_ADDRESS = (
        Status.FETCH_ERROR,
        "blocked_address",
        "The customer endpoint's host name leads to an address that is not public, so it was not called; "
        "its owner should use a public host.",
    )
    HTTP_STATUS = (
        Status.FETCH_ERROR,
        "http_status",
        "The customer endpoint answered with an error status; its owner should check the token and the server's log.",
    )
    REDIRECT = (
        Status.FETCH_ERROR,
        "redirect",
        "The customer endpoint answered with a redirect, which is never followed; its owner should save the final URL.",
    )
    NOT_JSON = (
        Status.FETCH_ERROR,
        "not_json",
        "The customer endpoint's answer is not declared as JSON; its owner should send Content-Type: application/json.",
    )
    TOO_LARGE = (
        Status.FETCH_ERROR,
        "too_large",
        "The customer endpoint's answer is larger than 64 KB; its owner should return only what support needs.",
    )
    INVALID_JSON = (
        Status.FETCH_ERROR,
        "invalid_json",
        "The customer endpoint's answer is not valid JSON; its owner should check the body that it sends.",
    )
    NOT_OBJECT = (
        Status.FETCH_ERROR,
        "not_object",
        "The customer endpoint's answer is JSON but not an object; its owner should return {...}, "
        "and {} for an unknown customer.",
    )
    PROTOCOL_ERROR = (
        Status.FETCH_ERROR,
        "protocol_error",
        "The customer endpoint's answer breaks the HTTP protocol or is compressed; its owner should check the server "
        "or the proxy in front of it.",
    )
    CIRCUIT_OPEN = (
        Status.FETCH_ERROR,
        "circuit_open",
        "The customer endpoint failed ten times in a row, so it is left alone for a while and nothing was looked up or "
        "charged; its owner should mend it and test the connection, or refresh later.",
    )
    SKIPPED_CREDITS = (
        Status.SKIPPED_CREDITS,
        None,
        "This month's AI credits are used up, so nothing was looked up; raise the allowance or wait for next month.",
    )
    NOT_ENABLED = (
        Status.DISABLED,
        "not_enabled",
        "Customer Context is turned off for this project; an owner can turn it on in the settings.",
    )
    NOT_CONFIGURED = (
        Status.DISABLED,
        "not_configured",
        "Customer Context is not set up for this project yet; an owner can do so in the settings.",
    )
    PLAN = (
        Status.DISABLED,
        "plan",
        "Customer Context needs the Business plan; an owner can upgrade the project.",
    )
    TOKEN_UNREADABLE = (
        Status.DISABLED,
        "token_unreadable",
        "The stored bearer token cannot be decrypted with the keys in use; an owner should enter it again, "
        "or the operator restore the missing key.",
    )

    def __init__(self, status: Status, reason: str | None, sentence: str) -> None:
        self.status = status
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the AI calls of one run used."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


class StepFailed(Exception):
    """A step of the pipeline ended the run; `detail` is safe to show: it never holds a secret or customer data.

    `retry_after` is how many seconds the provider asked to be left alone, 0 where it did not.
    """

    def __init__(
        self, outcome: Outcome, detail: str = "", usage: Usage | None = None, retry_after: float = 0.0
    ) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
        self.detail = detail
        self.usage = usage or Usage()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled row of the card; `source` is the JSON Pointer (RFC 6901) of the fact behind `value`."""

    label: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link that the customer endpoint offers, absolute http or https."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one run found: stored, shown in the sidebar and handed to the drafting AI.

    `ai_context_withheld` says that there is a record of which `ai_context` holds no value, as the sender is not its.
    """

    outcome: Outcome
    message: str
    identifier: str | None
    summary: str
    fields: tuple[Field, ...]
    links: tuple[Link, ...]
    identity: Identity
    ai_context: str
    ai_context_withheld: bool
    credits_used: int
    ai_provider: str
    ai_model: str
    usage: Usage
    timings_ms: dict[str, int]
    created_at: datetime

    def as_document(self) -> dict[str, Any]:
        """Return the result as the JSON object that is stored and sent."""
        return {
            "status": self.outcome.status.value,
            "reason": self.outcome.reason,
            "message": self.message,
            "identifier": self.identifier,
            "summary": self.summary,
            "fields": [asdict(field) for field in self.fields],
            "links": [asdict(link) for link in self.links],
            "identity": self.identity.value,
            "ai_context": self.ai_context,
            "ai_context_withheld": self.ai_context_withheld,
            "credits_used": self.credits_used,
            "ai_provider": self.ai_provider,
            "ai_model": self.ai_model,
            "usage": asdict(self.usage),
            "timings_ms": self.timings_ms,
            "created_at": self.created_at.isoformat().replace("+00:00", "Z"),
        }
