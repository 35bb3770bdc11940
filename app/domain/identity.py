"""Tells whether the sender of an email is the customer whose record was looked up: anybody can write another's ID.

Nothing but an exact, verified address is a match. Every doubt, an odd spelling of the sender included, is `unknown`.
"""

import re
from string import ascii_lowercase, ascii_uppercase

from app.domain.configuration import IdentityPolicy
from app.domain.outcomes import Identity
from support_context.facts import MISSING, Facts
from support_context.plain_text import plain

LONGEST_ADDRESS = 254
"""Characters of an email address that can be sent to (RFC 5321, 4.5.3.1.3)."""

LONGEST_SENDER = 998
"""Characters of a sender, its name included; a line of a header ends there (RFC 5322, 2.1.1)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"
_NAME = r"(?:\"[^\"\\<>@\n\t]*\"|[^\"\\<>@,;:()\[\]\n\t]*)"
_SENDER = re.compile(rf"(?P<bare>{_ADDRESS})|{_NAME}[ ]*<(?P<named>{_ADDRESS})>")
"""An address, or a name and an address (RFC 5322, 3.4), without quoted mailboxes, comments, groups and lists.

The name holds no `@`: which of two addresses is meant must not be a question.
"""

_ASCII_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)
"""Folds A to Z only: Unicode's own folding makes a k of the Kelvin sign, and so a match of a look-alike."""

_WARNINGS = {
    Identity.MISMATCH: "The sender's address is not the one on file for this customer; verify who is writing before "
    "you share anything.",
    Identity.UNKNOWN: "The sender could not be tied to this customer; verify who is writing before you share anything.",
}


def identity_of(facts: Facts, match_path: str | None, sender: str, sender_verified: bool | None) -> Identity:
    """Compare the sender, as it stands in the email, with the string or strings that `match_path` leads to."""
    value = facts.at(match_path) if match_path else MISSING
    on_file = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str) and each]
    address = address_in(sender)
    if not on_file or address is None:
        return Identity.UNKNOWN
    if address.translate(_ASCII_FOLD) not in (each.translate(_ASCII_FOLD) for each in on_file):
        return Identity.MISMATCH
    return Identity.MATCH if sender_verified else Identity.UNKNOWN


def address_in(sender: str) -> str | None:
    """Return the one address that a sender such as `Jane <jane@example.com>` can mean; None where that is in doubt."""
    text = sender.strip(" ")
    if len(text) > LONGEST_SENDER or plain(text) != text:
        return None
    found = _SENDER.fullmatch(text)
    address = found and (found["bare"] or found["named"])
    return address if address and len(address) <= LONGEST_ADDRESS else None


def is_withheld(identity: Identity, policy: IdentityPolicy) -> bool:
    """Tell whether no value of the record may reach the AI that drafts the reply."""
    return policy is IdentityPolicy.REQUIRE_MATCH and identity is not Identity.MATCH


def warning(identity: Identity, policy: IdentityPolicy) -> str:
    """Return the sentence that warns an agent who sees the record, `""` where there is nothing to warn of."""
    warned = identity is Identity.MISMATCH or is_withheld(identity, policy)
    return _WARNINGS[identity] if warned else ""
