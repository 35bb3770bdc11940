"""The sample endpoint that an operator may run, so that an owner sees a card before writing any code."""

from dataclasses import dataclass

from app.adapters.postgres.project_store import ProjectStore
from app.owners.access import owned
from support_context.secrets import Secret


@dataclass(frozen=True, slots=True)
class SampleEndpoint:
    """The sample endpoint's URL, and the token that opens its made-up records."""

    api_url: str
    token: Secret


class Samples:
    """The operator's sample endpoint, as owners read it."""

    def __init__(self, projects: ProjectStore, sample: SampleEndpoint | None) -> None:
        self._projects = projects
        self._sample = sample

    async def read(self, project_id: str, actor: str) -> SampleEndpoint | None:
        """Return the sample endpoint, None where the operator runs none; raises `Refused` unless an owner asks."""
        await owned(self._projects, project_id, actor)
        return self._sample
