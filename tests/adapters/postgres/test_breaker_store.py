"""The breaker of a project as all replicas share it: decided on one row."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import Database, Statement
from app.domain.breaker import FAILURES_TO_OPEN, Admission, EndpointVerdict, State
from app.domain.claims import Claimed
from app.domain.outcomes import Outcome
from tests.support.stores import CONFIGURATION, TOKEN, Stores, result_of

FAILED, REFUSED = result_of(Outcome.TIMEOUT), result_of(Outcome.CIRCUIT_OPEN, credits_used=0)


async def ended(stores: Stores, claimed: Claimed, verdict: EndpointVerdict) -> None:
    refund = claimed.admission is Admission.REFUSED
    ending = REFUSED if refund else FAILED
    assert await stores.runs.finish(claimed, ending, refund=refund, verdict=verdict) is not None


async def asked(stores: Stores, ticket_id: str = "t_1", **options: Any) -> Claimed:
    """Have a ticket taken, and ask the breaker where it is open, as a worker does."""
    claimed = await stores.claimed(ticket_id, **options)
    return await stores.runs.ask_breaker(claimed) if claimed.breaker_open else claimed


async def state(stores: Stores) -> State:
    return (await stores.breakers.of_project("prj_1")).state


async def opened(stores: Stores) -> None:
    """Have the endpoint fail ten times."""
    await stores.turn_on()
    for number in range(FAILURES_TO_OPEN):
        assert await state(stores) is State.CLOSED
        claimed = await asked(stores, f"failed {number}")
        assert claimed.admission is Admission.PASSES
        await ended(stores, claimed, EndpointVerdict.FAILS)


async def test_a_run_is_refused_without_a_credit_when_the_breaker_is_open(stores: Stores) -> None:
    await opened(stores)
    assert await state(stores) is State.OPEN
    claimed = await asked(stores)
    assert (claimed.admission, claimed.charged) == (Admission.REFUSED, False)
    await ended(stores, claimed, EndpointVerdict.UNKNOWN)
    assert (await stores.used(), await state(stores)) == (FAILURES_TO_OPEN, State.OPEN)


async def test_one_of_many_tries_when_the_pause_is_over_and_closes_it(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    claims = [await asked(stores, f"t_{number}") for number in range(4)]
    assert [claim.admission for claim in claims] == [Admission.PROBES, *[Admission.REFUSED] * 3]
    assert [claim.charged for claim in claims] == [True, False, False, False]
    assert await state(stores) is State.HALF_OPEN
    await ended(stores, claims[0], EndpointVerdict.ANSWERS)
    assert await state(stores) is State.CLOSED
    assert (await asked(stores, "t_5")).admission is Admission.PASSES


async def test_it_stays_open_for_longer_when_the_one_that_tries_fails(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    await ended(stores, await asked(stores), EndpointVerdict.FAILS)
    seen = await stores.breakers.of_project("prj_1")
    assert (seen.state, seen.breaker.pause_seconds, seen.breaker.failures) == (State.OPEN, 60, FAILURES_TO_OPEN + 1)


async def test_a_probe_is_taken_over_with_its_run_when_its_worker_dies(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    dead = await asked(stores)
    heir = await stores.runs.ask_breaker(await stores.taken_over(dead))
    assert heir.admission is Admission.PROBES
    await ended(stores, heir, EndpointVerdict.ANSWERS)
    assert await state(stores) is State.CLOSED


async def test_a_probe_that_is_lost_wedges_nothing(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    lost = await asked(stores)
    await stores.tickets.erase("t_1", "prj_1")
    assert (await asked(stores, "t_2")).admission is Admission.REFUSED
    await stores.behind.breaker_pause_over()
    assert (await asked(stores, "t_3")).admission is Admission.PROBES
    assert lost.admission is Admission.PROBES


@pytest.mark.parametrize("put_back", [True, False])
async def test_the_next_tries_when_the_probe_never_asked(stores: Stores, put_back: bool) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    probe = await asked(stores, asynchronous=True)
    if put_back:  # the AI was away
        assert await stores.runs.rest(probe, 60.0, strike=False)
    else:
        await ended(stores, probe, EndpointVerdict.UNKNOWN)
    assert (await asked(stores, "t_2")).admission is Admission.PROBES


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
    late = await asked(stores, "t_late")
    changed = replace(CONFIGURATION, **change)  # type: ignore[arg-type]
    await stores.projects.save_configuration("prj_1", changed, TOKEN, "u1")
    assert await state(stores) is State.CLOSED
    await ended(stores, late, EndpointVerdict.FAILS)  # of the endpoint before
    assert (await stores.breakers.of_project("prj_1")).breaker.failures == 0
    claimed = await asked(stores)
    assert claimed.admission is Admission.PASSES
    await ended(stores, claimed, EndpointVerdict.FAILS)
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
    assert (await stores.claimed()).breaker_open  # its worker sees that it cannot be run, and does not ask
    assert await state(stores) is State.OPEN
    await stores.turn_on()
    assert (await asked(stores, "t_2")).admission is Admission.PROBES


async def test_nothing_is_written_while_all_is_well(stores: Stores, database: Database) -> None:
    await stores.turn_on()
    before = await database.fetch(Statement("SELECT xmin, * FROM projects"))
    await ended(stores, await asked(stores), EndpointVerdict.ANSWERS)
    assert await database.fetch(Statement("SELECT xmin, * FROM projects")) == before


async def test_no_failure_is_lost_when_sixteen_end_at_once(stores: Stores) -> None:
    await stores.turn_on()
    claims = [await asked(stores, f"t_{number}") for number in range(16)]
    await asyncio.gather(*(ended(stores, claim, EndpointVerdict.FAILS) for claim in claims))
    seen = await stores.breakers.of_project("prj_1")
    assert (seen.state, seen.breaker.failures) == (State.OPEN, 16)


async def test_exactly_one_tries_when_twenty_ask_at_once(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    taken = [await stores.claimed(f"t_{number}") for number in range(20)]
    claims = await asyncio.gather(*(stores.runs.ask_breaker(claimed) for claimed in taken))
    assert Counter(claim.admission for claim in claims) == {Admission.PROBES: 1, Admission.REFUSED: 19}
    assert Counter(claim.charged for claim in claims) == {True: 1, False: 19}


async def test_a_run_that_was_taken_before_it_closed_passes_with_its_credit(stores: Stores) -> None:
    await opened(stores)
    claimed = await stores.claimed()
    assert (claimed.breaker_open, claimed.charged) == (True, False)
    await stores.breakers.close("prj_1")
    passing = await stores.runs.ask_breaker(claimed)
    assert (passing.admission, passing.charged) == (Admission.PASSES, True)
    assert await state(stores) is State.CLOSED


async def test_a_run_that_was_lost_takes_no_credit(stores: Stores) -> None:
    await opened(stores)
    await stores.behind.breaker_pause_over()
    claimed = await stores.claimed()
    await stores.tickets.erase("t_1", "prj_1")
    assert (await stores.runs.ask_breaker(claimed)).charged is False
    assert await stores.used() == FAILURES_TO_OPEN


async def test_a_breaker_goes_with_its_project(stores: Stores, database: Database) -> None:
    await opened(stores)
    await stores.projects.delete("prj_1")
    assert await BreakerStore(database).of_project("prj_1") == await BreakerStore(database).of_project("prj_9")
