"""What only real concurrency shows: statements that meet in the same moment, months that change, many rows."""

import asyncio
from typing import Any

import pytest

from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.project_store import ERASED_AT_ONCE, ProjectStore
from app.adapters.postgres.rows.packing import pack
from app.adapters.postgres.run_store import LOOKS
from app.domain.claims import ForeignTicket, Stored, Submitted, Taken, Underway, UnknownProject
from app.domain.configuration import Configuration
from app.domain.projects import Project, ProjectNotFound
from tests.support.lock_waits import ended_while_waiting, waiting_for_locks
from tests.support.stores import OTHER_PROJECT, RESULT, Stores, postgres_stores, submission

INSERT_TICKET = "INSERT INTO enrichments (ticket_id, project_id, state, run, attempt, status, result)"


def row_of(project_id: str, state: str = "queued") -> str:
    """Return a statement that makes a row."""
    result = f"'ok', '\\x{pack(RESULT).hex()}'" if state == "done" else "NULL, NULL"
    values = f"('t_1', '{project_id}', '{state}', nextval('enrichment_runs'), 1, {result})"
    return f"{INSERT_TICKET} VALUES {values}"


def kind(submitted: Submitted | Taken) -> type[Submitted | Taken]:
    return type(submitted)


@pytest.mark.parametrize(
    ("row", "refresh", "answer"),
    [
        pytest.param(row_of("prj_1"), False, Underway, id="the winner is queued"),
        pytest.param(row_of("prj_1"), True, Underway, id="the winner is queued, and the loser wants it new"),
        pytest.param(row_of("prj_1", "running"), False, Underway, id="the winner runs it"),
        pytest.param(row_of("prj_1", "done"), False, Stored, id="the winner has ended"),
        pytest.param(row_of("prj_2"), False, ForeignTicket, id="the winner is of another project"),
        pytest.param(row_of("prj_2", "done"), True, ForeignTicket, id="of another project, and has ended"),
    ],
)
@pytest.mark.parametrize("take", [False, True], ids=["queued", "taken at once"])
async def test_a_submission_looks_again_when_it_lost_against_a_row_that_it_could_not_see(
    stores: Stores, other: Any, row: str, refresh: bool, answer: type[Submitted], take: bool
) -> None:
    await stores.turn_on()
    await stores.projects.put(OTHER_PROJECT)
    await other.execute("BEGIN")
    await other.execute(row)
    submitting = stores.tickets.submit([submission(refresh=refresh)], take=take)
    [submitted] = await ended_while_waiting(submitting, other, "COMMIT")
    assert kind(submitted) is answer
    assert await stores.used() == 0  # what the loser had taken was given back


async def test_a_refresh_is_a_run_when_the_run_that_it_could_not_see_has_ended(stores: Stores, other: Any) -> None:
    await other.execute("BEGIN")
    await other.execute(row_of("prj_1", "done"))
    assert kind(await ended_while_waiting(stores.submit(refresh=True), other, "COMMIT")) is Underway
    assert await stores.behind.queued() == ["t_1"]


async def test_a_ticket_is_submitted_when_the_row_that_it_waited_for_is_rolled_back(stores: Stores, other: Any) -> None:
    await other.execute("BEGIN")
    await other.execute(row_of("prj_1"))
    assert kind(await ended_while_waiting(stores.submit(), other, "ROLLBACK")) is Underway
    assert await stores.behind.queued() == ["t_1"]


async def test_a_ticket_is_taken_when_another_slot_was_taken_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.turn_on()
    narrow = await postgres_stores(stores.projects._database, slots=2)
    await other.execute("BEGIN")
    await other.execute(
        "INSERT INTO enrichments (ticket_id, project_id, state, run, slot) "
        "SELECT 't_' || slot, 'prj_1', 'running', slot, slot FROM generate_series(1, 2) AS slot"
    )
    submitting = narrow.tickets.submit([submission("t_3")], take=True)
    [submitted] = await ended_while_waiting(submitting, other, "COMMIT")
    assert kind(submitted) is Underway
    assert (await narrow.behind.queued(), await narrow.used()) == (["t_3"], 0)
    assert await narrow.runs.take(1, suspects=True) == []


async def test_who_takes_looks_again_when_another_has_got_the_slot_in_that_moment(stores: Stores, other: Any) -> None:
    narrow = await postgres_stores(stores.projects._database, slots=1)
    await narrow.submit("t_1")
    await other.execute("BEGIN")
    await other.execute(
        "INSERT INTO enrichments (ticket_id, project_id, state, run, slot) VALUES ('t_2', 'prj_1', 'running', 1, 1)"
    )
    assert await ended_while_waiting(narrow.runs.take(1, suspects=True), other, "COMMIT") == []
    assert (await narrow.behind.queued(), narrow.runs.waiting) == (["t_1"], {"prj_1"})


