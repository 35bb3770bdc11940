"""Messages to the helpdesk that wait in PostgreSQL: each is lent to one process at a time."""

from app.adapters.postgres.connection import Database, Row, Statement
from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import Message

LENT_SECONDS = 60
"""How long a message is lent: longer than a try takes. If its process has died, it is lent to another one then."""

_TAKE = Statement(f"""
    UPDATE deliveries SET due_at = now() + interval '{LENT_SECONDS} seconds' WHERE message_id = ANY(ARRAY(
        SELECT message_id FROM deliveries WHERE due_at <= now() ORDER BY due_at LIMIT :many FOR UPDATE SKIP LOCKED
    ))
    RETURNING message_id, event, ticket_id, project_id, made_at, data,
        CAST(extract(epoch FROM now() - made_at) AS float8) AS age_seconds,
        project_id IS NULL OR EXISTS (SELECT FROM projects p WHERE p.project_id = deliveries.project_id) AS has_project
""")  # noqa: S608 - a constant, no value

_LATER = Statement("""
    UPDATE deliveries SET due_at = now() + make_interval(secs => CAST(:pause_seconds AS float8))
    WHERE message_id = :message_id
""")

_SETTLE = Statement("DELETE FROM deliveries WHERE message_id = :message_id")


class DeliveryStore:
    """The rows of deliveries; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, many: int) -> list[Message]:
        """Lend at most `many` of the webhook messages that are due, for `LENT_SECONDS`."""
        return [_message(row) for row in await self._database.fetch(_TAKE, {"many": many})]

    async def later(self, message_id: str, pause_seconds: float) -> None:
        """Put a webhook message off by `pause_seconds`."""
        await self._database.fetch(_LATER, {"message_id": message_id, "pause_seconds": pause_seconds})

    async def settle(self, message_id: str) -> None:
        """Delete a webhook message that was delivered or never will be."""
        await self._database.fetch(_SETTLE, {"message_id": message_id})


def _message(row: Row) -> Message:
    about = row.project_id, row.ticket_id, row.data if row.has_project else None
    return Message(row.message_id, Event(row.event), row.made_at, row.age_seconds, *about)
