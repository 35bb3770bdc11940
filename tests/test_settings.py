"""The environment: what is read, and the one line that stops a start."""

import base64
import os
from pathlib import Path

import httpx
import pytest

from app.settings.loading import InvalidSettings, load_settings, variable_of
from app.settings.service_settings import Settings

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
    assert settings.provider() == "offline"
    assert settings.run_deadline_seconds == 30.0


def test_lists_are_comma_separated_with_spaces_and_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", f" {TOKEN} , {TOKEN}-2,,")
    monkeypatch.setenv("CC_EGRESS_ALLOWED_CIDRS", "127.0.0.0/8, ::1/128")

    settings = load_settings()

    assert [token.get_secret_value() for token in settings.service_tokens] == [TOKEN, f"{TOKEN}-2"]
    assert [str(network) for network in settings.egress_allowed_cidrs] == ["127.0.0.0/8", "::1/128"]


def test_origins_that_may_frame_the_pages_are_none_or_those_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().embed_origins == ()

    monkeypatch.setenv("CC_EMBED_ORIGINS", "https://help.example.com, https://*.example.net:8443,http://localhost:3000")

    assert load_settings().embed_origins == (
        "https://help.example.com",
        "https://*.example.net:8443",
        "http://localhost:3000",
    )


@pytest.mark.parametrize(
    ("provider", "key", "used"),
    [
        pytest.param("auto", "", "offline", id="auto without a key stays offline"),
        pytest.param("auto", "sk-ant-1", "anthropic", id="auto with a key"),
        pytest.param("offline", "sk-ant-1", "offline", id="offline although there is a key"),
        pytest.param("anthropic", "sk-ant-1", "anthropic", id="asked for"),
    ],
)
def test_provider_follows_the_key(monkeypatch: pytest.MonkeyPatch, provider: str, key: str, used: str) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", provider)
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)

    assert load_settings().provider() == used


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
        pytest.param("CC_EMBED_ORIGINS", f"{CANARY}.example.com", id="an origin without scheme"),
        pytest.param("CC_EMBED_ORIGINS", f"https://{CANARY}/", id="an origin with a path"),
        pytest.param("CC_EMBED_ORIGINS", f"https://a.test; script-src {CANARY}", id="another directive"),
        pytest.param("CC_EMBED_ORIGINS", f"https://{CANARY}\nx.test", id="a line break"),
        pytest.param("CC_EMBED_ORIGINS", "*", id="everybody"),
        pytest.param("CC_EMBED_ORIGINS", "https://*", id="every host"),
        pytest.param("CC_EMBED_ORIGINS", "'self'", id="a keyword"),
        pytest.param("CC_AI_PROVIDER", CANARY, id="unknown provider"),
        pytest.param("CC_RUN_DEADLINE_SECONDS", "9.9", id="shorter than a fetch and an AI call need"),
        pytest.param("CC_RUN_DEADLINE_SECONDS", CANARY, id="not a number"),
        pytest.param("CC_LOG_LEVEL", CANARY, id="unknown level"),
        pytest.param("CC_WEBHOOK_SECRETS", CANARY, id="no webhook secret"),
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


@pytest.mark.parametrize(
    "variable", ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_CONFIG_DIR"]
)
def test_claude_needs_no_key_when_the_sdk_finds_other_credentials(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "anthropic")
    monkeypatch.setenv(variable, "x")

    assert load_settings().provider() == "anthropic"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param(
            {"CC_AI_MODEL": "qwen"}, "CC_AI_BASE_URL: needed while CC_AI_PROVIDER is compatible", id="no host"
        ),
        pytest.param(
            {"CC_AI_BASE_URL": "http://127.0.0.1:1"},
            "CC_AI_MODEL: needed while CC_AI_PROVIDER is compatible, as the server names it",
            id="no model",
        ),
    ],
)
def test_compatible_server_needs_an_address_and_a_model(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    for name, value in {"CC_AI_PROVIDER": "compatible", **variables}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSettings) as stopped:
        load_settings()

    assert str(stopped.value) == says


