"""Email addresses as a sender is written: the one address that `Jane <jane@example.com>` can mean."""

import re

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


def address_in(sender: str) -> str | None:
    """Return the one address that a sender such as `Jane <jane@example.com>` can mean; None where that is in doubt."""
    text = sender.strip(" ")
    if len(text) > LONGEST_SENDER or plain(text) != text:
        return None
    found = _SENDER.fullmatch(text)
    address = found and (found["bare"] or found["named"])
    return address if address and len(address) <= LONGEST_ADDRESS else None
