"""Outcomes of an enrichment: every way in which it can end, with a sentence on what happened and what to do."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from support_context.failures import Failure
from support_context.links import Link


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


class IdentifiedBy(StrEnum):
    """Who named the identifier of a look-up: the AI, which read the email, or an agent."""

    AI = "ai"  # it read the email
    AGENT = "agent"  # a person typed it


class Outcome(Enum):
    """One member per ending: its status, its reason (`None` where the status says it all) and its sentence."""

    OK = (Status.OK, None, "Customer data was looked up and is shown below.")
    NO_DATA = (
        Status.OK,
        "no_data",
        "The customer endpoint knows no customer under this identifier; check the identifier with the sender.",
    )
    SUMMARY_FALLBACK = (
        Status.OK,
        "summary_fallback",
        "The AI could not summarize the customer data, so the rows below were picked by the words of the display "
        "instructions.",
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
    NOT_SENDABLE = (
        Status.NO_IDENTIFIER,
        "not_sendable",
        "The identifier has a character that is never sent (only A-Z a-z 0-9 . _ @ : - are), and without "
        "it would be somebody else's, so nothing was looked up; find the customer by hand.",
    )
    AI_UNAVAILABLE = (
        Status.NO_IDENTIFIER,
        "ai_unavailable",
        "The AI provider gave no usable answer, so nothing was looked up and no credit used; refresh to try again.",
    )
    AI_MISCONFIGURED = (
        Status.NO_IDENTIFIER,
        "ai_misconfigured",
        "The AI provider refuses this service's key, model or settings, so nothing was looked up and no credit used; "
        "tell the operator, and refresh once it is mended.",
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
        "verify who is writing, then find the customer by hand. Is it a contact form, or "
        "another sender that writes for many? An owner can name it under relay_senders.",
    )
    INTERRUPTED = (
        Status.NO_IDENTIFIER,
        "interrupted",
        "A failure of this service cut this look-up off three times, so it was given up and no credit used; "
        "refresh to try again, and tell the operator if it stays.",
    )
    TIMEOUT = Failure.TIMEOUT
    DNS_ERROR = Failure.DNS_ERROR
    CONNECT_ERROR = Failure.CONNECT_ERROR
    TLS_ERROR = Failure.TLS_ERROR
    BLOCKED_ADDRESS = Failure.BLOCKED_ADDRESS
    HTTP_STATUS = Failure.HTTP_STATUS
    REDIRECT = Failure.REDIRECT
    NOT_JSON = Failure.NOT_JSON
    TOO_LARGE = Failure.TOO_LARGE
    INVALID_JSON = Failure.INVALID_JSON
    NOT_OBJECT = Failure.NOT_OBJECT
    PROTOCOL_ERROR = Failure.PROTOCOL_ERROR
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

    def __init__(self, told: Status | Failure, reason: str | None = None, sentence: str = "") -> None:
        # A failure of the contract is an ending under the same name, with its own reason and sentence.
        self.status = Status.FETCH_ERROR if isinstance(told, Failure) else told
        self.reason = told.reason if isinstance(told, Failure) else reason
        self.sentence = told.sentence if isinstance(told, Failure) else sentence


NOTHING_ASKED_FOR = (
    "Customer data was looked up, but it has nothing that the display instructions ask for; an owner should compare "
    "their labels with the endpoint's answer."
)
"""Sentence of a result without rows."""

OF_THE_PROVIDER = frozenset({Outcome.AI_UNAVAILABLE, Outcome.AI_MISCONFIGURED})
"""Endings before anything was read, on the AI provider's side: the credit is given back."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the AI calls of one run used; those of the provider's cache are not among `input_tokens`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_input_tokens + other.cache_read_input_tokens,
            self.cache_creation_input_tokens + other.cache_creation_input_tokens,
        )


class StepFailed(Exception):
    """A step of the pipeline ended the run; `message` is for everybody, `detail` for whoever configures the project.

    Neither ever holds a secret or customer data.

    `retry_after` is how many seconds the provider asked to be left alone, 0 where it did not.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str = "",
        usage: Usage | None = None,
        retry_after: float = 0.0,
        message: str = "",
    ) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
        self.detail = detail
        self.message = message or (f"{outcome.sentence} ({detail})" if detail else outcome.sentence)
        self.usage = usage or Usage()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled row of the card; `source` is the JSON Pointer (RFC 6901) of the fact behind `value`.

    `type` is one of text, number, percent, money, date, datetime, choice and list, and `raw` the machine's form of the
    value, as `49.90 EUR` or `2026-12-01`. `agent_only`: no AI may be told.
    """

    label: str
    value: str
    source: str
    type: str = "text"
    raw: str = ""
    agent_only: bool = False


@dataclass(frozen=True, slots=True)
class KeptStep:
    """One step of a run as it is kept: how it went, and not a word of email, endpoint or customer.

    `http_status` and `bytes` are of the customer endpoint's answer, None where none came; `changes` counts what the
    code corrected in the AI's rows.
    """

    name: str
    outcome: str
    duration_ms: int
    http_status: int | None = None
    bytes: int | None = None
    changes: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one run: stored, shown in the sidebar and handed to the drafting AI.

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
    steps: tuple[KeptStep, ...]
    created_at: datetime
    identified_by: IdentifiedBy = IdentifiedBy.AI

    def as_document(self) -> dict[str, Any]:
        """Return the result as the JSON object that is stored and sent."""
        return {
            "status": self.outcome.status.value,
            "reason": self.outcome.reason,
            "message": self.message,
            "identifier": self.identifier,
            "identified_by": self.identified_by.value,
            "summary": self.summary,
            "fields": [_members(field) for field in self.fields],
            "links": [_members(link) for link in self.links],
            "identity": self.identity.value,
            "ai_context": self.ai_context,
            "ai_context_withheld": self.ai_context_withheld,
            "credits_used": self.credits_used,
            "ai_provider": self.ai_provider,
            "ai_model": self.ai_model,
            "usage": _members(self.usage),
            "timings_ms": self.timings_ms,
            "steps": [_members(step) for step in self.steps],
            "created_at": self.created_at.isoformat().replace("+00:00", "Z"),
            "last_attempt": None,
        }


def _members(each: Field | Link | Usage | KeptStep) -> dict[str, Any]:
    """Return the members of an object that holds only texts and numbers; `asdict` would take ten times as long."""
    return {name: getattr(each, name) for name in each.__slots__}


def endpoint_was_asked(status: str, reason: str | None) -> bool:
    """Tell whether the customer endpoint was asked for a result; `2_results.sql` says the same where runs are taken."""
    return status == Status.OK or (status == Status.FETCH_ERROR and reason != Outcome.CIRCUIT_OPEN.reason)


def attempt_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return the `last_attempt` of a result: how a later run ended that had no facts to replace it with."""
    told = {name: result[name] for name in ("status", "reason", "message")}
    return {**told, "at": result["created_at"]}
