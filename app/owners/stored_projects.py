"""The store of projects with their configurations and credits, as routes and owners' actions use it."""

from datetime import date
from typing import Protocol

from app.domain.configuration import Configuration, KeptVersion, StoredConfiguration, StoredToken
from app.domain.projects import CreditReport, Project


class Projects(Protocol):
    """The projects, as stored: in PostgreSQL, or in the memory of a test."""

    async def put(self, project: Project, actor: str | None) -> None:
        """Create or replace a project, and note what that changes."""

    async def get(self, project_id: str) -> tuple[Project, CreditReport] | None:
        """Look up a project."""

    async def delete(self, project_id: str, actor: str | None) -> bool:
        """Erase a project and all that hangs on it; False where there was none."""

    async def configuration(self, project_id: str) -> StoredConfiguration | None:
        """Look up its configuration."""

    async def save_configuration(
        self,
        project_id: str,
        configuration: Configuration,
        token: StoredToken | None,
        actor: str,
        expected_version: int | None,
        changed: tuple[str, ...],
    ) -> StoredConfiguration:
        """Replace it and note which fields have `changed`.

        Raises `VersionConflict` when it is no longer at `expected_version`, or `ProjectNotFound`.
        """

    async def versions(self, project_id: str) -> list[KeptVersion]:
        """Return the last versions of its configuration, the newest first."""

    async def delete_configuration(self, project_id: str, expected_version: int | None, actor: str) -> None:
        """Erase it and its token."""

    async def take_credit(self, project_id: str) -> date | None:
        """Take one of this month's AI credits; None when they are used up."""

    async def return_credit(self, project_id: str, month: date) -> None:
        """Give one back to the month that it was taken from."""
