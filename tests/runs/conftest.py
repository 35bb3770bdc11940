"""Every test here begins with an empty database."""

import pytest

from tests.support.shared_database import SharedDatabase


@pytest.fixture(autouse=True)
def begins_empty(emptied: SharedDatabase) -> SharedDatabase:
    return emptied
