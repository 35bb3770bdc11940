"""The pair of stores that a test works on, with a project in it, and short ways to ask it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.adapters.enrichment_store import EnrichmentStore
from app.adapters.project_store import ProjectStore
from app.domain.claims import Claim, Claimed
from app.domain.configuration import Configuration, StoredToken
from app.domain.projects import Project
from tests.support.memory_store import MemoryEnrichmentStore, MemoryProjectStore

EXPIRED = -1.0
LEASE = 60.0
PROJECT = Project("prj_1", "business", ("u1", "u2"), 37)
CONFIGURATION = Configuration("POST", "https://example.com/x", "key", "find it", "show it", enabled=True)
TOKEN = StoredToken(b"\x00sealed\xff", "https://example.com", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
RESULT = {"status": "ok", "fields": [{"label": "Plan", "value": "Pro – ünï 🎉"}], "links": [], "n": None}


@dataclass(frozen=True)
class Stores:
    projects: ProjectStore | MemoryProjectStore
    enrichments: EnrichmentStore | MemoryEnrichmentStore

    async def claim(
        self, owner: str = "a", *, ticket: str = "t_1", lease: float = LEASE, refresh: bool = False
    ) -> Claim:
        return await self.enrichments.claim(ticket, "prj_1", owner, refresh=refresh, lease_seconds=lease)

    async def claimed(self, owner: str = "a", **options: Any) -> Claimed:
        claim = await self.claim(owner, **options)
        assert isinstance(claim, Claimed)
        return claim

    async def used(self) -> int:
        found = await self.projects.get("prj_1")
        assert found is not None
        return found[1].used_this_month
