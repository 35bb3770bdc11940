"""What the processes stand between: a customer endpoint on real TLS, a folder short enough for a socket, a database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo.hosting import hosted
from tests.support.customers import CustomerEndpoint
from tests.support.database_folders import database_folder


@pytest.fixture
def endpoint() -> CustomerEndpoint:
    return CustomerEndpoint()


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def origin(endpoint: CustomerEndpoint, ca_file: Path) -> Iterator[str]:
    """Origin of the customer endpoint, while it listens."""
    with hosted(endpoint.application(), ca_file) as origin:
        yield origin


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = database_folder("cc-processes-")
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)
