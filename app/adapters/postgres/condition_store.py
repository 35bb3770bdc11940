"""Conditions in PostgreSQL, shared by all replicas: what is wrong now and has no other row to stand in.

A condition begins with the row that says so and, in the same transaction, the message to the helpdesk. It is over when
no process has seen it for a while: so replicas of which one is set up wrongly tell it once, not in turns.
"""

import json
from collections.abc import Mapping, Sequence

from app.adapters.postgres.connection import Database, Statement
from app.domain.sealing import SealedToken
from app.domain.webhooks.event_kinds import Event

OVER_SECONDS = 600
"""Seconds after which a condition that nobody has seen is over: several looks of every process, and any restart."""

SEEN_SECONDS = 200
"""Seconds for which a look at a condition is good enough: so many processes do not write the same row in turns."""

_SEE = Statement(f"""
    WITH begun AS (
        INSERT INTO conditions (event, project_id) VALUES (:event, :project_id)
        ON CONFLICT (event, project_id) DO NOTHING RETURNING event, project_id
    ), seen AS (
        UPDATE conditions SET seen_at = now()
        WHERE event = :event AND project_id = :project_id AND seen_at < now() - interval '{SEEN_SECONDS} s'
    )
    SELECT tell(event, nullif(project_id, ''), CAST(:told AS jsonb)) FROM begun
""")  # noqa: S608 - a constant, no value

_UNREADABLE = Statement(f"""
    SELECT p.project_id, p.token_sealed FROM conditions n JOIN projects p ON p.project_id = n.project_id
    WHERE n.event = '{Event.TOKEN_UNREADABLE}' AND n.seen_at < now() - interval '{SEEN_SECONDS} s'
        AND p.token_sealed IS NOT NULL AND p.project_id > :after
    ORDER BY p.project_id LIMIT :limit
""")  # noqa: S608 - constants, no value

_STILL_UNREADABLE = Statement(f"""
    UPDATE conditions SET seen_at = now()
    WHERE event = '{Event.TOKEN_UNREADABLE}' AND project_id = ANY(CAST(:project_ids AS text[]))
""")  # noqa: S608 - a constant, no value

_FORGET = Statement(f"DELETE FROM conditions WHERE seen_at < now() - interval '{OVER_SECONDS} s'")  # noqa: S608


class ConditionStore:
    """The rows of conditions; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def see(self, event: Event, project_id: str = "", told: Mapping[str, str] | None = None) -> None:
        """Note that a condition holds, of one project or of the whole service; tell the helpdesk if it begins."""
        values = {"event": event, "project_id": project_id, "told": json.dumps(dict(told or {}))}
        await self._database.fetch(_SEE, values)

    async def unreadable(self, after: str, limit: int) -> list[SealedToken]:
        """Return tokens that could not be opened and were not tried lately, of the next projects in order of ids."""
        rows = await self._database.fetch(_UNREADABLE, {"after": after, "limit": limit})
        return [SealedToken(row.project_id, row.token_sealed) for row in rows]

    async def still_unreadable(self, project_ids: Sequence[str]) -> None:
        """Note that the tokens of these projects cannot be opened yet."""
        await self._database.fetch(_STILL_UNREADABLE, {"project_ids": list(project_ids)})

    async def forget(self) -> None:
        """End the conditions that nobody has seen for `OVER_SECONDS`."""
        await self._database.fetch(_FORGET)
