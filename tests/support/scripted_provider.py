"""A provider of an AI without a network: answers from a script, in the Messages API's words."""

import asyncio
from collections.abc import Sequence

from app.adapters.ai import messages
from app.adapters.ai.answers import Said
from app.adapters.ai.features import Features, known
from app.adapters.ai.messages import Correction
from app.adapters.ai.wire import NoAnswer, NoCredentials, WireReply
from app.domain.prompts import Prompt
from tests.support.ai_servers import Answer
from tests.support.clocks import settled

MODEL = "claude-haiku-5-5"


class ScriptedProvider:
    """Answers in the order of its script, the last one again and again; an exception in it is raised."""

    provider = "scripted"
    host = "ai.example"
    mends = "THE_KEY", "THE_ADDRESS"

    def __init__(self, *script: Answer | NoAnswer | NoCredentials) -> None:
        self.script = list(script)
        self.asked: list[tuple[Prompt, Features, tuple[Correction, ...]]] = []
        self.assumed = known(MODEL)
        self.questions = 0
        self.told: tuple[Features, WireReply | None, str] | Exception = (self.assumed, None, "")

    async def features(self) -> tuple[Features, WireReply | None, str]:
        self.questions += 1
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        self.asked.append((prompt, features, tuple(corrections)))
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return reply(answer)

    def read(self, body: bytes) -> Said:
        return messages.read(body)

    async def aclose(self) -> None:
        pass


class BusyProvider(ScriptedProvider):
    """Leaves every call open until the test answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self._arrived = asyncio.Semaphore(0)
        self._open: list[asyncio.Future[Answer]] = []

    async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open.append(answer)
        self.calls += 1
        self._arrived.release()
        return reply(await answer)

    async def arrived(self, count: int) -> None:
        for _ in range(count):
            await self._arrived.acquire()

    async def answer(self, answer: Answer) -> None:
        """Give all that wait now the same answer, and let everybody do what follows from it."""
        waiting, self._open = self._open, []
        for each in waiting:
            each.set_result(answer)
        await settled()


def reply(answer: Answer) -> WireReply:
    return WireReply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)
