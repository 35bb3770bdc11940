"""Both kinds of store: what one promises the other keeps, so they pass the same tests."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.stores import MOST_AT_ONCE, Stores, memory_stores, postgres_stores


@pytest.fixture
def telling() -> bool:
    """Whether the end of an asynchronous run is told by webhook; a test's parameter may say that it is."""
    return False


@pytest.fixture
def places() -> int:
    """Return how many runs of one project may be in flight; a test's parameter may say another number."""
    return MOST_AT_ONCE


@pytest.fixture
async def real_stores(engine: AsyncEngine, telling: bool, places: int) -> Stores:
    return await postgres_stores(engine, webhooks=telling, places=places)


@pytest.fixture
async def doubles(telling: bool, places: int) -> Stores:
    return await memory_stores(webhooks=telling, places=places)


@pytest.fixture(params=["real_stores", "doubles"])
def stores(request: pytest.FixtureRequest, telling: bool, places: int) -> Stores:
    kind: Stores = request.getfixturevalue(request.param)
    return kind


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Any]:
    """A second session, to hold a transaction open."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
