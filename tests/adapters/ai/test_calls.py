"""What becomes of one call: repeated, held back, taken as told, or told to the operator."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from app.adapters.ai.brake import Brake
from app.adapters.ai.call_observer import CallObserver
from app.adapters.ai.calls import ASKED_AGAIN_SECONDS, MOST_TRIES, Calls
from app.adapters.ai.features import PLAIN, Features
from app.adapters.ai.messages import Correction
from app.adapters.ai.remote_model import RemoteModel
from app.adapters.ai.wire import NoAnswer, NoCredentials, WireReply
from app.domain.configuration import Configuration
from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.prompts import Prompt
from app.domain.tickets import Email
from app.enrichment import Enricher
from support_context.facts import Facts
from support_context.secrets import Secret
from tests.support.ai_servers import Answer, failed, message
from tests.support.clocks import Clock, HurriedClock, settled
from tests.support.endpoints import ScriptedEndpoint
from tests.support.scripted_provider import MODEL, BusyProvider, ScriptedProvider, reply

KEY = "sk-canary-0123456789abcdef"
EMAIL = Email.of("Help", "Account ID: acct_1", "jane@example.com")
FACTS = Facts({"plan": "pro"})
FOUND = message('{"identifier":"acct_1"}')
COUNTED = Usage(10, 3, 2, 5)


def status(code: int, **headers: str) -> Answer:
    return failed(code, "x", f"foreign text {KEY}", headers=headers)


def hurried() -> Brake:
    clock = HurriedClock()
    return Brake(now=clock.now, wait=clock.wait)


def model_of(provider: ScriptedProvider, brake: Brake | None = None) -> RemoteModel:
    return RemoteModel(Calls(provider, MODEL, brake or hurried()))


@pytest.mark.parametrize(
    "passing",
    [
        pytest.param(status(429, retry_after="0"), id="too-many"),
        pytest.param(status(500, retry_after="0.0"), id="server-error"),
        pytest.param(status(529, retry_after="0"), id="overloaded"),
        pytest.param(status(503, retry_after="soon"), id="unavailable"),
        pytest.param(NoAnswer("ClientConnectorError"), id="connection"),
    ],
)
async def test_call_is_repeated_when_it_may_help(passing: Answer | NoAnswer) -> None:
    provider = ScriptedProvider(passing, FOUND)
    assert (await model_of(provider).extract(EMAIL, "x"))[0] == "acct_1"
    assert len(provider.asked) == 2


async def test_call_is_given_up_when_three_tries_fail() -> None:
    provider = ScriptedProvider(status(529, retry_after="0"))
    with pytest.raises(StepFailed) as failure:
        await model_of(provider).extract(EMAIL, "x")
    assert (len(provider.asked), failure.value.detail, MOST_TRIES) == (3, "HTTP 529", 3)
    assert 2.0 <= failure.value.retry_after <= 4.0


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        pytest.param(message("{}", "refusal"), Outcome.AI_REFUSED, "refused", id="refusal"),
        pytest.param(status(307, location="https://evil.example"), Outcome.AI_UNAVAILABLE, "HTTP 307", id="redirect"),
        pytest.param(status(408), Outcome.AI_UNAVAILABLE, "HTTP 408", id="its time-out"),
        pytest.param(status(413), Outcome.AI_UNAVAILABLE, "HTTP 413", id="too large"),
        pytest.param(Answer(200, b"<html>"), Outcome.AI_UNAVAILABLE, "the answer is not a message", id="a page"),
        pytest.param(Answer(200, b"[]"), Outcome.AI_UNAVAILABLE, "the answer is not a message", id="a list"),
        pytest.param(Answer(200, b"{}"), Outcome.AI_UNAVAILABLE, "the answer is not a message", id="an empty object"),
        pytest.param(Answer(200), Outcome.AI_UNAVAILABLE, "the answer is not a message", id="nothing"),
        pytest.param(
            message("no JSON here " * 9_999),
            Outcome.AI_UNAVAILABLE,
            "the answer cannot be used: it is too long",
            id="huge",
        ),
        pytest.param(
            status(429, retry_after="60"), Outcome.AI_UNAVAILABLE, "the provider asked to wait 60 s", id="a long pause"
        ),
        *(
            pytest.param(status(code), Outcome.AI_MISCONFIGURED, f"HTTP {code}", id=f"refused: {code}")
            for code in (400, 401, 402, 403, 404, 405, 422)
        ),
    ],
)
async def test_failed_call_says_no_foreign_word(answer: Answer, outcome: Outcome, detail: str) -> None:
    extracting, summarizing = ScriptedProvider(answer), ScriptedProvider(answer)
    with pytest.raises(StepFailed) as failure:
        await model_of(extracting).extract(EMAIL, "x")
    with pytest.raises(StepFailed) as fallback:
        await model_of(summarizing).summarize(FACTS, "x")

    assert (failure.value.outcome, failure.value.detail) == (outcome, detail)
    assert (fallback.value.outcome, fallback.value.detail) == (Outcome.SUMMARY_FALLBACK, detail)
    if outcome is Outcome.AI_MISCONFIGURED:
        assert (len(extracting.asked), len(summarizing.asked)) == (1, 1)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(status(429, retry_after="5"), id="too-many"),
        pytest.param(status(529, retry_after_ms="5000"), id="overloaded"),
        pytest.param(status(503, retry_after="5"), id="unavailable-for-a-time"),
        pytest.param(
            status(429, retry_after="Tue, 20 Oct 2026 12:00:05 GMT", date="Tue, 20 Oct 2026 12:00:00 GMT"), id="date"
        ),
    ],
)
async def test_every_call_of_the_process_waits_when_the_provider_is_at_its_limit(refusal: Answer) -> None:
    provider, clock = BusyProvider(), Clock()
    brake = Brake(now=clock.now, wait=clock.wait)
    model = model_of(provider, brake)
    calls = [asyncio.create_task(model.extract(EMAIL, "x")) for _ in range(8)]
    await provider.arrived(8)
    await provider.answer(refusal)
    calls += [asyncio.create_task(model.extract(EMAIL, "x")) for _ in range(4)]
    await clock.advance(4.75)
    assert (provider.calls, brake.seconds_left()) == (8, 0.25)
    await clock.advance(0.25)
    for goes in (1, 4, 7):
        await provider.arrived(goes)
        await settled()
        assert provider.calls == {1: 9, 4: 13, 7: 20}[goes]
        await provider.answer(FOUND)
    assert await asyncio.gather(*calls) == [("acct_1", COUNTED)] * 12


@pytest.mark.parametrize(
    ("pause", "requests"), [pytest.param("8", 2, id="as long as it waits"), pytest.param("8.25", 1, id="too long")]
)
async def test_call_waits_for_the_brake_no_longer_than_eight_seconds(pause: str, requests: int) -> None:
    provider = ScriptedProvider(status(429, retry_after=pause), FOUND)
    model = model_of(provider)
    if requests > 1:
        await model.extract(EMAIL, "x")
    else:
        with pytest.raises(StepFailed):
            await model.extract(EMAIL, "x")
    assert len(provider.asked) == requests


async def test_nobody_is_asked_when_the_provider_wants_a_long_pause() -> None:
    provider, clock = ScriptedProvider(status(529, retry_after="60"), FOUND), Clock()
    model = model_of(provider, Brake(now=clock.now, wait=clock.wait))
    with pytest.raises(StepFailed) as first:
        await model.extract(EMAIL, "x")
    await clock.advance(20.75)
    with pytest.raises(StepFailed) as second:
        await model.extract(EMAIL, "x")
    with pytest.raises(StepFailed) as fallback:
        await model.summarize(FACTS, "x")
    assert len(provider.asked) == 1
    await clock.advance(39.25)
    assert (await model.extract(EMAIL, "x"))[0] == "acct_1"
    told = [(each.value.outcome, each.value.detail, each.value.retry_after) for each in (first, second, fallback)]
    assert told == [
        (Outcome.AI_UNAVAILABLE, "the provider asked to wait 60 s", 60.0),
        (Outcome.AI_UNAVAILABLE, "the provider asked to wait 40 s", 39.25),
        (Outcome.SUMMARY_FALLBACK, "the provider asked to wait 40 s", 39.25),
    ]


@pytest.mark.parametrize(
    ("answers", "outcome", "retry_after"),
    [
        pytest.param([status(429, retry_after="60")], Outcome.AI_UNAVAILABLE, 60.0, id="before-the-fetch"),
        pytest.param(
            [FOUND, status(429, retry_after="60")],
            Outcome.SUMMARY_FALLBACK,
            0.0,
            id="after-the-fetch-which-is-never-done-again",
        ),
    ],
)
async def test_run_tells_the_pause_when_it_may_be_put_back(
    answers: list[Answer], outcome: Outcome, retry_after: float
) -> None:
    configuration = Configuration(
        api_url="https://api.example.com/", identify_instructions="x", display_instructions="x", enabled=True
    )
    clock = Clock()
    model = model_of(ScriptedProvider(*answers), Brake(now=clock.now, wait=clock.wait))
    enricher = Enricher(model, ScriptedEndpoint({"acct_1": {"plan": "pro"}}))
    deadline = asyncio.get_running_loop().time() + 30.0
    result, run = await enricher.run(EMAIL, configuration, Secret(KEY), deadline)
    assert (result.outcome, run.retry_after) == (outcome, retry_after)


@pytest.mark.parametrize(
    ("trouble", "requests", "retry_after"),
    [
        pytest.param(status(500, retry_after="0"), 3, 0.0, id="server-error"),
        pytest.param(status(500, retry_after="9"), 1, 9.0, id="server-error-with-a-pause"),
        pytest.param(status(503), 3, 0.0, id="unavailable"),
        pytest.param(status(401), 1, 0.0, id="bad-key"),
        pytest.param(NoAnswer("ServerDisconnectedError"), 3, 0.0, id="connection"),
        pytest.param(NoCredentials("NoCredentialsError"), 1, 0.0, id="no credentials"),
    ],
)
async def test_other_calls_go_on_when_the_trouble_is_of_one_call(
    trouble: Answer | NoAnswer | NoCredentials, requests: int, retry_after: float
) -> None:
    provider, brake = ScriptedProvider(trouble), hurried()
    with pytest.raises(StepFailed) as failure:
        await model_of(provider, brake).extract(EMAIL, "x")
    assert (len(provider.asked), failure.value.retry_after, brake.seconds_left()) == (requests, retry_after, 0.0)


class Told(CallObserver):
    """Takes down what the operator is told."""

    def __init__(self) -> None:
        self.said: list[str | None] = []

    def ai_problem(self, problem: str | None, provider: str, model: str) -> None:
        self.said.append(problem)


async def test_operator_is_told_once_when_the_provider_begins_to_refuse_and_when_it_no_longer_does() -> None:
    told = Told()
    provider = ScriptedProvider(FOUND, status(401), status(403), FOUND, FOUND)
    model = RemoteModel(Calls(provider, MODEL, hurried(), told))
    problems: list[str | None] = []
    for _ in range(5):
        with suppress(StepFailed):
            await model.extract(EMAIL, "x")
        problems.append(model.problem)

    assert told.said == ["refuses the key (HTTP 401); check THE_KEY", None]
    assert [problem and problem[:12] for problem in problems] == [None, "refuses the ", "does not let", None, None]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        pytest.param(400, "customer-context ai check", id="400"),
        pytest.param(401, "THE_KEY", id="401"),
        pytest.param(403, MODEL, id="403"),
        pytest.param(404, "CC_AI_MODEL and THE_ADDRESS", id="404"),
    ],
)
async def test_problem_at_the_start_names_what_to_mend(code: int, names: str) -> None:
    told = Told()
    provider = ScriptedProvider(FOUND)
    provider.told = (provider.assumed, reply(status(code)), "")
    await Calls(provider, MODEL, hurried(), told).ready()

    assert len(told.said) == 1
    assert names in str(told.said[0])
    assert KEY not in str(told.said[0])


async def test_what_the_model_takes_is_asked_once_when_it_is_told() -> None:
    provider = ScriptedProvider(FOUND)
    provider.told = (PLAIN, None, "")
    model = model_of(provider)
    await asyncio.gather(*(model.extract(EMAIL, "x") for _ in range(9)))

    assert provider.questions == 1
    assert {features for _, features, _ in provider.asked} == {PLAIN}


async def test_what_the_model_takes_is_asked_again_after_a_minute_when_there_was_no_answer() -> None:
    provider, clock = ScriptedProvider(FOUND), Clock()
    provider.told = NoAnswer("ClientConnectorError")
    model = RemoteModel(Calls(provider, MODEL, hurried(), now=clock.now))
    await model.extract(EMAIL, "x")
    await clock.advance(ASKED_AGAIN_SECONDS - 1)
    await model.extract(EMAIL, "x")
    assert provider.questions == 1
    provider.told = (PLAIN, None, "")
    await clock.advance(1.0)
    await model.extract(EMAIL, "x")
    await clock.advance(ASKED_AGAIN_SECONDS)
    await model.extract(EMAIL, "x")

    assert provider.questions == 2
    assert [features for _, features, _ in provider.asked] == [provider.assumed] * 2 + [PLAIN] * 2


async def test_calls_that_run_together_each_go_on_when_a_part_is_refused() -> None:
    class Refusing(ScriptedProvider):
        """Refuses effort, then thinking, as long as they are sent."""

        def next_answer(self, features: Features) -> Answer:
            if features.effort:
                return failed(400, "invalid_request_error", "This model does not support the effort parameter.")
            if features.thinking:
                return failed(400, "invalid_request_error", '"thinking.type.disabled" is not supported for this model.')
            return FOUND

        async def ask(self, prompt: Prompt, features: Features, corrections: Sequence[Correction]) -> WireReply:
            self.asked.append((prompt, features, tuple(corrections)))
            await asyncio.sleep(0)
            return reply(self.next_answer(features))

    provider = Refusing()
    model = model_of(provider)
    found = await asyncio.gather(*(model.extract(EMAIL, "x") for _ in range(20)))

    assert {identifier for identifier, _ in found} == {"acct_1"}
    assert model.problem is None
    assert (model.calls.features.effort, model.calls.features.thinking) == (False, None)
    assert model.calls.features.schema