@pytest.mark.parametrize(
    ("variables", "reader"),
    [
        pytest.param({}, "offline", id="offline"),
        pytest.param({"ANTHROPIC_API_KEY": "x"}, "claude-haiku-5-5 at api.anthropic.com", id="Claude"),
        pytest.param(
            {"ANTHROPIC_API_KEY": "x", "ANTHROPIC_BASE_URL": "https://gateway.example/ai"},
            "claude-haiku-5-5 at gateway.example",
            id="by a gateway",
        ),
        pytest.param(
            {"CC_AI_PROVIDER": "bedrock", "CC_AI_MODEL": "anthropic.claude-haiku-5-5"},
            "anthropic.claude-haiku-5-5 at bedrock",
            id="a cloud",
        ),
        *(
            pytest.param(
                {"CC_AI_PROVIDER": "compatible", "CC_AI_MODEL": "qwen", variable: "http://127.0.0.1:11434/v1"},
                "qwen at 127.0.0.1:11434",
                id=f"compatible by {variable}",
            )
            for variable in ("CC_AI_BASE_URL", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL")
        ),
    ],
)
def test_reader_is_the_model_and_its_host(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reader: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert load_settings().reader() == reader


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        pytest.param("http://proxy.example:3128", True, id="a proxy"),
        pytest.param("https://user:p%40ss@proxy.example:3128/", True, id="with a user, over TLS"),
        pytest.param("http://10.0.0.1:3128", True, id="an address"),
        pytest.param("socks5://proxy.example:1080", False, id="another protocol"),
        pytest.param("proxy.example:3128", False, id="no scheme"),
        pytest.param("http://proxy.example:3128/path", False, id="a path"),
        pytest.param("http://user@", False, id="no host"),
        pytest.param("http://a@b@proxy.example", False, id="two users"),
    ],
)
def test_proxy_is_a_host_with_or_without_a_user(monkeypatch: pytest.MonkeyPatch, value: str, taken: bool) -> None:
    monkeypatch.setenv("CC_OUTBOUND_PROXY", value)
    if taken:
        assert load_settings().outbound_proxy is not None
        return

    with pytest.raises(InvalidSettings, match=r"^CC_OUTBOUND_PROXY: must be") as stopped:
        load_settings()

    assert "user" not in str(stopped.value).replace("user:password@", "")


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


def webhook_secret(length: int = 32, byte: bytes = b"s") -> str:
    return f"whsec_{base64.b64encode(byte * length).decode()}"


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        pytest.param("https://helpdesk.example.com/hooks", "helpdesk.example.com", "/hooks", id="public"),
        pytest.param("http://helpdesk:3000", "helpdesk", "/", id="private name, with a port"),
        pytest.param(
            "HTTPS://Help_Desk.internal./h?a=%20b", "help_desk.internal.", "/h?a=%20b", id="any case, a query"
        ),
        pytest.param("http://10.0.0.7/h", "10.0.0.7", "/h", id="private address"),
        pytest.param("http://[fd00::7]:8080/h", "fd00::7", "/h", id="IPv6"),
        pytest.param("https://h.test?a=/@:x", "h.test", "/?a=/@:x", id="a query at once"),
        pytest.param("https://h.test:65535/", "h.test", "/", id="highest port"),
    ],
)
def test_webhook_url_is_what_the_client_reads_when_it_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, path: str
) -> None:
    monkeypatch.setenv("CC_WEBHOOK_URL", url)
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", webhook_secret())

    taken = load_settings().webhook_url

    assert taken is not None
    assert taken.get_secret_value() == url
    read = httpx.URL(url)
    assert (read.host, read.raw_path.decode(), read.userinfo) == (host, path, b"")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("canary.example.com/hooks", id="no scheme"),
        pytest.param("ftp://canary.example.com/", id="another scheme"),
        pytest.param("http\u017f://canary.example.com/", id="a letter that only looks like s"),
        pytest.param("https:///canary", id="no host"),
        pytest.param("https://:443/canary", id="a port but no host"),
        pytest.param("https://user:canary@h.test/", id="user and password"),
        pytest.param("https://canary@h.test/", id="user"),
        pytest.param("https://h.test/#canary", id="fragment"),
        pytest.param("https://h.test#canary", id="fragment at once"),
        pytest.param("https://canary.example.com\\@evil.test/", id="two parsers, two hosts"),
        pytest.param("https://h.test/canary\\x", id="backslash in the path"),
        pytest.param("https://h.test/a canary", id="space"),
        pytest.param("https://h.test/canary\n", id="line end"),
        pytest.param("https://h.test/canaryé", id="not ASCII"),
        pytest.param("https://canäry.test/", id="host not ASCII"),
        pytest.param("https://canary.test:65536/", id="port too high"),
        pytest.param("https://canary.test:0/", id="no such port"),
        pytest.param("https://canary.test:x/", id="port no number"),
        pytest.param("https://999.0.0.1/canary", id="no IPv4 address"),
        pytest.param("https://127.1/canary", id="short IPv4 address"),
        pytest.param("https://[fd00:::7]/canary", id="no IPv6 address"),
        pytest.param("https://[10.0.0.7]/canary", id="IPv4 in brackets"),
        pytest.param("https://[fd00::7/canary", id="open bracket"),
    ],
)
def test_webhook_url_stops_the_start_unseen_when_it_is_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CC_WEBHOOK_URL", url)
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", webhook_secret())

    with pytest.raises(InvalidSettings) as stopped:
        load_settings()

    assert str(stopped.value).startswith("CC_WEBHOOK_URL: must be http:// or https:// with a host")
    assert "can" not in str(stopped.value)
    assert stopped.value.__cause__ is None


