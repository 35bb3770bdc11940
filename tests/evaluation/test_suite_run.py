"""What is run on each email: both steps of the real pipeline, so many at once, again where the AI asks to wait."""

import asyncio

import pytest

from app.domain.outcomes import Field, Identity, Outcome, StepFailed, Usage
from app.domain.rows.answer import Answer, PointedRow
from app.domain.tickets import Email
from app.evaluation.cases import Case, Instructions, Suite
from app.evaluation.suite_run import ANSWER_SECONDS, LONGEST_PAUSE_SECONDS, MOST_TRIES, Seen, evaluate
from support_context.facts import Facts
from tests.support.models import EXTRACT_USAGE, SUMMARIZE_USAGE, LyingModel, ScriptedModel
from tests.support.virtual_time import in_no_time

FACTS = Facts({"plan": "Pro", "seats": 12})
INSTRUCTIONS = Instructions("Use the account ID.", "Show Plan and Seats.")
EMAIL = Email.of("", "Account ID: acct_12ab34cd", None)


def suite(*cases: Case, instructions: Instructions = INSTRUCTIONS) -> Suite:
    return Suite(instructions, cases, {"acct_12ab34cd": FACTS})


def case(name: str = "one", expected: str | None = "acct_12ab34cd", facts: Facts | None = None) -> Case:
    return Case(name, "plain", EMAIL, expected, None, facts)


async def see(model: ScriptedModel, one: Case, instructions: Instructions = INSTRUCTIONS) -> Seen:
    (seen,) = await evaluate(suite(one, instructions=instructions), model, parallel=1)
    return seen


class Busy(ScriptedModel):
    """Asks to wait so many times before it answers."""

    def __init__(self, times: int, retry_after: float) -> None:
        super().__init__()
        self.times = times
        self.retry_after = retry_after

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        said = await super().extract(email, instructions)
        self.times -= 1
        if self.times >= 0:
            raise StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 429", Usage(1, 1), self.retry_after)
        return said


async def test_both_steps_are_run_with_the_owners_instructions() -> None:
    model = ScriptedModel(answer=Answer("A Pro customer.", (PointedRow("Plan", "/plan"),)))
    seen = await see(model, case())

    assert model.extracted == [(EMAIL, INSTRUCTIONS.identify)]
    assert model.summarized == [(FACTS, INSTRUCTIONS.display)]
    assert (seen.said, seen.accepted, seen.ending) == ("acct_12ab34cd", "acct_12ab34cd", None)
    assert seen.judged is not None
    assert seen.judged.fields == (Field("Plan", "Pro", "/plan", "text", "Pro"),)
    assert seen.usage == EXTRACT_USAGE + SUMMARIZE_USAGE


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        pytest.param(None, Outcome.NOT_FOUND, id="none"),
        pytest.param("acct_victim", Outcome.NOT_GROUNDED, id="not in the email"),
        pytest.param("acct_12ab", Outcome.NOT_GROUNDED, id="part of the one in the email"),
        pytest.param(StepFailed(Outcome.AI_REFUSED), Outcome.AI_REFUSED, id="refused"),
        pytest.param(StepFailed(Outcome.AI_UNAVAILABLE), Outcome.AI_UNAVAILABLE, id="unavailable"),
    ],
)
async def test_identifier_is_accepted_by_the_rule_of_the_service(said: str | Exception | None, ending: Outcome) -> None:
    seen = await see(ScriptedModel(said), case())

    assert (seen.accepted, seen.ending) == (None, ending)


async def test_card_is_judged_by_the_rule_of_the_service() -> None:
    seen = await see(LyingModel(), case())

    assert seen.judged is not None
    assert {field.value for field in seen.judged.fields} == {"Pro", "12"}
    assert (seen.judged.dropped, seen.judged.made_anew) == (3, True)


@pytest.mark.parametrize(
    ("one", "summarized"),
    [
        pytest.param(case(), FACTS, id="the expected customer"),
        pytest.param(case(facts=Facts({"plan": "Team"})), Facts({"plan": "Team"}), id="the email's own answer"),
        pytest.param(case(expected=None, facts=FACTS), FACTS, id="an answer although nobody is expected"),
        pytest.param(case(expected=None), None, id="nobody is expected"),
        pytest.param(case(facts=Facts({})), None, id="the endpoint knows no such customer"),
    ],
)
@pytest.mark.parametrize("said", ["acct_12ab34cd", None])
async def test_card_is_made_of_the_expected_customer_whoever_was_found(
    said: str | None, one: Case, summarized: Facts | None
) -> None:
    model = ScriptedModel(said)
    await see(model, one)

    assert [facts for facts, _ in model.summarized] == ([summarized] if summarized else [])


