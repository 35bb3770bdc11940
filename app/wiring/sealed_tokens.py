"""Opens what works on the sealed secrets of the database."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.adapters.vault import Vault
from app.owners.key_rotation import Resealing
from app.settings.service_settings import Settings
from app.wiring.databases import database, pool_of


@asynccontextmanager
async def resealing(settings: Settings) -> AsyncIterator[Resealing]:
    """Yield what checks and rotates secrets, beside the replicas that serve."""
    async with database(settings) as url, aclosing(pool_of(url, settings)) as pool:
        yield Resealing(SealedTokenStore(pool), Vault(settings.key_ring()))
