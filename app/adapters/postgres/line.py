"""The places of each project: as many of its runs are in flight, over all replicas; the others stand in line.

First come, first served; but who is waited for goes before who is not. A place names the run that took it last, and is
free when that run holds it no more: when it has ended, was put back or erased, whoever did that and whatever died
meanwhile. So nothing is ever given back, and nothing can leak. A run that finds no place has no job either, and costs
nobody anything, until somebody who leaves lets it in.
"""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import UNFLUSHED_HERE, fetch
from app.adapters.postgres.queue import CHANNEL, ENRICH, NEWS, NOBODY_WAITS, SOMEBODY_WAITS, insert_jobs, payload
from app.domain.claims import DatabaseUnavailable

OTHERS_WAIT = "EXISTS (SELECT FROM waiting_runs w WHERE w.project_id = {project_id})"
"""Whether anybody stands in line, by the index: who comes then does not go ahead of them."""

HAS_PLACES = "EXISTS (SELECT FROM project_places h WHERE h.project_id = {project_id} AND h.place = :places)"
"""Whether all places that the project may have were made: the last one was."""


def free_places(project: str, most: str) -> str:
    """Return a SELECT that locks at most so many free places of a project; `project` and `most` are subqueries.

    What is seen as free may be taken while its lock is waited for, by a run that this statement cannot see: then it has
    been taken once more than was seen, and is passed over. Places that others are about to take are not waited for.
    """
    return f"""
        SELECT p.project_id, p.place FROM (
            SELECT project_id, place, takings FROM project_places AS known
            WHERE project_id = {project} AND place <= :places AND NOT EXISTS (
                SELECT FROM enrichments AS holder WHERE holder.ticket_id = known.ticket_id AND holder.run = known.run
                    AND holder.place = known.place AND holder.state <> 'done'
            ) OFFSET 0
        ) AS seen JOIN project_places AS p USING (project_id, place, takings)
        LIMIT {most} FOR NO KEY UPDATE OF p SKIP LOCKED
    """  # noqa: S608 - constants, no value


_MAKE_PLACES = text("""
    INSERT INTO project_places (project_id, place)
    SELECT CAST(:project_id AS text), place FROM generate_series(1, :places) AS place ON CONFLICT DO NOTHING
""")

_LEAVE_JOBS = insert_jobs(f"""
    SELECT '{ENRICH}', {payload("ticket_id", "run")}, 'run ' || run,
        CASE WHEN waited_for THEN {SOMEBODY_WAITS} ELSE {NOBODY_WAITS} END, now()
    FROM placed ORDER BY waited_for DESC, run
""")  # noqa: S608 - constants, no value

# Those at the head whose run was erased, or ended by a replica of the release before, are let go on the way.
_LET_IN = text(f"""
    WITH free AS MATERIALIZED ({free_places("CAST(:project_id AS text)", ":places")}
    ), next AS MATERIALIZED (
        SELECT w.run, w.ticket_id, w.waited_for FROM waiting_runs w
            JOIN enrichments e ON e.ticket_id = w.ticket_id AND e.run = w.run AND e.state <> 'done' AND e.place IS NULL
        WHERE w.project_id = :project_id
        ORDER BY w.waited_for DESC, w.run LIMIT (SELECT count(*) FROM free) FOR NO KEY UPDATE OF w, e SKIP LOCKED
    ), pairs AS (
        SELECT * FROM (SELECT project_id, place, row_number() OVER (ORDER BY place) AS turn FROM free) AS places
            JOIN (SELECT *, row_number() OVER (ORDER BY waited_for DESC, run) AS turn FROM next) AS runs USING (turn)
    ), taken AS (
        UPDATE project_places p SET ticket_id = pairs.ticket_id, run = pairs.run, takings = takings + 1
        FROM pairs WHERE p.project_id = pairs.project_id AND p.place = pairs.place
    ), placed AS (
        UPDATE enrichments e SET place = pairs.place FROM pairs WHERE e.ticket_id = pairs.ticket_id
        RETURNING e.ticket_id, e.run, pairs.waited_for
    ), head AS (
        SELECT run, ticket_id FROM waiting_runs WHERE project_id = :project_id ORDER BY waited_for DESC, run LIMIT 16
    ), left_the_line AS (
        DELETE FROM waiting_runs w WHERE w.run IN (
            SELECT run FROM placed UNION ALL
            SELECT run FROM head WHERE NOT EXISTS (
                SELECT FROM enrichments e WHERE e.ticket_id = head.ticket_id AND e.run = head.run AND e.state <> 'done'
            )
        )
    ), jobs AS ({_LEAVE_JOBS})
    SELECT count(*) AS many, {HAS_PLACES.format(project_id="CAST(:project_id AS text)")} AS has_places, {UNFLUSHED_HERE}
    FROM placed
""")  # noqa: S608 - constants, no value

_PROJECTS_IN_LINE = text("""
    WITH RECURSIVE busy AS (
        (SELECT project_id FROM waiting_runs ORDER BY project_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT w.project_id FROM waiting_runs w WHERE w.project_id > busy.project_id ORDER BY w.project_id LIMIT 1
        ) FROM busy WHERE busy.project_id IS NOT NULL
    )
    SELECT project_id FROM busy WHERE project_id IS NOT NULL
""")
"""Skips from project to project in the index, however many runs of each wait."""


class Line:
    """The places and lines of all projects; `notify` sends a NOTIFY on a channel, soon.

    Every method may raise `DatabaseUnavailable`.
    """

    def __init__(self, engine: AsyncEngine, places: int, notify: Callable[[str, str], None]) -> None:
        self._engine = engine
        self._notify = notify
        self.places = places

    async def make_places(self, project_id: str) -> None:
        """Make those places of the project that are not there yet."""
        await fetch(self._engine, _MAKE_PLACES, {"project_id": project_id, "places": self.places})

    async def let_in(self, project_id: str) -> None:
        """Give the project's free places to those who have waited longest, with a job for each.

        To be called after the commit of whatever freed a place, or put somebody into the line: of two who come in the
        same moment, one at least sees what the other did.
        """
        values = {"project_id": project_id, "places": self.places}
        [row] = await fetch(self._engine, _LET_IN, values)
        if not row.has_places:  # its first run, or the first since there may be more
            await self.make_places(project_id)
            [row] = await fetch(self._engine, _LET_IN, values)
        if row.many:
            self._notify(CHANNEL, NEWS)

    async def try_to_let_in(self, project_id: str) -> None:
        """Do so where the database answers; if not, somebody else does it soon."""
        with suppress(DatabaseUnavailable):
            await self.let_in(project_id)

    async def let_all_in(self) -> None:
        """Do so for every project in whose line somebody stands: makes up for whoever died before it could."""
        for row in await fetch(self._engine, _PROJECTS_IN_LINE):
            await self.let_in(row.project_id)
