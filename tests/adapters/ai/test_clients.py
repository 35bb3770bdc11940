"""Claude on each platform that the SDK knows, against stand-ins: address, credentials and body are its own."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.adapters.ai.calls import Calls
from app.adapters.ai.clients import PLATFORMS, Claude
from app.adapters.ai.remote_model import RemoteModel
from app.adapters.ai.wire import Unusable, Wire
from app.domain.outcomes import Outcome, StepFailed
from app.domain.tickets import Email
from tests.support.ai_servers import AiServer, Answer, Asked, failed, message, serving

EMAIL = Email.of("Help", "Account ID: acct_1", "jane@example.com")
MODEL = "anthropic.claude-haiku-5-5"
SAID = message('{"identifier":"acct_1"}')


class Platform(AiServer):
    """Answers calls, and gives a token with a number of its own for each time that it is asked for one."""

    def __init__(self) -> None:
        super().__init__(self.answered)
        self.tokens = 0

    def answered(self, asked: Asked) -> Answer:
        if "token" not in asked.path:
            return SAID
        self.tokens += 1
        token = {"access_token": f"token-{self.tokens}", "token_type": "Bearer", "expires_in": 1}
        return Answer(body=json.dumps(token).encode())

    @property
    def calls(self) -> list[Asked]:
        return [each for each in self.posts if "token" not in each.path]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def url(platform: Platform) -> AsyncIterator[str]:
    async with serving(platform) as url:
        yield url


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have no credentials but a test's own, and no machine that gives some."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


async def asked_twice(provider: str) -> RemoteModel:
    model = RemoteModel(Calls(Claude(Wire(), provider, MODEL), MODEL))
    try:
        for _ in range(2):
            assert (await model.extract(EMAIL, "x"))[0] == "acct_1"
    finally:
        await model.aclose()
    return model


INVOKE = f"/model/{MODEL}/invoke"


@pytest.mark.parametrize(
    ("provider", "variables", "path", "header", "value"),
    [
        pytest.param(
            "anthropic",
            {"ANTHROPIC_BASE_URL": "", "ANTHROPIC_API_KEY": "the-key"},
            "/v1/messages",
            "authorization",
            "Bearer the-key",
            id="Anthropic: a key",
        ),
        pytest.param(
            "anthropic",
            {"ANTHROPIC_BASE_URL": "", "ANTHROPIC_AUTH_TOKEN": "the-token"},
            "/v1/messages",
            "authorization",
            "Bearer the-token",
            id="Anthropic: a token",
        ),
        pytest.param(
            "bedrock",
            {"ANTHROPIC_BEDROCK_BASE_URL": "", "AWS_BEARER_TOKEN_BEDROCK": "the-key"},
            INVOKE,
            "authorization",
            "Bearer the-key",
            id="Bedrock: a key",
        ),
        pytest.param(
            "bedrock",
            {"ANTHROPIC_BEDROCK_BASE_URL": "", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"},
            INVOKE,
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/",
            id="Bedrock: signed",
        ),
        pytest.param(
            "bedrock-mantle",
            {"ANTHROPIC_BEDROCK_MANTLE_BASE_URL": "", "AWS_BEARER_TOKEN_BEDROCK": "the-key"},
            "/v1/messages",
            "authorization",
            "Bearer the-key",
            id="Bedrock's Messages API: a key",
        ),
        pytest.param(
            "bedrock-mantle",
            {"ANTHROPIC_BEDROCK_MANTLE_BASE_URL": "", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"},
            "/v1/messages",
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/",
            id="Bedrock's Messages API: signed",
        ),
        pytest.param(
            "aws",
            {"ANTHROPIC_AWS_BASE_URL": "", "ANTHROPIC_AWS_API_KEY": "the-key", "ANTHROPIC_AWS_WORKSPACE_ID": "wrk_1"},
            "/v1/messages",
            "anthropic-workspace-id",
            "wrk_1",
            id="Claude on AWS: a key",
        ),
        pytest.param(
            "aws",
            {
                "ANTHROPIC_AWS_BASE_URL": "",
                "ANTHROPIC_AWS_WORKSPACE_ID": "wrk_1",
                "AWS_ACCESS_KEY_ID": "AKID",
                "AWS_SECRET_ACCESS_KEY": "s",
            },
            "/v1/messages",
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/",
            id="Claude on AWS: signed",
        ),
        pytest.param(
            "foundry",
            {"ANTHROPIC_FOUNDRY_BASE_URL": "", "ANTHROPIC_FOUNDRY_API_KEY": "the-key"},
            "/v1/messages",
            "x-api-key",
            "the-key",
            id="Azure AI Foundry: a key",
        ),
    ],
)
async def test_platform_is_asked_at_its_address_with_its_credentials(
    monkeypatch: pytest.MonkeyPatch,
    platform: Platform,
    url: str,
    provider: str,
    variables: dict[str, str],
    path: str,
    header: str,
    value: str,
) -> None:
    for name, given in variables.items():
        monkeypatch.setenv(name, given or url)
    model = await asked_twice(provider)

    assert [asked.path for asked in platform.calls] == [path] * 2
    assert platform.calls[0].headers[header].startswith(value)
    body = platform.calls[0].body
    assert ("model" in body, "anthropic_version" in body) == ((False, True) if path == INVOKE else (True, False))
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert model.provider == provider
    assert model.problem is None


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    """A service account whose tokens the stand-in gives, each for a second."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = {
        "type": "service_account",
        "project_id": "prj",
        "private_key_id": "k",
        "private_key": key.decode(),
        "client_email": "service@prj.example",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


