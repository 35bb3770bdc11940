"""The audit trail of a project for its owners: who changed what, and when."""

from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.project_store import ProjectStore
from app.domain.audit import Entry
from app.owners.access import owned


class Auditing:
    """Reads a project's audit trail for its owners."""

    def __init__(self, projects: ProjectStore, trail: AuditStore) -> None:
        self._projects = projects
        self._trail = trail

    async def read(
        self, project_id: str, actor: str, limit: int, before: int | None = None
    ) -> tuple[list[Entry], int | None]:
        """Return one page of audit entries, the newest first, and the cursor of the next, None at the end.

        Raises `Refused` unless an owner asks.
        """
        await owned(self._projects, project_id, actor)
        entries = await self._trail.of_project(project_id, limit + 1, before)
        page = entries[:limit]
        return page, page[-1].number if len(entries) > limit else None
