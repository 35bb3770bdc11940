"""The story: one test for each way in which an email can end, and what each leaves behind."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.domain.configuration import Configuration
from app.domain.outcomes import NOTHING_ASKED_FOR, OF_THE_PROVIDER, Outcome, Result, StepFailed, Usage
from app.domain.reading.extraction import Extracted
from app.domain.rows.answer import Answer, PointedRow
from app.domain.steps import Run, Span, Step
from app.domain.tickets import Email
from app.enrichment import Enricher
from support_context.failures import Failure, LookupFailed
from support_context.lookups import LookupResponse
from support_context.secrets import Secret
from tests.support.endpoints import Answer as Answered
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.models import EXTRACT_USAGE, SUMMARIZE_USAGE, LyingModel, ScriptedModel
from tests.support.virtual_time import in_no_time

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd (was ann+work@example.com)", "jane@example.com")
CONFIGURATION = Configuration(
    api_url="https://api.example.com/support-context",
    identify_instructions="after `Account ID:`",
    display_instructions="Show Plan and Seats.",
    enabled=True,
)
CUSTOMER: dict[str, Any] = {"plan": "Pro", "seats": 12, "links": [{"label": "Admin", "url": "https://a.example.com/1"}]}
TRUTH = Answer("On Pro with 12 seats.", (PointedRow("Plan", "/plan"), PointedRow("Seats", "/seats")))
TOKEN = Secret("canary-bearer-token-0123456789")


async def enriched(
    model: ScriptedModel | None = None,
    customer: Answered | None = None,
    seconds: float = 30.0,
    admitted: bool = True,
) -> tuple[Result, Run]:
    async def admit(identifier: str, found: Extracted) -> bool:
        assert identifier == found.identifier == "acct_12ab34cd"
        return admitted

    endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER if customer is None else customer})
    deadline = asyncio.get_running_loop().time() + seconds
    enricher = Enricher(model or ScriptedModel(answer=TRUTH), endpoint)
    return await enricher.run(EMAIL, CONFIGURATION, TOKEN, deadline, admit=admit)


@dataclass(frozen=True)
class Ending:
    """What a model and an endpoint do, and where that leads."""

    outcome: Outcome
    model: ScriptedModel
    customer: Answered | None = None
    steps: tuple[str, ...] = ("ok", "ok", "ok")
    usage: Usage = EXTRACT_USAGE
    admitted: bool = True


def fetch_error(outcome: Outcome) -> Ending:
    return Ending(outcome, ScriptedModel(), failing(outcome), ("ok", "failed", "skipped"))


def extract_error(outcome: Outcome, identifier: str | Exception | None, usage: Usage = EXTRACT_USAGE) -> Ending:
    return Ending(outcome, ScriptedModel(identifier), None, ("failed", "skipped", "skipped"), usage)


BROKEN = StepFailed(Outcome.SUMMARY_FALLBACK, "HTTP 529", SUMMARIZE_USAGE)
ENDINGS = [
    Ending(Outcome.OK, ScriptedModel(answer=TRUTH), usage=EXTRACT_USAGE + SUMMARIZE_USAGE),
    Ending(Outcome.NO_DATA, ScriptedModel(), {}, ("ok", "ok", "skipped")),
    Ending(
        Outcome.SUMMARY_FALLBACK,
        ScriptedModel(answer=BROKEN),
        steps=("ok", "ok", "failed"),
        usage=EXTRACT_USAGE + SUMMARIZE_USAGE,
    ),
    extract_error(Outcome.NOT_FOUND, None),
    extract_error(Outcome.NOT_GROUNDED, "acct_99999999"),
    extract_error(Outcome.NOT_SENDABLE, "ann+work@example.com"),
    extract_error(Outcome.AI_UNAVAILABLE, StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 529"), Usage()),
    extract_error(Outcome.AI_MISCONFIGURED, StepFailed(Outcome.AI_MISCONFIGURED, "HTTP 401"), Usage()),
    extract_error(Outcome.AI_REFUSED, StepFailed(Outcome.AI_REFUSED, usage=Usage(9, 1)), Usage(9, 1)),
    *(
        fetch_error(outcome)
        for outcome in Outcome
        if outcome.status == "fetch_error"
        and outcome not in (Outcome.INVALID_JSON, Outcome.NOT_OBJECT, Outcome.CIRCUIT_OPEN)
    ),
    Ending(Outcome.ENUMERATION_LIMIT, ScriptedModel(), None, ("ok", "skipped", "skipped"), admitted=False),
    Ending(Outcome.INVALID_JSON, ScriptedModel(), b'{"a": NaN}', ("ok", "failed", "skipped")),
    Ending(Outcome.NOT_OBJECT, ScriptedModel(), b"[1]", ("ok", "failed", "skipped")),
]
BEFORE_ANY_RUN: set[Outcome] = {
    Outcome.SKIPPED_CREDITS,
    Outcome.INTERRUPTED,
    Outcome.CIRCUIT_OPEN,
    *(outcome for outcome in Outcome if outcome.status == "disabled"),
}


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.outcome.name.lower())
async def test_each_ending_has_its_outcome_steps_and_usage(ending: Ending) -> None:
    result, run = await enriched(ending.model, ending.customer, admitted=ending.admitted)

    assert result.outcome is ending.outcome
    assert result.message.startswith(ending.outcome.sentence)
    assert tuple(step.outcome for step in run.steps) == ending.steps
    assert result.usage == ending.usage
    assert result.timings_ms.keys() == {
        *(step.name for step in run.steps if step.outcome != "skipped"),
        "total",
    }
    assert bool(result.ai_context) is (ending.outcome in (Outcome.OK, Outcome.SUMMARY_FALLBACK))
    assert result.credits_used == (0 if ending.outcome in OF_THE_PROVIDER else 1)
    json.dumps(result.as_document(), allow_nan=False)


def test_every_ending_of_the_table_is_tested() -> None:
    assert {ending.outcome for ending in ENDINGS} | BEFORE_ANY_RUN == set(Outcome)


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome in BEFORE_ANY_RUN], ids=lambda each: each.name.lower()
)
def test_nothing_run_leaves_the_sentence_only(outcome: Outcome) -> None:
    result = Enricher(ScriptedModel(), ScriptedEndpoint()).not_run(outcome, "missing: api_url")

    assert result.message == f"{outcome.sentence} (missing: api_url)"
    assert (result.credits_used, result.usage, result.identifier, result.fields) == (0, Usage(), None, ())
    assert result.timings_ms.keys() == {"total"}
    assert (result.ai_provider, result.ai_model) == ("scripted", "scripted-1")


@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda outcome: outcome.name.lower())
def test_every_ending_has_a_sentence_and_a_reason_named_like_it(outcome: Outcome) -> None:
    assert outcome.sentence.endswith(".")
    assert "\n" not in outcome.sentence
    assert outcome.reason in (None, outcome.name.lower())


async def test_found_customer_has_rows_links_and_a_context_block() -> None:
    result, _ = await enriched()

    assert [(field.label, field.value) for field in result.fields] == [("Plan", "Pro"), ("Seats", "12")]
    assert [link.url for link in result.links] == ["https://a.example.com/1"]
    assert result.summary == "On Pro with 12 seats."
    assert "Plan: Pro" in result.ai_context


async def test_model_sees_email_and_facts_but_never_the_token() -> None:
    model = ScriptedModel(answer=TRUTH)
    echo = {**CUSTOMER, "debug": f"Authorization: Bearer {TOKEN.reveal()}"}
    result, run = await enriched(model, echo)

    seen = f"{model.extracted} {model.summarized[0][0].as_json()} {result} {run}"
    assert TOKEN.reveal() not in seen
    assert "[bearer token]" in model.summarized[0][0].as_json()


async def test_token_in_a_refused_answer_is_blotted_out() -> None:
    refused = LookupFailed(
        Failure.NOT_JSON, "", LookupResponse(200, f"text/{TOKEN.reveal()}", TOKEN.reveal().encode(), "203.0.113.7")
    )
    _, run = await enriched(customer=refused)

    assert run.response is not None
    assert TOKEN.reveal() not in f"{run.response}"


async def test_what_the_endpoint_sent_in_place_of_an_answer_is_told_to_its_owner_only() -> None:
    page = LookupFailed(Failure.HTTP_STATUS, "HTTP 403", sentence="A web page answered.", seen="titled “Just a moment”")
    result, run = await enriched(customer=page)

    assert (result.outcome, result.message) == (Outcome.HTTP_STATUS, "A web page answered. (HTTP 403)")
    assert run.steps[1].detail == "HTTP 403, titled “Just a moment”"


async def test_link_that_is_not_shown_is_named_to_the_owner() -> None:
    _, run = await enriched(ScriptedModel(answer=TRUTH), {**CUSTOMER, "links": [{"label": "Admin", "url": "/a/1"}]})

    assert run.steps[1].detail.endswith("; links not shown: /links/0 (not an absolute http(s) URL)")


async def test_lying_model_reaches_no_agent() -> None:
    result, _ = await enriched(LyingModel())
    shown = f"{result.summary} {result.fields} {result.ai_context}"

    assert {field.value for field in result.fields} <= {"Pro", "12"}
    assert not [lie for lie in ("Enterprise", "99,999", "810", "Refund", "evil.example", "500") if lie in shown]


async def test_facts_for_agents_only_reach_no_model_and_no_draft() -> None:
    model = ScriptedModel(answer=Answer("On Pro.", (PointedRow("Plan", "/plan"), PointedRow("Seats", "/seats"))))
    configuration = replace(CONFIGURATION, agent_only=("/seats", "/nothing", "/links/0/url"))
    endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER | {"seats": 4711}})
    deadline = asyncio.get_running_loop().time() + 30
    result, run = await Enricher(model, endpoint).run(EMAIL, configuration, TOKEN, deadline)

    assert [(field.value, field.agent_only) for field in result.fields] == [("Pro", False), ("4711", True)]
    assert "4711" not in f"{model.summarized[0][0].as_json()} {result.ai_context} {result.summary} {run.steps}"
    assert "a.example.com" not in f"{model.summarized[0][0].as_json()} {result.ai_context}"


async def test_prose_of_a_model_is_for_the_card_alone_and_not_where_the_sender_is_another() -> None:
    customer = CUSTOMER | {"email": "jane@example.com"}
    told = []
    for sender in ("jane@example.com", "eve@evil.test"):
        email = Email.of("", "Account ID: acct_12ab34cd", sender, True)
        endpoint = ScriptedEndpoint({"acct_12ab34cd": customer})
        deadline = asyncio.get_running_loop().time() + 30
        configuration = replace(CONFIGURATION, match_path="/email")
        result, _ = await Enricher(ScriptedModel(answer=TRUTH), endpoint).run(email, configuration, TOKEN, deadline)
        assert "On Pro with" not in result.ai_context
        told.append(result.summary)

    assert told == ["On Pro with 12 seats.", "Plan: Pro · Seats: 12"]


async def test_record_without_what_was_asked_for_shows_no_row_and_says_so() -> None:
    for model in (ScriptedModel(answer=BROKEN), ScriptedModel(answer=Answer("Pro.", ()))):
        result, _ = await enriched(model, {"id": "sub_1", "reset_token": "tok_9f8a7b6c"})

        assert (result.fields, result.summary, result.ai_context) == ((), "", "")
        assert result.message == NOTHING_ASKED_FOR


async def test_fallback_takes_its_rows_from_the_facts() -> None:
    result, _ = await enriched(ScriptedModel(answer=BROKEN))

    assert {(field.source, field.value) for field in result.fields} == {("/plan", "Pro"), ("/seats", "12")}
    assert result.summary == "Plan: Pro · Seats: 12"


async def test_nothing_is_asked_without_a_grounded_identifier() -> None:
    endpoint = ScriptedEndpoint()
    model = ScriptedModel("acct_99999999")
    await Enricher(model, endpoint).run(EMAIL, CONFIGURATION, TOKEN, asyncio.get_running_loop().time() + 30)

    assert endpoint.asked == []
    assert model.calls == 1


async def test_pause_that_the_provider_asks_for_is_noted() -> None:
    _, run = await enriched(ScriptedModel(StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 429", retry_after=17.0)))
    assert run.retry_after == 17.0

    _, run = await enriched()
    assert run.retry_after == 0.0


@in_no_time
async def test_slow_extract_ends_while_a_fetch_would_still_fit() -> None:
    result, run = await enriched(ScriptedModel(seconds=60), seconds=5.02)

    assert result.outcome is Outcome.AI_UNAVAILABLE
    assert run.steps[0].detail == "no answer within the deadline"


@in_no_time
async def test_slow_summary_falls_back_at_the_deadline() -> None:
    class SlowToSummarize(ScriptedModel):
        async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
            answer = await super().extract(email, instructions)
            self.seconds = 60
            return answer

    result, run = await enriched(SlowToSummarize(), seconds=5.1)

    assert result.outcome is Outcome.SUMMARY_FALLBACK
    assert run.steps[2].outcome == "failed"
    assert result.fields


class NotedSpan(Span):
    """Notes each step that it is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []

    def step(self, step: Step) -> None:
        self.told.append((step.name, step.outcome))


