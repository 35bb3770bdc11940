"""Shows owners who changed what in their project, and when."""

from typing import Protocol

from app.domain.audit import Entry
from app.owners.access import owned
from app.owners.stored_projects import Projects


class Trail(Protocol):
    """The entries, as stored: each is written by the statement that does what it tells of."""

    async def of_project(self, project_id: str, limit: int, before: int | None) -> list[Entry]:
        """Return the newest entries, or the newest of those older than the entry `before`."""

    async def note_test(self, project_id: str, actor: str, fields: tuple[str, ...]) -> None:
        """Note that somebody tests, with these unsaved fields."""


class Auditing:
    """Reads a project's audit trail for its owners."""

    def __init__(self, projects: Projects, trail: Trail) -> None:
        self._projects = projects
        self._trail = trail

    async def read(
        self, project_id: str, actor: str, limit: int, before: int | None = None
    ) -> tuple[list[Entry], int | None]:
        """Return one page, the newest first, and where the next one begins, None at the end.

        Raises `Refused` unless an owner asks.
        """
        await owned(self._projects, project_id, actor)
        entries = await self._trail.of_project(project_id, limit + 1, before)
        page = entries[:limit]
        return page, page[-1].number if len(entries) > limit else None
