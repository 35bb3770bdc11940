"""Opens the key rotation of the database's sealed tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.adapters.vault import Vault
from app.owners.key_rotation import Resealing
from app.settings.service_settings import Settings
from app.wiring.databases import migrated


@asynccontextmanager
async def resealing(settings: Settings) -> AsyncIterator[Resealing]:
    """Yield the key rotation, which runs beside the replicas that serve; raises as `migrated` does."""
    async with migrated(settings) as pool:
        yield Resealing(SealedTokenStore(pool), Vault(settings.key_ring()))