async def told_of(model: ScriptedModel, endpoint: ScriptedEndpoint) -> list[tuple[str, str]]:
    span = NotedSpan()
    deadline = asyncio.get_running_loop().time() + 30
    with suppress(RuntimeError):
        await Enricher(model, endpoint).run(EMAIL, CONFIGURATION, TOKEN, deadline, span)
    return span.told


async def test_each_step_is_told_when_it_begins_and_when_it_has_ended() -> None:
    endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER})

    assert await told_of(ScriptedModel(answer=TRUTH), endpoint) == [
        ("extract", "running"),
        ("extract", "ok"),
        ("fetch", "running"),
        ("fetch", "ok"),
        ("summarize", "running"),
        ("summarize", "ok"),
    ]


async def test_failed_step_is_told_and_none_after_it() -> None:
    endpoint = ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TIMEOUT)})

    assert (await told_of(ScriptedModel(), endpoint))[-2:] == [("fetch", "running"), ("fetch", "failed")]


async def test_step_that_a_fault_of_ours_cuts_off_is_not_told_as_ended() -> None:
    model = ScriptedModel(identifier=RuntimeError("a fault"))

    assert await told_of(model, ScriptedEndpoint()) == [("extract", "running")]


async def test_what_the_first_call_found_is_kept_before_the_customer_endpoint_is_called() -> None:
    endpoint, kept = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}), list[tuple[Extracted, int]]()

    async def admit(identifier: str, found: Extracted) -> bool:
        kept.append((found, len(endpoint.asked)))
        return True

    deadline = asyncio.get_running_loop().time() + 30
    enricher = Enricher(ScriptedModel(answer=TRUTH), endpoint)
    await enricher.run(EMAIL, CONFIGURATION, TOKEN, deadline, admit=admit)

    assert kept == [(Extracted("acct_12ab34cd", EXTRACT_USAGE), 0)]


