"""The key by which look-ups per sender are limited."""

import re
from collections.abc import Iterable

from support_context.email_addresses import address_in
from support_context.plain_text import comparable

_LIKE_AN_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")


RELAY = r"(?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})?@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
"""A sender that writes for many: an address, or `@host` for all of a host."""


def is_relay(sender: str, relays: Iterable[str]) -> bool:
    """Tell whether a sender writes for many customers, as a contact form or a marketplace does."""
    who = asker(sender)
    return any(who == relay or (relay.startswith("@") and who.endswith(relay)) for relay in map(str.lower, relays))


def asker(sender: str) -> str:
    """Return the key of a sender for the rate limit: the address without a name, or all that there is.

    A sender that could be read in two ways counts by its last address, the one that mail comes from. Without a sender
    it is `""`, which is not counted: there is nobody whom a reply could tell anything.
    """
    addresses = _LIKE_AN_ADDRESS.findall(sender)
    return comparable(address_in(sender) or (addresses[-1] if addresses else sender)).strip()
