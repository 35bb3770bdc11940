"""Lists in PostgreSQL, page by page: projects, a project's results, and what is held about one customer."""

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import Database, Row, Statement
from app.adapters.postgres.rows.ticket_rows import shown
from app.domain.audit import Action
from app.domain.claims import ListedResult, Position, Wanted
from app.domain.projects import ListedProject

LONGEST_RUN = "interval '2 days'"
"""A run ends within this time after its submission; what was submitted before cannot have ended since."""

_PROJECTS = Statement("""
    SELECT project_id, plan, coalesce(enabled, false) AS enabled FROM projects
    WHERE project_id > :after ORDER BY project_id LIMIT :limit
""")

_BEFORE = """
    (CAST(:submitted_at AS timestamptz) IS NULL
        OR (submitted_at, ticket_id) < (CAST(:submitted_at AS timestamptz), CAST(:ticket_id AS text)))
    ORDER BY submitted_at DESC, ticket_id DESC LIMIT :limit
"""

_RESULTS = Statement(f"""
    SELECT ticket_id, submitted_at, result, last_attempt FROM enrichments
    WHERE project_id = :project_id AND result IS NOT NULL
        AND (CAST(:status AS text) IS NULL OR status = :status)
        AND (CAST(:reason AS text) IS NULL OR reason = :reason)
        AND (CAST(:since AS timestamptz) IS NULL
            OR (updated_at >= :since AND submitted_at >= CAST(:since AS timestamptz) - {LONGEST_RUN}))
        AND {_BEFORE}
""")  # noqa: S608 - constants, no value

_OF_CUSTOMER = Statement(f"""
    SELECT ticket_id, submitted_at, result, last_attempt FROM enrichments
    WHERE project_id = :project_id AND customer = customer_named(:identifier) AND {_BEFORE}
""")  # noqa: S608 - constants, no value

_PROJECT = Statement("SELECT 1 FROM projects WHERE project_id = :project_id")

_NOTE_READ = Statement(f"""
    WITH noted AS ({noting(Action.CUSTOMER_READ, "projects WHERE project_id = :project_id")} RETURNING 1)
    SELECT 1 FROM noted
""")  # noqa: S608 - constants, no value


class ListingStore:
    """Pages of projects and results; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def projects(self, limit: int, after: str) -> list[ListedProject]:
        """Return the projects behind `after` in the order of their ids."""
        rows = await self._database.fetch(_PROJECTS, {"after": after, "limit": limit})
        return [ListedProject(row.project_id, row.plan, row.enabled) for row in rows]

    async def results(self, project_id: str, wanted: Wanted, limit: int, before: Position | None) -> list[ListedResult]:
        """Return results of a project, the newest first, or those behind `before`."""
        values = {"project_id": project_id, "status": wanted.status, "reason": wanted.reason, "since": wanted.since}
        rows = await self._database.fetch(_RESULTS, values | _page(limit, before))
        return [_listed(row) for row in rows]

    async def has_project(self, project_id: str) -> bool:
        """Tell whether there is such a project."""
        return bool(await self._database.fetch(_PROJECT, {"project_id": project_id}))

    async def of_customer(
        self, project_id: str, identifier: str | None, limit: int, before: Position | None
    ) -> list[ListedResult]:
        """Return the results that were looked up by an identifier, in any case, the newest first."""
        values = {"project_id": project_id, "identifier": identifier}
        rows = await self._database.fetch(_OF_CUSTOMER, values | _page(limit, before))
        return [_listed(row) for row in rows]

    async def note_customer_read(self, project_id: str, actor: str | None) -> bool:
        """Note that somebody asks what is held about a customer, without whom; False where there is no project."""
        return bool(await self._database.fetch(_NOTE_READ, {"project_id": project_id, "actor": actor}))


def _page(limit: int, before: Position | None) -> dict[str, object]:
    return {
        "limit": limit,
        "submitted_at": before.submitted_at if before else None,
        "ticket_id": before.ticket_id if before else None,
    }


def _listed(row: Row) -> ListedResult:
    return ListedResult(Position(row.submitted_at, row.ticket_id), shown(row))