@pytest.mark.parametrize(
    ("secret", "good"),
    [
        pytest.param(webhook_secret(23), False, id="23 bytes"),
        pytest.param(webhook_secret(24), True, id="24 bytes"),
        pytest.param(webhook_secret(64), True, id="64 bytes"),
        pytest.param(webhook_secret(65), False, id="65 bytes"),
        pytest.param(webhook_secret(32).removeprefix("whsec_"), False, id="no prefix"),
        pytest.param(webhook_secret(32).removesuffix("="), False, id="cut"),
        pytest.param(f"whsec_whsec_{'s' * 44}", False, id="two prefixes"),
        pytest.param(webhook_secret(32, b"\xff"), True, id="slashes"),
        pytest.param(webhook_secret(32, b"\xff").replace("/", "_"), False, id="the alphabet for URLs"),
    ],
)
def test_webhook_secret_is_the_specifications(monkeypatch: pytest.MonkeyPatch, secret: str, good: bool) -> None:
    monkeypatch.setenv("CC_WEBHOOK_URL", "https://h.test/")
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", f"{webhook_secret()}, {secret}")

    if good:
        assert [each.get_secret_value() for each in load_settings().webhook_secrets] == [webhook_secret(), secret]
        return
    with pytest.raises(InvalidSettings) as stopped:
        load_settings()

    line = str(stopped.value)
    assert line.startswith("CC_WEBHOOK_SECRETS: ")
    assert "customer-context keys new --webhook-secret" in line
    assert secret not in line


@pytest.mark.parametrize("secrets", [None, ",", ""])
def test_webhook_url_needs_a_secret(monkeypatch: pytest.MonkeyPatch, secrets: str | None) -> None:
    monkeypatch.setenv("CC_WEBHOOK_URL", "https://h.test/canary")
    if secrets is not None:
        monkeypatch.setenv("CC_WEBHOOK_SECRETS", secrets)

    with pytest.raises(InvalidSettings, match=r"^CC_WEBHOOK_SECRETS: needed .* keys new --webhook-secret'$") as stopped:
        load_settings()

    assert "canary" not in str(stopped.value)


def test_webhook_secret_may_stay_when_the_url_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", webhook_secret())

    assert load_settings().webhook_url is None


def test_printing_settings_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("CC_WEBHOOK_URL", "https://h.test/hunter3")
    monkeypatch.setenv("CC_WEBHOOK_SECRETS", webhook_secret())

    shown = repr(load_settings())

    assert not [secret for secret in (TOKEN, KEY, "hunter2", "hunter3", webhook_secret()) if secret in shown]


def test_every_field_has_a_variable_and_a_description() -> None:
    for name, field in Settings.model_fields.items():
        assert variable_of(name).isupper()
        assert field.description
