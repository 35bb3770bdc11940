"""A server of one's own that speaks `POST /v1/chat/completions`: llama.cpp, Ollama, vLLM, LM Studio.

Over this route all four hold a JSON Schema; over the Messages API three of them ignore it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.adapters.ai.answers import Ending, NoMessage, Said
from app.adapters.ai.features import Features
from app.adapters.ai.messages import Correction, system_text, turns
from app.adapters.ai.wire import HTTP_OK, Wire, WireReply
from app.domain.outcomes import Usage
from app.domain.prompts import Prompt
from support_context.secrets import Secret

TAKEN = Features(thinking="off by the server's own switches", effort=True, schema=True, temperature=True)
"""What is sent until the server refuses a part: `effort` is Ollama's way to turn thinking off, `thinking` is the way of
llama.cpp and vLLM, and each ignores the other's."""

KEY_REFUSED = frozenset({401, 403})
"""Statuses of the list of models that tell of a key; a server without such a list is as good as one with it."""

MOST_MODELS = 20
"""Names of a server's models that are told to an operator."""

_ENDINGS = {"length": Ending.CUT_OFF, "content_filter": Ending.REFUSED}


class _Spoken(TypedDict):
    content: NotRequired[str | None]
    refusal: NotRequired[str | None]
    reasoning_content: NotRequired[str | None]
    reasoning: NotRequired[str | None]


class _Choice(TypedDict):
    message: _Spoken
    finish_reason: NotRequired[str | None]


class _Cached(TypedDict):
    cached_tokens: NotRequired[int | None]


class _Counted(TypedDict):
    prompt_tokens: NotRequired[int | None]
    completion_tokens: NotRequired[int | None]
    prompt_tokens_details: NotRequired[_Cached | None]


class _Completion(TypedDict):
    choices: list[_Choice]
    usage: NotRequired[_Counted | None]


class _Listed(TypedDict):
    id: str


class _Models(TypedDict):
    data: list[_Listed]


_COMPLETION, _MODELS = TypeAdapter(_Completion), TypeAdapter(_Models)


class ChatCompletions:
    """The chat completions API of one server, with its key if it wants one."""

    mends = "CC_AI_API_KEY", "CC_AI_BASE_URL"
    assumed = TAKEN

    def __init__(self, wire: Wire, base_url: str, model: str, key: Secret | None) -> None:
        self._wire = wire
        self._base = base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._model = model
        self._headers = {"content-type": "application/json", "accept": "application/json"}
        if key is not None:
            self._headers["authorization"] = f"Bearer {key.reveal()}"
        self.host = urlsplit(base_url).netloc.rpartition("@")[2]
        self.provider = f"compatible ({self.host})"

    async def features(self) -> tuple[Features, WireReply | None, str]:
        """Ask for the list of models; what the server takes of a request shows only when it refuses a part."""
        reply = await self._wire.send("GET", f"{self._base}/models", self._headers)
        try:
            names = [model["id"] for model in _MODELS.validate_json(reply.body)["data"]]
        except ValidationError:
            names = []
        if reply.status == HTTP_OK and names and self._model not in names:
            return TAKEN, None, f"{self.host} does not list {self._model}; it has {', '.join(names[:MOST_MODELS])}"
        return TAKEN, reply if reply.status in KEY_REFUSED else None, ""

    async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        """Send one prompt to the model; raises `NoAnswer`."""
        body = json.dumps(request(self._model, prompt, features, corrections)).encode()
        return await self._wire.send("POST", f"{self._base}/chat/completions", self._headers, body)

    def read(self, body: bytes) -> Said:
        """Read the model's answer from the body of a 200 response; raises `NoMessage`."""
        return read(body)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()


def request(model: str, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> dict[str, Any]:
    """Return the JSON body of a chat completions request."""
    system = f"{system_text(prompt.task, features)}\n\n{prompt.instructions}"
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": prompt.task.most_tokens + features.room,
        "messages": [{"role": "system", "content": system}, *turns(prompt, corrections)],
    }
    if features.temperature:
        body["temperature"] = 0
    if features.thinking is not None:
        body["chat_template_kwargs"] = {"enable_thinking": False}
    if features.effort:
        body["reasoning_effort"] = "none"
    if features.schema:
        schema: Mapping[str, object] = {"name": "answer", "strict": True, "schema": dict(prompt.task.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def read(body: bytes) -> Said:
    """Read the model's answer from the body of a 200 response; raises `NoMessage`."""
    try:
        completion = _COMPLETION.validate_json(body)
        choice = completion["choices"][0]
    except (ValidationError, IndexError):
        raise NoMessage from None
    spoken, used = choice["message"], completion.get("usage") or {}
    ending = _ENDINGS.get(choice.get("finish_reason") or "", Ending.COMPLETE)
    cached = (used.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Said(
        spoken.get("content") or "",
        Usage(max((used.get("prompt_tokens") or 0) - cached, 0), used.get("completion_tokens") or 0, cached),
        Ending.REFUSED if spoken.get("refusal") else ending,
        thought=bool(spoken.get("reasoning_content") or spoken.get("reasoning")),
    )
