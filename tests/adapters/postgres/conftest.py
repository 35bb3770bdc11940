"""The real stores, on a database of the test's own."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters.postgres.connection import Database
from tests.support.stores import MOST_AT_ONCE, Stores, postgres_stores


@pytest.fixture
def telling() -> bool:
    """Whether the end of an asynchronous run is told by webhook; a test's parameter may say that it is."""
    return False


@pytest.fixture
def slots() -> int:
    """Return how many runs of one project may be in flight; a test's parameter may say another number."""
    return MOST_AT_ONCE


@pytest.fixture
async def stores(database: Database, telling: bool, slots: int) -> Stores:
    return await postgres_stores(database, webhooks=telling, slots=slots)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Any]:
    """A second session, to hold a transaction open."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
