"""Claude as the AI: two calls of the Messages API with structured output, every failure one of ours."""

import asyncio
import json
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from typing import NotRequired, TypeVar

import anthropic
import httpx2
from anthropic import AsyncAnthropic, DefaultAioHttpClient
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.adapters.ai.brake import Brake, Held, Refused
from app.adapters.ai.retry_after import seconds_asked
from app.domain import prompts
from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.prompts import Misfit, Prompt
from app.domain.summaries import Answer
from app.domain.tickets import Email
from support_context.facts import Facts, Json
from support_context.secrets import Secret

MOST_TRIES = 3
"""Calls for one step: the second or third mends a blip, more only add load to a provider in trouble."""

LONGEST_PAUSE_SECONDS = 8.0
"""A provider that asks for a longer pause has none for this ticket now: whoever waits for it has 30 seconds."""

FIRST_PAUSE_SECONDS = 0.4
"""Pause of one call after a blip, doubled before its third try, shortened by chance so that tickets do not return at
once. A provider that wants fewer calls gets the pause of the `Brake` instead."""

ANSWER_SECONDS = 60.0
"""Silence of the provider that ends a call; the run's own deadline comes first."""

LONGEST_ANSWER = 20_000
"""Characters of an answer that are read: ten times what a summary with 24 rows has."""

AT_ITS_LIMIT = frozenset({429, 529})
"""Statuses that ask every call of this process to pause: too many requests, overloaded."""

UNAVAILABLE, FIRST_SERVER_ERROR = 503, 500
"""Of the server errors, all worth another try, the first asks for a pause too where it comes with `retry-after`."""

_Read = TypeVar("_Read")


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


class _CallFailed(Exception):
    """A call that gave no answer; `detail` names the status or the class of the error, never its text."""

    def __init__(
        self, detail: str, usage: Usage | None = None, refused: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.usage = usage or Usage()
        self.refused = refused
        self.retry_after = retry_after


class ClaudeModel:
    """The Messages API behind one client and one brake for the whole process; `aclose` it."""

    provider = "anthropic"

    def __init__(
        self,
        api_key: Secret,
        model: str,
        base_url: str | None,
        http_client: httpx2.AsyncClient | None = None,
        brake: Brake | None = None,
    ) -> None:
        self.name = model
        self._brake = brake or Brake()
        for name in ("anthropic", "httpx2", "httpcore2"):
            # At DEBUG the SDK logs whole prompts, that is emails and customer data.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = AsyncAnthropic(
            api_key=api_key.reveal(),
            base_url=base_url,
            max_retries=0,
            timeout=ANSWER_SECONDS,
            # No proxy, netrc or certificate from the environment, and no redirect: the email goes to one host only.
            # The environment could make its traces carry prompts.
            open_telemetry=False,
            http_client=http_client or DefaultAioHttpClient(trust_env=False, follow_redirects=False),
        )

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self._client.close()

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        """Return the identifier that the instructions describe, as it stands in the email, or None."""
        try:
            return await self._ask(prompts.about_email(email, instructions), prompts.read_identifier)
        except _CallFailed as failure:
            outcome = Outcome.AI_REFUSED if failure.refused else Outcome.AI_UNAVAILABLE
            raise StepFailed(outcome, failure.detail, failure.usage, failure.retry_after) from None

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        """Return a summary and rows, each row naming the JSON Pointer of its fact."""
        try:
            return await self._ask(prompts.about_facts(facts, instructions), prompts.read_answer)
        except _CallFailed as failure:
            outcome = Outcome.SUMMARY_FALLBACK
            raise StepFailed(outcome, failure.detail, failure.usage, failure.retry_after) from None

    async def _ask(self, prompt: Prompt, read: Callable[[Json], _Read]) -> tuple[_Read, Usage]:
        """Call until there is an answer or none is to be expected; return what it says."""
        pause = FIRST_PAUSE_SECONDS
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                async with self._brake.turn(LONGEST_PAUSE_SECONDS):
                    body = await self._call(prompt)
            except Held as held:
                detail = f"the provider asked to wait {ceil(held.seconds)} s"
                raise _CallFailed(detail, retry_after=held.seconds) from None
            except Refused as refused:
                if not tries_left:
                    raise _CallFailed(str(refused), retry_after=self._brake.seconds_left()) from None
            except Exception as error:  # whatever the SDK raises is a failed call; cancellation passes
                wait = _wait_before_retry(error, pause)
                if wait is None or not tries_left:
                    raise _CallFailed(_named(error), retry_after=_asked(error) or 0.0) from None
                await asyncio.sleep(wait)
                pause *= 2
            else:
                text, usage = _text_of(body)
                return _validated(read, text, usage), usage
        raise AssertionError("unreachable")

    async def _call(self, prompt: Prompt) -> bytes:
        """Call once; raises `Refused` where the provider wants fewer calls, and what the SDK raises."""
        try:
            answer = await self._client.messages.with_raw_response.create(
                model=self.name,
                max_tokens=prompt.most_tokens,
                thinking={"type": "disabled"},
                output_config={"effort": "low", "format": {"type": "json_schema", "schema": dict(prompt.schema)}},
                system=[
                    {"type": "text", "text": prompt.system},
                    {
                        "type": "text",
                        "text": prompt.instructions,
                        "cache_control": {"type": "ephemeral"},
                    },
                ],
                messages=[{"role": "user", "content": prompt.data}],
            )
            return await answer.read()
        except anthropic.APIStatusError as error:
            asked = _asked(error)
            if error.status_code in AT_ITS_LIMIT or (error.status_code == UNAVAILABLE and asked is not None):
                raise Refused(_named(error), asked) from None
            raise


