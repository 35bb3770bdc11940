"""Commands for keys and tokens: make them, see which ones are needed, seal everything anew under the first."""

import asyncio
import base64
import json
import secrets
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from app.cli.environment import settings_for
from app.cli.terminal import stopped
from app.domain.claims import DatabaseUnavailable
from app.domain.sealing import KeyReport
from app.settings import Settings
from app.wiring.sealed_tokens import resealing

TOKEN_BYTES = 32
"""Random bytes of a new key or token: 256 bits."""

MOST_NAMED = 20
"""Projects that the report names; with --json it names all."""

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


def new_key(
    service_token: Annotated[bool, typer.Option("--service-token", help="Make a token for CC_SERVICE_TOKENS.")] = False,
    webhook_secret: Annotated[
        bool, typer.Option("--webhook-secret", help="Make a secret for CC_WEBHOOK_SECRETS and the webhook's receiver.")
    ] = False,
) -> None:
    """Print a fresh encryption key for CC_ENCRYPTION_KEYS, or a service token, or a webhook secret."""
    if service_token and webhook_secret:
        raise typer.BadParameter("choose one of --service-token and --webhook-secret")
    if service_token:
        typer.echo(f"ccs_{secrets.token_urlsafe(TOKEN_BYTES)}")
    else:
        key = base64.b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()
        typer.echo(f"whsec_{key}" if webhook_secret else key)


def check_keys(as_json: AsJson = False) -> None:
    """Show which keys of CC_ENCRYPTION_KEYS the stored secrets need; ends with 1 unless the first opens them all."""
    _tell(_reported(settings_for(), rotate=False), as_json=as_json)


def rotate_keys(as_json: AsJson = False) -> None:
    """Seal every stored secret anew under the first key of CC_ENCRYPTION_KEYS, while the service goes on serving.

    It may be stopped and started again at any time. Before it, every replica must have the new key in its ring.
    """
    _tell(_reported(settings_for(), rotate=True), as_json=as_json)


def _reported(settings: Settings, *, rotate: bool) -> KeyReport:
    try:
        return asyncio.run(_gone_through(settings, rotate=rotate))
    except DatabaseUnavailable:
        raise stopped(
            "CC_DATABASE_URL: PostgreSQL does not answer; is it running? What is done is done: start the command again."
        ) from None


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


def _tell(report: KeyReport, *, as_json: bool) -> None:
    typer.echo(json.dumps(asdict(report)) if as_json else _in_words(report))
    if not report.is_settled:
        raise typer.Exit(1)


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
        lines.append("The first key opens everything: the others can be dropped.")
    return "\n".join(lines)
