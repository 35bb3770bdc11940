"""Claude on each platform of Anthropic's SDK, which gives addresses, headers, credentials and error types.

A request that a fixed key authorizes is sent past the SDK's layers, which cost as much CPU as the rest of an
enrichment; one that must be signed, or whose token is refreshed, is prepared and sent by the SDK over the same session.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeAlias
from urllib.parse import quote

import anthropic
import httpx2

from app.adapters.ai import messages
from app.adapters.ai.answers import Said
from app.adapters.ai.features import BETWEEN_TOOLS, OFF, THINKING_ROOM, Features, known
from app.adapters.ai.messages import Correction
from app.adapters.ai.wire import (
    FIRST_SERVER_ERROR,
    HTTP_NOT_FOUND,
    HTTP_OK,
    NoAnswer,
    NoCredentials,
    Unusable,
    Wire,
    WireReply,
)
from app.domain.prompts import Prompt
from support_context.secrets import Secret

PATH = "/v1/messages"

Client: TypeAlias = (
    anthropic.AsyncAnthropic
    | anthropic.AsyncAnthropicAWS
    | anthropic.AsyncAnthropicBedrock
    | anthropic.AsyncAnthropicBedrockMantle
    | anthropic.AsyncAnthropicFoundry
    | anthropic.AsyncAnthropicGoogleCloud
    | anthropic.AsyncAnthropicVertex
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that runs Claude: the SDK's client, its variables in words, and the package of its extra.

    `fixed` tells that a fixed key can authorize a request at the Messages API's own address.
    """

    client: Callable[..., Client]
    variables: str
    package: str | None = None
    has_models: bool = False
    fixed: bool = False


PLATFORMS = {
    "anthropic": Platform(anthropic.AsyncAnthropic, "ANTHROPIC_API_KEY", has_models=True, fixed=True),
    "aws": Platform(
        anthropic.AsyncAnthropicAWS,
        "AWS_REGION, ANTHROPIC_AWS_WORKSPACE_ID and ANTHROPIC_AWS_API_KEY or AWS credentials",
        "boto3",
        has_models=True,
        fixed=True,
    ),
    "bedrock": Platform(
        anthropic.AsyncAnthropicBedrock, "AWS_REGION and AWS_BEARER_TOKEN_BEDROCK or AWS credentials", "boto3"
    ),
    "bedrock-mantle": Platform(
        anthropic.AsyncAnthropicBedrockMantle,
        "AWS_REGION and AWS_BEARER_TOKEN_BEDROCK or AWS credentials",
        "boto3",
        fixed=True,
    ),
    "foundry": Platform(anthropic.AsyncAnthropicFoundry, "ANTHROPIC_FOUNDRY_API_KEY and ANTHROPIC_FOUNDRY_RESOURCE"),
    "google-cloud": Platform(
        anthropic.AsyncAnthropicGoogleCloud,
        "ANTHROPIC_GOOGLE_CLOUD_PROJECT, ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID and Google credentials",
        "google.auth",
        has_models=True,
    ),
    "vertex": Platform(
        anthropic.AsyncAnthropicVertex,
        "CLOUD_ML_REGION, ANTHROPIC_VERTEX_PROJECT_ID and Google credentials",
        "google.auth",
    ),
}
"""By the value of CC_AI_PROVIDER; keys, regions and projects come from each platform's own standard variables."""


