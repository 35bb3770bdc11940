"""Retention: deletes expired rows in small batches with pauses between them, for ever."""

import asyncio
import random
from contextlib import suppress

from app.adapters.postgres.retention_store import RetentionStore
from app.domain.claims import DatabaseUnavailable

TURN_SECONDS = 60.0
"""Between two looks for what is old: what is due goes within a minute."""

BREATH_SECONDS = 0.2
"""Pause after a portion that may not have been the last: the rest of the database gets ten times what this takes."""


async def delete_expired(
    kept: RetentionStore, turn_seconds: float = TURN_SECONDS, breath_seconds: float = BREATH_SECONDS
) -> None:
    """Delete expired rows for ever, in small batches; skip a turn while the database is away."""
    while True:
        more = False
        with suppress(DatabaseUnavailable):
            more = await kept.remove_portion()
        pause = breath_seconds if more else turn_seconds
        await asyncio.sleep(pause * random.uniform(1.0, 1.25))  # noqa: S311 - only spreads the load
