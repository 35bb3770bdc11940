"""The activity report of a project for its owners: look-ups by day, durations by step, credits of the month."""

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.domain.activity import ActivityReport
from app.owners.access import owned


class Reporting:
    """Reads the activity of a project for its owners."""

    def __init__(self, projects: ProjectStore, ended_runs: ActivityStore, breakers: BreakerStore) -> None:
        self._projects = projects
        self._breakers = breakers
        self._ended_runs = ended_runs

    async def read(self, project_id: str, actor: str, days: int) -> ActivityReport:
        """Return the report of the last `days` days; raises `Refused` unless an owner asks."""
        project, credit = await owned(self._projects, project_id, actor)
        breaker = await self._breakers.of_project(project_id)
        return ActivityReport(project, credit, await self._ended_runs.of_project(project_id, days), breaker)
