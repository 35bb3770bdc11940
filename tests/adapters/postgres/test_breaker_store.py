"""The breaker of a project as all replicas share it: the real stores and the doubles, by the same tests."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import fetch
from app.domain.breaker import FAILURES_TO_OPEN, Admission, State, Verdict
from app.domain.claims import Claimed
from app.domain.outcomes import Outcome
from tests.support.stores import CONFIGURATION, TOKEN, Stores, result_of

FAILED, REFUSED = result_of(Outcome.TIMEOUT), result_of(Outcome.CIRCUIT_OPEN, credits_used=0)


async def ended(stores: Stores, claimed: Claimed, verdict: Verdict) -> None:
    refund = claimed.admission is Admission.REFUSED
    assert await stores.runs.finish(claimed, REFUSED if refund else FAILED, refund=refund, verdict=verdict) is True


async def state(stores: Stores) -> State:
    return (await stores.breakers.of_project("prj_1")).state


async def opened(stores: Stores) -> None:
    """Have the endpoint fail ten times."""
    await stores.turn_on()
    for number in range(FAILURES_TO_OPEN):
        assert await state(stores) is State.CLOSED
        claimed = await stores.claimed(f"failed {number}")
        assert claimed.admission is Admission.PASSES
        await ended(stores, claimed, Verdict.FAILS)


async def test_a_run_is_refused_without_a_credit_when_the_breaker_is_open(stores: Stores) -> None:
    await opened(stores)
    assert await state(stores) is State.OPEN
    claimed = await stores.claimed()
    assert (claimed.admission, claimed.charged) == (Admission.REFUSED, False)
    await ended(stores, claimed, Verdict.UNKNOWN)
    assert (await stores.used(), await state(stores)) == (FAILURES_TO_OPEN, State.OPEN)


async def test_one_of_many_tries_when_the_pause_is_over_and_closes_it(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    claims = [await stores.claimed(f"t_{number}") for number in range(4)]
    assert [claim.admission for claim in claims] == [Admission.PROBES, *[Admission.REFUSED] * 3]
    assert [claim.charged for claim in claims] == [True, False, False, False]
    assert await state(stores) is State.HALF_OPEN
    await ended(stores, claims[0], Verdict.ANSWERS)
    assert await state(stores) is State.CLOSED
    assert (await stores.claimed("t_5")).admission is Admission.PASSES


async def test_it_stays_open_for_longer_when_the_one_that_tries_fails(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    await ended(stores, await stores.claimed(), Verdict.FAILS)
    seen = await stores.breakers.of_project("prj_1")
    assert (seen.state, seen.breaker.pause_seconds, seen.breaker.failures) == (State.OPEN, 60, FAILURES_TO_OPEN + 1)


async def test_a_probe_is_taken_over_with_its_run_when_its_worker_dies(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    dead = await stores.claimed()
    heir = await stores.claim(dead.run, "heir")
    assert heir.admission is Admission.PROBES
    await ended(stores, heir, Verdict.ANSWERS)
    assert await state(stores) is State.CLOSED


async def test_a_probe_that_is_lost_wedges_nothing(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    lost = await stores.claimed()
    await stores.tickets.erase("t_1", "prj_1")
    assert (await stores.claimed("t_2")).admission is Admission.REFUSED
    await stores.behind.breaker_pause_over()
    assert (await stores.claimed("t_3")).admission is Admission.PROBES
    assert lost.admission is Admission.PROBES


@pytest.mark.parametrize("put_back", [True, False])
async def test_the_next_tries_when_the_probe_never_asked(stores: Stores, put_back: bool) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    probe = await stores.claimed(asynchronous=True)
    if put_back:  # the AI was away
        await stores.runs.put_back(probe, if_asynchronous=True)
    else:
        await ended(stores, probe, Verdict.UNKNOWN)
    assert (await stores.claimed("t_2")).admission is Admission.PROBES


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"api_url": "https://example.com/mended"}, id="another URL"),
        pytest.param({"method": "GET"}, id="another method"),
        pytest.param({"identifier_parameter": "account"}, id="another parameter"),
    ],
)
async def test_it_holds_no_more_when_the_endpoint_is_another(stores: Stores, change: dict[str, str]) -> None:
    await opened(stores)
    late = await stores.claimed("t_late")
    changed = replace(CONFIGURATION, **change)  # type: ignore[arg-type]
    await stores.projects.save_configuration("prj_1", changed, TOKEN, "u1")
    assert await state(stores) is State.CLOSED
    await ended(stores, late, Verdict.FAILS)  # of the endpoint before
    assert (await stores.breakers.of_project("prj_1")).breaker.failures == 0
    claimed = await stores.claimed()
    assert claimed.admission is Admission.PASSES
    await ended(stores, claimed, Verdict.FAILS)
    assert (await stores.breakers.of_project("prj_1")).breaker.failures == 1


async def test_it_holds_no_more_when_the_token_is_another_and_on_when_the_words_are(stores: Stores) -> None:
    await opened(stores)
    words = replace(CONFIGURATION, identify_instructions="another way")
    await stores.projects.save_configuration("prj_1", words, TOKEN, "u1")
    assert await state(stores) is State.OPEN
    fresh = replace(TOKEN, updated_at=TOKEN.updated_at.replace(year=2027))
    await stores.projects.save_configuration("prj_1", words, fresh, "u1")
    assert await state(stores) is State.CLOSED


async def test_it_is_closed_when_somebody_has_seen_an_answer(stores: Stores) -> None:
    await opened(stores)
    await stores.breakers.close("prj_1")
    assert await state(stores) is State.CLOSED
    await stores.breakers.close("prj_9")


async def test_a_run_that_cannot_be_run_is_no_probe(stores: Stores) -> None:
    await opened(stores)
    await stores.projects.save_configuration("prj_1", replace(CONFIGURATION, enabled=False), TOKEN, "u1")
    await stores.behind.breaker_pause_over()
    assert (await stores.claimed()).admission is Admission.REFUSED
    await stores.turn_on()
    assert (await stores.claimed("t_2")).admission is Admission.PROBES


async def test_nothing_is_written_while_all_is_well(real_stores: Stores, engine: AsyncEngine) -> None:
    await real_stores.turn_on()
    await ended(real_stores, await real_stores.claimed(), Verdict.ANSWERS)
    [row] = await fetch(
        engine, text("SELECT n_tup_ins + n_tup_upd AS n FROM pg_stat_user_tables WHERE relname = 'breakers'")
    )
    assert row.n == 0


async def test_no_failure_is_lost_when_sixteen_end_at_once(real_stores: Stores) -> None:
    await real_stores.turn_on()
    claims = [await real_stores.claimed(f"t_{number}") for number in range(16)]
    await asyncio.gather(*(ended(real_stores, claim, Verdict.FAILS) for claim in claims))
    seen = await real_stores.breakers.of_project("prj_1")
    assert (seen.state, seen.breaker.failures) == (State.OPEN, 16)


async def test_exactly_one_tries_when_twenty_are_claimed_at_once(real_stores: Stores, engine: AsyncEngine) -> None:
    await opened(real_stores)
    await real_stores.behind.breaker_pause_over()
    runs = {f"t_{number}": await real_stores.submitted(f"t_{number}") for number in range(20)}
    claims = await asyncio.gather(*(real_stores.claim(run, ticket_id=ticket_id) for ticket_id, run in runs.items()))
    assert Counter(claim.admission for claim in claims) == {Admission.PROBES: 1, Admission.REFUSED: 19}
    assert Counter(claim.charged for claim in claims) == {True: 1, False: 19}


async def test_a_breaker_goes_with_its_project(real_stores: Stores, engine: AsyncEngine) -> None:
    await opened(real_stores)
    await real_stores.projects.delete("prj_1")
    assert await BreakerStore(engine).of_project("prj_1") == await BreakerStore(engine).of_project("prj_9")