def _asked(error: Exception) -> float | None:
    if not isinstance(error, anthropic.APIStatusError):
        return None
    return seconds_asked(error.response.headers, datetime.now(UTC))


def _wait_before_retry(error: Exception, pause: float) -> float | None:
    """Return the seconds after which another try of this call is worth it, or None where it is not."""
    if isinstance(error, anthropic.APIStatusError):
        if error.status_code < FIRST_SERVER_ERROR:
            return None
        asked = _asked(error)
        if asked is not None:
            return asked if asked <= LONGEST_PAUSE_SECONDS else None
    elif not isinstance(error, anthropic.APIConnectionError):
        return None
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 (spreads the load, hides nothing)


def _named(error: Exception) -> str:
    return f"HTTP {error.status_code}" if isinstance(error, anthropic.APIStatusError) else type(error).__name__


def _text_of(body: bytes) -> tuple[str, Usage]:
    """Return the text of a complete answer; a proxy's HTML page is none."""
    try:
        message = _MESSAGE.validate_json(body)
    except ValidationError:
        raise _CallFailed("the answer is not a message") from None
    usage = _usage_of(message.get("usage") or {})
    if message.get("stop_reason") == "refusal":
        raise _CallFailed("refused", usage, refused=True)
    if message.get("stop_reason") == "max_tokens":
        raise _CallFailed("the answer was cut off", usage)
    blocks = message.get("content") or []
    return "".join(block.get("text", "") for block in blocks if block["type"] == "text"), usage


def _usage_of(used: _Used) -> Usage:
    """Count every token that was read, from the cache or not."""
    read = (used.get("input_tokens"), used.get("cache_creation_input_tokens"), used.get("cache_read_input_tokens"))
    return Usage(sum(count or 0 for count in read), used.get("output_tokens") or 0)


def _validated(read: Callable[[Json], _Read], text: str, usage: Usage) -> _Read:
    if len(text) > LONGEST_ANSWER:
        raise _CallFailed("the answer is too long", usage)
    try:
        return read(json.loads(text))
    except (Misfit, ValueError, RecursionError):
        raise _CallFailed("the answer does not fit the schema", usage) from None
