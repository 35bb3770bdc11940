"""What both kinds of store promise, the real one on PostgreSQL and the double in memory, by the same tests."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.enrichment_store import EnrichmentStore
from app.adapters.project_store import ProjectStore
from app.domain.claims import Busy, Claim, Claimed, Erased, ForeignTicket, Stored, UnknownProject
from app.domain.configuration import Configuration, StoredToken
from app.domain.projects import Project, ProjectNotFound, VersionConflict
from tests.support.memory_store import MemoryDatabase, MemoryEnrichmentStore, MemoryProjectStore

EXPIRED = -1.0
LEASE = 60.0
PROJECT = Project("prj_1", "business", ("u1", "u2"), 37)
CONFIGURATION = Configuration("POST", "https://example.com/x", "key", "find it", "show it", enabled=True)
TOKEN = StoredToken(b"\x00sealed\xff", "https://example.com", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
RESULT = {"status": "ok", "fields": [{"label": "Plan", "value": "Pro – ünï 🎉"}], "links": [], "n": None}


@dataclass(frozen=True)
class Stores:
    projects: ProjectStore | MemoryProjectStore
    enrichments: EnrichmentStore | MemoryEnrichmentStore

    async def claim(
        self, owner: str = "a", *, ticket: str = "t_1", lease: float = LEASE, refresh: bool = False
    ) -> Claim:
        return await self.enrichments.claim(ticket, "prj_1", owner, refresh=refresh, lease_seconds=lease)

    async def claimed(self, owner: str = "a", **options: Any) -> Claimed:
        claim = await self.claim(owner, **options)
        assert isinstance(claim, Claimed)
        return claim

    async def used(self) -> int:
        found = await self.projects.get("prj_1")
        assert found is not None
        return found[1].used_this_month


@pytest.fixture
async def postgres_stores(engine: AsyncEngine) -> Stores:
    stores = Stores(ProjectStore(engine), EnrichmentStore(engine))
    await stores.projects.put(PROJECT)
    return stores


@pytest.fixture
async def memory_stores() -> Stores:
    database = MemoryDatabase()
    stores = Stores(MemoryProjectStore(database), MemoryEnrichmentStore(database))
    await stores.projects.put(PROJECT)
    return stores


@pytest.fixture(params=["postgres", "memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    kind: Stores = request.getfixturevalue(f"{request.param}_stores")
    return kind


async def test_a_project_is_unknown_until_it_is_put(stores: Stores) -> None:
    assert await stores.projects.get("prj_2") is None


async def test_a_project_reads_back_with_its_credits_when_put(stores: Stores) -> None:
    found = await stores.projects.get("prj_1")
    now = datetime.now(UTC)
    first_of_next_month = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=31)).replace(
        day=1
    )
    assert found is not None
    assert found[0] == PROJECT
    assert (found[1].used_this_month, found[1].resets_at) == (0, first_of_next_month)


async def test_a_project_is_replaced_and_keeps_its_credits_when_put_again(stores: Stores) -> None:
    await stores.projects.take_credit("prj_1")
    changed = Project("prj_1", "free", (), 0)
    await stores.projects.put(changed)
    found = await stores.projects.get("prj_1")
    assert found is not None
    assert (found[0], found[1].used_this_month) == (changed, 1)


async def test_deleting_a_project_erases_everything_of_it_and_nothing_else(stores: Stores) -> None:
    await stores.projects.put(Project("prj_2", "business", (), 5))
    other = await stores.enrichments.claim("t_2", "prj_2", "a", refresh=False, lease_seconds=LEASE)
    await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    await stores.projects.take_credit("prj_1")
    await stores.claimed()

    assert await stores.projects.delete("prj_1") is True
    assert await stores.projects.delete("prj_1") is False
    assert await stores.projects.configuration("prj_1") is None
    assert await stores.enrichments.find("t_1", "prj_1") is None
    assert isinstance(other, Claimed)
    assert await stores.enrichments.find("t_2", "prj_2") == Busy()
    await stores.projects.put(PROJECT)
    assert await stores.used() == 0


@pytest.mark.parametrize("token", [pytest.param(TOKEN, id="with a token"), pytest.param(None, id="without")])
async def test_a_configuration_reads_back_when_saved(stores: Stores, token: StoredToken | None) -> None:
    assert await stores.projects.configuration("prj_1") is None
    saved = await stores.projects.save_configuration("prj_1", CONFIGURATION, token, "u1")
    assert (saved.configuration, saved.token, saved.updated_by) == (CONFIGURATION, token, "u1")
    assert await stores.projects.configuration("prj_1") == saved


async def test_a_change_raises_the_version_and_keeps_the_creation(stores: Stores) -> None:
    first = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1", 0)
    second = await stores.projects.save_configuration("prj_1", Configuration(), None, "u2", first.version)
    assert second.version > first.version
    assert (second.created_at, second.updated_by, second.token) == (first.created_at, "u2", None)
    assert second.updated_at > first.updated_at


async def test_a_version_never_comes_back_when_a_configuration_is_deleted_and_made_anew(stores: Stores) -> None:
    first = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    await stores.projects.delete_configuration("prj_1")
    second = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    assert second.version > first.version


@pytest.mark.parametrize(
    ("exists", "expected"),
    [
        pytest.param(True, 0, id="must not exist, but does"),
        pytest.param(True, 999_999, id="another version is there"),
        pytest.param(False, 7, id="was deleted meanwhile"),
    ],
)
async def test_a_change_is_refused_when_another_version_is_there(stores: Stores, exists: bool, expected: int) -> None:
    before = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1") if exists else None
    with pytest.raises(VersionConflict):
        await stores.projects.save_configuration("prj_1", Configuration(), None, "u2", expected)
    with pytest.raises(VersionConflict):
        await stores.projects.delete_configuration("prj_1", expected)
    assert await stores.projects.configuration("prj_1") == before


@pytest.mark.parametrize("checked", [pytest.param(True, id="expected version"), pytest.param(False, id="no check")])
async def test_a_configuration_and_its_token_are_gone_when_deleted(stores: Stores, checked: bool) -> None:
    saved = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    await stores.projects.delete_configuration("prj_1", saved.version if checked else None)
    await stores.projects.delete_configuration("prj_1", 0 if checked else None)
    assert await stores.projects.configuration("prj_1") is None


async def test_one_of_two_changes_of_one_version_wins_when_they_race(stores: Stores) -> None:
    saved = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    changes = (
        stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, f"u{n}", saved.version) for n in range(8)
    )
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"StoredConfiguration": 1, "VersionConflict": 7}


async def test_a_configuration_of_an_unknown_project_is_not_saved(stores: Stores) -> None:
    with pytest.raises(ProjectNotFound):
        await stores.projects.save_configuration("prj_2", CONFIGURATION, TOKEN, "u1")


async def test_exactly_the_allowance_is_taken_when_a_hundred_ask_at_once(stores: Stores) -> None:
    months = await asyncio.gather(*(stores.projects.take_credit("prj_1") for _ in range(100)))
    assert Counter(months) == {datetime.now(UTC).date().replace(day=1): 37, None: 63}
    assert await stores.used() == 37


@pytest.mark.parametrize(
    ("project_id", "allowance"),
    [
        pytest.param("prj_1", 0, id="no allowance"),
        pytest.param("prj_2", 5, id="unknown project"),
    ],
)
async def test_no_credit_is_taken_when_there_is_none(stores: Stores, project_id: str, allowance: int) -> None:
    await stores.projects.put(Project("prj_1", "business", (), allowance))
    assert await stores.projects.take_credit(project_id) is None
    assert await stores.used() == 0


async def test_credits_come_back_to_the_unit_and_never_below_zero(stores: Stores) -> None:
    month = await stores.projects.take_credit("prj_1")
    assert month is not None
    await stores.projects.return_credit("prj_1", date(2020, 1, 1))
    assert await stores.used() == 1
    await stores.projects.return_credit("prj_1", month)
    await stores.projects.return_credit("prj_1", month)
    assert await stores.used() == 0


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
