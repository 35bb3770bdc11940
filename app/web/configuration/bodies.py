"""Bodies of the configuration routes: the fields that an owner sets, as they come in and as they are shown."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PrivateAttr,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from app.domain.configuration import Configuration, IdentityPolicy, StoredConfiguration
from app.domain.enumeration import RELAY
from app.domain.reading.forms import in_words
from app.domain.refusals import Complaint
from app.owners.configuring import Changes
from app.web.http.bodies import StrictBody, without
from app.web.http.errors import complaints_of
from support_context.identifiers import IDENTIFIER_PARAMETER
from support_context.json_pointers import is_pointer
from support_context.secrets import BEARER_TOKEN, Secret

LONGEST_INSTRUCTIONS = 4_000
"""Characters of each of the two instructions."""


LONGEST_POINTER = 1_024
"""Characters of `match_path`: far more than an answer of 32 levels needs."""


MOST_AGENT_ONLY = 50
"""JSON Pointers of `agent_only`."""


LONGEST_URL = 2_048
"""Characters of `api_url`."""


READ_ONLY = frozenset(
    {"identifier_form", "bearer_token_configured", "bearer_token_updated_at", "created_at", "updated_at", "updated_by"}
)
"""What GET adds to a configuration: taken back silently, so that an edited answer can be sent as it stands."""


def _no_controls(value: str) -> str:
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        raise ValueError("remove the control characters")
    return value


def _member(value: str) -> str:
    if not value:
        raise ValueError("must name a member: to keep the whole answer from the AI, turn customer context off")
    return value


def _pointer(value: str) -> str:
    """Take a JSON Pointer (RFC 6901); the whole answer, which `""` would name, is an object and never an address."""
    if not is_pointer(value):
        raise ValueError("must be a JSON Pointer (RFC 6901) that begins with a slash, such as /email or /account/email")
    return value


Instructions = Annotated[str, Field(max_length=LONGEST_INSTRUCTIONS), AfterValidator(_no_controls)]
"""Plain English by an owner."""


Pointer = Annotated[str, Field(max_length=LONGEST_POINTER), AfterValidator(_no_controls), AfterValidator(_pointer)]
"""A JSON Pointer."""


MOST_RELAYS = 50
"""Senders of one project that write for many."""


Relay = Annotated[str, Field(max_length=320, pattern=f"^{RELAY}$")]
"""An address, or a host after an at sign."""


Member = Annotated[Pointer, AfterValidator(_member)]
"""A JSON Pointer to a member of the answer."""


class ConfigurationIn(StrictBody):
    """Any fields of a configuration. Absent: the default (PUT) or what is stored (PATCH); null: the default."""

    _complaints: tuple[Complaint, ...] = PrivateAttr(())

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
    identify_instructions: Instructions | None = Field(
        None, description="How to identify the customer: where the identifier stands in the email, in plain English"
    )
    display_instructions: Instructions | None = Field(
        None, description="What to show in the sidebar: which facts, with which labels, in plain English"
    )
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
    relay_senders: Annotated[list[Relay], Field(max_length=MOST_RELAYS)] | None = Field(
        None,
        description="senders that write for many customers, as a contact form, a chat or a marketplace: address@host, "
        "or @host for all of a host. They are not counted against the limit of customers per sender, and their "
        "identity is unknown",
        examples=[["forms@shop.example", "@marketplace.example"]],
    )
    agent_only: Annotated[list[Member], Field(max_length=MOST_AGENT_ONLY)] | None = Field(
        None,
        description="JSON Pointers (RFC 6901) of facts that agents may see and no AI: masked before the answer is "
        "summarized, absent from ai_context; their rows carry agent_only",
        examples=[["/health_score"]],
    )
    enabled: StrictBool | None = Field(None, description="Enable customer context: whether new tickets are looked up")

    _read_only = without(READ_ONLY)

    @field_validator("bearer_token")
    @classmethod
    def _sendable(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(BEARER_TOKEN, value):
            raise ValueError("must be 16 to 4,096 visible ASCII characters, without spaces")
        return value

    def as_changes(self) -> Changes:
        """Return what is to be changed, the token apart from the rest, and what is wrong with other fields."""
        defaults = Configuration()
        given = self.model_fields_set - {"bearer_token"}
        fields = {name: self._value(name, defaults) for name in sorted(given)}
        return Changes(fields, Secret(self.bearer_token) if self.bearer_token else None, self._complaints)

    def _value(self, name: str, defaults: Configuration) -> Any:
        value = getattr(self, name)
        if value is None or (name, value) == ("match_path", ""):
            return getattr(defaults, name)
        return tuple(value) if isinstance(value, list) else value


def _with_complaints(value: Any, read: ValidatorFunctionWrapHandler) -> ConfigurationIn:
    """Read the fields that are right, and keep what is wrong with the others to be told with the rest."""
    try:
        return cast(ConfigurationIn, read(value))
    except ValidationError as wrong:
        errors = wrong.errors()
        named = {each["loc"][0] for each in errors if each["loc"]}
        if not isinstance(value, dict) or not all(each["loc"] for each in errors):
            raise
        configuration = cast(ConfigurationIn, read({key: each for key, each in value.items() if key not in named}))
        configuration._complaints = complaints_of(errors, ("body",))
        return configuration


JudgedConfigurationIn = Annotated[ConfigurationIn, WrapValidator(_with_complaints)]
"""A configuration whose every mistake is told at once."""


class ConfigurationOut(BaseModel):
    """A configuration as owners see it: the token's presence, never the token."""

    method: Literal["GET", "POST"]
    api_url: str
    identifier_parameter: str
    identify_instructions: str
    display_instructions: str
    match_path: str | None
    identity_policy: IdentityPolicy
    relay_senders: list[str]
    agent_only: list[str]
    enabled: bool
    identifier_form: Annotated[
        str | None,
        Field(
            description="the form that the identify instructions name beyond doubt, in words; an answer without it is "
            "not_grounded. null where they name none"
        ),
    ]
    bearer_token_configured: bool
    bearer_token_updated_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str | None

    @classmethod
    def of(cls, stored: StoredConfiguration | None) -> "ConfigurationOut":
        """Show what is stored, or the defaults."""
        configuration = stored.configuration if stored else Configuration()
        token = stored.token if stored else None
        return cls(
            method="POST" if configuration.method == "POST" else "GET",
            api_url=configuration.api_url,
            identifier_parameter=configuration.identifier_parameter,
            identify_instructions=configuration.identify_instructions,
            display_instructions=configuration.display_instructions,
            match_path=configuration.match_path,
            identity_policy=configuration.identity_policy,
            relay_senders=list(configuration.relay_senders),
            agent_only=list(configuration.agent_only),
            enabled=configuration.enabled,
            identifier_form=in_words(configuration.identify_instructions),
            bearer_token_configured=token is not None,
            bearer_token_updated_at=token.updated_at if token else None,
            created_at=stored.created_at if stored else None,
            updated_at=stored.updated_at if stored else None,
            updated_by=stored.updated_by if stored else None,
        )