async def test_card_is_not_made_when_nothing_says_what_to_show() -> None:
    model = ScriptedModel()
    seen = await see(model, case(), Instructions("Use the account ID."))

    assert (model.summarized, seen.judged, seen.unsummarized) == ([], None, False)


async def test_card_that_the_ai_could_not_make_is_noted() -> None:
    seen = await see(ScriptedModel(answer=StepFailed(Outcome.SUMMARY_FALLBACK, "", Usage(5, 0))), case())

    assert (seen.judged, seen.unsummarized, seen.accepted) == (None, True, "acct_12ab34cd")
    assert seen.usage == EXTRACT_USAGE + Usage(5, 0)


MINE, THEIRS = Facts({"email": "jane@example.com"}), Facts({"email": "joe@example.com"})


@pytest.mark.parametrize(
    ("accepted", "expected", "verified", "identity"),
    [
        pytest.param("acct_1", "acct_1", True, Identity.MATCH, id="own record, verified"),
        pytest.param("acct_1", "acct_1", None, Identity.UNKNOWN, id="own record, nobody verified it"),
        pytest.param("acct_2", "acct_1", True, Identity.MISMATCH, id="the record of what was accepted counts"),
        pytest.param("acct_2", None, True, Identity.MISMATCH, id="another's record"),
        pytest.param("acct_3", None, True, None, id="no record in the file"),
        pytest.param("acct_4", None, True, None, id="the endpoint knows no such customer"),
        pytest.param(None, None, True, None, id="nothing accepted"),
    ],
)
async def test_sender_is_compared_with_the_record_of_what_was_accepted(
    accepted: str | None, expected: str | None, verified: bool | None, identity: Identity | None
) -> None:
    email = Email.of("", "acct_1 acct_2 acct_3 acct_4", "jane@example.com", verified)
    customers = {"acct_1": MINE, "acct_2": THEIRS, "acct_4": Facts({})}
    one = Suite(Instructions("Use the ID.", "", "/email"), (Case("one", "plain", email, expected),), customers)
    (seen,) = await evaluate(one, ScriptedModel(accepted), parallel=1)

    assert seen.identity is identity


@in_no_time
async def test_no_more_emails_are_run_at_once_than_asked_for() -> None:
    most = running = 0

    class Counting(ScriptedModel):
        async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
            nonlocal most, running
            running += 1
            most = max(most, running)
            said = await super().extract(email, instructions)
            running -= 1
            return said

    told: list[int] = []
    cases = [case(str(n)) for n in range(7)]
    seen = await evaluate(suite(*cases), Counting(seconds=1.0), parallel=3, on_seen=lambda: told.append(running))

    assert most == 3
    assert [each.case.name for each in seen] == [str(n) for n in range(7)]
    assert len(told) == 7


@in_no_time
async def test_call_is_made_again_when_the_provider_asks_to_wait() -> None:
    model = Busy(MOST_TRIES - 1, retry_after=17.0)
    started = asyncio.get_running_loop().time()
    seen = await see(model, case(expected="acct_12ab34cd"), Instructions("Use the account ID."))

    assert seen.accepted == "acct_12ab34cd"
    assert asyncio.get_running_loop().time() - started == 17.0 * (MOST_TRIES - 1)
    assert seen.seconds == 0.0  # a pause is not the AI's answer
    assert seen.usage == EXTRACT_USAGE + Usage(MOST_TRIES - 1, MOST_TRIES - 1)


@in_no_time
async def test_call_is_given_up_when_the_provider_asks_too_often() -> None:
    seen = await see(Busy(MOST_TRIES, retry_after=1.0), case())

    assert (seen.accepted, seen.ending) == (None, Outcome.AI_UNAVAILABLE)


@in_no_time
async def test_pause_is_no_longer_than_a_minute_whatever_the_provider_asks_for() -> None:
    started = asyncio.get_running_loop().time()
    await see(Busy(1, retry_after=3_600.0), case())

    assert asyncio.get_running_loop().time() - started == LONGEST_PAUSE_SECONDS


@in_no_time
async def test_failure_that_asks_for_no_pause_is_final() -> None:
    model = Busy(1, retry_after=0.0)
    seen = await see(model, case())

    assert (seen.ending, len(model.extracted)) == (Outcome.AI_UNAVAILABLE, 1)


@pytest.mark.parametrize(
    ("seconds", "ending"),
    [
        pytest.param(ANSWER_SECONDS - 1, None, id="in time"),
        pytest.param(ANSWER_SECONDS + 1, Outcome.AI_UNAVAILABLE, id="too late"),
    ],
)
@in_no_time
async def test_answer_that_comes_too_late_is_none(seconds: float, ending: Outcome | None) -> None:
    seen = await see(ScriptedModel(seconds=seconds), case(), Instructions("Use the account ID."))

    assert seen.ending is ending
    assert seen.seconds == (0.0 if ending else seconds)
