"""What becomes of a queued ticket that its worker runs to the end; in virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict

import pytest

from app.adapters.vault import Vault
from app.domain.outcomes import Outcome, StepFailed
from app.domain.reading.extraction import Extracted
from app.domain.workload import MOST_STRIKES
from app.runs.worker import FAULT_PAUSE_SECONDS
from support_context.secrets import Secret
from tests.support.endpoints import failing
from tests.support.models import EXTRACT_USAGE, ScriptedModel
from tests.support.service import CUSTOMER, World
from tests.support.shift import AWAY, Shift
from tests.support.virtual_time import in_no_time, now


@in_no_time
async def test_a_queued_ticket_is_run_once_with_one_credit() -> None:
    shift = Shift()
    await shift.submit()
    assert await shift.work()
    assert (await shift.stored())["status"] == "ok"
    assert [result.outcome for result in shift.results] == [Outcome.OK]
    assert (shift.world.credits_used, shift.worker.running) == (1, [])

    assert not await shift.work()
    assert (len(shift.results), shift.model.calls, shift.returned) == (1, 2, [])


@in_no_time
async def test_tickets_in_flight_are_counted() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    assert shift.worker.running == [shift.row.run]
    await task
    assert shift.worker.running == []


def free_plan(world: World) -> None:
    world.database.rows("UPDATE projects SET plan = 'free'")


def no_configuration(world: World) -> None:
    fields = "configuration = NULL, version = NULL, configured_at = NULL, saved_at = NULL, saved_by = NULL"
    world.database.rows(f"UPDATE projects SET {fields}")  # noqa: S608 - constants, no value


def no_token(world: World) -> None:
    fields = "token_sealed = NULL, token_origin = NULL, token_updated_at = NULL"
    world.database.rows(f"UPDATE projects SET {fields}")  # noqa: S608 - constants, no value


def incomplete(world: World) -> None:
    world.put_in_place(identify_instructions="")


def turned_off(world: World) -> None:
    world.put_in_place(enabled=False)


def another_key(world: World) -> None:
    sealed = Vault((b"x" * 32,)).seal("prj_1", Secret("token"))
    world.database.rows("UPDATE projects SET token_sealed = :sealed", sealed=sealed)


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
    assert await shift.work()
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
    for _ in range(crashes):
        await shift.taken_over()
    shift.orphaned()
    assert shift.world.credits_used == 1

    assert await shift.work()
    result = await shift.stored()
    assert (result["reason"], result["credits_used"], shift.model.calls) == (reason, credits_used, calls)
    assert shift.world.credits_used == credits_used
    assert [each.outcome.reason for each in shift.results] == [reason]


@in_no_time
async def test_a_fault_of_ours_passes_and_ends_the_ticket_when_it_stays() -> None:
    shift = Shift(ScriptedModel(identifier=RuntimeError("a bug")))
    await shift.submit()
    for _ in range(MOST_STRIKES):
        assert await shift.work()
        assert shift.rests
        assert not await shift.work()
        await asyncio.sleep(FAULT_PAUSE_SECONDS)
    assert [str(fault) for fault in shift.faults] == ["a bug"] * MOST_STRIKES
    assert await shift.work()
    assert (await shift.stored())["reason"] == "interrupted"
    assert shift.world.credits_used == 0


def pause_of(shift: Shift) -> float:
    """Return how long the run rests."""
    assert (shift.rests, shift.row.strikes, shift.results) == (True, 0, [])
    return float((shift.row.due_at - now()).total_seconds())


@in_no_time
async def test_an_asynchronous_run_is_put_back_with_its_credit_when_the_ai_is_away() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY), asynchronous=True)
    await shift.submit()
    assert await shift.work()
    assert 2.0 <= pause_of(shift) <= 2.5
    assert (shift.world.credits_used, shift.returned) == (1, ["ai_unavailable"])


@in_no_time
async def test_pauses_grow_while_the_ai_is_away_and_are_as_long_as_it_asks() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY), asynchronous=True)
    await shift.submit()
    await asyncio.sleep(60.0)
    assert await shift.work()
    pause = pause_of(shift)
    assert 30.0 <= pause <= 37.5
    await asyncio.sleep(pause)
    shift.model.identifier = StepFailed(Outcome.AI_UNAVAILABLE, "HTTP 429", retry_after=120.0)
    assert await shift.work()
    assert 120.0 <= pause_of(shift) <= 150.0


@in_no_time
async def test_a_run_that_somebody_waits_for_says_at_once_that_the_ai_is_away() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY))
    await shift.submit()
    assert await shift.work()
    result = await shift.stored()
    assert (result["reason"], result["credits_used"]) == ("ai_unavailable", 0)
    assert (shift.world.credits_used, shift.returned) == (0, [])


@in_no_time
async def test_a_run_waits_for_the_ai_when_its_caller_has_left() -> None:
    shift = Shift(ScriptedModel(identifier=AWAY, seconds=5.0))
    task = await shift.at_work(lambda: bool(shift.model.extracted))
    await shift.world.tickets.hand_over("t_1", "prj_1")
    assert await task
    assert shift.rests


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
    while await shift.work() and shift.rests:
        await asyncio.sleep(pause_of(shift))
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
    shift.worker.put_back_all()
    await task
    assert shift.row.extracted == asdict(Extracted("acct_12ab34cd", EXTRACT_USAGE))

    shift.world.endpoint.seconds = 0.0
    shift.orphaned()
    assert await shift.work(shift.another_worker())
    result = await shift.stored()
    assert (len(shift.model.extracted), len(shift.model.summarized)) == (1, 1)
    assert result["usage"]["input_tokens"] == 1500
    assert shift.world.credits_used == 1


@in_no_time
async def test_only_what_may_be_sent_is_kept() -> None:
    # A model can say anything, and PostgreSQL's JSON takes neither of these two.
    shift = Shift(ScriptedModel(identifier="acct_12ab34cd\x00\ud800"), endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    assert shift.row.extracted == asdict(Extracted("acct_12ab34cd", EXTRACT_USAGE))
    await task
    assert (await shift.stored())["identifier"] == "acct_12ab34cd"


@in_no_time
async def test_the_customer_endpoint_is_not_called_when_the_claim_was_lost_before() -> None:
    shift = Shift(ScriptedModel(seconds=5.0))
    task = await shift.at_work(lambda: bool(shift.model.extracted))
    heir = await shift.taken_over()

    await task
    assert shift.world.endpoint.asked == []
    assert (shift.row.state, shift.row.attempt, shift.results, shift.returned) == ("running", heir.attempt, [], [])


@in_no_time
async def test_a_frozen_worker_stores_nothing_when_it_wakes() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    shift.world.endpoint.seconds = 0.0
    shift.world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Heir"}
    shift.orphaned()
    assert await shift.work(shift.another_worker())
    await task
    assert "Heir" in {field["value"] for field in (await shift.stored())["fields"]}
    assert (len(shift.results), shift.world.credits_used) == (1, 1)


@in_no_time
async def test_nothing_is_stored_when_the_ticket_was_erased_meanwhile() -> None:
    shift = Shift(endpoint_seconds=5.0)
    task = await shift.at_work(lambda: bool(shift.world.endpoint.asked))
    await shift.world.tickets.erase("t_1", "prj_1")
    await task
    assert (shift.world.database.rows("SELECT FROM enrichments"), shift.results) == ([], [])


@in_no_time
async def test_an_endpoint_that_fails_is_left_alone_and_asked_again_when_the_pause_is_over() -> None:
    shift, endings = Shift(), list[str | None]()
    known, shift.world.endpoint.customers = shift.world.endpoint.customers, {"acct_12ab34cd": failing(Outcome.TIMEOUT)}

    async def look_ups(many: int) -> None:
        for _ in range(many):
            await shift.submit(refresh=True)
            assert await shift.work()
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
