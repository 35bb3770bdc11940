"""What the web routes and the command line work with, already wired; they know no adapter."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from app.configuring import Configuring, Projects
from app.domain.claims import Erased, ForeignTicket
from app.domain.projects import Project
from app.once_per_ticket import Enrichments, OncePerTicket
from app.trial import Trials


class ProjectTable(Projects, Protocol):
    """The projects, as the helpdesk's backend maintains them."""

    async def put(self, project: Project) -> None:
        """Create or replace a project."""

    async def delete(self, project_id: str) -> bool:
        """Erase a project and all that hangs on it; False where there was none."""


class EnrichmentTable(Enrichments, Protocol):
    """The tickets' results, which can be erased."""

    async def erase(self, ticket_id: str, project_id: str) -> Erased | ForeignTicket | None:
        """Erase what is stored for a ticket; None where there was nothing."""


class Metrics(Protocol):
    """What the process counts."""

    def render(self) -> tuple[bytes, str]:
        """Return the metrics as text, and its content type."""


@dataclass(frozen=True, slots=True)
class Services:
    """One process's services, open until its shutdown."""

    projects: ProjectTable
    configuring: Configuring
    enrichments: EnrichmentTable
    tickets: OncePerTicket
    trials: Trials
    metrics: Metrics
    ping: Callable[[], Awaitable[None]]
