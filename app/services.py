"""What the web routes and the command line work with, already wired; they know no adapter."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from app.access import Access
from app.activity import Reporting
from app.completions import Completions
from app.configuring import Configuring, Projects
from app.domain.projects import Project
from app.draining import Draining
from app.intake import Intake
from app.trial import Trials


class ProjectTable(Projects, Protocol):
    """The projects, as the helpdesk's backend maintains them."""

    async def put(self, project: Project) -> None:
        """Create or replace a project."""

    async def delete(self, project_id: str) -> bool:
        """Erase a project and all that hangs on it; False where there was none."""


class Metrics(Protocol):
    """What the process counts."""

    def render(self) -> tuple[bytes, str]:
        """Return the metrics as text, and its content type."""


@dataclass(frozen=True, slots=True)
class Services:
    """One process's services, open until its shutdown."""

    projects: ProjectTable
    access: Access
    reporting: Reporting
    configuring: Configuring
    intake: Intake
    completions: Completions
    trials: Trials
    metrics: Metrics
    draining: Draining
    ping: Callable[[], Awaitable[None]]
