"""Lock waits: holds a session's transaction open until others wait for what it has locked."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def ended_while_waiting(waiting: Coroutine[Any, Any, T], other: Any, ending: str) -> T:
    """Run a statement until it waits for the other session, then end that one's transaction."""
    task = asyncio.create_task(waiting)
    await waiting_for_locks(other, 1)
    await other.execute(ending)
    return await task


async def waiting_for_locks(other: Any, sessions: int) -> None:
    """Return when so many sessions wait for a lock."""
    while await other.fetchval(HELD_UP) < sessions:
        # Inside of a transaction, the server shows what it showed at the first look.
        await other.execute("SELECT pg_stat_clear_snapshot()")
        await asyncio.sleep(0.01)
