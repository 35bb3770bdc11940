"""The environment: what is read, and the one line that stops a start."""

import base64
import os
from pathlib import Path

import pytest

from app.settings import InvalidSettings, Settings, load_settings, variable_of

KEY = base64.b64encode(b"k" * 32).decode()
TOKEN = "service-token-0123456789"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("CC_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CC_SERVICE_TOKENS", TOKEN)
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", KEY)


def test_two_secrets_are_enough() -> None:
    settings = load_settings()

    assert settings.database_url is None
    assert settings.key_ring() == (b"k" * 32,)
    assert not settings.uses_claude()
    assert settings.run_deadline_seconds == 30.0


def test_lists_are_comma_separated_with_spaces_and_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", f" {TOKEN} , {TOKEN}-2,,")
    monkeypatch.setenv("CC_EGRESS_ALLOWED_CIDRS", "127.0.0.0/8, ::1/128")

    settings = load_settings()

    assert [token.get_secret_value() for token in settings.service_tokens] == [TOKEN, f"{TOKEN}-2"]
    assert [str(network) for network in settings.egress_allowed_cidrs] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("provider", "key", "claude"),
    [
        pytest.param("auto", "", False, id="auto without a key stays offline"),
        pytest.param("auto", "sk-ant-1", True, id="auto with a key"),
        pytest.param("offline", "sk-ant-1", False, id="offline although there is a key"),
        pytest.param("anthropic", "sk-ant-1", True, id="asked for"),
    ],
)
def test_provider_follows_the_key(monkeypatch: pytest.MonkeyPatch, provider: str, key: str, claude: bool) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", provider)
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)

    assert load_settings().uses_claude() is claude


CANARY = "canary-value-0123456789"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("CC_SERVICE_TOKENS", None, id="no token"),
        pytest.param("CC_SERVICE_TOKENS", ",", id="only a comma"),
        pytest.param("CC_SERVICE_TOKENS", f"{CANARY} {CANARY}", id="a space inside"),
        pytest.param("CC_ENCRYPTION_KEYS", None, id="no key"),
        pytest.param("CC_ENCRYPTION_KEYS", ",", id="no key but a comma"),
        pytest.param("CC_ENCRYPTION_KEYS", CANARY, id="not base64"),
        pytest.param("CC_ENCRYPTION_KEYS", base64.b64encode(b"canary" * 5).decode(), id="30 bytes"),
        pytest.param("CC_ENCRYPTION_KEYS", f"{KEY},{CANARY}", id="the second is wrong"),
        pytest.param("CC_EGRESS_ALLOWED_CIDRS", CANARY, id="no network"),
        pytest.param("CC_EGRESS_ALLOWED_CIDRS", "10.0.0.1/8", id="host bits"),
        pytest.param("CC_EGRESS_CA_FILE", f"/{CANARY}.pem", id="no such file"),
        pytest.param("CC_AI_PROVIDER", CANARY, id="unknown provider"),
        pytest.param("CC_RUN_DEADLINE_SECONDS", "9.9", id="shorter than a fetch and an AI call need"),
        pytest.param("CC_RUN_DEADLINE_SECONDS", CANARY, id="not a number"),
        pytest.param("CC_LOG_LEVEL", CANARY, id="unknown level"),
    ],
)
def test_wrong_value_stops_with_one_line_that_names_the_variable_only(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)

    with pytest.raises(InvalidSettings) as stopped:
        load_settings()

    line = str(stopped.value)
    assert line.startswith(f"{variable}: ")
    assert "\n" not in line
    assert "canary" not in line.lower()
    assert stopped.value.__cause__ is None


def test_claude_without_key_names_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "anthropic")

    with pytest.raises(InvalidSettings, match="ANTHROPIC_API_KEY: needed"):
        load_settings()


@pytest.mark.parametrize(("length", "weak"), [(15, True), (16, False)])
def test_short_service_token_is_taken_but_known_as_weak(
    monkeypatch: pytest.MonkeyPatch, length: int, weak: bool
) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", f"{TOKEN},{'t' * length}")

    assert load_settings().has_weak_token() is weak


def test_key_may_be_written_in_the_alphabet_for_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"\xfb\xff" * 16
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.urlsafe_b64encode(raw).decode())

    assert load_settings().key_ring() == (raw,)


def test_log_level_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_LOG_LEVEL", "debug")

    assert load_settings().log_level == "DEBUG"


def test_ca_file_is_kept_as_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    monkeypatch.setenv("CC_EGRESS_CA_FILE", str(tmp_path / "ca.pem"))

    assert load_settings().egress_ca_file == tmp_path / "ca.pem"


def test_printing_settings_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", "postgresql://u:hunter2@h/d")

    shown = repr(load_settings())

    assert not [secret for secret in (TOKEN, KEY, "hunter2") if secret in shown]


def test_every_field_has_a_variable_and_a_description() -> None:
    for name, field in Settings.model_fields.items():
        assert variable_of(name).isupper()
        assert field.description
