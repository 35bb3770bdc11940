"""Calls the AI provider with retries, and learns from its refusals which optional parts of a request the model takes.

A call is repeated after a blip and where the provider asks to wait a little; a refusal that names an optional part of
the request is answered by leaving that part out, from then on; any other refusal of ours is told to the operator.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil, inf
from time import monotonic
from typing import Protocol

from app.adapters.ai.answers import Ending, NoMessage, Said
from app.adapters.ai.brake import Brake, Braked, Held
from app.adapters.ai.call_observer import AiExchange, CallObserver
from app.adapters.ai.features import THINKING_ROOM, Features, without_refused
from app.adapters.ai.messages import Correction
from app.adapters.ai.retry_after import seconds_asked
from app.adapters.ai.wire import FIRST_SERVER_ERROR, HTTP_OK, NoAnswer, NoCredentials, WireReply
from app.domain.outcomes import Outcome
from app.domain.prompts import Prompt

MOST_TRIES = 3
"""Calls for one answer: the second or third mends a blip, more only add load to a provider in trouble."""

LONGEST_PAUSE_SECONDS = 8.0
"""A provider that asks for a longer pause has none for this ticket now: whoever waits for it has 30 seconds."""

FIRST_PAUSE_SECONDS = 0.4
"""Pause of one call after a blip, doubled before its third try, shortened by chance so that tickets do not return at
once. A provider that wants fewer calls gets the pause of the `Brake` instead."""

ASKING_SECONDS = 10.0
"""How long the question what the model takes may keep the first call waiting."""

ASKED_AGAIN_SECONDS = 60.0
"""When that question is put again to a provider that gave no answer; until then the table has to do."""

AT_ITS_LIMIT = frozenset({429, 529})
"""Statuses that ask every call of this process to pause: too many requests, overloaded."""

UNAVAILABLE = 503
"""Of the server errors, all worth a retry, this one asks for a pause too where it comes with `retry-after`."""

OF_A_FEATURE = frozenset({400, 422})
"""Statuses that may mean one optional part of the request, which the text then names."""

_MISCONFIGURED = {
    400: "refuses the request (HTTP 400); customer-context ai check shows why",
    401: "refuses the key (HTTP 401); check {key}",
    402: "wants payment (HTTP 402); look at the account's billing",
    403: "does not let this key use {model} (HTTP 403); check {key} and CC_AI_MODEL",
    404: "does not know {model}, or nothing answers at this address (HTTP 404); check CC_AI_MODEL and {address}",
    405: "takes no POST at this address (HTTP 405); check {address}",
    422: "refuses the request (HTTP 422); customer-context ai check shows why",
}
"""What the operator is told of a refusal that no later try mends; any other status may pass."""


class Provider(Protocol):
    """The API of one AI model at one address; `mends` names the variables of its key and its address.

    `assumed` is what the model is taken to take until it has been asked.
    """

    provider: str
    host: str
    mends: tuple[str, str]
    assumed: Features

    async def features(self) -> tuple[Features, WireReply | None, str]:
        """Ask which optional parts the model takes, with the refusal to tell, if any, and a remark for the operator."""

    async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        """Send one prompt to the model; raises `NoAnswer` or `NoCredentials`."""

    def read(self, body: bytes) -> Said:
        """Read the model's answer from the body of a 200 response; raises `NoMessage`."""

    async def aclose(self) -> None:
        """Close the connections."""


