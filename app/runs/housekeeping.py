"""Housekeeping: expired rows deleted and ended runs summed up, in small batches with pauses between them, for ever."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.claims import DatabaseUnavailable

TURN_SECONDS = 60.0
"""Between two looks for work: what is due is done within about a minute."""

BREATH_SECONDS = 0.2
"""Pause after a batch that may not have been the last: the rest of the database gets ten times what this takes."""


async def in_batches_for_ever(
    batch: Callable[[], Awaitable[bool]], turn_seconds: float = TURN_SECONDS, breath_seconds: float = BREATH_SECONDS
) -> None:
    """Do one batch after the other for ever, each of which tells whether there may be more to do now.

    A turn is skipped while the database is away.
    """
    while True:
        more = False
        with suppress(DatabaseUnavailable):
            more = await batch()
        pause = breath_seconds if more else turn_seconds
        await asyncio.sleep(pause * random.uniform(1.0, 1.25))  # noqa: S311 - only spreads the load
