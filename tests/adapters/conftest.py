"""Both kinds of store: what one promises the other keeps, so they pass the same tests."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.enrichment_store import EnrichmentStore
from app.adapters.project_store import ProjectStore
from tests.support.memory_store import MemoryDatabase, MemoryEnrichmentStore, MemoryProjectStore
from tests.support.stores import PROJECT, Stores


@pytest.fixture
async def postgres_stores(engine: AsyncEngine) -> Stores:
    stores = Stores(ProjectStore(engine), EnrichmentStore(engine))
    await stores.projects.put(PROJECT)
    return stores


@pytest.fixture
async def memory_stores() -> Stores:
    database = MemoryDatabase()
    stores = Stores(MemoryProjectStore(database), MemoryEnrichmentStore(database))
    await stores.projects.put(PROJECT)
    return stores


@pytest.fixture(params=["postgres", "memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    kind: Stores = request.getfixturevalue(f"{request.param}_stores")
    return kind


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Any]:
    """A second session, to hold a transaction open."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