@pytest.mark.parametrize(
    ("provider", "variables", "path"),
    [
        pytest.param(
            "vertex",
            {"ANTHROPIC_VERTEX_BASE_URL": "", "CLOUD_ML_REGION": "eu", "ANTHROPIC_VERTEX_PROJECT_ID": "prj"},
            f"/projects/prj/locations/eu/publishers/anthropic/models/{MODEL}:rawPredict",
            id="Vertex AI",
        ),
        pytest.param(
            "google-cloud",
            {"ANTHROPIC_GOOGLE_CLOUD_BASE_URL": "", "ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID": "wrk_1"},
            "/v1/messages",
            id="Google Cloud",
        ),
    ],
)
@pytest.mark.usefixtures("google")
async def test_google_credentials_are_renewed_without_a_restart(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, url: str, provider: str, variables: dict[str, str], path: str
) -> None:
    for name, given in variables.items():
        monkeypatch.setenv(name, given or url)
    await asked_twice(provider)

    assert [asked.path for asked in platform.calls] == [path] * 2
    tokens = [asked.headers["authorization"] for asked in platform.calls]
    assert all(token.startswith("Bearer token-") for token in tokens)
    assert tokens[0] != tokens[1]


async def test_identity_of_a_workload_is_exchanged_anew_when_its_token_has_run_out(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, url: str, tmp_path: Path
) -> None:
    identity = tmp_path / "identity"
    identity.write_text("first-identity")
    for name, given in {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_IDENTITY_TOKEN_FILE": str(identity),
        "ANTHROPIC_FEDERATION_RULE_ID": "rule_1",
        "ANTHROPIC_ORGANIZATION_ID": "org_1",
    }.items():
        monkeypatch.setenv(name, given)
    model = RemoteModel(Calls(Claude(Wire(), "anthropic", MODEL), MODEL))
    await model.extract(EMAIL, "x")
    identity.write_text("second-identity")
    time.sleep(1.1)  # noqa: ASYNC251 - the token's own second, by a clock that is nobody's to move
    await model.extract(EMAIL, "x")
    await model.aclose()

    exchanged = [asked.body["assertion"] for asked in platform.posts if "token" in asked.path]
    sent = [asked.headers["authorization"] for asked in platform.calls]
    assert (exchanged[0], exchanged[-1]) == ("first-identity", "second-identity")
    assert sent[0] != sent[-1]


async def test_credentials_that_cannot_be_had_are_told_to_the_operator(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, url: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")  # the SDK keeps the credentials that it has found for another region
    model = RemoteModel(Calls(Claude(Wire(), "bedrock", MODEL), MODEL))
    with pytest.raises(StepFailed) as failure:
        await model.extract(EMAIL, "x")
    await model.aclose()

    assert failure.value.outcome is Outcome.AI_MISCONFIGURED
    assert "AWS_REGION and AWS_BEARER_TOKEN_BEDROCK or AWS credentials" in str(model.problem)
    assert platform.calls == []


@pytest.mark.parametrize("provider", sorted(PLATFORMS.keys() - {"anthropic", "google-cloud"}))
def test_platform_that_lacks_a_setting_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    monkeypatch.delenv("AWS_REGION")

    with pytest.raises(Unusable, match=f"{provider} needs "):
        Claude(Wire(), provider, MODEL)


def test_every_client_of_the_sdk_has_a_platform() -> None:
    clients = {
        getattr(anthropic, name)
        for name in dir(anthropic)
        if name.startswith("AsyncAnthropic") and not name.endswith(("Response", "Client"))
    }

    assert clients == {platform.client for platform in PLATFORMS.values()}


async def test_refusal_by_way_of_the_sdk_is_the_same_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    server = AiServer(lambda asked: failed(403, "permission_error", "not in this region"))
    async with serving(server) as url:
        monkeypatch.setenv("ANTHROPIC_FOUNDRY_BASE_URL", url)
        monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "the-key")
        model = RemoteModel(Calls(Claude(Wire(), "foundry", MODEL), MODEL))
        with pytest.raises(StepFailed) as failure:
            await model.extract(EMAIL, "x")
        await model.aclose()

    assert (failure.value.outcome, failure.value.detail) == (Outcome.AI_MISCONFIGURED, "HTTP 403")
    assert len(server.posts) == 1
