"""The identifier's sanitation: which characters are sent, and the name of the query or body key that holds it."""

import re

IDENTIFIER_PARAMETER = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
"""A query or body key that needs no quoting anywhere."""

NOBODY = "no-such-customer-000000"
"""Asked for as the unknown id of a check where none is given: no business has ids like it."""

_NOT_SENT = re.compile(r"[^A-Za-z0-9._@:-]+")


def sanitize(identifier: str) -> str:
    """Keep `A-Za-z0-9 . _ @ : -` only, the characters that can neither leave a query value nor a JSON string."""
    return _NOT_SENT.sub("", identifier)
