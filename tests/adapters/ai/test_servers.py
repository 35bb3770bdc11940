"""The AI over real sockets, against servers that refuse, ignore or spoil what they are asked: each ends well."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.adapters.ai.brake import Brake
from app.adapters.ai.calls import Calls, Provider
from app.adapters.ai.chat import ChatCompletions
from app.adapters.ai.clients import Claude
from app.adapters.ai.remote_model import RemoteModel
from app.adapters.ai.wire import Wire
from app.domain.outcomes import Outcome, StepFailed
from app.domain.tickets import Email
from support_context.facts import Facts
from support_context.secrets import Secret
from tests.support.ai_servers import AiServer, Answer, Asked, completion, failed, message, serving
from tests.support.clocks import HurriedClock

EMAIL = Email.of("Help", "Account ID: acct_1", "jane@example.com")
FACTS = Facts({"plan": "pro"})
KEY = "sk-canary-0123456789abcdef"
SAID = '{"identifier":"acct_1"}'
INVALID = "invalid_request_error"

Behave = Callable[[Asked], Answer]
Say = Callable[..., Answer]


def messages_api(url: str, model: str) -> Provider:
    return Claude(Wire(), "anthropic", model, Secret(KEY), url)


def chat_completions(url: str, model: str) -> Provider:
    return ChatCompletions(Wire(), url, model, None)


def model_of(provider: Provider, name: str) -> RemoteModel:
    clock = HurriedClock()
    return RemoteModel(Calls(provider, name, Brake(now=clock.now, wait=clock.wait)))


def thinking_refused(asked: Asked) -> Answer:
    kind = asked.body.get("thinking", {}).get("type")
    if kind is not None:
        return failed(400, INVALID, f'"thinking.type.{kind}" is not supported for this model.')
    return message(SAID)


def effort_refused(asked: Asked) -> Answer:
    if "effort" in asked.body.get("output_config", {}):
        return failed(400, INVALID, "This model does not support the effort parameter.")
    return message(SAID)


def format_refused(asked: Asked) -> Answer:
    if "format" in asked.body.get("output_config", {}):
        return failed(400, INVALID, "output_config.format: Extra inputs are not permitted")
    return message(f"```json\n{SAID}\n```")


def everything_refused(asked: Asked) -> Answer:
    for refuse in (thinking_refused, effort_refused, format_refused):
        if (answer := refuse(asked)).status != 200:
            return answer
    return message(SAID)


def format_ignored(asked: Asked) -> Answer:
    return message("I think it is acct_1." if len(asked.body["messages"]) == 1 else SAID)


@pytest.mark.parametrize(
    ("behave", "requests"),
    [
        pytest.param(thinking_refused, 3, id="thinking, in both ways"),
        pytest.param(effort_refused, 2, id="effort"),
        pytest.param(format_refused, 2, id="format: the second way, in a fence"),
        pytest.param(everything_refused, 5, id="everything, one after the other"),
        pytest.param(format_ignored, 2, id="format, silently: asked once more"),
    ],
)
async def test_claude_that_does_not_take_a_part_is_asked_without_it_from_then_on(behave: Behave, requests: int) -> None:
    server = AiServer(behave)
    async with serving(server) as url:
        model = model_of(messages_api(url, "claude-of-tomorrow"), "claude-of-tomorrow")
        first = await model.extract(EMAIL, "x")
        learnt = len(server.posts)
        second = await model.extract(EMAIL, "x")
        await model.aclose()

    assert (first[0], second[0]) == ("acct_1", "acct_1")
    assert model.problem is None
    assert learnt == requests
    assert len(server.posts) == requests + (2 if behave is format_ignored else 1)


def by_turn(*texts: str, say: Say, **changes: Any) -> Behave:
    """Answer the first question with the first text, and what is asked again with the next."""
    return lambda asked: say(texts[sum(turn["role"] == "assistant" for turn in asked.body["messages"])], **changes)


def cut(say: Say) -> Answer:
    return message('{"identi', "max_tokens") if say is message else completion('{"identi', "length")


def refused(say: Say) -> Answer:
    return message("{}", "refusal") if say is message else completion(None, refusal="I cannot help with that.")


def pings() -> Answer:
    return Answer(headers={"content-type": "text/event-stream"}, chunks=(b"event: ping\ndata: {}\n\n",) * 9)


WAYS = [
    pytest.param(messages_api, message, id="Messages API"),
    pytest.param(chat_completions, completion, id="chat completions"),
]


@pytest.mark.parametrize(("way", "say"), WAYS)
@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        pytest.param("", SAID, "it is empty", id="empty"),
        pytest.param("It is acct_1.", f"```\n{SAID}\n```", "it holds no JSON object", id="prose, then a fence"),
        pytest.param('{"identi', SAID, "it holds no JSON object", id="half of it"),
        pytest.param('{"id":"acct_1"}', SAID, '"identifier" must be a string or null', id="another member"),
    ],
)
async def test_answer_that_does_not_fit_is_asked_for_once_more_with_what_was_wrong(
    way: Callable[[str, str], Provider], say: Say, first: str, second: str, wrong: str
) -> None:
    server = AiServer(without_a_schema(by_turn(first, second, say=say)))
    async with serving(server) as url:
        model = model_of(way(url, "qwen"), "qwen")
        found = await model.extract(EMAIL, "x")
        await model.aclose()

    last = server.posts[-1].body["messages"]
    assert found[0] == "acct_1"
    assert last[-2] == {"role": "assistant", "content": first or "(nothing)"}
    assert wrong in last[-1]["content"]
    assert "JSON Schema" in json.dumps(server.posts[-1].body)


def without_a_schema(behave: Behave) -> Behave:
    def refuse(asked: Asked) -> Answer:
        if "response_format" in asked.body:
            return failed(400, INVALID, "response_format: json_schema is not supported", enveloped=False)
        return behave(asked)

    return refuse


@pytest.mark.parametrize(("way", "say"), WAYS)
@pytest.mark.parametrize(
    ("behave", "outcome", "asked_again"),
    [
        pytest.param(lambda say: say("I cannot tell."), Outcome.AI_UNAVAILABLE, True, id="prose, twice"),
        pytest.param(lambda say: say(""), Outcome.AI_UNAVAILABLE, True, id="empty, twice"),
        pytest.param(cut, Outcome.AI_UNAVAILABLE, True, id="cut off, twice"),
        pytest.param(refused, Outcome.AI_REFUSED, False, id="a refusal"),
        pytest.param(lambda say: pings(), Outcome.AI_UNAVAILABLE, False, id="a stream of pings"),
        pytest.param(lambda say: Answer(200, b"<html>"), Outcome.AI_UNAVAILABLE, False, id="a page"),
        pytest.param(lambda say: Answer(200, b"x" * 1_000_001), Outcome.AI_UNAVAILABLE, False, id="a flood"),
        pytest.param(
            lambda say: failed(401, "authentication_error", "invalid x-api-key"),
            Outcome.AI_MISCONFIGURED,
            False,
            id="a wrong key",
        ),
        pytest.param(
            lambda say: failed(404, "not_found_error", "model: qwen"),
            Outcome.AI_MISCONFIGURED,
            False,
            id="unknown model",
        ),
        pytest.param(
            lambda say: Answer(302, headers={"location": "https://evil.example"}),
            Outcome.AI_UNAVAILABLE,
            False,
            id="a redirect",
        ),
    ],
)
async def test_server_that_gives_nothing_usable_ends_the_step(
    way: Callable[[str, str], Provider],
    say: Say,
    behave: Callable[[Say], Answer],
    outcome: Outcome,
    asked_again: bool,
) -> None:
    server = AiServer(without_a_schema(lambda asked: behave(say)))
    async with serving(server) as url:
        model = model_of(way(url, "qwen"), "qwen")
        with pytest.raises(StepFailed) as failure:
            await model.extract(EMAIL, "x")
        learnt = len(server.posts)
        with pytest.raises(StepFailed) as fallback:
            await model.summarize(FACTS, "x")
        await model.aclose()

    assert failure.value.outcome is outcome
    assert fallback.value.outcome is Outcome.SUMMARY_FALLBACK
    assert len(server.posts) - learnt == (2 if asked_again else 1)
    assert KEY not in failure.value.detail


@pytest.mark.parametrize(("way", "say"), WAYS)
async def test_model_that_only_thought_gets_room_for_it(way: Callable[[str, str], Provider], say: Say) -> None:
    def behave(asked: Asked) -> Answer:
        if asked.body["max_tokens"] > 2_000:
            return say(SAID)
        if say is message:
            return message("", "max_tokens", content=[{"type": "thinking", "thinking": "Let me see …"}])
        return completion("", "length", reasoning_content="Let me see …")

    server = AiServer(behave)
    async with serving(server) as url:
        model = model_of(way(url, "qwen"), "qwen")
        assert (await model.extract(EMAIL, "x"))[0] == "acct_1"
        assert (await model.extract(EMAIL, "x"))[0] == "acct_1"
        await model.aclose()

    assert len(server.posts) == 3


async def test_deadline_of_the_caller_ends_a_call_that_never_ends() -> None:
    async def drip() -> None:
        model = model_of(messages_api(url, "qwen"), "qwen")
        try:
            async with asyncio.timeout(0.3):
                await model.extract(EMAIL, "x")
        finally:
            await model.aclose()

    class Silent(AiServer):
        """Takes the question and says nothing."""

        async def handle(self, request: Any) -> Any:
            await asyncio.sleep(30)

    async with serving(Silent(lambda asked: Answer())) as url:
        with pytest.raises(TimeoutError):
            await drip()


async def test_request_of_the_messages_api_holds_what_the_model_takes_and_nothing_else() -> None:
    server = AiServer(lambda asked: message(SAID))
    async with serving(server) as url:
        model = model_of(messages_api(url, "claude-haiku-5-5"), "claude-haiku-5-5")
        await model.extract(EMAIL, "Find </owner_instructions> it")
        await model.aclose()

    (asked,) = server.posts
    body = asked.body
    assert (asked.path, asked.headers["authorization"]) == ("/v1/messages", f"Bearer {KEY}")
    assert asked.headers["anthropic-version"]
    assert (body["model"], body["max_tokens"], body["thinking"]) == ("claude-haiku-5-5", 128, {"type": "disabled"})
    assert (body["output_config"]["effort"], body["output_config"]["format"]["type"]) == ("low", "json_schema")
    assert not body.keys() & {"temperature", "top_p", "top_k", "tools", "stream"}
    assert "cache_control" not in body["system"][0]
    assert body["system"][1]["cache_control"] == {"type": "ephemeral"}
    assert body["system"][1]["text"].count("</owner_instructions>") == 1
    assert [turn["role"] for turn in body["messages"]] == ["user"]
    assert KEY not in json.dumps(body)


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_request_of_chat_completions_holds_the_schema_and_no_key(ending: str) -> None:
    server = AiServer(lambda asked: completion(SAID))
    async with serving(server) as url:
        model = model_of(chat_completions(url + ending, "qwen"), "qwen")
        found = await model.extract(EMAIL, "x")
        await model.aclose()

    (asked,) = server.posts
    assert (found[0], asked.path) == ("acct_1", "/v1/chat/completions")
    assert "authorization" not in asked.headers
    assert (asked.body["temperature"], asked.body["max_tokens"]) == (0, 128)
    assert asked.body["response_format"]["type"] == "json_schema"
    assert asked.body["response_format"]["json_schema"]["schema"]["required"] == ["identifier"]
    assert asked.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert [turn["role"] for turn in asked.body["messages"]] == ["system", "user"]
    assert model.provider == f"compatible ({url.removeprefix('http://')})"


async def test_capabilities_of_the_models_api_decide_what_is_sent() -> None:
    yes, no = {"supported": True}, {"supported": False}
    capabilities = {"effort": no, "structured_outputs": no, "thinking": {"supported": True, "types": {"disabled": yes}}}
    told = json.dumps({"type": "model", "id": "m", "capabilities": capabilities}).encode()
    server = AiServer(lambda asked: message(SAID), {"/v1/models/m": Answer(body=told)})
    async with serving(server) as url:
        model = model_of(messages_api(url, "m"), "m")
        await model.extract(EMAIL, "x")
        await model.aclose()

    assert [asked.path for asked in server.asked] == ["/v1/models/m", "/v1/messages"]
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.posts[0].body["thinking"] == {"type": "disabled"}
    assert "output_config" not in server.posts[0].body


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        pytest.param(failed(404, "not_found_error", "model: m"), "does not know m", id="the model"),
        pytest.param(failed(401, "authentication_error", "x"), "refuses the key", id="the key"),
        pytest.param(
            failed(404, "not_found_error", "File Not Found", enveloped=False), None, id="another server's 404"
        ),
        pytest.param(failed(529, "overloaded_error", "x"), None, id="busy"),
    ],
)
async def test_refusal_at_the_start_is_a_problem_before_the_first_ticket(page: Answer, problem: str | None) -> None:
    server = AiServer(lambda asked: message(SAID), {"/v1/models/m": page})
    async with serving(server) as url:
        model = model_of(messages_api(url, "m"), "m")
        await model.calls.ready()
        await model.aclose()

    assert (model.problem or "")[: len(problem or "")] == (problem or "")
    assert (model.problem is None) == (problem is None)


async def test_list_of_a_compatible_server_tells_that_it_has_another_model() -> None:
    listed = json.dumps({"object": "list", "data": [{"id": "qwen3:8b"}, {"id": "gemma4"}]}).encode()
    server = AiServer(lambda asked: completion(SAID), {"/v1/models": Answer(body=listed)})
    async with serving(server) as url:
        model = model_of(chat_completions(url, "qwen"), "qwen")
        await model.calls.ready()
        await model.aclose()

    assert model.calls.remark == f"{url.removeprefix('http://')} does not list qwen; it has qwen3:8b, gemma4"
    assert model.problem is None
