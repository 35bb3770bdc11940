"""What becomes of a queued ticket when the process ends or the database is away meanwhile; over the memory store."""

import asyncio
from collections.abc import Callable

import pytest

from app.domain.claims import Claimed
from app.runs.worker import DATABASE_PAUSE_SECONDS, STORING_SECONDS
from tests.support.models import ScriptedModel
from tests.support.shift import AWAY, Shift, SlowToSummarize
from tests.support.virtual_time import in_no_time


def shift_at(step: str) -> tuple[Shift, Callable[[], bool]]:
    """Return a shift that takes very long for a step, and what tells that it is there."""
    match step:
        case "extract":
            shift = Shift(ScriptedModel(seconds=3600.0))
            return shift, lambda: bool(shift.model.extracted)
        case "fetch":
            shift = Shift(endpoint_seconds=3600.0)
            return shift, lambda: bool(shift.world.endpoint.asked)
        case "summarize":
            shift = Shift(SlowToSummarize())
            return shift, lambda: bool(shift.model.summarized)
        case _:
            shift = Shift()
            shift.runs.stalling = step
            return shift, lambda: step in shift.runs.called


@pytest.mark.parametrize("step", ["extract", "keep", "fetch", "summarize", "finish"])
@in_no_time
async def test_a_run_is_put_back_in_the_middle_of_any_step_when_the_process_ends(step: str) -> None:
    shift, there = shift_at(step)
    task = await shift.at_work(there)
    shift.worker.put_back_all()
    assert await task == 0.0
    assert (shift.row.state, shift.row.strikes, shift.row.asynchronous) == ("queued", 0, False)
    assert (shift.world.credits_used, shift.results, shift.put_back) == (1, [], ["shutdown"])
    assert shift.worker.in_flight == 0

    shift.model.seconds = shift.world.endpoint.seconds = 0.0
    shift.runs.stalling = ""
    assert await shift.another_worker().work("t_1", 1) is None
    assert (await shift.stored())["status"] == "ok"
    assert shift.world.credits_used == 1


@in_no_time
async def test_a_run_that_was_not_claimed_yet_is_left_as_it_is_when_the_process_ends() -> None:
    shift, there = shift_at("claim")
    task = await shift.at_work(there)
    shift.worker.put_back_all()
    assert await task == 0.0
    assert await shift.work() == 0.0
    assert (shift.row.state, shift.row.attempt, shift.world.credits_used) == ("queued", 0, 0)
    assert shift.put_back == []


@in_no_time
async def test_a_run_is_taken_over_when_it_could_not_even_be_put_back() -> None:
    shift, there = shift_at("fetch")
    task = await shift.at_work(there)
    shift.runs.failing["put_back"] = 1
    shift.worker.put_back_all()
    assert await task == 0.0
    assert (shift.row.state, shift.row.strikes) == ("running", 1)
    shift.world.endpoint.seconds = 0.0
    assert await shift.another_worker().work("t_1", 1) is None
    assert ((await shift.stored())["status"], shift.world.credits_used) == ("ok", 1)


@in_no_time
async def test_a_run_that_is_cancelled_for_another_reason_is_put_back_and_the_cancellation_passes() -> None:
    shift, there = shift_at("fetch")
    task = await shift.at_work(there)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (shift.row.state, shift.row.strikes, shift.put_back) == ("queued", 0, ["shutdown"])


@in_no_time
async def test_a_job_is_tried_again_when_the_database_is_away_at_its_beginning() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["claim"] = 1
    assert await shift.work() == DATABASE_PAUSE_SECONDS
    assert (shift.model.calls, shift.row.attempt) == (0, 0)
    assert await shift.work() is None
    assert (await shift.stored())["status"] == "ok"


@in_no_time
async def test_a_run_goes_on_when_what_was_found_cannot_be_kept() -> None:
    shift = Shift(endpoint_seconds=5.0)
    shift.runs.failing["keep"] = 1
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    assert shift.row.extracted is None
    assert await task is None
    assert (await shift.stored())["status"] == "ok"


@in_no_time
async def test_a_result_is_held_and_stored_once_while_the_database_is_away() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["finish"] = 20
    assert await shift.work() is None
    assert (await shift.stored())["status"] == "ok"
    assert (len(shift.results), len(shift.world.database.ended_runs), shift.model.calls) == (1, 1, 2)
    assert 10.0 <= asyncio.get_running_loop().time() <= 20.0


@in_no_time
async def test_a_ticket_is_run_again_when_the_database_was_away_for_too_long() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["finish"] = 1_000
    assert await shift.work() == DATABASE_PAUSE_SECONDS
    assert STORING_SECONDS <= asyncio.get_running_loop().time() <= STORING_SECONDS + 1.0
    shift.runs.failing.clear()
    assert await shift.work() is None
    assert ((await shift.stored())["status"], shift.row.attempt) == ("ok", 2)
    assert (len(shift.results), shift.world.credits_used, len(shift.model.extracted)) == (1, 1, 1)


@pytest.mark.parametrize("method", ["put_back", "look_again"])
@in_no_time
async def test_a_job_is_kept_when_the_database_is_away_at_its_end(method: str) -> None:
    shift = Shift(ScriptedModel(identifier=AWAY, seconds=5.0), asynchronous=True)
    shift.runs.failing[method] = 1
    task = await shift.at_work(lambda: bool(shift.model.extracted))
    if method == "look_again":
        shift.model.identifier = "acct_12ab34cd"
        assert isinstance(await shift.runs.claim("t_1", 1, "heir"), Claimed)
    assert await task == DATABASE_PAUSE_SECONDS
    assert shift.row.state == "running"
    assert shift.put_back == []


@in_no_time
async def test_nobody_passes_uncounted_when_the_database_is_away_and_the_ai_is_asked_once() -> None:
    shift = Shift()
    await shift.submit()
    shift.senders.failing = 1
    assert await shift.work() == DATABASE_PAUSE_SECONDS
    assert shift.world.endpoint.asked == []

    assert await shift.work() is None
    assert (await shift.stored())["status"] == "ok"
    assert (len(shift.model.extracted), shift.world.endpoint.asked, shift.world.credits_used) == (
        1,
        ["acct_12ab34cd"],
        1,
    )


@in_no_time
async def test_a_run_that_starts_again_does_not_count_its_customer_twice() -> None:
    shift, there = shift_at("fetch")
    task = await shift.at_work(there)
    shift.worker.put_back_all()
    await task
    shift.world.endpoint.seconds = 0.0
    await shift.another_worker().work("t_1", 1)

    assert (await shift.stored())["status"] == "ok"
    assert [len(asked) for asked in shift.world.database.senders.values()] == [1]