class Claude:
    """The Messages API of one Claude model on one platform."""

    def __init__(
        self, wire: Wire, provider: str, model: str, key: Secret | None = None, url: str | None = None
    ) -> None:
        self.provider = provider
        self._wire = wire
        self._model = model
        self._platform = PLATFORMS[provider]
        self.assumed = known(model)
        self.mends = (self._platform.variables, "ANTHROPIC_BASE_URL" if provider == "anthropic" else "CC_AI_PROVIDER")
        for name in ("anthropic", "httpx2", "httpcore2"):
            # At DEBUG the SDK logs whole prompts, that is emails and customer data.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = self._opened(key, url)
        self.host = self._client.base_url.netloc.decode()
        self._url = str(self._client.base_url).rstrip("/") + PATH
        self._headers = self._fixed_headers()

    def _opened(self, key: Secret | None, url: str | None) -> Client:
        given: dict[str, Any] = {"api_key": key and key.reveal(), "base_url": url}
        try:
            client = self._platform.client(
                max_retries=0,
                # The environment could make its traces carry prompts.
                open_telemetry=False,
                http_client=httpx2.AsyncClient(
                    transport=_OverWire(self._wire), headers={"accept-encoding": "identity"}, timeout=None
                ),
                **{name: value for name, value in given.items() if value is not None},
            )
        except (anthropic.AnthropicError, ValueError) as error:
            raise Unusable(f"{self.provider} needs {self._platform.variables}") from error
        package = self._platform.package
        if package is not None and getattr(client, "api_key", None) is None and not _installed(package):
            raise Unusable(f"the packages of {self.provider} are missing; install the extra {self.provider}")
        return client

    def _fixed_headers(self) -> dict[str, str] | None:
        """Return the headers of every request where a fixed key is all that authorizes it, else None."""
        client = self._client
        headers = {name: value for name, value in client.default_headers.items() if isinstance(value, str)}
        if not self._platform.fixed or client.custom_auth is not None or "Authorization" not in headers:
            return None
        return headers

    async def features(self) -> tuple[Features, WireReply | None, str]:
        """Ask the Models API what the model takes; the table tells where there is none."""
        client = self._client
        if not self._platform.has_models or not isinstance(client, anthropic.AsyncAnthropic):
            return self.assumed, None, ""
        reply = await self._through_sdk(
            lambda: client.get(f"/v1/models/{quote(self._model, safe='')}", cast_to=httpx2.Response)
        )
        if reply.status == HTTP_NOT_FOUND and b'"type":"error"' not in reply.body.replace(b" ", b""):
            return self.assumed, None, ""  # another server than Anthropic's, without a Models API
        if reply.status != HTTP_OK:
            return self.assumed, reply, ""
        return taken(reply.body) or self.assumed, None, ""

    async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        """Send one prompt to the model; raises `NoAnswer` or `NoCredentials`."""
        parts = messages.request(self._model, prompt, features, corrections)
        if self._headers is not None:
            return await self._wire.send("POST", self._url, self._headers, *parts)
        body = json.loads(b"".join(parts))
        return await self._through_sdk(lambda: self._client.post(PATH, cast_to=httpx2.Response, body=body))

    def read(self, body: bytes) -> Said:
        """Read the model's answer from the body of a 200 response; raises `NoMessage`."""
        return messages.read(body)

    async def aclose(self) -> None:
        """Close the connections and the credentials."""
        await self._client.close()
        await self._wire.aclose()

    async def _through_sdk(self, call: Callable[[], Any]) -> WireReply:
        """Have the SDK prepare and send a request; its errors become ours, by what they are."""
        try:
            response: httpx2.Response = await call()
        except anthropic.APIStatusError as error:
            response = error.response
        except (anthropic.APIConnectionError, anthropic.APIResponseValidationError) as error:
            raise NoAnswer(_named(error)) from None
        except Exception as error:  # whatever a platform's library raises where it finds or signs no credentials
            failed = getattr(error, "status_code", None)
            away = isinstance(failed, int) and failed >= FIRST_SERVER_ERROR
            if away or isinstance(error, OSError) or any(word in type(error).__name__ for word in _AWAY):
                raise NoAnswer(type(error).__name__) from None
            raise NoCredentials(type(error).__name__) from None
        return WireReply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)


_AWAY = ("Transport", "Timeout", "Connect")
"""What the names of errors have in common that a later try may mend: the host that gives credentials is away."""


class _OverWire(httpx2.AsyncBaseTransport):
    """The SDK's HTTP transport over the process's one session."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        reply = await self._wire.send(request.method, str(request.url), dict(request.headers), await request.aread())
        kept = {name: value for name, value in reply.headers.items() if name not in _OF_THE_BODY}
        return httpx2.Response(reply.status, headers=kept, content=reply.body)


_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers of a body as it was on the way; what is handed on is decoded and whole."""


def taken(body: bytes) -> Features | None:
    """Read a model's features from the Models API's answer; None where it says nothing of them."""
    try:
        capabilities = json.loads(body)["capabilities"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(capabilities, dict):
        return None

    def has(*path: str) -> bool:
        told: Any = capabilities
        for name in path:
            told = told.get(name) if isinstance(told, dict) else None
        return isinstance(told, dict) and told.get("supported") is True

    off = next((kind for kind in (OFF, BETWEEN_TOOLS) if has("thinking") and has("thinking", "types", kind)), None)
    return Features(
        thinking=off,
        effort=has("effort") and has("effort", "low"),
        schema=has("structured_outputs"),
        cache=True,
        # A model that thinks only when it is told how much does not think here.
        room=THINKING_ROOM if off is None and has("thinking", "types", "adaptive") else 0,
    )


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def _named(error: Exception) -> str:
    cause = error.__cause__
    return str(cause) if isinstance(cause, NoAnswer) else type(error).__name__