class CallFailed(Exception):
    """An AI call ended without an answer; `detail` names the status or the class of the error, never its text."""

    def __init__(self, detail: str, outcome: Outcome = Outcome.AI_UNAVAILABLE, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.outcome = outcome
        self.retry_after = retry_after


class Calls:
    """The calls of one process to one provider, behind one brake; `aclose` it.

    `problem` is why the provider refuses our key, model or settings, in words for the operator, None where it does not;
    `remark` is what it said of itself at the start.
    """

    def __init__(
        self,
        provider: Provider,
        model: str,
        brake: Brake | None = None,
        observer: CallObserver | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.provider = provider
        self.model = model
        self.features = provider.assumed
        self.remark = ""
        self.problem: str | None = None
        self._brake = brake or Brake()
        self._observer = observer or CallObserver()
        self._now = now
        self._ask_at = -inf
        self._asking = asyncio.Lock()

    async def ready(self) -> None:
        """Ask which optional parts the model takes, unless they are known: once, and again a minute after no answer."""
        if self._now() < self._ask_at:
            return
        async with self._asking:
            if self._now() < self._ask_at:
                return
            self._ask_at = self._now() + ASKED_AGAIN_SECONDS
            try:
                async with asyncio.timeout(ASKING_SECONDS):
                    self.features, refusal, self.remark = await self.provider.features()
            except (NoAnswer, TimeoutError):
                return
            except NoCredentials as missing:
                self._note(self._without_credentials(missing))
                return
            if refusal is None:
                self._ask_at = inf
            elif refusal.status in _MISCONFIGURED:
                self._note(self._in_words(refusal.status))

    async def said(self, prompt: Prompt, corrections: Sequence[Correction]) -> Said:
        """Return the model's answer to a prompt, retried up to `MOST_TRIES` times; raises `CallFailed`."""
        await self.ready()
        pause, tries_left = FIRST_PAUSE_SECONDS, MOST_TRIES
        wait: float | None
        while True:
            sent = self.features
            try:
                reply = await self._reply(prompt, sent, corrections)
            except Braked as refused:
                failure, wait = CallFailed(str(refused), retry_after=self._brake.seconds_left()), 0.0
            except NoAnswer as broken:
                failure, wait = CallFailed(str(broken)), pause
            else:
                if reply.status == HTTP_OK:
                    return self._read(reply)
                if reply.status in OF_A_FEATURE and self._learns_from(reply, sent):
                    continue
                failure, wait = self._failure_of(reply), _wait_before_retry(reply, pause)
            tries_left -= 1
            if wait is None or not tries_left:
                raise failure
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 (spreads the load, hides nothing)
            pause *= 2

    def may_ask_again(self, said: Said) -> bool:
        """Tell whether to ask again after an answer that did not fit its schema; learn what the server lacks."""
        if said.ending is Ending.CUT_OFF and said.thought and not self.features.room:
            self.features = replace(self.features, room=THINKING_ROOM)
            return True
        if self.features.schema and said.text and not said.text.lstrip().startswith("{"):
            self.features = replace(self.features, schema=False)  # it was taken, and nobody held the model to it
        return not self.features.schema

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self.provider.aclose()

    async def _reply(self, prompt: Prompt, sent: Features, corrections: Sequence[Correction]) -> WireReply:
        """Take a turn at the brake and call; raises `CallFailed` where no call may be made."""
        try:
            async with self._brake.turn(LONGEST_PAUSE_SECONDS):
                return await self._call(prompt, sent, corrections)
        except Held as held:
            detail = f"the provider asked to wait {ceil(held.seconds)} s"
            raise CallFailed(detail, retry_after=held.seconds) from None
        except NoCredentials as missing:
            self._note(self._without_credentials(missing))
            raise CallFailed(f"no credentials: {missing}", Outcome.AI_MISCONFIGURED) from None

    async def _call(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        """Call once; raises `Braked` where the provider wants fewer calls."""
        started = self._now()
        reply = None
        try:
            reply = await self.provider.ask(prompt, features, corrections)
        finally:
            status, body = (reply.status, reply.body) if reply else (None, b"")
            self._observer.ai_exchanged(AiExchange(features, status, self._now() - started, body))
        if reply.status in AT_ITS_LIMIT or (reply.status == UNAVAILABLE and _asked(reply) is not None):
            raise Braked(f"HTTP {reply.status}", _asked(reply))
        return reply

    def _read(self, reply: WireReply) -> Said:
        try:
            said = self.provider.read(reply.body)
        except NoMessage:
            raise CallFailed("the answer is not a message") from None
        self._note(None)
        return said

    def _learns_from(self, reply: WireReply, sent: Features) -> bool:
        """Send no more what a refusal names; False where it names nothing that was sent."""
        less = without_refused(self.features, reply.body.decode(errors="replace"))
        self.features = less or self.features
        return self.features != sent

    def _failure_of(self, reply: WireReply) -> CallFailed:
        if reply.status in _MISCONFIGURED:
            self._note(self._in_words(reply.status))
            return CallFailed(f"HTTP {reply.status}", Outcome.AI_MISCONFIGURED)
        return CallFailed(f"HTTP {reply.status}", retry_after=_asked(reply) or 0.0)

    def _in_words(self, status: int) -> str:
        key, address = self.provider.mends
        return _MISCONFIGURED[status].format(key=key, address=address, model=self.model)

    def _without_credentials(self, missing: NoCredentials) -> str:
        return f"cannot be asked for want of credentials ({missing}); check {self.provider.mends[0]}"

    def _note(self, problem: str | None) -> None:
        """Tell when the provider begins to refuse us, and when it takes us again."""
        if (problem is None) != (self.problem is None):
            self._observer.ai_problem(problem, self.provider.provider, self.model)
        self.problem = problem


def _asked(reply: WireReply) -> float | None:
    return seconds_asked(reply.headers, datetime.now(UTC))


def _wait_before_retry(reply: WireReply, pause: float) -> float | None:
    """Return the seconds after which another try of this call is worth it, or None where it is not."""
    if reply.status < FIRST_SERVER_ERROR:
        return None
    asked = _asked(reply)
    if asked is None:
        return pause
    return asked if asked <= LONGEST_PAUSE_SECONDS else None
