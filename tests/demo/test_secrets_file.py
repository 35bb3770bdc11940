import base64
import json
from pathlib import Path

import pytest

from app.demo.secrets_file import kept_secrets


def test_kept_secrets_are_the_same_when_asked_for_again(tmp_path: Path) -> None:
    assert kept_secrets(tmp_path / "demo") == kept_secrets(tmp_path / "demo")


def test_kept_secrets_differ_when_made_in_another_folder(tmp_path: Path) -> None:
    one, other = kept_secrets(tmp_path / "one"), kept_secrets(tmp_path / "other")

    assert one.service_token != other.service_token
    assert one.encryption_key != other.encryption_key
    assert one.endpoint_token != other.endpoint_token


def test_kept_secrets_fit_what_the_service_demands_when_made(tmp_path: Path) -> None:
    kept = kept_secrets(tmp_path)

    assert len(base64.b64decode(kept.encryption_key, validate=True)) == 32
    assert min(len(kept.service_token), len(kept.endpoint_token)) >= 16
    assert kept.service_token != kept.endpoint_token


def test_kept_secrets_are_for_their_owner_alone_when_written(tmp_path: Path) -> None:
    kept_secrets(tmp_path / "demo")

    assert (tmp_path / "demo").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "demo" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_kept_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    kept = kept_secrets(tmp_path)

    assert repr(kept) == "DemoSecrets()"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty, as after a full disk"),
        pytest.param("[]", id="not an object"),
        pytest.param(json.dumps({"service_token": "x"}), id="some missing"),
        pytest.param('{"service_token": "x"', id="cut short"),
    ],
)
def test_kept_secrets_ask_for_the_file_to_be_removed_when_it_is_damaged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(content)

    with pytest.raises(SystemExit, match=f"damaged; remove it and start again: rm {path}"):
        kept_secrets(tmp_path)
