"""The start of a process: checks the database, applies migrations, and logs in one line what runs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog

from app import __version__
from app.adapters.postgres.connection import StatementFailed
from app.adapters.postgres.server import HOPELESS, Server, hopeless
from app.adapters.telemetry import logs
from app.domain.claims import DatabaseUnavailable
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from app.wiring.databases import NOT_ANSWERING, bring_up_to_date, database, server_of

DATABASE_PATIENCE_SECONDS = 60.0
"""How long a start waits for PostgreSQL: in a compose file or a cluster it often comes up at the same time."""

SECONDS_BETWEEN_TRIES = 2.0


async def prepared_database(url: str, settings: Settings) -> Server:
    """Apply pending migrations, however long the database, or a lock on a table, lets us wait within a minute.

    Raises `InvalidSettings` at once for a wrong role, password, database, version or privilege.
    """
    logs.configure(settings.log_level, form=settings.log_format)
    patience = monotonic() + DATABASE_PATIENCE_SECONDS
    while monotonic() < patience:
        try:
            server = await server_of(url, settings)
            await bring_up_to_date(url, settings)
        except DatabaseUnavailable:
            structlog.get_logger().warning("waiting_for_database")
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        except StatementFailed as failed:
            if failed.sqlstate not in HOPELESS:
                raise
            raise InvalidSettings(f"CC_DATABASE_URL: {hopeless(str(failed.sqlstate))}") from None
        else:
            return server
    raise InvalidSettings(NOT_ANSWERING)


async def until_database_answers(settings: Settings, asked_to_end: asyncio.Event) -> None:
    """Wait for the database, however long it is away: a process that replaces a dead one may not end the others."""
    async with database(settings) as url:
        while not asked_to_end.is_set():
            try:
                await server_of(url, settings)
            except DatabaseUnavailable:
                structlog.get_logger().warning("waiting_for_database")
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
            else:
                return


def log_start(settings: Settings, server: Server, unknown: tuple[str, ...] = ()) -> None:
    """Log in one line what runs, and in one line each what is not meant for production."""
    structlog.get_logger().info(
        "started",
        version=__version__,
        database_host=server.host,
        database_version=server.version,
        ai_provider=settings.provider(),
        ai_host=settings.ai_host(),
        ai_model=settings.ai_model if settings.provider() != "offline" else None,
        seats=settings.seats,
        webhook=settings.webhook_url is not None,
        unknown_settings=list(unknown),
    )
    if settings.provider() == "offline":
        structlog.get_logger().warning("offline_ai")
    if settings.database_url is None:
        structlog.get_logger().warning("embedded_database")
    if settings.has_weak_token():
        structlog.get_logger().warning("weak_service_token")


@contextmanager
def refusals_logged() -> Iterator[None]:
    """Log why the process does not start, where its settings cannot be used, and end it with exit status 1."""
    try:
        yield
    except InvalidSettings as problem:
        structlog.get_logger().error("start_refused", why=str(problem))
        raise SystemExit(1) from None
