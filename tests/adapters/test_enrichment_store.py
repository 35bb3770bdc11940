"""What an enrichment store promises, the real one on PostgreSQL and the double in memory, by the same tests."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.domain.claims import Busy, Claimed, Erased, ForeignTicket, Stored, UnknownProject
from app.domain.projects import Project
from tests.support.stores import CONFIGURATION, EXPIRED, LEASE, PROJECT, RESULT, TOKEN, Stores


async def test_a_first_claim_brings_the_project_and_its_configuration(stores: Stores) -> None:
    saved = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    assert await stores.claim() == Claimed("t_1", "prj_1", "a", 1, PROJECT, saved, charged=False)


async def test_a_claim_brings_no_configuration_when_there_is_none(stores: Stores) -> None:
    assert await stores.claim() == Claimed("t_1", "prj_1", "a", 1, PROJECT, None, charged=False)


async def test_one_of_twenty_claims_wins_when_they_race(stores: Stores) -> None:
    claims = await asyncio.gather(*(stores.claim(f"owner {n}") for n in range(20)))
    assert Counter(type(claim).__name__ for claim in claims) == {"Claimed": 1, "Busy": 19}


async def test_one_of_twenty_takes_over_when_a_lease_ran_out(stores: Stores) -> None:
    await stores.claimed(lease=EXPIRED)
    claims = await asyncio.gather(*(stores.claim(f"owner {n}") for n in range(20)))
    assert Counter(type(claim).__name__ for claim in claims) == {"Claimed": 1, "Busy": 19}


async def test_one_of_twenty_refreshes_when_they_race(stores: Stores) -> None:
    await stores.enrichments.finish(await stores.claimed(), RESULT, refund=False)
    claims = await asyncio.gather(*(stores.claim(f"owner {n}", refresh=True) for n in range(20)))
    assert Counter(type(claim).__name__ for claim in claims) == {"Claimed": 1, "Busy": 19}


async def test_a_claim_of_an_unknown_project_stores_nothing(stores: Stores) -> None:
    claim = await stores.enrichments.claim("t_1", "prj_2", "a", refresh=False, lease_seconds=LEASE)
    assert claim == UnknownProject()
    assert await stores.enrichments.find("t_1", "prj_2") is None


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("state", ["running", "expired", "done"])
async def test_a_ticket_of_another_project_is_foreign_in_every_state(stores: Stores, state: str, refresh: bool) -> None:
    await stores.projects.put(Project("prj_2", "business", (), 5))
    claimed = await stores.claimed(lease=EXPIRED if state == "expired" else LEASE)
    if state == "done":
        await stores.enrichments.finish(claimed, RESULT, refund=False)
    claim = await stores.enrichments.claim("t_1", "prj_2", "b", refresh=refresh, lease_seconds=LEASE)
    assert claim == ForeignTicket()
    assert await stores.enrichments.find("t_1", "prj_2") == ForeignTicket()
    assert await stores.enrichments.erase("t_1", "prj_2") == ForeignTicket()
    assert await stores.enrichments.find("t_1", "prj_1") == (Stored(RESULT) if state == "done" else Busy())


async def test_the_result_is_found_and_never_claimed_again_when_finished(stores: Stores) -> None:
    assert await stores.enrichments.find("t_1", "prj_1") is None
    claimed = await stores.claimed()
    assert await stores.enrichments.find("t_1", "prj_1") == Busy()
    assert await stores.enrichments.finish(claimed, RESULT, refund=False) is True
    assert await stores.enrichments.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.claim("b") == Stored(RESULT)


async def test_the_old_result_stays_readable_until_a_refresh_is_finished(stores: Stores) -> None:
    await stores.enrichments.finish(await stores.claimed(), RESULT, refund=False)
    refreshing = await stores.claimed("b", refresh=True)
    assert refreshing.attempt == 2
    assert await stores.enrichments.find("t_1", "prj_1") == Stored(RESULT, refreshing=True)
    assert await stores.claim("c") == Stored(RESULT, refreshing=True)
    assert await stores.claim("c", refresh=True) == Busy()
    await stores.enrichments.finish(refreshing, {"new": 1}, refund=False)
    assert await stores.enrichments.find("t_1", "prj_1") == Stored({"new": 1})


async def test_a_refresh_that_died_leaves_the_old_result_and_can_be_taken_over(stores: Stores) -> None:
    await stores.enrichments.finish(await stores.claimed(), RESULT, refund=False)
    await stores.claimed("b", refresh=True, lease=EXPIRED)
    assert await stores.claim("c") == Stored(RESULT)
    assert (await stores.claimed("c", refresh=True)).attempt == 3


async def test_a_frozen_owner_can_write_nothing_when_another_took_over(stores: Stores) -> None:
    frozen = await stores.claimed("frozen", lease=EXPIRED)
    assert await stores.enrichments.charge(frozen) is True
    heir = await stores.claimed("heir")
    assert (heir.attempt, heir.charged) == (2, True)

    assert await stores.enrichments.charge(Claimed(**_fields(frozen))) is False
    assert await stores.enrichments.finish(frozen, {"wrong": 1}, refund=True) is False
    await stores.enrichments.release(frozen, refund=True)
    await stores.enrichments.renew("frozen", ["t_1"], EXPIRED)
    assert await stores.used() == 1
    assert await stores.claim("third") == Busy()

    assert await stores.enrichments.charge(heir) is True
    assert await stores.used() == 1
    assert await stores.enrichments.finish(heir, RESULT, refund=False) is True
    assert await stores.enrichments.finish(frozen, {"wrong": 1}, refund=True) is False
    assert await stores.enrichments.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1


async def test_a_claim_is_fenced_by_attempt_when_the_same_owner_took_over(stores: Stores) -> None:
    first = await stores.claimed(lease=EXPIRED)
    second = await stores.claimed()
    assert await stores.enrichments.finish(first, {"wrong": 1}, refund=False) is False
    assert await stores.enrichments.finish(second, RESULT, refund=False) is True


async def test_nothing_is_finished_twice(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.enrichments.charge(claimed)
    assert await stores.enrichments.finish(claimed, RESULT, refund=True) is True
    assert await stores.enrichments.finish(claimed, {"wrong": 1}, refund=True) is False
    assert (await stores.enrichments.find("t_1", "prj_1"), await stores.used()) == (Stored(RESULT), 0)


async def test_renewing_keeps_a_ticket_when_its_lease_would_have_run_out(stores: Stores) -> None:
    for ticket in ("t_1", "t_2", "t_3"):
        await stores.claimed(ticket=ticket, lease=EXPIRED)
    await stores.enrichments.renew("a", ["t_1", "t_2", "unknown"], LEASE)
    assert await stores.claim("b", ticket="t_1") == Busy()
    assert await stores.claim("b", ticket="t_2") == Busy()
    assert isinstance(await stores.claim("b", ticket="t_3"), Claimed)


async def test_charges_stop_at_the_allowance_when_forty_run_at_once(stores: Stores) -> None:
    claims = [await stores.claimed(ticket=f"t_{n}") for n in range(40)]
    charged = await asyncio.gather(*(stores.enrichments.charge(claim) for claim in claims))
    assert Counter(charged) == {True: 37, False: 3}
    assert await stores.used() == 37


@pytest.mark.parametrize(
    ("refund", "used"), [pytest.param(True, 0, id="given back"), pytest.param(False, 1, id="spent")]
)
async def test_a_credit_is_given_back_only_when_asked(stores: Stores, refund: bool, used: int) -> None:
    claimed = await stores.claimed()
    await stores.enrichments.charge(claimed)
    await stores.enrichments.finish(claimed, RESULT, refund=refund)
    assert await stores.used() == used


async def test_no_credit_is_given_back_when_none_was_taken(stores: Stores) -> None:
    await stores.projects.take_credit("prj_1")
    await stores.enrichments.finish(await stores.claimed(), RESULT, refund=True)
    assert await stores.used() == 1


async def test_a_refresh_pays_anew_when_the_first_run_has_paid(stores: Stores) -> None:
    first = await stores.claimed()
    await stores.enrichments.charge(first)
    await stores.enrichments.finish(first, RESULT, refund=False)
    second = await stores.claimed(refresh=True)
    assert second.charged is False
    assert await stores.enrichments.charge(second) is True
    assert await stores.used() == 2


async def test_a_released_ticket_is_as_before_when_it_had_no_result(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.enrichments.charge(claimed)
    await stores.enrichments.release(claimed, refund=True)
    assert await stores.enrichments.find("t_1", "prj_1") is None
    assert await stores.used() == 0
    assert (await stores.claimed("b")).charged is False


async def test_a_released_ticket_is_as_before_when_it_had_a_result(stores: Stores) -> None:
    await stores.enrichments.finish(await stores.claimed(), RESULT, refund=False)
    refreshing = await stores.claimed("b", refresh=True)
    await stores.enrichments.charge(refreshing)
    await stores.enrichments.release(refreshing, refund=False)
    assert await stores.enrichments.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1


async def test_an_erased_ticket_is_gone_and_its_run_writes_nothing(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.enrichments.erase("t_1", "prj_1") == Erased()
    assert await stores.enrichments.erase("t_1", "prj_1") is None
    assert await stores.enrichments.finish(claimed, RESULT, refund=False) is False
    assert await stores.enrichments.find("t_1", "prj_1") is None


def _fields(claimed: Claimed) -> dict[str, Any]:
    return {name: getattr(claimed, name) for name in Claimed.__slots__}
