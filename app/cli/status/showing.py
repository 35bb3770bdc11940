"""Shows the workload once, or anew every two seconds, behind the command `status`."""

import asyncio
import json
import shutil
import sys

import typer

from app import __version__
from app.cli.environment import settings_for
from app.cli.status.concerns import concerns
from app.cli.status.status_report import as_document, as_line, as_text
from app.cli.terminal import stopped
from app.domain.claims import DatabaseUnavailable
from app.domain.workload import WorkloadReport
from app.settings.service_settings import Settings
from app.wiring.databases import NOT_ANSWERING, workload_reports

WATCH_SECONDS = 2.0
"""Between two pages."""

HOME, TO_END_OF_LINE, TO_END_OF_PAGE = "\x1b[H", "\x1b[K", "\x1b[J"
"""How a terminal is told to draw over the page before (ECMA-48, 8.3.21, 8.3.41, 8.3.39)."""

SOMETHING_IS_WRONG = 1
"""Exit status where the page begins with a concern."""


def show_once(*, as_json: bool) -> None:
    """Print the workload of this moment; exit status 1 where something is wrong."""
    try:
        report = asyncio.run(_report(settings_for()))
    except DatabaseUnavailable:
        raise stopped(NOT_ANSWERING) from None
    typer.echo(json.dumps(as_document(report), indent=2) if as_json else as_text(report))
    if concerns(report):
        raise typer.Exit(SOMETHING_IS_WRONG)


def show_for_ever(*, as_json: bool) -> None:
    """Print the workload every two seconds until Ctrl-C, also while the database is away."""
    settings = settings_for()
    try:
        asyncio.run(_watched(settings, as_json=as_json))
    except KeyboardInterrupt:
        typer.echo("", err=True)  # the shell's next line begins below the ^C


async def _report(settings: Settings) -> WorkloadReport:
    async with workload_reports(settings) as report:
        return await report()


async def _watched(settings: Settings, *, as_json: bool) -> None:
    while True:
        try:
            async with workload_reports(settings) as report:
                while True:
                    _show(await report(), as_json=as_json)
                    await asyncio.sleep(WATCH_SECONDS)
        except DatabaseUnavailable:
            _show(None, as_json=as_json)
            await asyncio.sleep(WATCH_SECONDS)


def _show(report: WorkloadReport | None, *, as_json: bool) -> None:
    """Print a report, or that there is none; a terminal is drawn over, a file gets one after the other."""
    away = {"headline": NOT_ANSWERING, "concerns": [NOT_ANSWERING], "version": __version__}
    if as_json:
        typer.echo(as_line(as_document(report) if report else away))
        return
    page = as_text(report) if report else NOT_ANSWERING
    if not sys.stdout.isatty():
        typer.echo(f"{page}\n")
        return
    size = shutil.get_terminal_size()
    lines = [line[: size.columns] for line in page.split("\n")][: size.lines - 1]
    typer.echo(HOME + "".join(f"{line}{TO_END_OF_LINE}\n" for line in lines) + TO_END_OF_PAGE, nl=False)
