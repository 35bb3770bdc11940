"""Runs the AI's two steps on every email, with the code of the real pipeline; no database, no endpoint, no token."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from app.domain.identity import identity_of
from app.domain.outcomes import Identity, Outcome, StepFailed, Usage
from app.domain.reading import extraction
from app.domain.rows.judging import Judged, judge
from app.enrichment import Model
from app.evaluation.cases import Case, Suite

ANSWER_SECONDS = 30.0
"""Seconds that one call may take: as long as a ticket waits at the most, unless its operator has said otherwise."""

MOST_TRIES = 4
"""Tries of one call while the provider asks to be left alone: no ticket waits here, and a key may allow few calls."""

LONGEST_PAUSE_SECONDS = 60.0
"""Longest pause that a provider is granted before the next try."""

_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one email.

    `said` is what the AI named, `accepted` what of it may be sent, and `ending` why nothing may. `judged` is what the
    card would show, None where the endpoint's answer is not given or the AI did not answer: `unsummarized` tells.
    `identity` compares the sender with the record of what was accepted, None where no record is known.
    `seconds` are those of the AI's answers, without pauses.
    """

    case: Case
    said: str | None
    accepted: str | None
    ending: Outcome | None
    judged: Judged | None
    unsummarized: bool
    usage: Usage
    seconds: float
    identity: Identity | None = None


@dataclass(slots=True)
class _Spent:
    usage: Usage
    most_seconds: float
    seconds: float = 0.0


async def evaluate(
    suite: Suite,
    model: Model,
    parallel: int,
    on_seen: Callable[[], None] = lambda: None,
    answer_seconds: float = ANSWER_SECONDS,
) -> tuple[Seen, ...]:
    """Run every email of the suite, so many at once, and return what came of them in the suite's order."""
    seats = asyncio.Semaphore(parallel)

    async def one(case: Case) -> Seen:
        async with seats:
            seen = await _see(case, suite, model, _Spent(Usage(), answer_seconds))
        on_seen()
        return seen

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(case)) for case in suite.cases]
    return tuple(task.result() for task in tasks)


async def _see(case: Case, suite: Suite, model: Model, spent: _Spent) -> Seen:
    said = accepted = ending = None
    try:
        said = await _patiently(lambda: model.extract(case.email, suite.instructions.identify), spent)
        accepted = extraction.accept(said, case.email, suite.instructions.identify)
    except StepFailed as failure:
        ending = failure.outcome
    judged, unsummarized = await _summarized(case, suite, model, spent)
    identity = _identity(case, suite, accepted)
    return Seen(case, said, accepted, ending, judged, unsummarized, spent.usage, spent.seconds, identity)


def _identity(case: Case, suite: Suite, accepted: str | None) -> Identity | None:
    facts = None if accepted is None else suite.answer(case, accepted)
    if facts is None or facts.empty:
        return None
    return identity_of(facts, suite.instructions.match_path, case.email.sender, case.email.sender_verified)


async def _summarized(case: Case, suite: Suite, model: Model, spent: _Spent) -> tuple[Judged | None, bool]:
    """Judge the display instructions by themselves: on the right customer's data, whoever the first step named."""
    facts, display = suite.answer(case, case.expected), suite.instructions.display
    if facts is None or facts.empty or not display.strip():
        return None, False
    try:
        answer = await _patiently(lambda: model.summarize(facts, display), spent)
    except StepFailed:
        return None, True
    return judge(answer, facts, display), False


async def _patiently(call: Callable[[], Awaitable[tuple[_Said, Usage]]], spent: _Spent) -> _Said:
    """Call, and again where the provider asks to wait; raises the `StepFailed` of the last try."""
    clock = asyncio.get_running_loop().time
    for tries_left in reversed(range(MOST_TRIES)):
        started = clock()
        try:
            async with asyncio.timeout(spent.most_seconds):
                said, usage = await call()
        except TimeoutError:
            raise StepFailed(Outcome.AI_UNAVAILABLE, "no answer within the deadline") from None
        except StepFailed as failure:
            spent.usage += failure.usage
            if not failure.retry_after or not tries_left:
                raise
            await asyncio.sleep(min(failure.retry_after, LONGEST_PAUSE_SECONDS))
        else:
            spent.usage += usage
            spent.seconds += clock() - started
            return said
    raise AssertionError("unreachable")
