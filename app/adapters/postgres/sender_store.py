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

_SINCE = f"extract(epoch FROM now()) - {WINDOW_SECONDS}"

_FRESH = f"""(
    SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each(s.identifiers)
    WHERE CAST(value AS float8) > {_SINCE}
)"""  # noqa: S608 - a constant, no value

KNOWN = f"""
    SELECT 1 FROM senders s JOIN mine USING (project_id)
    WHERE s.sender = :sender AND CAST(s.identifiers -> CAST(:identifier AS text) AS float8) > {_SINCE}
"""  # noqa: S608 - a constant, no value
"""Finds the sender of the one run in `mine` if the customer was asked about before: such a row is only read."""

COUNTED = f"""
    INSERT INTO senders AS s (project_id, sender, identifiers, seen_at)
    SELECT project_id, :sender, jsonb_build_object(CAST(:identifier AS text), extract(epoch FROM now())), now()
    FROM mine WHERE CAST(:most AS integer) > 0 AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (project_id, sender) DO UPDATE SET identifiers = excluded.identifiers || {_FRESH}, seen_at = now()
    WHERE {_FRESH} -> CAST(:identifier AS text) IS NOT NULL
        OR (SELECT count(*) FROM jsonb_object_keys({_FRESH})) < :most
    RETURNING 1
"""  # noqa: S608 - constants, no value
"""Counts the customer. A row that is being changed is waited for, and judged as it was left: no two can take the last
place."""

ADMITTED = "CAST(:most AS integer) = 0 OR EXISTS (SELECT FROM known) OR EXISTS (SELECT FROM counted)"
"""Whether the sender may ask."""


class SenderStore:
    """Keys of the rate limit per sender; `most` is how many customers one may ask about in an hour, 0 for any number.

    `encryption_key` is the first of the ring: with another one, counting begins anew.
    """

    def __init__(self, encryption_key: bytes, most: int) -> None:
        self._key = hmac.digest(encryption_key, PURPOSE, "sha256")
        self._most = most

    def asking(self, project_id: str, sender: str, identifier: str, relays: Iterable[str]) -> dict[str, object]:
        """Return the values of `KNOWN`, `COUNTED` and `ADMITTED`; nobody, and a relay, may ask about anybody."""
        who = asker(sender)
        return {
            "sender": self._digest(project_id, who),
            "identifier": self._digest(project_id, identifier).hex()[:IDENTIFIER_DIGITS],
            "most": self._most if who and not is_relay(sender, relays) else 0,
        }

    def _digest(self, project_id: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{project_id}\x00{value}".encode(), "sha256")