async def test_who_takes_leaves_it_for_now_when_others_have_got_every_slot_that_it_tried(
    stores: Stores, other: Any
) -> None:
    await stores.submit("t_1")
    await other.execute("""
        CREATE SEQUENCE tried;  -- counts on when the transaction is undone
        CREATE FUNCTION taken_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM nextval('tried');
            RAISE unique_violation;
        END $$;
        CREATE TRIGGER faster BEFORE UPDATE ON enrichments FOR EACH ROW EXECUTE FUNCTION taken_by_another();
    """)
    assert await stores.runs.take(1, suspects=True) == []
    assert await other.fetchval("SELECT last_value FROM tried") == LOOKS
    await other.execute("DROP TRIGGER faster ON enrichments")
    assert (await stores.take()).ticket_id == "t_1"


async def test_nothing_is_left_when_the_project_is_deleted_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects WHERE project_id = 'prj_1'")
    batch = stores.tickets.submit([submission("t_0", "prj_2"), submission("t_1"), submission("t_2", "prj_2")])
    answers = await ended_while_waiting(batch, other, "COMMIT")
    assert [kind(answer) for answer in answers] == [Underway, UnknownProject, Underway]
    assert await stores.tickets.find("t_1", "prj_1") is None
    # The first try stored t_0 and was undone: it is there once.
    assert await stores.behind.queued() == ["t_0", "t_2"]


async def test_nothing_is_left_when_one_ticket_of_a_batch_cannot_be_stored(stores: Stores, other: Any) -> None:
    await other.execute("ALTER TABLE enrichments ADD CONSTRAINT full_disk CHECK (ticket_id <> 't_2')")
    with pytest.raises(Exception, match="23514"):
        await stores.tickets.submit([submission("t_1"), submission("t_2")])
    assert await stores.tickets.find("t_1", "prj_1") is None


TICKETS = [*(f"t_0{n:02}" for n in range(60)), "t_1", *(f"t_2{n:02}" for n in range(60))]


@pytest.mark.parametrize("state", ["new", "done", "queued"])
async def test_batches_of_the_same_tickets_in_opposite_order_do_not_meet_in_a_circle(
    stores: Stores, database: Database, other: Any, state: str
) -> None:
    batch = [submission(ticket_id, refresh=True, asynchronous=True) for ticket_id in TICKETS]
    hold_the_middle = "SELECT 1 FROM enrichments WHERE ticket_id = 't_1' FOR UPDATE"
    if state == "new":
        hold_the_middle = row_of("prj_1")
    else:
        await stores.tickets.submit(batch)
        before = Statement("UPDATE enrichments SET asynchronous = false, result = '', state = :s")
        await database.fetch(before, {"s": state})
    await other.execute("BEGIN")
    await other.execute(hold_the_middle)

    submitting = [asyncio.create_task(stores.tickets.submit(each)) for each in (batch, batch[::-1])]
    await waiting_for_locks(other, 2)
    await other.execute("ROLLBACK")

    answers = await asyncio.gather(*submitting)
    assert {kind(answer) for each in answers for answer in each} == {Underway}
    assert len(await stores.behind.queued()) == len(TICKETS)


async def test_nothing_is_taken_of_a_ticket_that_somebody_erases_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.turn_on()
    await stores.submit()
    await other.execute("BEGIN")
    await other.execute("DELETE FROM enrichments")
    assert await stores.runs.take(1, suspects=True) == []  # it is passed over
    await other.execute("COMMIT")
    assert await stores.runs.take(1, suspects=True) == []
    assert await stores.used() == 0


async def test_a_run_is_passed_over_that_its_caller_leaves_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.submit()
    await other.execute("BEGIN")
    await other.execute("UPDATE enrichments SET asynchronous = true")
    assert await stores.runs.take(1, suspects=True) == []
    await other.execute("COMMIT")
    assert (await stores.take()).ticket_id == "t_1"


async def test_a_result_is_not_stored_when_the_run_is_taken_over_in_that_moment(stores: Stores, other: Any) -> None:
    claimed = await stores.claimed()
    await other.execute("BEGIN")
    await other.execute("UPDATE enrichments SET state = 'queued'")
    finishing = stores.runs.finish(claimed, RESULT, refund=True)
    assert await ended_while_waiting(finishing, other, "COMMIT") is None
    assert (await stores.behind.heard(), await stores.behind.ended_runs()) == ([], [])


