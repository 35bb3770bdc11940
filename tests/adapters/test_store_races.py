"""What only real concurrency shows: statements that meet in the same moment, months that change, many rows."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.database import fetch
from app.adapters.enrichment_store import EnrichmentStore
from app.adapters.project_store import ERASED_AT_ONCE, ProjectStore
from app.domain.claims import Busy, Claimed, ForeignTicket, UnknownProject
from app.domain.configuration import Configuration
from app.domain.projects import Project, ProjectNotFound

T = TypeVar("T")
PROJECT = Project("prj_1", "business", (), 1000)
INSERT_TICKET = "INSERT INTO enrichments (ticket_id, project_id, state, owner, attempt, lease_until)"


async def ended_while_waiting(waiting: Coroutine[Any, Any, T], other: Any, ending: str) -> T:
    """Run a statement until it waits for the other session, then end that one's transaction."""
    task = asyncio.create_task(waiting)
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await other.fetchval(blocked):  # noqa: ASYNC110 - it happens in the server
        await asyncio.sleep(0.01)
    await other.execute(ending)
    return await task


def insert_ticket(project_id: str) -> str:
    return f"{INSERT_TICKET} VALUES ('t_1', '{project_id}', 'running', 'other', 1, now() + interval '1 hour')"


@pytest.mark.parametrize(
    ("project_id", "claim"),
    [
        pytest.param("prj_1", Busy(), id="the winner is of the same project"),
        pytest.param("prj_2", ForeignTicket(), id="the winner is of another project"),
    ],
)
async def test_a_claim_looks_again_when_it_lost_against_a_row_that_it_could_not_see(
    engine: AsyncEngine, other: Any, project_id: str, claim: object
) -> None:
    projects, enrichments = ProjectStore(engine), EnrichmentStore(engine)
    await projects.put(PROJECT)
    await projects.put(Project("prj_2", "business", (), 1))
    await other.execute("BEGIN")
    await other.execute(insert_ticket(project_id))
    claiming = enrichments.claim("t_1", "prj_1", "a", refresh=False, lease_seconds=60)
    assert await ended_while_waiting(claiming, other, "COMMIT") == claim


async def test_a_claim_is_had_when_the_row_that_it_waited_for_is_rolled_back(engine: AsyncEngine, other: Any) -> None:
    await ProjectStore(engine).put(PROJECT)
    await other.execute("BEGIN")
    await other.execute(insert_ticket("prj_1"))
    claiming = EnrichmentStore(engine).claim("t_1", "prj_1", "a", refresh=False, lease_seconds=60)
    assert isinstance(await ended_while_waiting(claiming, other, "ROLLBACK"), Claimed)


async def test_a_claim_finds_no_project_when_it_is_deleted_in_that_moment(engine: AsyncEngine, other: Any) -> None:
    await ProjectStore(engine).put(PROJECT)
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    claiming = EnrichmentStore(engine).claim("t_1", "prj_1", "a", refresh=False, lease_seconds=60)
    assert await ended_while_waiting(claiming, other, "COMMIT") == UnknownProject()


async def test_no_credit_is_taken_when_the_project_is_deleted_in_that_moment(engine: AsyncEngine, other: Any) -> None:
    await ProjectStore(engine).put(PROJECT)
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    assert await ended_while_waiting(ProjectStore(engine).take_credit("prj_1"), other, "COMMIT") is None


async def test_a_configuration_is_refused_when_the_project_is_deleted_in_that_moment(
    engine: AsyncEngine, other: Any
) -> None:
    await ProjectStore(engine).put(PROJECT)
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    saving = ProjectStore(engine).save_configuration("prj_1", Configuration(), None, "u1")
    with pytest.raises(ProjectNotFound):
        await ended_while_waiting(saving, other, "COMMIT")


async def test_a_charge_is_refused_when_the_project_is_deleted_in_that_moment(engine: AsyncEngine, other: Any) -> None:
    enrichments = EnrichmentStore(engine)
    await ProjectStore(engine).put(PROJECT)
    claimed = await enrichments.claim("t_1", "prj_1", "a", refresh=False, lease_seconds=60)
    assert isinstance(claimed, Claimed)
    # The row of the ticket goes with its project, so the charge waits for that row and then finds it gone.
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    assert await ended_while_waiting(enrichments.charge(claimed), other, "COMMIT") is False


async def test_a_credit_of_another_month_does_not_count_in_this_one(engine: AsyncEngine) -> None:
    projects = ProjectStore(engine)
    await projects.put(Project("prj_1", "business", (), 1))
    await fetch(engine, text("INSERT INTO credits VALUES ('prj_1', '2020-01-01', 1)"))
    assert await projects.take_credit("prj_1") is not None
    assert await projects.take_credit("prj_1") is None


async def test_a_refund_goes_to_the_month_that_paid_when_another_has_begun(engine: AsyncEngine) -> None:
    enrichments = EnrichmentStore(engine)
    await ProjectStore(engine).put(PROJECT)
    claimed = await enrichments.claim("t_1", "prj_1", "a", refresh=False, lease_seconds=60)
    assert isinstance(claimed, Claimed)
    await enrichments.charge(claimed)
    await fetch(engine, text("INSERT INTO credits VALUES ('prj_1', '2020-01-01', 5)"))
    await fetch(engine, text("UPDATE enrichments SET credit_month = '2020-01-01'"))
    await enrichments.finish(claimed, {}, refund=True)
    rows = await fetch(engine, text("SELECT used FROM credits ORDER BY month"))
    assert [row.used for row in rows] == [4, 1]


async def test_a_project_with_more_results_than_one_statement_erases_is_erased(engine: AsyncEngine) -> None:
    await ProjectStore(engine).put(PROJECT)
    rows = "SELECT n::text, 'prj_1', 'running', 'other', 1, now() FROM generate_series(1, :n) n"
    await fetch(engine, text(f"{INSERT_TICKET} {rows}"), {"n": ERASED_AT_ONCE + 1})
    assert await ProjectStore(engine).delete("prj_1") is True
    assert (await fetch(engine, text("SELECT count(*) AS n FROM enrichments")))[0].n == 0
