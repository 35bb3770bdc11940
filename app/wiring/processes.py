"""Opens and closes the services of one process, and its worker."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.condition_store import ConditionStore
from app.adapters.postgres.connection import Database, ping, unset
from app.adapters.postgres.delivery_store import DeliveryStore
from app.adapters.postgres.notify.listening import StandingConnection
from app.adapters.postgres.notify.notices import ENDED_CHANNEL, QUEUED_CHANNEL, Notices, ended_in
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.postgres.reports.activity_store import ActivityStore
from app.adapters.postgres.reports.listing_store import ListingStore
from app.adapters.postgres.retention_store import RetentionStore
from app.adapters.postgres.run_store import RunStore
from app.adapters.postgres.sender_store import SenderStore
from app.adapters.postgres.ticket_store import TicketStore
from app.adapters.postgres.workload_store import WorkloadStore
from app.adapters.telemetry import logs
from app.adapters.telemetry.metrics import Metrics
from app.adapters.vault import Vault
from app.enrichment import Enricher, Model
from app.owners.access import Access
from app.owners.activity_report import Reporting
from app.owners.audit_report import Auditing
from app.owners.configuring import Configuring
from app.owners.endpoint_check import EndpointChecks
from app.owners.sample_endpoint import Samples
from app.owners.test_run import Trials
from app.runs.attempt import Attempts
from app.runs.conditions import ConditionWatch
from app.runs.delivery import Deliveries
from app.runs.housekeeping import in_batches_for_ever
from app.runs.intake import Intake
from app.runs.listing import Listing
from app.runs.shutdown import Draining
from app.runs.upkeep import upkeep_loop
from app.runs.waiting import Completions, Ended
from app.runs.worker import Worker
from app.settings.service_settings import Settings
from app.web.http.services import Services
from app.wiring.customer_endpoint import customer_endpoint, egress_of, sample_of
from app.wiring.databases import connector_of, database, direct, pool_of, taker_of
from app.wiring.model import model_of
from app.wiring.telemetry import AiTelemetry, Telemetry
from app.wiring.trace_export import export_for_ever, tracing_of
from app.wiring.webhook_sending import sender_of

SETTLING_SECONDS = 2.0
"""What a process that ends has for its last statements; others take over what it cannot put back."""


@asynccontextmanager
async def open_services(settings: Settings, draining: Draining | None = None) -> AsyncIterator[Services]:
    """Open the services of one process and, if it has seats, its worker.

    On exit, runs in flight have ended or are back in the queue, and every connection is closed.
    """
    logs.configure(settings.log_level, form=settings.log_format)
    draining = draining or Draining()
    async with AsyncExitStack() as stack:
        tracing = await stack.enter_async_context(tracing_of(settings))
        url = await stack.enter_async_context(database(settings))
        pool = await stack.enter_async_context(aclosing(pool_of(url, settings)))
        if settings.database_direct_url is not None:
            logs.limits_missing(await unset(pool))
        vault, metrics, completions = Vault(settings.key_ring()), Metrics(), Completions()
        observed, taker = Telemetry(metrics, completions, tracing), taker_of(settings)
        model, enricher = await _enricher(settings, pool, vault, metrics, stack)
        connection = StandingConnection(connector_of(direct(url, settings)), completions.cut_streams)
        notices, deadline = Notices(connection), settings.run_deadline_seconds
        tickets = TicketStore(pool, taker, notices.send)
        senders = SenderStore(settings.key_ring()[0], settings.identifiers_per_sender_hour)
        runs = RunStore(pool, taker, senders, notices.send, webhooks=settings.webhook_url is not None)
        worker = Worker(runs, Attempts(runs, vault, enricher, deadline, observed), settings.seats, observed)
        await stack.enter_async_context(_listening(connection, completions, worker))
        await stack.enter_async_context(background(notices.send_for_ever()))
        await stack.enter_async_context(background(completions.poll_for_ever(tickets.pending_among)))
        await stack.enter_async_context(background(_end(draining, completions, worker, connection)))
        metrics.seats(settings.seats)
        if settings.metrics_export != "off":
            await stack.enter_async_context(background(export_for_ever(metrics)))
        # A connection of its own: signs of life do not wait in line behind a crowd of tickets.
        alive = await stack.enter_async_context(aclosing(pool_of(url, settings, size=1)))
        workload = WorkloadStore(alive, taker, notices.send)
        tending = upkeep_loop(workload, taker, worker, observed)
        await stack.enter_async_context(background(tending))
        activity = ActivityStore(pool)
        if settings.seats:  # housekeeping is done by those that run tickets
            for batch in (activity.sum_up, _retention(settings, pool).remove_portion):
                await stack.enter_async_context(background(in_batches_for_ever(batch)))
            await stack.enter_async_context(_delivering(settings, pool, tickets, observed))
            await stack.enter_async_context(_working(worker, draining))
        projects, trail, breakers = ProjectStore(pool), AuditStore(pool), BreakerStore(pool)
        configuring = Configuring(projects, vault, settings.egress_allowed_cidrs)
        yield Services(
            projects=projects,
            access=Access(AccessTokenStore(pool), projects),
            reporting=Reporting(projects, activity, breakers),
            auditing=Auditing(projects, trail),
            configuring=configuring,
            listing=Listing(ListingStore(pool)),
            intake=Intake(tickets, completions, worker, deadline, settings.key_ring()[0]),
            completions=completions,
            trials=Trials(configuring, projects, trail, vault, enricher, deadline, breakers, observed),
            samples=Samples(projects, sample_of(settings)),
            endpoint_checks=EndpointChecks(configuring, projects, vault, egress_of(settings)),
            metrics=metrics,
            tracing=tracing,
            draining=draining,
            ping=partial(ping, pool),
            model=model,
        )


@asynccontextmanager
async def _listening(connection: StandingConnection, completions: Completions, worker: Worker) -> AsyncIterator[None]:
    """Hear of runs that end anywhere, and of queued ones."""

    def heard(message: str) -> None:
        completions.ended(Ended(*ended_in(message)))

    async with aclosing(connection):
        await connection.open()
        await connection.listen(ENDED_CHANNEL, heard)
        await connection.listen(QUEUED_CHANNEL, lambda message: worker.wake())
        yield


@asynccontextmanager
async def _working(worker: Worker, draining: Draining) -> AsyncIterator[None]:
    """Run what is queued; on exit, take no more and wait for what is in hand until the draining is over."""
    taking = asyncio.create_task(worker.take_for_ever())
    try:
        yield
    finally:
        draining.ask_once()
        worker.stop()
        await taking
        await worker.settled()


@asynccontextmanager
async def _delivering(
    settings: Settings, pool: Database, tickets: TicketStore, observed: Telemetry
) -> AsyncIterator[None]:
    """Deliver webhooks in the background, where a webhook URL is set."""
    if settings.webhook_url is None:
        yield
        return
    async with aclosing(sender_of(settings)) as sender:
        deliveries = Deliveries(DeliveryStore(pool), tickets, sender, observed)
        delivering = asyncio.create_task(deliveries.deliver_for_ever())
        try:
            yield
        finally:
            deliveries.stop()
            await delivering


async def _end(draining: Draining, completions: Completions, worker: Worker, connection: StandingConnection) -> None:
    """Shut the process down in order: end streams, then waiting callers, then runs, then the database connection."""
    await draining.asked.wait()
    completions.close_streams()
    await draining.over.wait()
    completions.close()
    worker.put_back_all()
    await asyncio.sleep(SETTLING_SECONDS)
    await connection.aclose()  # what waits for a database that is away would wait for ever


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a background task while the context is open; cancel it on exit."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _enricher(
    settings: Settings, pool: Database, vault: Vault, metrics: Metrics, stack: AsyncExitStack
) -> tuple[Model, Enricher]:
    watch = ConditionWatch(ConditionStore(pool), vault)
    model = await stack.enter_async_context(model_of(settings, AiTelemetry(metrics, watch)))
    metrics.ai_is(model.provider, model.name)
    await stack.enter_async_context(background(watch.look_for_ever()))
    return model, Enricher(model, await stack.enter_async_context(customer_endpoint(settings)))


def _retention(settings: Settings, pool: Database) -> RetentionStore:
    return RetentionStore(pool, settings.retention_days, delivers=settings.webhook_url is not None)