@pytest.mark.parametrize("telling", [True])
async def test_the_end_is_told_when_the_caller_leaves_in_that_moment(stores: Stores, other: Any) -> None:
    claimed = await stores.claimed()
    await other.execute("BEGIN")
    await other.execute("UPDATE enrichments SET asynchronous = true")
    assert await ended_while_waiting(stores.runs.finish(claimed, RESULT, refund=False), other, "COMMIT") is not None
    assert await stores.behind.webhooks() == [("t_1", "prj_1")]


async def test_nobody_leaves_a_run_that_ends_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.claimed()
    await other.execute("BEGIN")
    await other.execute("UPDATE enrichments SET state = 'done', result = ''")
    assert await ended_while_waiting(stores.tickets.hand_over("t_1", "prj_1"), other, "COMMIT") is False


async def test_nobody_is_promised_a_message_of_a_run_that_ends_in_that_moment(stores: Stores, other: Any) -> None:
    await stores.claimed()
    await other.execute("BEGIN")
    await other.execute("UPDATE enrichments SET state = 'done', status = 'ok', result = $1", pack(RESULT))
    assert await ended_while_waiting(stores.submit(asynchronous=True), other, "COMMIT") == Stored(RESULT)


@pytest.mark.parametrize("telling", [True])
async def test_neither_result_nor_message_is_there_when_the_message_cannot_be_left(stores: Stores, other: Any) -> None:
    claimed = await stores.claimed(asynchronous=True)
    await other.execute("ALTER TABLE deliveries ADD CONSTRAINT full_disk CHECK (ticket_id <> 't_1')")
    with pytest.raises(Exception, match="23514"):
        await stores.runs.finish(claimed, RESULT, refund=False)
    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Underway)
    assert (await stores.behind.webhooks(), await stores.behind.heard()) == ([], [])
    assert await stores.behind.ended_runs() == []
    await other.execute("ALTER TABLE deliveries DROP CONSTRAINT full_disk")
    assert await stores.runs.finish(claimed, RESULT, refund=False) is not None
    assert await stores.behind.webhooks() == [("t_1", "prj_1")]


async def test_no_credit_is_taken_when_the_project_is_deleted_in_that_moment(stores: Stores, other: Any) -> None:
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    assert await ended_while_waiting(stores.projects.take_credit("prj_1"), other, "COMMIT") is None


async def test_a_configuration_is_refused_when_the_project_is_deleted_in_that_moment(
    stores: Stores, other: Any
) -> None:
    await other.execute("BEGIN")
    await other.execute("DELETE FROM projects")
    saving = stores.projects.save_configuration("prj_1", Configuration(), None, "u1")
    with pytest.raises(ProjectNotFound):
        await ended_while_waiting(saving, other, "COMMIT")


async def test_a_credit_of_another_month_does_not_count_in_this_one(stores: Stores, other: Any) -> None:
    await stores.projects.put(Project("prj_1", "business", (), 1))
    await other.execute("INSERT INTO credits VALUES ('prj_1', '2020-01-01', 1)")
    assert await stores.projects.take_credit("prj_1") is not None
    assert await stores.projects.take_credit("prj_1") is None


async def test_a_refund_goes_to_the_month_that_paid_when_another_has_begun(stores: Stores, other: Any) -> None:
    await stores.turn_on()
    claimed = await stores.claimed()
    await other.execute("INSERT INTO credits VALUES ('prj_1', '2020-01-01', 5)")
    await other.execute("UPDATE enrichments SET credit_month = '2020-01-01'")
    await stores.runs.finish(claimed, RESULT, refund=True)
    rows = await other.fetch("SELECT used FROM credits ORDER BY month")
    assert [row["used"] for row in rows] == [4, 1]


async def test_a_project_with_more_results_than_one_statement_erases_is_erased(database: Database) -> None:
    await ProjectStore(database).put(Project("prj_1", "business", (), 1))
    rows = Statement("""
        INSERT INTO enrichments (ticket_id, project_id, state, run)
        SELECT n::text, 'prj_1', 'queued', n FROM generate_series(1, :n) n
    """)
    await database.fetch(rows, {"n": ERASED_AT_ONCE + 1})
    assert await ProjectStore(database).delete("prj_1") is True
    assert (await database.fetch(Statement("SELECT count(*) AS n FROM enrichments")))[0].n == 0
