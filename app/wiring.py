"""Opens and closes everything that a process works with: the one place that knows which adapter serves which need."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access import Access
from app.activity import Reporting
from app.adapters import logs
from app.adapters.access_token_store import AccessTokenStore
from app.adapters.activity_store import ActivityStore
from app.adapters.brake import Brake
from app.adapters.claude import ClaudeModel
from app.adapters.database import connector, create_engine_for, ping, unlimited
from app.adapters.embedded_postgres import EmbeddedPostgresFailed, embedded_postgres
from app.adapters.endpoint import HttpsEndpoint
from app.adapters.metrics import Metrics
from app.adapters.migrations import migrate
from app.adapters.network import tls_context
from app.adapters.notices import Notices
from app.adapters.offline import OfflineModel
from app.adapters.project_store import ProjectStore
from app.adapters.queue import ENRICH, WEBHOOK, Handler, QueueWorker
from app.adapters.run_store import RunStore
from app.adapters.standing_connection import Connect, StandingConnection
from app.adapters.ticket_store import ENDED_CHANNEL, TicketStore, ended_in
from app.adapters.vault import Vault
from app.adapters.webhook import WebhookSender
from app.adapters.workload import Workload
from app.completions import Completions, Ended
from app.configuring import Configuring
from app.delivering import Deliveries
from app.domain.claims import Claimed
from app.domain.outcomes import Outcome, Result
from app.domain.secrets import Secret
from app.domain.webhooks import Delivery, Reply
from app.domain.workload import WorkloadReport
from app.draining import Draining
from app.enrichment import Enricher, Model
from app.intake import Intake
from app.services import Services
from app.settings import InvalidSettings, Settings
from app.tending import tend
from app.trial import Trials
from app.working import MOST_STRIKES, Worker

SETTLING_SECONDS = 2.0
"""What a process that ends gives the queue to note what became of its jobs; others take over what it cannot note."""


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
        _engine(settings.database_url.get_secret_value(), settings)
    if settings.database_direct_url is not None:
        _connector(_direct("", settings))


async def bring_up_to_date(url: str, settings: Settings) -> None:
    """Apply pending migrations, under a lock that all replicas share."""
    logs.configure(settings.log_level)
    engine = create_engine_for(_direct(url, settings))
    try:
        await migrate(engine)
    finally:
        await engine.dispose()


async def report_workload(settings: Settings) -> WorkloadReport:
    """Return what waits, what runs, who runs it and how it ended; raises `DatabaseUnavailable`."""
    async with database(settings) as url:
        engine = _engine(url, settings)
        try:
            return await Workload(engine).report()
        finally:
            await engine.dispose()


@asynccontextmanager
async def open_services(settings: Settings, draining: Draining | None = None) -> AsyncIterator[Services]:
    """Open the services of one process and, if it has seats, its worker.

    On exit, runs in flight have ended or are back in the queue, and every connection is closed.
    """
    logs.configure(settings.log_level)
    draining = draining or Draining()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(database(settings))
        engine = _engine(url, settings)
        stack.push_async_callback(engine.dispose)
        if settings.database_direct_url is not None:
            logs.limits_missing(await unlimited(engine))
        vault, metrics = Vault(settings.key_ring()), Metrics()
        enricher = await _enricher(settings, metrics, stack)
        observed, deadline = _Observed(metrics), settings.run_deadline_seconds
        completions = Completions()
        connection = await stack.enter_async_context(_listening(_connector(_direct(url, settings)), completions))
        notices = Notices(connection)
        await stack.enter_async_context(background(notices.send_for_ever()))
        projects, tickets = ProjectStore(engine), TicketStore(engine, notices.send)
        await stack.enter_async_context(background(completions.poll_for_ever(tickets.pending_among)))
        configuring = Configuring(projects, vault, settings.egress_allowed_cidrs)

        def ended(claimed: Claimed, result: Result) -> None:
            completions.stored(claimed.ticket_id, result.as_document())
            observed.ticket(claimed, result)

        runs = RunStore(engine, MOST_STRIKES, notices.send, webhooks=settings.webhook_url is not None)
        worker = Worker(runs, vault, enricher, deadline, ended, metrics.put_back, metrics.in_flight)
        await stack.enter_async_context(background(_end(draining, completions, worker, connection)))
        if settings.seats:
            handlers = {ENRICH: _enriching(worker)}
            if settings.webhook_url is not None:
                sender = await stack.enter_async_context(aclosing(_sender(settings, settings.webhook_url)))
                handlers[WEBHOOK] = _delivering(Deliveries(tickets, sender, observed.delivery))
            queue = QueueWorker(connection, handlers, settings.seats)
            tending = tend(Workload(engine), settings.seats, lambda: worker.in_flight, metrics.queue_depth)
            await stack.enter_async_context(background(tending))
            await stack.enter_async_context(_working(queue, draining))
        yield Services(
            projects=projects,
            access=Access(AccessTokenStore(engine), projects),
            reporting=Reporting(projects, ActivityStore(engine)),
            configuring=configuring,
            intake=Intake(tickets, completions, deadline),
            completions=completions,
            trials=Trials(configuring, projects, vault, enricher, deadline, observed.trial),
            metrics=metrics,
            draining=draining,
            ping=partial(ping, engine),
        )


@asynccontextmanager
async def _listening(connect: Connect, completions: Completions) -> AsyncIterator[StandingConnection]:
    """Hear of runs that end anywhere."""

    def heard(message: str) -> None:
        completions.ended(Ended(*ended_in(message)))

    async with aclosing(StandingConnection(connect, completions.cut_streams)) as connection:
        await connection.open()
        await connection.listen(ENDED_CHANNEL, heard)
        yield connection


@asynccontextmanager
async def _working(queue: QueueWorker, draining: Draining) -> AsyncIterator[None]:
    """Run what is queued; on exit, take no more and wait for what is in hand until the draining is over."""

    async def stop_when_over() -> None:  # also while requests that are still being answered delay the exit
        await draining.over.wait()
        queue.stop()

    running = asyncio.create_task(queue.run())
    try:
        async with background(stop_when_over()):
            yield
    finally:
        draining.ask_once()
        queue.stop()
        await running


def _enriching(worker: Worker) -> Handler:
    async def enrich(payload: list[Any], age_seconds: float) -> float | None:
        ticket_id, run = payload
        return await worker.work(ticket_id, run)

    return enrich


def _delivering(deliveries: Deliveries) -> Handler:
    async def deliver(payload: list[Any], age_seconds: float) -> float | None:
        message_id, ticket_id, project_id = map(str, payload)
        return await deliveries.deliver(message_id, ticket_id, project_id, age_seconds)

    return deliver


async def _end(draining: Draining, completions: Completions, worker: Worker, connection: StandingConnection) -> None:
    """Let go of whoever is still waiting when the time comes, of what is still running, and of a lost database."""
    await draining.asked.wait()
    completions.close_streams()
    await draining.over.wait()
    completions.close()
    worker.put_back_all()
    await asyncio.sleep(SETTLING_SECONDS)
    await connection.aclose()  # what waits for a database that is away would wait for ever


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something beside while the context is open."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _enricher(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Enricher:
    model = await _model(settings, metrics, stack)
    endpoint = HttpsEndpoint(_tls(settings), settings.egress_allowed_cidrs)
    return Enricher(model, await stack.enter_async_context(aclosing(endpoint)))


async def _model(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Model:
    if settings.anthropic_api_key is None or not settings.uses_claude():
        return OfflineModel()
    key = Secret(settings.anthropic_api_key.get_secret_value())
    model = ClaudeModel(key, settings.ai_model, settings.anthropic_base_url, brake=Brake(metrics.ai_braked))
    return await stack.enter_async_context(aclosing(model))


def _sender(settings: Settings, url: SecretStr) -> WebhookSender:
    secrets = [Secret(secret.get_secret_value()) for secret in settings.webhook_secrets]
    return WebhookSender(Secret(url.get_secret_value()), secrets, _tls(settings))


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        return tls_context(settings.egress_ca_file)
    except ValueError as problem:
        raise InvalidSettings(f"CC_EGRESS_CA_FILE: {problem}") from None


def _direct(url: str, settings: Settings) -> str:
    """Return the URL for what needs a session of its own, past a transaction pooler."""
    return settings.database_direct_url.get_secret_value() if settings.database_direct_url else url


def _engine(url: str, settings: Settings) -> AsyncEngine:
    try:
        return create_engine_for(url, settings.database_pool_size, pooled=settings.database_direct_url is not None)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_URL: {problem}") from None


def _connector(url: str) -> Connect:
    try:
        return connector(url)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_DIRECT_URL: {problem}") from None


class _Observed:
    """Counts and logs each result: what every run leaves behind, whoever asked for it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def ticket(self, claimed: Claimed, result: Result) -> None:
        if claimed.charged and not result.credits_used:
            self._metrics.credit_returned()
        self._seen(claimed.ticket_id, claimed.project_id, result)

    def trial(self, project_id: str, result: Result) -> None:
        if result.outcome is Outcome.AI_UNAVAILABLE:
            self._metrics.credit_returned()
        self._seen(None, project_id, result)

    def delivery(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        self._metrics.delivered(delivery.value)
        logs.delivered(message_id, delivery.value, reply.status, reply.fault)

    def _seen(self, ticket_id: str | None, project_id: str, result: Result) -> None:
        self._metrics.enriched(result)
        logs.enriched(ticket_id, project_id, result)
