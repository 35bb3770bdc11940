"""Opens and closes everything that a process works with: the one place that knows which adapter serves which need."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters import logs
from app.adapters.claude import ClaudeModel
from app.adapters.database import create_engine_for, ping
from app.adapters.embedded_postgres import EmbeddedPostgresFailed, embedded_postgres
from app.adapters.endpoint import HttpsEndpoint
from app.adapters.enrichment_store import EnrichmentStore
from app.adapters.metrics import Metrics
from app.adapters.migrations import migrate
from app.adapters.network import tls_context
from app.adapters.offline import OfflineModel
from app.adapters.project_store import ProjectStore
from app.adapters.vault import Vault
from app.configuring import Configuring
from app.domain.claims import Claimed
from app.domain.outcomes import Outcome, Result
from app.domain.secrets import Secret
from app.enrichment import Enricher, Model
from app.once_per_ticket import OncePerTicket
from app.services import Services
from app.settings import InvalidSettings, Settings
from app.trial import Trials


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Yield the URL of the database: the one that is set, or an embedded PostgreSQL that runs while this is open."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    try:
        async with embedded_postgres(settings.data_dir) as url:
            yield url
    except EmbeddedPostgresFailed as problem:
        raise InvalidSettings(str(problem)) from None


def check(settings: Settings) -> None:
    """Try what the settings name, as far as that needs no network; raises `InvalidSettings`."""
    _tls(settings)
    if settings.database_url is not None:
        _engine(settings.database_url.get_secret_value())


async def bring_up_to_date(url: str) -> None:
    """Apply pending migrations, under a lock that all replicas share."""
    engine = _engine(url)
    try:
        await migrate(engine)
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the services of one process; on exit, runs in flight have ended and every connection is closed."""
    logs.configure(settings.log_level)
    async with AsyncExitStack() as stack:
        engine = _engine(await stack.enter_async_context(database(settings)))
        stack.push_async_callback(engine.dispose)
        model = await _model(settings, stack)
        tls = _tls(settings)
        endpoint = await stack.enter_async_context(aclosing(HttpsEndpoint(tls, settings.egress_allowed_cidrs)))
        vault, metrics = Vault(settings.key_ring()), Metrics()
        projects, enrichments = ProjectStore(engine), EnrichmentStore(engine)
        configuring = Configuring(projects, vault, settings.egress_allowed_cidrs)
        enricher = Enricher(model, endpoint)
        deadline = settings.run_deadline_seconds
        observed = _Observed(metrics)
        tickets = OncePerTicket(enrichments, vault, enricher, deadline, observed.ticket, metrics.in_flight)
        await stack.enter_async_context(tickets.keeping_leases())
        yield Services(
            projects=projects,
            configuring=configuring,
            enrichments=enrichments,
            tickets=tickets,
            trials=Trials(configuring, projects, vault, enricher, deadline, observed.trial),
            metrics=metrics,
            ping=partial(ping, engine),
        )


async def _model(settings: Settings, stack: AsyncExitStack) -> Model:
    if settings.anthropic_api_key is None or not settings.uses_claude():
        return OfflineModel()
    key = Secret(settings.anthropic_api_key.get_secret_value())
    return await stack.enter_async_context(aclosing(ClaudeModel(key, settings.ai_model, settings.anthropic_base_url)))


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        return tls_context(settings.egress_ca_file)
    except ValueError as problem:
        raise InvalidSettings(f"CC_EGRESS_CA_FILE: {problem}") from None


def _engine(url: str) -> AsyncEngine:
    try:
        return create_engine_for(url)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_URL: {problem}") from None


class _Observed:
    """Counts and logs each result: what every run leaves behind, whoever asked for it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def ticket(self, claimed: Claimed, result: Result) -> None:
        self._seen(claimed.ticket_id, claimed.project_id, result)

    def trial(self, project_id: str, result: Result) -> None:
        self._seen(None, project_id, result)

    def _seen(self, ticket_id: str | None, project_id: str, result: Result) -> None:
        self._metrics.enriched(result)
        if result.outcome is Outcome.AI_UNAVAILABLE:
            self._metrics.credit_returned()
        logs.enriched(ticket_id, project_id, result)
