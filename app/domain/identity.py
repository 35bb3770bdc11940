"""Tells whether the sender of an email is the customer whose record was looked up: anybody can write another's ID.

Nothing but an exact, verified address is a match. Every doubt, an odd spelling of the sender included, is `unknown`.
"""

from string import ascii_lowercase, ascii_uppercase

from app.domain.configuration import IdentityPolicy
from app.domain.outcomes import Identity
from support_context.email_addresses import address_in
from support_context.facts import MISSING, Facts

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


def is_withheld(identity: Identity, policy: IdentityPolicy) -> bool:
    """Tell whether no value of the record may reach the AI that drafts the reply."""
    return policy is IdentityPolicy.REQUIRE_MATCH and identity is not Identity.MATCH


def warning(identity: Identity, policy: IdentityPolicy) -> str:
    """Return the sentence that warns an agent who sees the record, `""` where there is nothing to warn of."""
    warned = identity is Identity.MISMATCH or is_withheld(identity, policy)
    return _WARNINGS[identity] if warned else ""
