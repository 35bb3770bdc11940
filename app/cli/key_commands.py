"""Commands for keys and tokens: make them, see which ones are needed, seal everything anew under the first."""

import base64
import secrets
from typing import Annotated

import typer

TOKEN_BYTES = 32
"""Random bytes of a new key or token: 256 bits."""

AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


def new(
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


def check(as_json: AsJson = False) -> None:
    """Show which keys of CC_ENCRYPTION_KEYS the stored secrets need; ends with 1 unless the first opens them all."""
    from app.cli import key_report

    key_report.tell(rotate=False, as_json=as_json)


def rotate(as_json: AsJson = False) -> None:
    """Seal every stored secret anew under the first key of CC_ENCRYPTION_KEYS, while the service goes on serving.

    It may be stopped and started again at any time. Before it, every replica must have the new key in its ring.
    """
    from app.cli import key_report

    key_report.tell(rotate=True, as_json=as_json)