async def test_what_is_not_in_the_email_is_not_kept() -> None:
    kept = list[Extracted]()

    async def admit(identifier: str, found: Extracted) -> bool:
        kept.append(found)
        return True

    deadline = asyncio.get_running_loop().time() + 30
    enricher = Enricher(ScriptedModel("acct_99999999"), ScriptedEndpoint())
    result, _ = await enricher.run(EMAIL, CONFIGURATION, TOKEN, deadline, admit=admit)

    assert (result.outcome, kept) == (Outcome.NOT_GROUNDED, [])


async def test_a_run_that_starts_again_asks_no_second_time_and_counts_the_first() -> None:
    model = ScriptedModel("somebody else", answer=TRUTH)
    known = Extracted("acct_12ab34cd", EXTRACT_USAGE)
    deadline = asyncio.get_running_loop().time() + 30
    enricher = Enricher(model, ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}))
    result, run = await enricher.run(EMAIL, CONFIGURATION, TOKEN, deadline, extracted=known)

    assert (result.outcome, result.identifier, model.extracted) == (Outcome.OK, "acct_12ab34cd", [])
    assert run.usage == EXTRACT_USAGE + SUMMARIZE_USAGE


async def test_what_is_known_is_judged_anew() -> None:
    known = Extracted("acct_99999999", EXTRACT_USAGE)
    deadline = asyncio.get_running_loop().time() + 30
    enricher = Enricher(ScriptedModel(), ScriptedEndpoint())
    result, _ = await enricher.run(EMAIL, CONFIGURATION, TOKEN, deadline, extracted=known)

    assert result.outcome is Outcome.NOT_GROUNDED
