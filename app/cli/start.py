"""Runs what the commands `serve`, `worker` and `migrate` name, with the settings of the environment."""

import asyncio

import typer

from app.cli.environment import settings_for
from app.cli.terminal import say, stopped
from app.serving import migrate_patiently, serve, work
from app.settings import Settings
from app.wiring.databases import database


def serve_until_stopped(host: str, port: int, workers: int, seats: int | None) -> None:
    """Serve HTTP with the settings of the environment until a signal ends it."""
    settings = settings_for(seats)
    if settings.has_weak_token():
        say("CC_SERVICE_TOKENS: a token is short enough to be guessed; see customer-context keys new --service-token")

    def ready(base_url: str) -> None:
        if settings.database_url is None:
            say(
                f"An embedded PostgreSQL runs under {settings.data_dir}: not for production, set CC_DATABASE_URL there."
            )
        typer.echo(f"Customer Context is ready: {base_url}")

    serve(settings, host, port, workers, on_ready=ready)


def work_until_stopped(seats: int | None) -> None:
    """Run queued tickets until a signal ends it."""
    settings = settings_for(seats)
    if not settings.seats:
        raise stopped("CC_SEATS: a worker needs seats; try --seats 200")
    work(settings, lambda: typer.echo(f"Customer Context works: up to {settings.seats} tickets at once"))


def migrate_once() -> None:
    """Apply pending migrations and say so."""
    asyncio.run(_migrated(settings_for()))
    typer.echo("The database is up to date.")


async def _migrated(settings: Settings) -> None:
    async with database(settings) as url:
        await migrate_patiently(url, settings)
