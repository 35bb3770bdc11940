"""Opens the guarded fetch of customer endpoints; it needs no database, no AI and no secret of this service."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from app.owners.sample_endpoint import SampleEndpoint
from app.settings.service_settings import Settings
from app.wiring.tls_contexts import egress_tls
from support_context.egress import Egress
from support_context.fetch.endpoint import HttpsEndpoint
from support_context.secrets import Secret


@asynccontextmanager
async def customer_endpoint(settings: Settings) -> AsyncIterator[HttpsEndpoint]:
    """Yield the client of customer endpoints; raises `InvalidSettings` where the CA file cannot be read."""
    async with aclosing(HttpsEndpoint(egress_tls(settings), settings.egress_allowed_cidrs)) as endpoint:
        yield endpoint


def egress_of(settings: Settings) -> Egress:
    """Return the egress rules of customer endpoints: opened private ranges and the further CA."""
    return Egress(settings.egress_allowed_cidrs, settings.egress_ca_file)


def sample_of(settings: Settings) -> SampleEndpoint | None:
    """Return the operator's sample endpoint, None where there is none."""
    if settings.sample_endpoint_url is None or settings.sample_endpoint_token is None:
        return None
    return SampleEndpoint(settings.sample_endpoint_url, Secret(settings.sample_endpoint_token.get_secret_value()))
