"""The requests of a check: five calls as the service makes them, then one for each thing that may go wrong."""

import json
import secrets
import string
from dataclasses import dataclass, replace
from enum import Enum, auto

from support_context.check.target import Target
from support_context.limits import LONGEST_IDENTIFIER
from support_context.lookups import LookupRequest
from support_context.secrets import Secret

TIMED_CALLS = 5
"""Calls of the first id: enough to tell a slow endpoint from one slow answer."""

SENT_BY_NOBODY = (
    "' OR '1'='1' --",
    '"; DROP TABLE x; --',
    "%",
    "*",
    "<script>alert(1)</script>",
    "a\x00b",
    "é😀",
    "[]",
)
"""Ids with characters that the service drops before it asks; other callers may send them all the same."""

SENT_BY_ANYBODY = ("..", "-1", "a@b.example", "__proto__", "constructor", "null", "00000000000000000000000000000000")
"""Ids made of characters that the service does send, each of which trips up one kind of code."""


class ProbeKind(Enum):
    """The purpose of a request of a check."""

    KNOWN = auto()
    ANOTHER_KNOWN = auto()
    OTHER_METHOD = auto()
    UNKNOWN = auto()
    EMPTY = auto()
    ODD = auto()
    ODDER = auto()
    LONG = auto()
    NO_TOKEN = auto()
    WRONG_TOKEN = auto()
    OTHER_LENGTH = auto()
    LAST_CHARACTER = auto()
    NOT_ASCII = auto()
    OTHER_VERB = auto()


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned request of a check; `what` names it to people, `as_service` sends it as a ticket's look-up."""

    kind: ProbeKind
    what: str
    request: LookupRequest
    token: Secret | None
    as_service: bool = False


def plan(target: Target, token: Secret) -> tuple[Planned, ...]:
    """List every request in the order to send them; the first decides whether the others can be sent at all."""
    known = target.request_for(target.ids[0])
    timed = tuple(Planned(ProbeKind.KNOWN, "a known id", known, token, as_service=True) for _ in range(TIMED_CALLS))
    others = tuple(
        Planned(ProbeKind.ANOTHER_KNOWN, "another known id", target.request_for(other), token, as_service=True)
        for other in target.ids[1:]
    )
    return (*timed, *others, *_tokens(known, token), *_ids(target, token), *_verbs(target, token))


def _tokens(known: LookupRequest, token: Secret) -> tuple[Planned, ...]:
    text = token.reveal()
    return (
        Planned(ProbeKind.NO_TOKEN, "no token", known, None),
        Planned(ProbeKind.WRONG_TOKEN, "a wrong token", known, Secret("".join(_another(each) for each in text))),
        Planned(ProbeKind.OTHER_LENGTH, "a longer token", known, Secret(f"{text}x")),
        Planned(ProbeKind.OTHER_LENGTH, "a shorter token", known, Secret(text[:-1])),
        Planned(ProbeKind.LAST_CHARACTER, "another last character", known, Secret(text[:-1] + _another(text[-1]))),
        Planned(ProbeKind.NOT_ASCII, "a token with é", known, Secret(f"{text[:-1]}é")),
    )


def _ids(target: Target, token: Secret) -> tuple[Planned, ...]:
    named = (
        (ProbeKind.UNKNOWN, "an unknown id", target.unknown_id, True),
        (ProbeKind.EMPTY, "an empty id", "", False),
        *((ProbeKind.ODD, f"the id {json.dumps(odd)}", odd, False) for odd in SENT_BY_ANYBODY),
        *((ProbeKind.ODDER, f"the id {json.dumps(odd, ensure_ascii=False)}", odd, False) for odd in SENT_BY_NOBODY),
        (ProbeKind.LONG, "an id of 256 characters", "x" * LONGEST_IDENTIFIER, False),
    )
    return tuple(
        Planned(kind, what, target.request_for(identifier), token, as_service)
        for kind, what, identifier, as_service in named
    )


def _verbs(target: Target, token: Secret) -> tuple[Planned, ...]:
    """Try the other methods; those that change things with the unknown id, so that nothing can come to harm."""
    other = "GET" if target.method == "POST" else "POST"
    asking = Planned(ProbeKind.OTHER_METHOD, other, target.request_for(target.ids[0], other), token)
    changing = tuple(
        Planned(ProbeKind.OTHER_VERB, verb, replace(target.request_for(target.unknown_id, shape), method=verb), token)
        for verb, shape in (("PUT", "POST"), ("PATCH", "POST"), ("DELETE", "GET"))
    )
    return (asking, *changing)


def _another(character: str) -> str:
    return secrets.choice([each for each in string.ascii_letters + string.digits if each != character])
