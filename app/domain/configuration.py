"""The configuration of a project, and the rules that hold between its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

BUSINESS_PLAN = "business"
"""The plan that Customer Context is a feature of, in small letters: plans are compared without regard to case."""


class IdentityPolicy(StrEnum):
    """The identity policy: what the drafting AI is told of a record whose customer is not the sender."""

    SHOW = "show"  # everything, with a warning where the sender is certainly another
    REQUIRE_MATCH = "require_match"  # nothing but that there is a record, unless the sender matches


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of a project without its token: how to find the customer, whom to ask, what to show, to whom.

    `match_path` is the JSON Pointer (RFC 6901) of the address, or of the addresses, that the customer writes from.
    `relay_senders` are addresses, or hosts as `@host`, that write for many customers.
    `agent_only` are JSON Pointers of facts that agents may see and no AI.
    """

    method: str = "GET"
    api_url: str = ""
    identifier_parameter: str = "id"
    identify_instructions: str = ""
    display_instructions: str = ""
    enabled: bool = False
    match_path: str | None = None
    identity_policy: IdentityPolicy = IdentityPolicy.SHOW
    agent_only: tuple[str, ...] = ()
    relay_senders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A bearer token at rest: its ciphertext, and the origin (RFC 6454) that it was given for (`""`: none yet)."""

    sealed: bytes = field(repr=False)
    origin: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """A configuration as it lies in the database; `version` counts its changes and makes its ETag."""

    configuration: Configuration
    token: StoredToken | None
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One of the last versions of a configuration, as it was saved; it knows no token."""

    version: int
    saved_at: datetime
    saved_by: str
    configuration: Configuration


MOST_VERSIONS = 20
"""Versions that are kept of a configuration, the stored one among them."""


def configuration_in(fields: Mapping[str, Any]) -> Configuration:
    """Read a configuration from the JSON object that it is stored as; what only the next release knows is left out."""
    read: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each
        for name, each in fields.items()
        if name in Configuration.__slots__
    }
    return Configuration(**{**read, "identity_policy": IdentityPolicy(fields["identity_policy"])})


def missing_fields(configuration: Configuration, has_token: bool) -> list[str]:
    """Return the names of the fields that a run needs and that are empty, in the order of the guide."""
    present = {
        "api_url": configuration.api_url,
        "bearer_token": has_token,
        "identify_instructions": configuration.identify_instructions.strip(),
        "display_instructions": configuration.display_instructions.strip(),
    }
    return [name for name, value in present.items() if not value]


def token_may_go_to(origin: str, token: StoredToken) -> bool:
    """Tell whether a stored token was given for this origin; a token without one belongs to the first URL saved."""
    return token.origin in ("", origin)
