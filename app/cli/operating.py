"""Commands that run the service and look after it."""

import asyncio
from typing import Annotated

import typer

from app.cli import status_report
from app.cli.environment import settings_for
from app.cli.terminal import say, stopped
from app.demo.run import demo as run_demo
from app.domain.claims import DatabaseUnavailable
from app.serving import migrate_patiently
from app.serving import serve as run_server
from app.serving import work as run_worker
from app.settings import Settings
from app.wiring.databases import database, report_workload

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)]
Seats = Annotated[
    int | None, typer.Option(help="Tickets that a process runs at once; CC_SEATS if not given.", min=2, max=2_000)
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve.", min=1, max=64)] = 1,
    seats: Seats = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve only; another process runs the tickets.")
    ] = False,
) -> None:
    """Apply pending migrations, then serve and run tickets; settings come from the environment (see the README)."""
    settings = settings_for(0 if no_worker else seats)

    if settings.has_weak_token():
        say("CC_SERVICE_TOKENS: a token is short enough to be guessed; see customer-context keys new --service-token")

    def ready(base_url: str) -> None:
        if settings.database_url is None:
            say(
                f"An embedded PostgreSQL runs under {settings.data_dir}: not for production, set CC_DATABASE_URL there."
            )
        typer.echo(f"Customer Context is ready: {base_url}")

    run_server(settings, host, port, workers, on_ready=ready)


def worker(seats: Seats = None) -> None:
    """Apply pending migrations, then run queued tickets without serving HTTP."""
    settings = settings_for(seats)
    if not settings.seats:
        raise stopped("CC_SEATS: a worker needs seats; try --seats 200")
    run_worker(settings, lambda: typer.echo(f"Customer Context works: up to {settings.seats} tickets at once"))


def migrate() -> None:
    """Apply pending migrations to the database and stop."""
    asyncio.run(_migrated(settings_for()))
    typer.echo("The database is up to date.")


def status(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """Show what waits, what runs, who runs it, and how the last hour's tickets ended."""
    try:
        report = asyncio.run(report_workload(settings_for()))
    except DatabaseUnavailable:
        raise stopped("CC_DATABASE_URL: PostgreSQL does not answer; is it running?") from None
    typer.echo(status_report.as_json(report) if as_json else status_report.as_text(report))


def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve with everything made up: an embedded database, a sample customer endpoint, a demo project."""
    run_demo(host, port)


async def _migrated(settings: Settings) -> None:
    async with database(settings) as url:
        await migrate_patiently(url, settings)
