"""Starts what the commands `serve`, `worker` and `migrate` name, with the settings of the environment."""

import asyncio

import typer

from app.cli.environment import settings_for, unknown_variables
from app.cli.terminal import stopped
from app.domain.claims import DatabaseUnavailable
from app.serving import serve, work
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from app.wiring.databases import NOT_ANSWERING, database, server_of
from app.wiring.model import check_provider
from app.wiring.starting import prepared_database, refusals_logged


def serve_until_stopped(host: str, port: int, workers: int, seats: str | None) -> None:
    """Serve HTTP with the settings of the environment until a signal ends it."""
    with refusals_logged():
        settings = settings_for(seats)
        check_provider(settings)
        serve(
            settings,
            host,
            port,
            workers,
            on_ready=lambda base_url: typer.echo(f"Customer Context is ready: {base_url}"),
            unknown=unknown_variables(),
        )


def work_until_stopped(seats: str | None) -> None:
    """Run queued tickets until a signal ends it."""
    with refusals_logged():
        settings = settings_for(seats)
        check_provider(settings)
        if not settings.seats:
            raise InvalidSettings("CC_SEATS: a worker needs seats; try --seats 200")
        work(
            settings,
            on_ready=lambda: typer.echo(f"Customer Context works: up to {settings.seats} tickets at once"),
            unknown=unknown_variables(),
        )


def migrate_once() -> None:
    """Apply pending migrations and say so."""
    with refusals_logged():
        asyncio.run(_migrated(settings_for()))
    typer.echo("The database is up to date.")


def try_environment(seats: str | None) -> None:
    """Try the settings and the database without starting anything, and print what was found."""
    settings = settings_for(seats)
    check_provider(settings)
    try:
        found = asyncio.run(_looked_at(settings))
    except DatabaseUnavailable:
        raise stopped(NOT_ANSWERING) from None
    typer.echo("\n".join([*found, "The environment can be used: nothing was started, and nothing migrated."]))


async def _migrated(settings: Settings) -> None:
    async with database(settings) as url:
        await prepared_database(url, settings)


async def _looked_at(settings: Settings) -> list[str]:
    async with database(settings) as url:
        server = await server_of(url, settings)
    embedded = " (embedded: not for production)" if settings.database_url is None else ""
    ai = f"{settings.provider()}, {settings.reader()} (not asked)"
    return [
        f"Database:  PostgreSQL {server.version} on {server.host}{embedded}",
        f"AI:        {ai if settings.provider() != 'offline' else 'offline: patterns only, not for production'}",
        f"Seats:     {settings.seats}",
        f"Webhook:   {'yes' if settings.webhook_url is not None else 'none'}",
        *([f"Unknown:   {', '.join(unknown_variables())}"] if unknown_variables() else []),
    ]
