"""What becomes of a queued ticket that its worker runs to the end; over the memory store."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.claims import Claimed
from app.domain.extraction import Extracted
from app.domain.outcomes import Outcome, StepFailed
from app.domain.projects import Project
from app.runs.worker import MOST_STRIKES, SECOND_LOOK_SECONDS
from tests.support.endpoints import failing
from tests.support.memory_store import MemoryJob
from tests.support.models import EXTRACT_USAGE, ScriptedModel
from tests.support.service import CUSTOMER, World
from tests.support.shift import AWAY, Shift
from tests.support.virtual_time import in_no_time


@in_no_time
async def test_a_queued_ticket_is_run_once_with_one_credit() -> None:
    shift = Shift()
    await shift.submit()
    assert await shift.work() is None
    assert (await shift.stored())["status"] == "ok"
    assert [result.outcome for result in shift.results] == [Outcome.OK]
    assert (shift.world.credits_used, shift.worker.in_flight) == (1, 0)

    assert await shift.work() is None  # the job comes twice
    assert (len(shift.results), shift.model.calls, shift.put_back) == (1, 2, [])


@in_no_time
async def test_tickets_in_flight_are_counted() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    assert shift.worker.in_flight == 1
    await task
    assert shift.worker.in_flight == 0


def free_plan(world: World) -> None:
    world.database.projects["prj_1"] = Project("prj_1", "free", ("u1",), 100)


def no_configuration(world: World) -> None:
    world.database.configurations.clear()


def no_token(world: World) -> None:
    world.database.configurations["prj_1"] = replace(world.database.configurations["prj_1"], token=None)


def incomplete(world: World) -> None:
    world.put_in_place(identify_instructions="")


def turned_off(world: World) -> None:
    world.put_in_place(enabled=False)


def another_key(world: World) -> None:
    world.keys = (b"x" * 32,)
    world.put_in_place()


def no_credits(world: World) -> None:
    world.put_in_place(monthly_credits=0)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (free_plan, Outcome.PLAN),
        (no_configuration, Outcome.NOT_CONFIGURED),
        (no_token, Outcome.NOT_CONFIGURED),
        (incomplete, Outcome.NOT_CONFIGURED),
        (turned_off, Outcome.NOT_ENABLED),
        (another_key, Outcome.TOKEN_UNREADABLE),
        (no_credits, Outcome.SKIPPED_CREDITS),
    ],
)
@in_no_time
async def test_a_ticket_that_cannot_be_run_says_why_and_costs_nothing(
    change: Callable[[World], None], outcome: Outcome
) -> None:
    shift = Shift()
    change(shift.world)
    await shift.submit()
    assert await shift.work() is None
    result = await shift.stored()
    assert (result["status"], result["reason"]) == (outcome.status.value, outcome.reason)
    assert (result["credits_used"], shift.world.credits_used) == (0, 0)
    assert (shift.model.calls, shift.world.endpoint.asked) == (0, [])


@pytest.mark.parametrize(
    ("crashes", "reason", "credits_used", "calls"),
    [
        pytest.param(MOST_STRIKES - 1, None, 1, 2, id="two crashes: a last try"),
        pytest.param(MOST_STRIKES, "interrupted", 0, 0, id="three crashes: given up"),
        pytest.param(MOST_STRIKES + 1, "interrupted", 0, 0, id="one more while it was being given up"),
    ],
)
@in_no_time
async def test_a_ticket_that_kills_its_worker_is_given_up_after_three_attempts(
    crashes: int, reason: str | None, credits_used: int, calls: int
) -> None:
    shift = Shift()
    await shift.submit()
    for n in range(crashes):
        assert isinstance(await shift.runs.claim("t_1", 1, f"died {n}"), Claimed)
    assert shift.world.credits_used == 1

    assert await shift.work() is None
    result = await shift.stored()
    assert (result["reason"], result["credits_used"], shift.model.calls) == (reason, credits_used, calls)
    assert shift.world.credits_used == credits_used
    assert [each.outcome.reason for each in shift.results] == [reason]


@in_no_time
async def test_a_fault_of_ours_passes_and_ends_the_ticket_when_it_stays() -> None:
    shift = Shift(ScriptedModel(identifier=RuntimeError("a bug")))
    await shift.submit()
    for _ in range(MOST_STRIKES):
        with pytest.raises(RuntimeError):
            await shift.work()
    assert await shift.work() is None
    assert (await shift.stored())["reason"] == "interrupted"
    assert shift.world.credits_used == 0


@in_no_time
async def test_an_asynchronous_run_is_put_back_with_its_credit_when_the_ai_is_away() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY), asynchronous=True)
    await shift.submit()
    pause = await shift.work()
    assert pause is not None
    assert 2.0 <= pause <= 2.5
    assert (shift.row.state, shift.row.strikes, shift.world.credits_used) == ("queued", 0, 1)
    assert (shift.results, shift.put_back) == ([], ["ai_unavailable"])


@in_no_time
async def test_pauses_grow_while_the_ai_is_away_and_are_as_long_as_it_asks() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY), asynchronous=True)
    await shift.submit()
    await asyncio.sleep(60.0)
    pause = await shift.work()
    assert pause is not None
    assert 30.0 <= pause <= 37.5
    shift.model.identifier = StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 429", retry_after=120.0)
    pause = await shift.work()
    assert pause is not None
    assert 120.0 <= pause <= 150.0


@in_no_time
async def test_a_run_that_somebody_waits_for_says_at_once_that_the_ai_is_away() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY))
    await shift.submit()
    assert await shift.work() is None
    result = await shift.stored()
    assert (result["reason"], result["credits_used"]) == ("ai_unavailable", 0)
    assert (shift.world.credits_used, shift.put_back) == (0, [])


@in_no_time
async def test_a_run_waits_for_the_ai_when_its_caller_has_left() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY, seconds=5.0))
    task = await shift.at_work(lambda: bool(shift.model.extracted))
    await shift.world.tickets.hand_over("t_1", "prj_1")
    assert await task is not None
    assert shift.row.state == "queued"


@pytest.mark.parametrize(
    ("minutes", "ending"),
    [
        pytest.param(2, None, id="for two minutes: the run waits and finishes"),
        pytest.param(60, "ai_unavailable", id="for an hour: the run gives up after a quarter of one"),
    ],
)
@in_no_time
async def test_an_asynchronous_run_waits_for_the_ai_for_a_quarter_of_an_hour(minutes: int, ending: str | None) -> None:
    shift, clock = Shift(ScriptedModel(identifier=AWAY), asynchronous=True), asyncio.get_running_loop()
    await shift.submit()
    while (pause := await shift.work()) is not None:
        await asyncio.sleep(pause)
        if clock.time() > 60.0 * minutes:
            shift.model.identifier = "acct_12ab34cd"
    assert (await shift.stored())["reason"] == ending
    assert shift.world.credits_used == (0 if ending == "ai_unavailable" else 1)
    assert clock.time() <= min(60.0 * minutes + 75.0, 900.0)
    assert shift.row.attempt <= 30


@in_no_time
async def test_the_ai_is_not_asked_twice_for_what_it_has_found() -> None:
    shift = Shift(endpoint_seconds=3600.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    task.cancel()
    await asyncio.wait([task])
    assert shift.row.extracted == Extracted("acct_12ab34cd", EXTRACT_USAGE)

    shift.world.endpoint.seconds = 0.0
    assert await shift.work() is None
    result = await shift.stored()
    assert (len(shift.model.extracted), len(shift.model.summarized)) == (1, 1)
    assert result["usage"]["input_tokens"] == 1500
    assert shift.world.credits_used == 1


@in_no_time
async def test_only_what_may_be_sent_is_kept() -> None:
    # A model can say anything, and PostgreSQL's JSON takes neither of these two.
    shift = Shift(ScriptedModel(identifier="acct_12ab34cd\x00\ud800"), endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    assert shift.row.extracted == Extracted("acct_12ab34cd", EXTRACT_USAGE)
    await task
    assert (await shift.stored())["identifier"] == "acct_12ab34cd"


@in_no_time
async def test_the_customer_endpoint_is_not_called_when_the_claim_was_lost_before() -> None:
    shift = Shift(ScriptedModel(seconds=5.0))
    task = await shift.at_work(lambda: bool(shift.model.extracted))
    heir = await shift.runs.claim("t_1", 1, "heir")
    assert isinstance(heir, Claimed)

    assert await task is None
    assert shift.world.endpoint.asked == []
    assert (shift.row.owner, shift.results, shift.put_back) == ("heir", [], [])
    # The job may have gone with the claim: somebody looks again when the heir must have ended.
    second_look = shift.world.jobs[-1]
    assert second_look == MemoryJob("t_1", 1, 30.0 + SECOND_LOOK_SECONDS)


@in_no_time
async def test_a_frozen_worker_stores_nothing_when_it_wakes() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    shift.world.endpoint.seconds = 0.0
    shift.world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Heir"}
    assert await shift.another_worker().work("t_1", 1) is None
    assert await task is None
    assert "Heir" in {field["value"] for field in (await shift.stored())["fields"]}
    assert (len(shift.results), shift.world.credits_used) == (1, 1)
    assert shift.world.jobs[-1].after_seconds > 0


@in_no_time
async def test_nothing_is_stored_when_the_ticket_was_erased_meanwhile() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    await shift.world.tickets.erase("t_1", "prj_1")
    assert await task is None
    assert (shift.world.database.rows, shift.results) == ({}, [])


@in_no_time
async def test_an_endpoint_that_fails_is_left_alone_and_asked_again_when_the_pause_is_over() -> None:
    shift, endings = Shift(), list[str | None]()
    known, shift.world.endpoint.customers = shift.world.endpoint.customers, {"acct_12ab34cd": failing(Outcome.TIMEOUT)}

    async def look_ups(many: int) -> None:
        for _ in range(many):
            await shift.submit(refresh=True)
            assert await shift.work() is None
            endings.append((await shift.stored())["reason"])

    await look_ups(12)
    assert endings == [*["timeout"] * 10, *["circuit_open"] * 2]
    result = await shift.stored()
    assert (result["status"], result["credits_used"], result["identifier"]) == ("fetch_error", 0, None)
    assert (shift.world.credits_used, len(shift.model.extracted), len(shift.world.endpoint.asked)) == (10, 10, 10)

    await asyncio.sleep(30.0)
    await look_ups(2)
    assert endings[12:] == ["timeout", "circuit_open"]
    await asyncio.sleep(59.0)
    await look_ups(1)
    assert endings[14:] == ["circuit_open"]

    shift.world.endpoint.customers = known
    await asyncio.sleep(1.0)
    await look_ups(2)
    assert endings[15:] == [None, None]


@in_no_time
async def test_a_run_that_found_no_place_is_settled_and_comes_with_another_job() -> None:
    shift = Shift()
    shift.world.database.places = 0
    await shift.submit()
    await shift.work()
    assert (shift.put_back, shift.row.attempt, shift.row.strikes) == (["project_limit"], 0, 0)
    shift.world.database.places = 1
    shift.world.database.let_in("prj_1")
    job = shift.world.jobs[-1]
    assert await shift.worker.work(job.ticket_id, job.run) is None
    assert (await shift.stored())["status"] == "ok"
