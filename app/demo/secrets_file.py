"""The demo's own secrets, made once and kept beside its database, so that a restart can still open what is in there."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.settings.setting_values import KEY_BYTES

TOKEN_BYTES = 24
"""Bytes of randomness in a token: 192 bits, and short enough to read on a command line."""


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Secrets of the demo: service token, encryption key, and the bearer token of the sample endpoint."""

    service_token: str = field(repr=False)
    encryption_key: str = field(repr=False)
    endpoint_token: str = field(repr=False)


def kept_secrets(folder: Path) -> DemoSecrets:
    """Return the secrets kept in this folder; on the first call both are made, for the user's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "secrets.json"
    if path.exists():
        return _read(path)
    made = DemoSecrets(
        service_token=secrets.token_urlsafe(TOKEN_BYTES),
        encryption_key=base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        endpoint_token=secrets.token_urlsafe(TOKEN_BYTES),
    )
    # O_EXCL and the mode at creation: nobody else can have opened the file before it was closed to them.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(made), file)
    return made


def _read(path: Path) -> DemoSecrets:
    try:
        return DemoSecrets(**json.loads(path.read_bytes()))
    except (ValueError, TypeError):
        raise SystemExit(f"{path} is damaged; remove it and start again: rm {path}") from None
