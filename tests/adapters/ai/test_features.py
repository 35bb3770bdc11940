"""What a model takes: the table, the Models API's answer, and what a refusal teaches."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.ai.chat import TAKEN
from app.adapters.ai.clients import taken
from app.adapters.ai.features import BETWEEN_TOOLS, OFF, PLAIN, THINKING_ROOM, Features, known, without_refused

ALL = known("claude-haiku-5-5")


@pytest.mark.parametrize(
    ("model", "thinking", "effort", "schema", "room"),
    [
        pytest.param("claude-haiku-5-5", OFF, True, True, 0, id="the default"),
        pytest.param("us.anthropic.claude-haiku-5-5-v1:0", OFF, True, True, 0, id="as Bedrock names it"),
        pytest.param("claude-haiku-4-5@20251001", OFF, False, True, 0, id="as Vertex names it, without effort"),
        pytest.param("claude-sonnet-5-5", BETWEEN_TOOLS, True, True, 0, id="thinking off by another name"),
        pytest.param("claude-opus-5-5", None, True, True, THINKING_ROOM, id="always thinks"),
        pytest.param("claude-fable-5-1", None, True, True, THINKING_ROOM, id="always thinks too"),
        pytest.param("claude-of-tomorrow", OFF, True, True, 0, id="a Claude that is not known: its refusal tells"),
        pytest.param("qwen3:8b", None, False, False, 0, id="no Claude: nothing is assumed"),
    ],
)
def test_table_tells_what_a_model_takes(
    model: str, thinking: str | None, effort: bool, schema: bool, room: int
) -> None:
    found = known(model)

    assert (found.thinking, found.effort, found.schema, found.room) == (thinking, effort, schema, room)


EFFORT = "This model does not support the effort parameter."
FORMAT = "output_config.format: Extra inputs are not permitted"
DISABLED = '"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive".'


@pytest.mark.parametrize(
    ("sent", "refusal", "left"),
    [
        pytest.param(ALL, EFFORT, replace(ALL, effort=False), id="effort"),
        pytest.param(ALL, "output_config.effort: Input should be 'high'", replace(ALL, effort=False), id="its value"),
        pytest.param(ALL, FORMAT, replace(ALL, schema=False), id="format"),
        pytest.param(ALL, "Structured outputs are not supported", replace(ALL, schema=False), id="by its name"),
        pytest.param(
            ALL,
            "output_config: Extra inputs are not permitted",
            replace(ALL, effort=False, schema=False),
            id="both, as some platforms say it",
        ),
        pytest.param(ALL, DISABLED, replace(ALL, thinking=BETWEEN_TOOLS), id="thinking: the other way to turn it off"),
        pytest.param(
            replace(ALL, thinking=BETWEEN_TOOLS),
            "thinking: Input tag 'between_tools' does not match any of the expected tags: 'adaptive'",
            replace(ALL, thinking=None, room=THINKING_ROOM),
            id="thinking: it gets room",
        ),
        pytest.param(ALL, "cache_control: Extra inputs are not permitted", replace(ALL, cache=False), id="caching"),
        pytest.param(
            TAKEN,
            "Unrecognized request argument supplied: reasoning_effort",
            replace(TAKEN, effort=False),
            id="Ollama's",
        ),
        pytest.param(
            TAKEN,
            "chat_template_kwargs: extra fields not permitted",
            replace(TAKEN, thinking=None, room=THINKING_ROOM),
            id="llama.cpp's",
        ),
        pytest.param(
            TAKEN, "'response_format.type' must be 'text'", replace(TAKEN, schema=False), id="a server without schemas"
        ),
        pytest.param(
            TAKEN,
            "'temperature' does not support 0 with this model",
            replace(TAKEN, temperature=False),
            id="temperature",
        ),
        pytest.param(ALL, "invalid x-api-key", None, id="nothing of the kind"),
        pytest.param(ALL, "the information is not available", None, id="a word that only contains one"),
        pytest.param(PLAIN, f"{EFFORT} {FORMAT} {DISABLED}", None, id="what was never sent"),
        pytest.param(ALL, "x" * 4_000 + EFFORT, None, id="behind a flood"),
    ],
)
def test_refusal_takes_out_what_it_names(sent: Features, refusal: str, left: Features | None) -> None:
    assert without_refused(sent, json.dumps({"error": {"message": refusal}})) == left


def told(**changes: Any) -> bytes:
    """An answer of GET /v1/models/{model} with the capabilities of a model that takes everything."""
    yes = {"supported": True}
    kinds = dict.fromkeys(("adaptive", "between_tools", "disabled", "enabled"), yes)
    capabilities = {
        "effort": {"supported": True, "low": yes},
        "structured_outputs": yes,
        "thinking": {"supported": True, "types": kinds},
    } | changes
    return json.dumps({"type": "model", "id": "m", "capabilities": capabilities}).encode()


NO = {"supported": False}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param(told(), ALL, id="everything"),
        pytest.param(told(effort=NO), replace(ALL, effort=False), id="no effort"),
        pytest.param(told(effort={"supported": True, "low": NO}), replace(ALL, effort=False), id="no low effort"),
        pytest.param(told(structured_outputs=NO), replace(ALL, schema=False), id="no structured output"),
        pytest.param(
            told(thinking={"supported": True, "types": {"disabled": NO, "between_tools": {"supported": True}}}),
            replace(ALL, thinking=BETWEEN_TOOLS),
            id="thinking off by another name",
        ),
        pytest.param(
            told(thinking={"supported": True, "types": {"disabled": NO, "adaptive": {"supported": True}}}),
            replace(ALL, thinking=None, room=THINKING_ROOM),
            id="always thinks",
        ),
        pytest.param(
            told(thinking={"supported": True, "types": {"disabled": NO, "enabled": {"supported": True}}}),
            replace(ALL, thinking=None),
            id="thinks only when told how much",
        ),
        pytest.param(told(thinking=NO), replace(ALL, thinking=None), id="cannot think"),
        pytest.param(b'{"id":"m","object":"model"}', None, id="another server's answer"),
        pytest.param(b'{"capabilities":null}', None, id="nothing told"),
        pytest.param(b'{"capabilities":["completion"]}', None, id="other capabilities"),
        pytest.param(b"<html>", None, id="a page"),
        pytest.param(b"[]", None, id="a list"),
    ],
)
def test_models_api_tells_what_a_model_takes(answer: bytes, found: Features | None) -> None:
    assert taken(answer) == found
