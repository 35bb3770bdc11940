"""How many customers each sender has asked about within the hour, in PostgreSQL, so that all replicas count together.

Neither senders nor identifiers are stored, only keyed digests of them, and those for an hour at most.
"""

import hmac

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import fetch
from app.domain.enumeration import asker

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

# A row that is being changed is waited for, and judged as it was left: no two can take the last place. One that knows
# the identifier is only read. No commit waits for a disk while it holds the row: if PostgreSQL dies, a moment is lost.
_ADMIT = text(f"""
    WITH known AS (
        SELECT 1 FROM senders WHERE project_id = :project_id AND sender = :sender
            AND CAST(identifiers -> CAST(:identifier AS text) AS float8) > {_SINCE}
    ), counted AS (
        INSERT INTO senders AS s (project_id, sender, identifiers, seen_at)
        SELECT :project_id, :sender, jsonb_build_object(CAST(:identifier AS text), extract(epoch FROM now())), now()
        WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (project_id, sender) DO UPDATE SET identifiers = excluded.identifiers || {_FRESH}, seen_at = now()
        WHERE {_FRESH} -> CAST(:identifier AS text) IS NOT NULL
            OR (SELECT count(*) FROM jsonb_object_keys({_FRESH})) < :most
        RETURNING set_config('synchronous_commit', 'off', true)
    )
    SELECT 1 FROM known UNION ALL SELECT 1 FROM counted
""")  # noqa: S608 - constants, no value


class SenderStore:
    """The rows of `senders`; `most` is how many customers one may ask about in an hour, 0 for any number.

    `encryption_key` is the first of the ring: with another one, counting begins anew.
    """

    def __init__(self, engine: AsyncEngine, encryption_key: bytes, most: int) -> None:
        self._engine = engine
        self._key = hmac.digest(encryption_key, PURPOSE, "sha256")
        self._most = most

    async def admit(self, project_id: str, sender: str, identifier: str) -> bool:
        """Tell whether the sender may ask about this customer, and count that; may raise `DatabaseUnavailable`."""
        who = asker(sender)
        if not self._most or not who:
            return True
        values = {
            "project_id": project_id,
            "sender": self._digest(project_id, who),
            "identifier": self._digest(project_id, identifier).hex()[:IDENTIFIER_DIGITS],
            "most": self._most,
        }
        return bool(await fetch(self._engine, _ADMIT, values))

    def _digest(self, project_id: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{project_id}\x00{value}".encode(), "sha256")
