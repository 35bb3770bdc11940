"""Access tokens of a project: their form, their scopes, and the routes that each scope opens."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.projects import Project
from app.domain.refusals import Refusal
from support_context.secrets import Secret

TOKEN_BYTES = 32
"""Random bytes of a token: 256 bits, which nobody guesses."""


class TokenScope(StrEnum):
    """The scope of an access token: all that owners use, or only reading."""

    OWNER = "owner"
    READ = "read"


PREFIXES = {TokenScope.OWNER: "cct_", TokenScope.READ: "ccr_"}
"""How a token begins, so that people and secret scanners know it when they see it.

It says the token's scope too: nobody can change that, as a token is found by the hash of all of it.
"""

ID_PREFIXES = {TokenScope.OWNER: "tok_", TokenScope.READ: "tokr_"}
"""How the id of a token begins: it says the scope where only the id is known."""

SHORTEST_SECONDS, LONGEST_SECONDS = 300, 7_776_000
"""Seconds that a token may live: five minutes open a page; after ninety days, most were forgotten."""

LONGEST_LABEL = 80
"""Characters of a label: one line in a list."""

_TOKEN = re.compile(rf"(?:{'|'.join(PREFIXES.values())})[A-Za-z0-9_-]{{43}}")
"""43 characters of base64url hold 32 bytes."""

SCOPE = frozenset(
    {
        ("GET", "/projects/{project_id}/customer-context"),
        ("PUT", "/projects/{project_id}/customer-context"),
        ("PATCH", "/projects/{project_id}/customer-context"),
        ("DELETE", "/projects/{project_id}/customer-context"),
        ("POST", "/projects/{project_id}/customer-context/test"),
        ("POST", "/projects/{project_id}/customer-context/check"),
        ("GET", "/projects/{project_id}/customer-context/sample-endpoint"),
        ("GET", "/projects/{project_id}/customer-context/activity"),
        ("GET", "/projects/{project_id}/customer-context/versions"),
        ("POST", "/projects/{project_id}/customer-context/versions/{version}/restore"),
        ("GET", "/projects/{project_id}/access-tokens"),
        ("POST", "/projects/{project_id}/access-tokens"),
        ("DELETE", "/projects/{project_id}/access-tokens/{token_id}"),
        ("GET", "/projects/{project_id}/audit"),
        ("GET", "/tickets/{ticket_id}/customer-context"),
        ("POST", "/mcp"),
    }
)
"""Everything that a token opens, for its own project; what does not stand here is closed, future routes too."""

READ_BY_POST = ("POST", "/mcp")
"""The one route that reads although its method is POST."""

NOT_READ = frozenset(
    {"/projects/{project_id}/customer-context/sample-endpoint", "/projects/{project_id}/access-tokens"}
)
"""What a token that only reads does not open although it is read: secrets of others, and who holds keys."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token without its secret."""

    token_id: str
    label: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @property
    def scope(self) -> TokenScope:
        """Return the token's scope."""
        return TokenScope.READ if self.token_id.startswith(ID_PREFIXES[TokenScope.READ]) else TokenScope.OWNER


@dataclass(frozen=True, slots=True)
class Made:
    """A new access token with its secret, which is never shown again."""

    known: AccessToken
    token: Secret


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a valid access token: the person who made it, in the one project that it is for."""

    project: Project
    person: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the scope of an access token is judged by; `named` are the people it says it acts for."""

    method: str
    path: str
    queried_projects: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def has_token_shape(text: str) -> bool:
    """Tell whether a text can be a token at all: anything else needs no look-up."""
    return _TOKEN.fullmatch(text) is not None


def scope_of(token: str) -> TokenScope:
    """Return the scope of an access token by its prefix."""
    return TokenScope.READ if token.startswith(PREFIXES[TokenScope.READ]) else TokenScope.OWNER


def fingerprint(token: Secret) -> bytes:
    """Return the SHA-256 of an access token, 32 bytes: all that is stored of it, and what it is found by.

    A slow hash protects secrets that people choose; 256 random bits need none, and this runs with every request. Nor
    does the time of the look-up tell anything: it depends on the hash, which nobody can steer towards another's.
    """
    return hashlib.sha256(token.reveal().encode()).digest()


def refusal_of(holder: Holder, asked: Asked, scope: TokenScope = TokenScope.OWNER) -> Refusal | None:
    """Return why an access token may not be used for a request, None where it may."""
    if not _in_scope(holder.project.project_id, asked, scope) or set(asked.named) - {holder.person}:
        return Refusal.OUT_OF_SCOPE
    return owner_refusal(holder.project, holder.person)


def owner_refusal(project: Project, person: str) -> Refusal | None:
    """Return why somebody may not act as an owner of a Business project, None where they may."""
    if person not in project.owner_ids:
        return Refusal.NOT_OWNER
    return None if project.includes_customer_context else Refusal.PLAN_REQUIRED


def _in_scope(project_id: str, asked: Asked, scope: TokenScope) -> bool:
    match asked.path.split("/"):
        case ["", "projects", project, "access-tokens", token_id] if project == project_id and token_id:
            route = "/projects/{project_id}/access-tokens/{token_id}"
        case ["", "projects", project, "customer-context", "versions", number, "restore"] if project == project_id:
            route = f"/projects/{{project_id}}/customer-context/versions/{'{version}' if number else ''}/restore"
        case ["", "projects", project, *rest] if project == project_id:
            route = "/".join(("", "projects", "{project_id}", *rest))
        case ["", "tickets", _, *rest] if asked.queried_projects == (project_id,):
            route = "/".join(("", "tickets", "{ticket_id}", *rest))
        case ["", "mcp"]:  # names the project in its body, which the route holds against the token's
            route = asked.path
        case _:
            return False
    wanted = (asked.method, route)
    if scope is TokenScope.READ and wanted != READ_BY_POST and (asked.method != "GET" or route in NOT_READ):
        return False
    return wanted in SCOPE
