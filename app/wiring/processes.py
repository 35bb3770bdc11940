"""Opens and closes the services of one process, and its worker."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.activity_store import ActivityStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import ping, unlimited
from app.adapters.postgres.line import Line
from app.adapters.postgres.listening import Connect, StandingConnection
from app.adapters.postgres.notices import Notices
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.queue import ENRICH, WEBHOOK, Handler, QueueWorker
from app.adapters.postgres.retention_store import RetentionStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import ENDED_CHANNEL, TicketStore, ended_in
from app.adapters.postgres.workload_store import Workload
from app.adapters.telemetry import logs
from app.adapters.telemetry.metrics import Metrics
from app.adapters.vault import Vault
from app.adapters.webhook import WebhookSender
from app.domain.claims import Claimed
from app.domain.outcomes import Result
from app.enrichment import Enricher, Model
from app.owners.access import Access
from app.owners.activity_report import Reporting
from app.owners.audit_report import Auditing
from app.owners.configuring import Configuring
from app.owners.endpoint_check import EndpointChecks
from app.owners.sample_endpoint import Samples
from app.owners.test_run import Trials
from app.runs.delivery import Deliveries
from app.runs.intake import Intake
from app.runs.retention import hold
from app.runs.shutdown import Draining
from app.runs.upkeep import tend
from app.runs.waiting import Completions, Ended
from app.runs.worker import MOST_STRIKES, Worker
from app.settings import Settings
from app.web.http.services import Services
from app.wiring.customer_endpoint import customer_endpoint, egress_of, sample_of
from app.wiring.databases import connector_of, database, direct, engine_of
from app.wiring.model import model_of, outbound_tls, secret_of
from app.wiring.observed import Observed
from app.wiring.tracing import tracing_of
from support_context.secrets import Secret

SETTLING_SECONDS = 2.0
"""What a process that ends gives the queue to note what became of its jobs; others take over what it cannot note."""


@asynccontextmanager
async def open_services(settings: Settings, draining: Draining | None = None) -> AsyncIterator[Services]:
    """Open the services of one process and, if it has seats, its worker.

    On exit, runs in flight have ended or are back in the queue, and every connection is closed.
    """
    logs.configure(settings.log_level)
    draining = draining or Draining()
    async with AsyncExitStack() as stack:
        tracing = await stack.enter_async_context(tracing_of(settings))
        url = await stack.enter_async_context(database(settings))
        engine = engine_of(url, settings)
        stack.push_async_callback(engine.dispose)
        if settings.database_direct_url is not None:
            logs.limits_missing(await unlimited(engine))
        vault, metrics = Vault(settings.key_ring()), Metrics()
        observed, deadline, completions = Observed(metrics), settings.run_deadline_seconds, Completions()
        model, enricher = await _enricher(settings, metrics, observed, stack)
        connection = await stack.enter_async_context(_listening(connector_of(direct(url, settings)), completions))
        notices = Notices(connection)
        await stack.enter_async_context(background(notices.send_for_ever()))
        line, breakers = Line(engine, settings.project_concurrency, notices.send), BreakerStore(engine)
        projects, tickets, trail = ProjectStore(engine), TicketStore(engine, line, notices.send), AuditStore(engine)
        await stack.enter_async_context(background(completions.poll_for_ever(tickets.pending_among)))
        configuring = Configuring(projects, vault, settings.egress_allowed_cidrs)

        def told(claimed: Claimed, result: Result) -> None:
            completions.stored(claimed.ticket_id, result.as_document())
            observed.ticket(claimed, result)

        runs = RunStore(engine, line, MOST_STRIKES, notices.send, webhooks=settings.webhook_url is not None)
        senders = SenderStore(engine, settings.key_ring()[0], settings.identifiers_per_sender_hour)
        worker = Worker(
            runs, vault, senders, enricher, deadline, told, metrics.put_back, metrics.in_flight, tracing.run
        )
        await stack.enter_async_context(background(_end(draining, completions, worker, connection)))
        for work in _beside(settings, engine, line, worker, metrics):
            await stack.enter_async_context(background(work))
        if settings.seats:
            handlers = await _handlers(settings, worker, tickets, observed, stack)
            queue = QueueWorker(connection, handlers, settings.seats)
            await stack.enter_async_context(_working(queue, draining))
        yield Services(
            projects=projects,
            access=Access(AccessTokenStore(engine), projects),
            reporting=Reporting(projects, ActivityStore(engine), breakers),
            auditing=Auditing(projects, trail),
            configuring=configuring,
            intake=Intake(tickets, completions, deadline),
            completions=completions,
            trials=Trials(
                configuring, projects, trail, vault, enricher, deadline, observed.trial, tracing.run, breakers.close
            ),
            samples=Samples(projects, sample_of(settings)),
            endpoint_checks=EndpointChecks(configuring, vault, egress_of(settings)),
            metrics=metrics,
            tracing=tracing,
            draining=draining,
            ping=partial(ping, engine),
            model=model,
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


def _beside(
    settings: Settings, engine: AsyncEngine, line: Line, worker: Worker, metrics: Metrics
) -> list[Coroutine[Any, Any, None]]:
    """Return what a process does beside serving; what is old is removed by those that have seats."""
    metrics.seats(settings.seats)
    workload, retained = Workload(engine), RetentionStore(engine, settings.retention_days)
    tending = tend(workload, settings.seats, lambda: worker.in_flight, metrics.queue_depth, line.let_all_in)
    return [tending, hold(retained)] if settings.seats else [tending]


async def _handlers(
    settings: Settings, worker: Worker, tickets: TicketStore, observed: Observed, stack: AsyncExitStack
) -> dict[str, Handler]:
    handlers = {ENRICH: _enriching(worker)}
    if settings.webhook_url is not None:
        sender = await stack.enter_async_context(aclosing(_sender(settings, settings.webhook_url)))
        handlers[WEBHOOK] = _delivering(Deliveries(tickets, sender, observed.delivery))
    return handlers


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


async def _enricher(
    settings: Settings, metrics: Metrics, observed: Observed, stack: AsyncExitStack
) -> tuple[Model, Enricher]:
    model = await stack.enter_async_context(model_of(settings, metrics.ai_braked, observed.ai_problem))
    metrics.ai_is(model.provider, model.name)
    return model, Enricher(model, await stack.enter_async_context(customer_endpoint(settings)))


def _sender(settings: Settings, url: SecretStr) -> WebhookSender:
    secrets = [Secret(secret.get_secret_value()) for secret in settings.webhook_secrets]
    tls, proxy = outbound_tls(settings), secret_of(settings.outbound_proxy)
    return WebhookSender(Secret(url.get_secret_value()), secrets, tls, proxy=proxy)
