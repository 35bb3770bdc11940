"""What becomes of a queued ticket when the process ends or the database is away meanwhile; in virtual time."""

import asyncio
from collections.abc import Callable

import pytest

from app.runs.attempt import DATABASE_PAUSE_SECONDS, STORING_SECONDS
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


@pytest.mark.parametrize("step", ["extract", "admit", "fetch", "summarize", "finish"])
@in_no_time
async def test_a_run_is_stopped_in_the_middle_of_any_step_when_the_process_ends(step: str) -> None:
    shift, there = shift_at(step)
    task = await shift.at_work(there)
    shift.worker.put_back_all()
    await task
    # Its row is put back as the process leaves, with all others that it holds.
    assert (shift.row.state, shift.row.asynchronous) == ("running", False)
    assert (shift.world.credits_used, shift.results, shift.returned) == (1, [], ["shutdown"])
    assert shift.worker.running == []

    shift.model.seconds = shift.world.endpoint.seconds = 0.0
    shift.runs.stalling = ""
    shift.orphaned()
    assert await shift.work(shift.another_worker())
    assert (await shift.stored())["status"] == "ok"
    assert shift.world.credits_used == 1


@in_no_time
async def test_a_run_that_is_cancelled_for_another_reason_passes_the_cancellation() -> None:
    shift, there = shift_at("fetch")
    await shift.at_work(there)
    [running] = [task for task in asyncio.all_tasks() if "_work" in repr(task.get_coro())]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (shift.row.state, shift.returned) == ("running", [])


@in_no_time
async def test_a_result_is_held_and_stored_once_while_the_database_is_away() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["finish"] = 20
    assert await shift.work()
    assert (await shift.stored())["status"] == "ok"
    assert (len(shift.results), len(shift.world.database.rows("SELECT FROM ended_runs")), shift.model.calls) == (
        1,
        1,
        2,
    )
    assert 10.0 <= asyncio.get_running_loop().time() <= 20.0


@in_no_time
async def test_a_ticket_is_run_again_when_the_database_was_away_for_too_long() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["finish"] = 1_000
    assert await shift.work()
    assert STORING_SECONDS <= asyncio.get_running_loop().time() <= STORING_SECONDS + 1.0
    assert (shift.row.state, shift.results, shift.worker.running) == ("running", [], [])
    shift.runs.failing.clear()
    shift.orphaned()  # as it is found not to be run by its worker
    assert await shift.work()
    assert ((await shift.stored())["status"], shift.row.attempt) == ("ok", 2)
    assert (len(shift.results), shift.world.credits_used, len(shift.model.extracted)) == (1, 1, 1)


@in_no_time
async def test_a_run_is_put_off_as_soon_as_the_database_is_back() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY), asynchronous=True)
    shift.runs.failing["rest"] = 3
    await shift.submit()
    assert await shift.work()
    assert (shift.rests, shift.returned) == (True, ["ai_unavailable"])


@in_no_time
async def test_nobody_passes_uncounted_when_the_database_is_away_and_the_ai_is_asked_once() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["admit"] = 5
    assert await shift.work()
    assert (await shift.stored())["status"] == "ok"
    assert [len(row.identifiers) for row in shift.world.database.rows("SELECT * FROM senders")] == [1]
    assert (len(shift.model.extracted), shift.world.endpoint.asked, shift.world.credits_used) == (
        1,
        ["acct_12ab34cd"],
        1,
    )
    assert asyncio.get_running_loop().time() >= 5 * DATABASE_PAUSE_SECONDS / 2


@in_no_time
async def test_the_endpoint_is_not_asked_when_the_database_stays_away() -> None:
    shift = Shift()
    await shift.submit()
    shift.runs.failing["admit"] = 1_000
    assert await shift.work()
    assert (shift.world.endpoint.asked, shift.results, shift.row.state) == ([], [], "running")


@in_no_time
async def test_a_run_that_starts_again_does_not_count_its_customer_twice() -> None:
    shift, there = shift_at("fetch")
    task = await shift.at_work(there)
    shift.worker.put_back_all()
    await task
    shift.world.endpoint.seconds = 0.0
    shift.orphaned()
    await shift.work(shift.another_worker())

    assert (await shift.stored())["status"] == "ok"
    assert [len(row.identifiers) for row in shift.world.database.rows("SELECT * FROM senders")] == [1]
