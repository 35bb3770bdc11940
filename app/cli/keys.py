"""Commands for keys and tokens."""

import base64
import secrets
from typing import Annotated

import typer

TOKEN_BYTES = 32
"""Random bytes of a new key or token: 256 bits."""


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
