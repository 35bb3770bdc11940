"""Opens the guarded fetch of customer endpoints; it needs no database, no AI and no secret of this service."""

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from app.settings import InvalidSettings, Settings
from support_context.fetch.endpoint import HttpsEndpoint
from support_context.fetch.network import tls_context


@asynccontextmanager
async def customer_endpoint(settings: Settings) -> AsyncIterator[HttpsEndpoint]:
    """Yield what calls customer endpoints; raises `InvalidSettings` where the CA file cannot be read."""
    async with aclosing(HttpsEndpoint(tls_of(settings), settings.egress_allowed_cidrs)) as endpoint:
        yield endpoint


def tls_of(settings: Settings) -> ssl.SSLContext:
    """Return the one TLS context of the process; raises `InvalidSettings` where the CA file cannot be read."""
    try:
        return tls_context(settings.egress_ca_file)
    except ValueError as problem:
        raise InvalidSettings(f"CC_EGRESS_CA_FILE: {problem}") from None
