"""A running service for the clients, with a database of its own and a customer endpoint on real TLS."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.demo.hosting import hosted
from tests.support.customers import PATH, CustomerEndpoint
from tests.support.processes import serving


@dataclass(frozen=True)
class Running:
    """Where the service is, and the customer endpoint that a project may name."""

    base_url: str
    api_url: str
    endpoint: CustomerEndpoint


@pytest.fixture
async def service(tmp_path: Path, database_url: str) -> AsyncIterator[Running]:
    """The service as a process of its own."""
    endpoint, ca_file = CustomerEndpoint(), tmp_path / "ca.pem"
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    with hosted(endpoint.application(), ca_file) as origin:
        async with serving(tmp_path / "service", settings) as replica:
            yield Running(replica.base_url, f"{origin}{PATH}", endpoint)
