"""Reports which encryption keys the stored secrets need, and rotates them."""

import asyncio
import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from app.cli.environment import settings_for
from app.cli.terminal import stopped
from app.domain.claims import DatabaseUnavailable
from app.domain.sealing import KeyReport
from app.settings.service_settings import Settings
from app.wiring.databases import NOT_ANSWERING
from app.wiring.sealed_tokens import resealing

MOST_NAMED = 20
"""Projects that the report names; with --json it names all."""


def tell(*, rotate: bool, as_json: bool) -> None:
    """Print which keys the stored secrets need, after sealing them anew if wanted; exit status 1 unless settled."""
    report = _reported(settings_for(), rotate=rotate)
    typer.echo(json.dumps(asdict(report)) if as_json else _in_words(report))
    if not report.is_settled:
        raise typer.Exit(1)


def _reported(settings: Settings, *, rotate: bool) -> KeyReport:
    try:
        return asyncio.run(_gone_through(settings, rotate=rotate))
    except DatabaseUnavailable:
        raise stopped(f"{NOT_ANSWERING} What is done is done: start the command again.") from None


async def _gone_through(settings: Settings, *, rotate: bool) -> KeyReport:
    async with resealing(settings) as work:
        many = await work.count()
        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            if rotate:
                sealing = progress.add_task("Sealing anew", total=many)
                await work.rotate(lambda: progress.advance(sealing))
            checking = progress.add_task("Checking", total=many)
            return await work.check(lambda: progress.advance(checking))


def _in_words(report: KeyReport) -> str:
    lines = ["key               place   secrets"]
    for place, key in enumerate(report.keys, 1):
        lines.append(f"{key.key_id}  {'seals' if place == 1 else 'opens':<6} {key.secrets:>8}")
    for project_id, key_id in report.unreadable[:MOST_NAMED]:
        lines.append(f"No key opens the token of project {project_id}; it needs key {key_id or 'unknown'}.")
    if len(report.unreadable) > MOST_NAMED:
        lines.append(f"… and of {len(report.unreadable) - MOST_NAMED} more projects; --json names them all.")
    if report.unreadable:
        lines.append("Put the missing key back into CC_ENCRYPTION_KEYS, or have the owners enter their tokens again.")
    if any(key.secrets for key in report.keys[1:]):
        lines.append("Keep every key that opens secrets; customer-context keys rotate seals them under the first.")
    if report.is_settled:
        lines.append(_settled(report))
    return "\n".join(lines)


def _settled(report: KeyReport) -> str:
    first, *others = report.keys
    known = "The first key opens everything" if first.secrets else "No secret is stored, so no key is needed yet"
    if not others:
        return f"{known}."
    return f"{known}: drop the others once it is the first of every replica's ring, or one may still seal with them."
