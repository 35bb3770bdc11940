"""What a project store promises, the real one on PostgreSQL and the double in memory, by the same tests."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.claims import Underway
from app.domain.configuration import Configuration, StoredToken
from app.domain.projects import Project, ProjectNotFound, VersionConflict
from tests.support.stores import CONFIGURATION, OTHER_PROJECT, PROJECT, TOKEN, Stores


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
    await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    await stores.projects.take_credit("prj_1")
    await stores.finished("t_3")
    await stores.claimed()
    await stores.submit("t_2", "prj_2")

    assert await stores.projects.delete("prj_1") is True
    assert await stores.projects.delete("prj_1") is False
    assert await stores.projects.configuration("prj_1") is None
    assert await stores.tickets.find("t_1", "prj_1") is None
    assert await stores.behind.ended_runs() == []
    assert isinstance(await stores.tickets.find("t_2", "prj_2"), Underway)
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


async def test_last_twenty_versions_are_kept_without_a_token_and_go_with_the_configuration(stores: Stores) -> None:
    for number in range(23):
        await stores.projects.save_configuration(
            "prj_1", replace(CONFIGURATION, display_instructions=f"Show {number}."), TOKEN, "u1"
        )
    kept = await stores.projects.versions("prj_1")

    assert [each.configuration.display_instructions for each in kept] == [f"Show {n}." for n in range(22, 2, -1)]
    assert replace(kept[0].configuration, display_instructions="show it") == CONFIGURATION
    assert kept[0].version == (await stores.projects.configuration("prj_1")).version  # type: ignore[union-attr]
    await stores.projects.delete_configuration("prj_1")
    assert await stores.projects.versions("prj_1") == []


async def test_one_of_many_has_the_turn_to_check_an_endpoint(stores: Stores) -> None:
    turns = await asyncio.gather(*(stores.projects.begin_check("prj_1", 60) for _ in range(5)))
    (mine,) = [turn for turn in turns if turn is not None]
    await stores.projects.put(OTHER_PROJECT)
    assert await stores.projects.begin_check("prj_2", 60) is not None
    await stores.projects.end_check("prj_1", mine)
    assert await stores.projects.begin_check("prj_1", 60) is not None


async def test_a_turn_passes_to_another_when_it_is_over(stores: Stores) -> None:
    late = await stores.projects.begin_check("prj_1", 0)
    await asyncio.sleep(0.001)
    fresh = await stores.projects.begin_check("prj_1", 60)
    assert late is not None
    assert fresh is not None
    await stores.projects.end_check("prj_1", late)  # of a process that has come back: it has no say any more
    assert await stores.projects.begin_check("prj_1", 60) is None


async def test_nobody_has_the_turn_of_a_project_that_is_gone(stores: Stores) -> None:
    assert await stores.projects.begin_check("prj_9", 60) is None
