"""A good endpoint on real TLS, and the environment under which a check may call it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, sample_endpoint
from app.demo.records import open_records
from support_context.check.requirements import Requirement

ASKED = [requirement for requirement in Requirement if requirement is not Requirement.MATCH_PATH]
"""What a check decides where no match_path is given."""

TOKEN = "canary-token-0123456789"


@pytest.fixture(scope="module")
def good_url(ca_file: Path) -> Iterator[str]:
    """URL of the demo's endpoint."""
    with closing(open_records()) as records, hosted(sample_endpoint(records, TOKEN), ca_file) as origin:
        yield origin + PATH


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File that the endpoint writes its authority into."""
    return tmp_path_factory.mktemp("check") / "ca.pem"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, good_url: str, ca_file: Path) -> None:
    """Nothing but the way to the endpoint, which has written its authority's file, and the token in a variable."""
    for name in ("CC_SERVICE_TOKENS", "CC_ENCRYPTION_KEYS", "CC_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CC_EGRESS_ALLOWED_CIDRS", "127.0.0.0/8")
    monkeypatch.setenv("CC_EGRESS_CA_FILE", str(ca_file))
    monkeypatch.setenv("ENDPOINT_TOKEN", TOKEN)
