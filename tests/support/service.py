"""The whole service on the database of the tests: the real routes, rules and stores; doubles for the world outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.datastructures import State

from app.adapters.ai.offline import OfflineModel
from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import Row, ping
from app.adapters.postgres.notify.notices import ENDED_CHANNEL, QUEUED_CHANNEL, ended_in
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.adapters.postgres.reports.listing_store import ListingStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import TicketStore
from app.adapters.telemetry.metrics import Metrics
from app.adapters.telemetry.tracing import Tracing
from app.adapters.vault import Vault
from app.domain.configuration import Configuration, StoredToken
from app.domain.projects import Project
from app.domain.workload import Taker
from app.enrichment import Enricher, Model
from app.owners.access import Access
from app.owners.activity_report import Reporting
from app.owners.audit_report import Auditing
from app.owners.configuring import Configuring
from app.owners.endpoint_check import EndpointChecks
from app.owners.sample_endpoint import SampleEndpoint, Samples
from app.owners.test_run import Trials
from app.runs.attempt import Attempts
from app.runs.intake import Intake
from app.runs.listing import Listing
from app.runs.shutdown import Draining
from app.runs.waiting import Completions, Ended
from app.runs.worker import Worker
from app.web.app import create_app
from app.web.http.services import Services
from app.wiring.telemetry import Telemetry
from support_context.egress import Egress
from support_context.secrets import Secret
from tests.support.endpoints import ScriptedEndpoint
from tests.support.shared_database import DATABASE, WORKER_ID, SharedDatabase

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

LATER_THAN_ANY_TEST = datetime.max.replace(tzinfo=UTC)

SLOTS = 200
"""Of a project: more than a test fills."""

TOKEN_SAVED_AT = datetime(2026, 11, 22, tzinfo=UTC)

EMAIL = {"subject": "Seats", "body": "Hello,\nAccount ID: acct_12ab34cd\nThanks", "sender": "jane@example.com"}


@dataclass
class World:
    """One process of the service, and everything about it that a test may look at or change.

    With no seats, tickets wait until `work_off`. Another world is another process on the same database.
    """

    model: Model = field(default_factory=OfflineModel)
    endpoint: ScriptedEndpoint = field(default_factory=lambda: ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}))
    database: SharedDatabase = DATABASE
    keys: tuple[bytes, ...] = (b"k" * 32,)
    deadline_seconds: float = 30.0
    seats: int = 200
    identifiers_per_sender_hour: int = 20
    embed_origins: tuple[str, ...] = ()
    sample: SampleEndpoint | None = None
    egress: Egress = field(default_factory=Egress)
    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = field(default_factory=Tracing)
    draining: Draining = field(default_factory=Draining)
    completions: Completions = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make the parts that outlive one opening of the services."""
        self.completions = Completions()
        self.taker = Taker(WORKER_ID, SLOTS, takes_until=LATER_THAN_ANY_TEST)
        self.projects = ProjectStore(self.database)
        self.tickets = TicketStore(self.database, self.taker, self.notify)
        self.senders = SenderStore(self.keys[0], self.identifiers_per_sender_hour)
        self.runs = RunStore(self.database, self.taker, self.senders, self.notify, webhooks=False)

    def notify(self, channel: str, message: str) -> None:
        """Hear what this process tells; of another one's NOTIFY, nothing is heard."""
        if channel == ENDED_CHANNEL:
            self.completions.ended(Ended(*ended_in(message)))
        elif channel == QUEUED_CHANNEL and self.seats:
            task = asyncio.get_running_loop().create_task(self.work_off())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def worker(self) -> Worker:
        """Return a worker as one process has it."""

        observed = Telemetry(self.metrics, self.completions, self.tracing)
        enricher = Enricher(self.model, self.endpoint)
        attempts = Attempts(self.runs, Vault(self.keys), enricher, self.deadline_seconds, observed)
        return Worker(self.runs, attempts, self.seats, observed)

    def services(self) -> Services:
        """Wire the services as `app.wiring` does."""
        projects, vault, trail = self.projects, Vault(self.keys), AuditStore(self.database)
        configuring, breakers = Configuring(projects, vault, self.egress.allowed), BreakerStore(self.database)
        enricher, observed = (
            Enricher(self.model, self.endpoint),
            Telemetry(self.metrics, self.completions, self.tracing),
        )

        return Services(
            projects=projects,
            access=Access(AccessTokenStore(self.database), projects),
            reporting=Reporting(projects, ActivityStore(self.database), breakers),
            auditing=Auditing(projects, trail),
            configuring=configuring,
            listing=Listing(ListingStore(self.database)),
            intake=Intake(self.tickets, self.completions, self.worker(), self.deadline_seconds, self.keys[0]),
            completions=self.completions,
            trials=Trials(
                configuring,
                projects,
                trail,
                vault,
                enricher,
                self.deadline_seconds,
                breakers,
                observed,
            ),
            samples=Samples(projects, self.sample),
            endpoint_checks=EndpointChecks(configuring, projects, vault, self.egress),
            metrics=self.metrics,
            tracing=self.tracing,
            draining=self.draining,
            ping=partial(ping, self.database),
            model=self.model,
        )

    def put_in_place(self, monthly_credits: int = 100, **changes: Any) -> None:
        """Have a Business project `prj_1` of `u1`, and a configuration that is turned on."""
        self.database.wait(self._put_in_place(monthly_credits, changes))

    async def _put_in_place(self, monthly_credits: int, changes: dict[str, Any]) -> None:
        sealed = Vault(self.keys).seal("prj_1", Secret(BEARER_TOKEN))
        fields = {name: value for name, value in CONFIGURATION.items() if name != "bearer_token"}
        token = StoredToken(sealed, "https://api.example.com", TOKEN_SAVED_AT)
        await self.projects.put(Project("prj_1", "business", ("u1",), monthly_credits))
        await self.projects.save_configuration("prj_1", Configuration(**(fields | changes)), token, "u1")

    def row(self, ticket_id: str = "t_1") -> Row:
        """Return a ticket's row."""
        [row] = self.database.rows("SELECT * FROM enrichments WHERE ticket_id = :ticket_id", ticket_id=ticket_id)
        return row

    def tickets_that_are(self, *states: str) -> list[str]:
        """Return the tickets whose run is in one of these states, in the order in which they came."""
        found = "SELECT ticket_id FROM enrichments WHERE state = ANY(:states) ORDER BY run"
        return [row.ticket_id for row in self.database.rows(found, states=list(states))]

    @property
    def waiting(self) -> list[str]:
        """The tickets that nobody runs yet."""
        return self.tickets_that_are("queued")

    @property
    def credits_used(self) -> int:
        """How many credits all projects have used in all months."""
        [row] = self.database.rows("SELECT CAST(coalesce(sum(used), 0) AS bigint) AS used FROM credits")
        return int(row.used)

    async def work_off(self) -> None:
        """Run the tickets that wait, one after the other."""
        worker = self.worker()
        while taken := await self.runs.take(1, suspects=True):
            await worker.start(taken[0])

    def app(self) -> FastAPI:
        """Return the application over this world, open: nothing that tests serve it with runs its lifespan."""
        app = copy(_routed(self.embed_origins))
        app.state, app.middleware_stack = State(), None
        app.state.services = self.services()
        return app

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open a client of the routes; it brings the service token and an owner, unless `headers` say otherwise."""
        sent = {"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Actor-Id": "u1"} | headers
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=sent) as client:
            yield client


@cache
def _routed(embed_origins: tuple[str, ...]) -> FastAPI:
    """Return an application whose routes those of all worlds share: at its first request, each would read every
    signature anew, which takes 50 ms."""
    return create_app((Secret(SERVICE_TOKEN), Secret(OTHER_SERVICE_TOKEN)), _unopened, embed_origins)


def _unopened() -> AbstractAsyncContextManager[Services]:
    raise AssertionError("a test has run the lifespan of an application that is open")


async def set_up(client: httpx.AsyncClient, **changes: Any) -> None:
    """Put a Business project `prj_1` of `u1` with 100 credits, and a configuration that is turned on."""
    project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 100}
    answer = await client.put("/projects/prj_1", json=project)
    assert answer.status_code == 200, answer.text
    answer = await client.put("/projects/prj_1/customer-context", json=CONFIGURATION | changes)
    assert answer.status_code == 200, answer.text


async def access_token(client: httpx.AsyncClient, project_id: str = "prj_1", expires_in: int = 3_600) -> str:
    """Have the client's owner make an access token."""
    body = {"label": "Jane, tests", "expires_in": expires_in}
    answer = await client.post(f"/projects/{project_id}/access-tokens", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token
