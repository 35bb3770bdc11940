"""The Messages API's JSON: builds request bodies and reads answers, without any I/O."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.adapters.ai.answers import Ending, NoMessage, Said
from app.adapters.ai.features import Features
from app.domain.outcomes import Usage
from app.domain.prompts import Prompt, Task

Correction = tuple[str, str]
"""An answer that did not fit, and what is wrong with it."""

_ENDINGS = {"refusal": Ending.REFUSED, "max_tokens": Ending.CUT_OFF, "model_context_window_exceeded": Ending.CUT_OFF}


class _Block(TypedDict):
    type: str
    text: NotRequired[str]


class _Used(TypedDict):
    input_tokens: NotRequired[int | None]
    output_tokens: NotRequired[int | None]
    cache_creation_input_tokens: NotRequired[int | None]
    cache_read_input_tokens: NotRequired[int | None]


class _Message(TypedDict):
    content: NotRequired[list[_Block] | None]
    stop_reason: NotRequired[str | None]
    usage: NotRequired[_Used | None]


# Of the API's message only what is read here: the SDK would build all of it, a fifth of what a call costs.
_MESSAGE = TypeAdapter(_Message)


def request(model: str, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> tuple[bytes, bytes]:
    """Return the body of a Messages API request: the part that all requests of a task share, and that of this one."""
    instructions: dict[str, Any] = {"type": "text", "text": prompt.instructions}
    if features.cache:
        instructions["cache_control"] = {"type": "ephemeral"}
    own = f', {json.dumps(instructions)}], "messages": {json.dumps(turns(prompt, corrections))}}}'
    return _shared(model, prompt.task, features), own.encode()


@lru_cache(maxsize=16)
def _shared(model: str, task: Task, features: Features) -> bytes:
    """Return the model, the optional parts that it takes, and the list of system texts, which stays open."""
    body: dict[str, Any] = {"model": model, "max_tokens": task.most_tokens + features.room}
    if features.thinking is not None:
        body["thinking"] = {"type": features.thinking}
    config: dict[str, Any] = {"effort": "low"} if features.effort else {}
    if features.schema:
        config["format"] = {"type": "json_schema", "schema": dict(task.schema)}
    if config:
        body["output_config"] = config
    body["system"] = [{"type": "text", "text": system_text(task, features)}]
    return json.dumps(body).encode().removesuffix(b"]}")


def system_text(task: Task, features: Features) -> str:
    """Return the system prompt, with the JSON Schema in it where the API does not enforce one."""
    if features.schema:
        return task.system
    schema = json.dumps(dict(task.schema), separators=(",", ":"))
    return f"{task.system}\n\nAnswer with that JSON object alone: no other text. It fits this JSON Schema:\n{schema}"


def turns(prompt: Prompt, corrections: Sequence[Correction]) -> list[dict[str, str]]:
    """Return the conversation: the data as the user's turn, then each answer that did not fit and its correction."""
    said = [{"role": "user", "content": prompt.data}]
    for answer, wrong in corrections:
        said.append({"role": "assistant", "content": answer or "(nothing)"})
        said.append({"role": "user", "content": f"That answer cannot be used: {wrong}. Answer with the JSON alone."})
    return said


def read(body: bytes) -> Said:
    """Read the model's answer from the body of a 200 response; raises `NoMessage`."""
    try:
        message = _MESSAGE.validate_json(body)
    except ValidationError:
        raise NoMessage from None
    blocks = message.get("content") or []
    if not blocks and "stop_reason" not in message:
        raise NoMessage
    return Said(
        "".join(block.get("text", "") for block in blocks if block["type"] == "text"),
        _usage_of(message.get("usage") or {}),
        _ENDINGS.get(message.get("stop_reason") or "", Ending.COMPLETE),
        thought=any("thinking" in block["type"] for block in blocks),
    )


def _usage_of(used: _Used) -> Usage:
    return Usage(
        used.get("input_tokens") or 0,
        used.get("output_tokens") or 0,
        used.get("cache_read_input_tokens") or 0,
        used.get("cache_creation_input_tokens") or 0,
    )
