"""What the database holds of tickets and their runs, read beside the service: the truth that promises are held to."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Ledger:
    """Looks into one database, on a connection of its own each time: the server may have been away."""

    url: str

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return what a query finds."""
        connection = await asyncpg.connect(self.url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def endings(self) -> Counter[tuple[str, str | None]]:
        """Count the tickets by the status and reason of their result."""
        rows = await self.rows("SELECT status, reason FROM enrichments")
        return Counter((row["status"], row["reason"]) for row in rows)

    async def ended_runs(self) -> int:
        """Count the runs that have ended: more than tickets, if one was stored twice."""
        [row] = await self.rows("SELECT count(*) AS many FROM ended_runs")
        many: int = row["many"]
        return many

    async def unfinished(self) -> int:
        """Count the tickets without a result."""
        [row] = await self.rows("SELECT count(*) AS many FROM enrichments WHERE state <> 'done'")
        many: int = row["many"]
        return many

    async def until_all_are_done(self, seconds: float = 60.0) -> None:
        """Wait until every ticket has its result; `TimeoutError` if one has not by then."""
        async with asyncio.timeout(seconds):
            while await self.unfinished():  # noqa: ASYNC110 - other processes, there is no event
                await asyncio.sleep(0.1)

    async def everything(self) -> list[list[dict[str, Any]]]:
        """Return every row that a run may write."""
        return [
            await self.rows("SELECT * FROM enrichments ORDER BY ticket_id"),
            await self.rows("SELECT * FROM ended_runs ORDER BY ended_at, project_id, total_ms"),
            await self.rows("SELECT * FROM credits ORDER BY project_id, month"),
        ]

    async def age_heartbeats(self) -> None:
        """Make every worker look as if it had been silent for a minute: it saves the wait for those that are dead."""
        await self.rows("UPDATE workers SET seen_at = now() - interval '1 minute'")

    async def end_loans(self) -> None:
        """Make every webhook message due, also one that is lent: it saves the minute for which one is."""
        await self.rows("UPDATE deliveries SET due_at = now()")
