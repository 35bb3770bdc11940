"""The rate limit on customers per sender, in PostgreSQL, so that all replicas count together.

Neither senders nor identifiers are stored, only keyed digests of them, and those for an hour at most.
"""

import hmac
from collections.abc import Iterable

from app.domain.enumeration import asker, is_relay

WINDOW_SECONDS = 3_600
"""How long an identifier counts, from when it was first asked about."""

PURPOSE = b"customer-context senders\x00"
"""Makes another key of the encryption key: what is known of one says nothing of the other."""

IDENTIFIER_DIGITS = 32
"""Of an identifier's digest in hexadecimal, 128 bits: two of one sender never meet by chance."""


class SenderStore:
    """Keys of the rate limit per sender, which `admit_run` counts by.

    `most` is how many customers one sender may ask about in an hour, 0 for any number. `encryption_key` is the first
    of the ring: with another one, counting begins anew.
    """

    def __init__(self, encryption_key: bytes, most: int) -> None:
        self._key = hmac.digest(encryption_key, PURPOSE, "sha256")
        self._most = most

    def asking(self, project_id: str, sender: str, identifier: str, relays: Iterable[str]) -> dict[str, object]:
        """Return what `admit_run` counts, and by what limit: nobody, and a relay, may ask about anybody."""
        who = asker(sender)
        return {
            "sender": self._digest(project_id, who),
            "identifier": self._digest(project_id, identifier).hex()[:IDENTIFIER_DIGITS],
            "most": self._most if who and not is_relay(sender, relays) else 0,
            "window_seconds": WINDOW_SECONDS,
        }

    def _digest(self, project_id: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{project_id}\x00{value}".encode(), "sha256")
