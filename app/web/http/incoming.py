"""The JSON that comes in; limits are the contract's."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from app.domain.access_tokens import LONGEST_LABEL, LONGEST_SECONDS, SHORTEST_SECONDS
from app.domain.configuration import BEARER_TOKEN, IDENTIFIER_PARAMETER, Configuration, IdentityPolicy
from app.domain.projects import Project
from app.owners.configuring import Changes
from support_context.plain_text import plain
from support_context.secrets import Secret

LONGEST_INSTRUCTIONS = 4_000
"""Characters of each of the two instructions."""

MOST_TICKETS = 500
"""Tickets of one batch: they are stored in one transaction, which should be over within a second."""

LONGEST_POINTER = 1_024
"""Characters of `match_path`: far more than an answer of 32 levels needs."""

LONGEST_URL = 2_048
"""Characters of `api_url`."""

READ_ONLY = frozenset({"bearer_token_configured", "bearer_token_updated_at", "created_at", "updated_at", "updated_by"})
"""What GET adds to a configuration: taken back silently, so that an edited answer can be sent as it stands."""

ID = r"^[A-Za-z0-9._:@-]{1,128}$"
"""Ids that the helpdesk chose, in bodies, paths, queries and headers."""

Id = Annotated[str, Field(pattern=ID)]


def _mended(value: Any) -> Any:
    """Replace lone surrogates, as cut-off emoji leave them: a broken character must not fail a ticket."""
    if value is None:
        return ""
    return (
        value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if isinstance(value, str) else value
    )


def _unread(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Leave a ticket as it was sent: each is read later by itself, as one that is wrong must not refuse the others."""
    return value


def _no_controls(value: str) -> str:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        raise ValueError("remove the control characters")
    return value


def _one_plain_line(value: str) -> str:
    if plain(value) != value or set(value) & {"\n", "\t"} or not value.strip():
        raise ValueError("write one line of plain text")
    return value.strip()


def _pointer(value: str) -> str:
    """Take a JSON Pointer (RFC 6901); the whole answer, which `""` would name, is an object and never an address."""
    if not re.fullmatch(r"(?:/(?:[^/~]|~[01])*)*", value, re.DOTALL):
        raise ValueError("must be a JSON Pointer (RFC 6901) that begins with a slash, such as /email or /account/email")
    return value


EmailText = Annotated[str, BeforeValidator(_mended)]
"""Text of an email, as broken as emails are."""

Instructions = Annotated[str, Field(max_length=LONGEST_INSTRUCTIONS), AfterValidator(_no_controls)]
"""Plain English by an owner."""


Pointer = Annotated[str, Field(max_length=LONGEST_POINTER), AfterValidator(_no_controls), AfterValidator(_pointer)]
"""A JSON Pointer."""


class ProjectIn(BaseModel):
    """What the helpdesk knows about a project; replaces what was there."""

    model_config = ConfigDict(extra="ignore")

    plan: str = Field(pattern=r"^[A-Za-z0-9._:@-]{1,64}$", examples=["business"])
    owner_ids: list[Id] = Field(max_length=1_000, examples=[["u1"]])
    monthly_ai_credits: int = Field(strict=True, ge=0, le=1_000_000_000, examples=[1000])

    def as_project(self, project_id: str) -> Project:
        """Return the project that is meant."""
        return Project(project_id, self.plan, tuple(dict.fromkeys(self.owner_ids)), self.monthly_ai_credits)


class AccessTokenIn(BaseModel):
    """A new access token."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(max_length=LONGEST_LABEL), AfterValidator(_one_plain_line)] = Field(
        description="what it is for, in one line"
    )
    expires_in: int = Field(
        strict=True,
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="seconds until it expires: 5 minutes to 90 days",
    )


class ConfigurationIn(BaseModel):
    """Any fields of a configuration. Absent: the default (PUT) or what is stored (PATCH); null: the default."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["GET", "POST"] | None = Field(None, description="how the customer endpoint is called")
    api_url: Annotated[str, Field(max_length=LONGEST_URL)] | None = Field(
        None,
        description="full HTTPS URL of the customer endpoint",
        examples=["https://api.example.com/support-context"],
    )
    identifier_parameter: Annotated[str, Field(pattern=f"^{IDENTIFIER_PARAMETER}$")] | None = Field(
        None, description="query or body key of the identifier", examples=["id"]
    )
    bearer_token: str | None = Field(
        None,
        description="write-only; 16 to 4,096 visible ASCII characters; absent, null or empty keeps the stored one",
        json_schema_extra={"writeOnly": True},
    )
    identify_instructions: Instructions | None = Field(None, description="how to find the customer in the email")
    display_instructions: Instructions | None = Field(None, description="what to show, with which labels")
    match_path: Pointer | None = Field(
        None,
        description="JSON Pointer (RFC 6901) of the customer's address, or array of addresses, in the endpoint's "
        "answer; null or empty: senders are not compared",
        examples=["/email"],
    )
    identity_policy: IdentityPolicy | None = Field(
        None,
        description="what ai_context holds of a record whose customer is not the sender. show: everything, with a "
        "warning on a mismatch; require_match: nothing but that there is a record, unless the sender matches, which "
        "without match_path nobody does",
    )
    enabled: StrictBool | None = Field(None, description="whether new tickets are looked up")

    @model_validator(mode="before")
    @classmethod
    def _without_read_only(cls, value: Any) -> Any:
        return {key: each for key, each in value.items() if key not in READ_ONLY} if isinstance(value, dict) else value

    @field_validator("bearer_token")
    @classmethod
    def _sendable(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(BEARER_TOKEN, value):
            raise ValueError("must be 16 to 4,096 visible ASCII characters, without spaces")
        return value

    def as_changes(self) -> Changes:
        """Return what is to be changed, the token apart from the rest."""
        defaults = Configuration()
        given = self.model_fields_set - {"bearer_token"}
        fields = {name: self._value(name, defaults) for name in sorted(given)}
        return Changes(fields, Secret(self.bearer_token) if self.bearer_token else None)

    def _value(self, name: str, defaults: Configuration) -> Any:
        value = getattr(self, name)
        return getattr(defaults, name) if value is None or (name, value) == ("match_path", "") else value


class EmailIn(BaseModel):
    """An email; `html` is reduced to its visible text before anything else."""

    subject: EmailText = ""
    body: EmailText
    body_format: Literal["text", "html"] = "text"
    sender: EmailText = Field("", description="the sender's address; optional", examples=["jane@example.com"])
    sender_verified: StrictBool | None = Field(
        None,
        description="the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none",
    )


class TicketIn(EmailIn):
    """A new ticket."""

    project_id: Id
    is_spam: StrictBool = Field(False, description="true: 204, nothing is run or stored")


class BatchTicketIn(TicketIn):
    """One ticket of a batch."""

    ticket_id: Id
    is_spam: StrictBool = Field(False, description="true: refused, nothing is run or stored")
    refresh: StrictBool = Field(False, description="run it anew and replace the stored result")


class BatchIn(BaseModel):
    """Tickets to be enriched."""

    tickets: list[Annotated[BatchTicketIn, WrapValidator(_unread)]] = Field(min_length=1, max_length=MOST_TICKETS)


class TrialIn(EmailIn):
    """A sample email, and configuration fields to lay over what is stored."""

    config: ConfigurationIn | None = None

    def as_changes(self) -> Changes:
        """Return the unsaved changes."""
        return (self.config or ConfigurationIn()).as_changes()
