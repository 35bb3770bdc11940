"""The whole service over memory: the real routes and rules, with doubles for the database and the world outside."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.adapters.metrics import Metrics
from app.adapters.offline import OfflineModel
from app.adapters.vault import Vault
from app.configuring import Configuring
from app.domain.secrets import Secret
from app.enrichment import Enricher, Model
from app.once_per_ticket import OncePerTicket
from app.services import Services
from app.trial import Trials
from app.web.app import create_app
from tests.support.endpoints import ScriptedEndpoint
from tests.support.memory_store import MemoryDatabase, MemoryEnrichmentStore, MemoryProjectStore

SERVICE_TOKEN = "service-token-0123456789"
OTHER_SERVICE_TOKEN = "other-service-token-0123456789"
BEARER_TOKEN = "canary-bearer-token-0123456789"
API_URL = "https://api.example.com/support-context"

CUSTOMER: dict[str, Any] = {
    "type": "account",
    "plan": "Pro",
    "status": "active",
    "seats": 12,
    "monthly_revenue": 480,
    "links": [{"label": "View in admin", "url": "https://admin.example.com/acct_12ab34cd"}],
}

CONFIGURATION: dict[str, Any] = {
    "method": "GET",
    "api_url": API_URL,
    "identifier_parameter": "id",
    "bearer_token": BEARER_TOKEN,
    "identify_instructions": "The account ID is in the body after `Account ID:` and starts with acct_.",
    "display_instructions": "Show Plan; Status (Active or Inactive); Seats; Monthly revenue.",
    "enabled": True,
}

EMAIL = {"subject": "Seats", "body": "Hello,\nAccount ID: acct_12ab34cd\nThanks", "sender": "jane@example.com"}


@dataclass
class World:
    """Everything that a test may look at or change."""

    model: Model = field(default_factory=OfflineModel)
    endpoint: ScriptedEndpoint = field(default_factory=lambda: ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}))
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    keys: tuple[bytes, ...] = (b"k" * 32,)
    deadline_seconds: float = 30.0

    def services(self) -> Services:
        """Wire the services as `app.wiring` does."""
        projects, enrichments = MemoryProjectStore(self.database), MemoryEnrichmentStore(self.database)
        vault, metrics = Vault(self.keys), Metrics()
        enricher = Enricher(self.model, self.endpoint)
        configuring = Configuring(projects, vault, ())

        async def ping() -> None:
            self.database.check()

        return Services(
            projects=projects,
            configuring=configuring,
            enrichments=enrichments,
            tickets=OncePerTicket(enrichments, vault, enricher, self.deadline_seconds),
            trials=Trials(configuring, projects, vault, enricher, self.deadline_seconds),
            metrics=metrics,
            ping=ping,
        )

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open a client of the routes; it brings the service token and an owner, unless `headers` say otherwise."""

        @asynccontextmanager
        async def opening() -> AsyncIterator[Services]:
            yield self.services()

        app = create_app((Secret(SERVICE_TOKEN), Secret(OTHER_SERVICE_TOKEN)), opening)
        app.state.services = self.services()  # ASGITransport runs no lifespan
        sent = {"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Actor-Id": "u1"} | headers
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=sent) as client:
            yield client


async def set_up(client: httpx.AsyncClient, **changes: Any) -> None:
    """Put a Business project `prj_1` of `u1` with 100 credits, and a configuration that is turned on."""
    project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 100}
    answer = await client.put("/projects/prj_1", json=project)
    assert answer.status_code == 200, answer.text
    answer = await client.put("/projects/prj_1/customer-context", json=CONFIGURATION | changes)
    assert answer.status_code == 200, answer.text
