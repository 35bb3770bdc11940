"""Commands that run the service and look after it; each imports what it runs."""

from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)]
# The settings judge it, so that the option takes what CC_SEATS takes.
Seats = Annotated[
    str | None, typer.Option(metavar="0..2000", help="Tickets that a process runs at once; CC_SEATS if not given.")
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve.", min=1, max=64)] = 1,
    seats: Seats = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve only; another process runs the tickets.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Try the environment and the database, start nothing; 0 if all can be used.")
    ] = False,
) -> None:
    """Apply pending migrations, then serve and run tickets; settings come from the environment (see the README)."""
    from app.cli import start

    if check:
        start.try_environment("0" if no_worker else seats)
        return
    start.serve_until_stopped(host, port, workers, "0" if no_worker else seats)


def worker(seats: Seats = None) -> None:
    """Apply pending migrations, then run queued tickets without serving HTTP."""
    from app.cli import start

    start.work_until_stopped(seats)


def migrate() -> None:
    """Apply pending migrations to the database and stop."""
    from app.cli import start

    start.migrate_once()


def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="For a program to read; with --watch, a line each time.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew every 2 seconds, until Ctrl-C.")] = False,
) -> None:
    """Show what waits, what runs, who runs it, and how tickets ended; ends with 1 if something is wrong."""
    from app.cli.status import showing

    if watch:
        showing.show_for_ever(as_json=as_json)
    else:
        showing.show_once(as_json=as_json)


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    curls: Annotated[bool, typer.Option("--curls", help="Only print the curl lines of the demo that runs.")] = False,
) -> None:
    """Serve with everything made up: an embedded database, a sample customer endpoint, a demo project."""
    from app.demo import run

    if curls:
        run.curls(host, port)
    else:
        run.demo(host, port)
