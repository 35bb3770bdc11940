"""TLS contexts of a process: for customer endpoints, and for the AI and webhooks, each with a further CA if set."""

import ssl
from pathlib import Path

from app.settings.ai_settings import AiSettings
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from support_context.fetch.network import tls_context


def egress_tls(settings: Settings) -> ssl.SSLContext:
    """Return the TLS context for customer endpoints; raises `InvalidSettings` where the CA file cannot be read."""
    return _trusting("CC_EGRESS_CA_FILE", settings.egress_ca_file)


def outbound_tls(settings: AiSettings) -> ssl.SSLContext:
    """Return the TLS context for the AI and webhooks; raises `InvalidSettings` where the CA file cannot be read."""
    return _trusting("CC_OUTBOUND_CA_FILE", settings.outbound_ca_file)


def _trusting(variable: str, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return tls_context(ca_file)
    except ValueError as problem:
        raise InvalidSettings(f"{variable}: {problem}") from None
