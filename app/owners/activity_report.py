"""Shows owners how their project's look-ups go: by day, by step, and what they cost this month."""

from typing import Protocol

from app.domain.activity import Activity, ActivityReport
from app.domain.breaker import SeenBreaker
from app.owners.access import owned
from app.owners.stored_projects import Projects


class EndedLookups(Protocol):
    """The look-ups that ended, as stored: without a word of the customer's."""

    async def of_project(self, project_id: str, days: int) -> Activity:
        """Sum up a project's look-ups of today and the days before it, `days` in all, UTC."""


class Breakers(Protocol):
    """The breakers of projects, as stored."""

    async def of_project(self, project_id: str) -> SeenBreaker:
        """Return the breaker of the project's endpoint, as it is now."""


class Reporting:
    """Reads the activity of a project for its owners."""

    def __init__(self, projects: Projects, ended_runs: EndedLookups, breakers: Breakers) -> None:
        self._projects = projects
        self._breakers = breakers
        self._ended_runs = ended_runs

    async def read(self, project_id: str, actor: str, days: int) -> ActivityReport:
        """Return the report of the last `days` days; raises `Refused` unless an owner asks."""
        project, credit = await owned(self._projects, project_id, actor)
        breaker = await self._breakers.of_project(project_id)
        return ActivityReport(project, credit, await self._ended_runs.of_project(project_id, days), breaker)
