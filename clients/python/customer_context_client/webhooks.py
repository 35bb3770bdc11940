"""Verifies and reads webhook events, which are signed after Standard Webhooks (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import cast

from customer_context_client.bodies import WebhookEvent

TOLERANCE_SECONDS = 300.0
"""How far a message's time may be from now: an older one may be somebody's copy."""

PREFIX = "whsec_"


class WebhookRefused(Exception):
    """A message that is not the service's, or too old; the text says why and holds nothing of it."""


def read_event(
    body: bytes, headers: Mapping[str, str], secrets: str | Sequence[str], now: float | None = None
) -> WebhookEvent:
    """Return the event that a request to your webhook brings; raises `WebhookRefused`.

    `body` is the raw body as it came, `headers` are the request's, in any case. `secrets` are those of
    CC_WEBHOOK_SECRETS: during a rotation, the old one and the new one.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, at = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"]
    except KeyError as missing:
        raise WebhookRefused(f"the header {missing} is missing") from None
    if not at.isascii() or not at.isdigit() or abs(int(at) - (time.time() if now is None else now)) > TOLERANCE_SECONDS:
        raise WebhookRefused("the header 'webhook-timestamp' is not of these minutes")
    signed = f"{message_id}.{at}.".encode() + body
    keys = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    known = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    offered = [each.removeprefix("v1,").encode() for each in signatures.split(" ") if each.startswith("v1,")]
    if not any(hmac.compare_digest(mine, theirs) for mine in known for theirs in offered):
        raise WebhookRefused("no signature is by any of the secrets")
    return cast("WebhookEvent", json.loads(body))


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a webhook secret is whsec_ and base64") from None
