import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, sample_endpoint
from app.demo.records import open_records


@pytest.fixture
def application() -> Iterator[Starlette]:
    with closing(open_records()) as records:
        yield sample_endpoint(records, "token")


def test_hosted_endpoint_answers_over_verified_tls_when_its_ca_is_trusted(
    application: Starlette, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    with hosted(application, ca_file) as origin:
        trusted = ssl.create_default_context(cafile=str(ca_file))
        with httpx.Client(verify=trusted, trust_env=False) as client:
            response = client.get(f"{origin}{PATH}?id=10482", headers={"Authorization": "Bearer token"})

    assert origin.startswith("https://127.0.0.1:")
    assert response.json()["item"] == "Trail helmet, size M"
    assert "server" not in response.headers


def test_hosted_endpoint_is_refused_when_its_ca_is_not_trusted(application: Starlette, tmp_path: Path) -> None:
    with (
        hosted(application, tmp_path / "ca.pem") as origin,
        httpx.Client(trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get(origin + PATH)


def test_hosted_endpoint_leaves_no_thread_and_no_listener_when_the_block_ends(
    application: Starlette, tmp_path: Path
) -> None:
    with hosted(application, tmp_path / "ca.pem") as origin:
        pass

    assert "sample-endpoint" not in [thread.name for thread in threading.enumerate()]
    with httpx.Client(verify=False, trust_env=False) as client, pytest.raises(httpx.ConnectError):  # noqa: S501 - refused before TLS
        client.get(origin)
