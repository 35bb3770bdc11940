"""How callers get a ticket's one result: at once, by waiting, later, or not at all; in virtual time."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.ai.offline import OfflineModel
from app.adapters.postgres.rows.ticket_rows import unpacked
from app.adapters.postgres.ticket_store import TicketStore
from app.domain.claims import DatabaseUnavailable, Found, Stored, Submission, Submitted, Taken, Underway
from app.domain.projects import Project
from app.domain.refusals import Refusal, Refused
from app.domain.rows.answer import Answer, PointedRow
from app.domain.tickets import Email
from app.enrichment import Model
from app.runs.intake import Enriched, Intake, Pending
from app.runs.waiting import POLL_SECONDS
from tests.support.endpoints import ScriptedEndpoint
from tests.support.models import ScriptedModel
from tests.support.service import CUSTOMER, World
from tests.support.stores import RESULT
from tests.support.virtual_time import BEGINNING, in_no_time, now

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")
TICKET = Submission("t_1", "prj_1", EMAIL)
OTHERS = Submission("t_other", "prj_2", EMAIL)


def ready(
    seconds: float = 0.0, seats: int = 200, deadline_seconds: float = 30.0, model: Model | None = None
) -> tuple[World, Intake]:
    """Return a world whose customer endpoint takes so many seconds, and its intake."""
    endpoint = ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=seconds)
    world = World(model or OfflineModel(), endpoint, seats=seats, deadline_seconds=deadline_seconds)
    world.put_in_place()
    world.database.wait(world.projects.put(Project("prj_2", "business", (), 100)))
    return world, world.services().intake


async def started(waiting: Coroutine[Any, Any, Any], seconds: float = 1.0) -> "asyncio.Task[Any]":
    """Start something and give it so many seconds."""
    task = asyncio.create_task(waiting)
    await asyncio.sleep(seconds)
    return task


async def refused(call: Coroutine[Any, Any, object]) -> Refusal:
    with pytest.raises(Refused) as raised:
        await call
    return raised.value.refusal


@in_no_time
async def test_twenty_who_wait_get_one_equal_result_of_one_run() -> None:
    world, intake = ready(seconds=2.0)
    results = await asyncio.gather(*(intake.enrich(TICKET) for _ in range(20)))

    first = results[0]
    assert isinstance(first, Enriched)
    assert (first.document["status"], first.reused) == ("ok", False)
    assert results == [first] * 20
    assert world.endpoint.asked == ["acct_12ab34cd"]
    assert world.credits_used == 1
    assert not world.row().asynchronous


@in_no_time
async def test_the_stored_result_is_given_at_once_when_the_ticket_was_enriched() -> None:
    world, intake = ready()
    first = await intake.enrich(TICKET)
    assert isinstance(first, Enriched)
    for again in (TICKET, replace(TICKET, email=Email("other", "text", "")), replace(TICKET, asynchronous=True)):
        assert await intake.enrich(again) == Enriched(first.document, reused=True)
    assert len(world.endpoint.asked) == 1


@in_no_time
async def test_a_refresh_waits_for_its_own_run_and_others_get_the_old_result_meanwhile() -> None:
    world, intake = ready()
    old = await intake.enrich(TICKET)
    assert isinstance(old, Enriched)
    world.endpoint.seconds = 5.0
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Changed"}
    refreshing = await started(intake.enrich(replace(TICKET, refresh=True)))

    assert await intake.enrich(TICKET) == Enriched(old.document, reused=True)
    joining = await started(intake.enrich(replace(TICKET, refresh=True)))
    assert await intake.read("t_1", "prj_1") == Pending(world.row().submitted_at)
    assert await intake.last_result("t_1", "prj_1") == old.document

    new = await refreshing
    assert new == await joining
    assert (new.document["fields"][0]["value"], new.reused) == ("Changed", False)
    assert len(world.endpoint.asked) == 2


class WatchedTickets(TicketStore):
    """The tickets of a world, in which something happens in between."""

    def __init__(self, world: World) -> None:
        super().__init__(world.database, world.taker, world.notify)
        self._world = world


class EndingMeanwhile(WatchedTickets):
    """Has the run before end just before a submission arrives."""

    async def submit(self, submissions: Sequence[Submission], *, take: bool = False) -> list[Submitted | Taken]:
        await self._world.work_off()
        return await super().submit(submissions, take=take)


@in_no_time
async def test_a_refresh_never_gets_the_result_of_the_run_before() -> None:
    world, intake = ready(seats=0)
    await intake.enrich(TICKET, 0.0)
    refreshing = Intake(EndingMeanwhile(world), world.completions, world.worker(), 30.0, b"key").enrich(
        replace(TICKET, refresh=True)
    )
    task = await started(refreshing)
    assert not task.done()
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Changed"}
    await world.work_off()
    assert (await task).document["fields"][0]["value"] == "Changed"


@in_no_time
async def test_a_refresh_waits_on_when_the_run_before_is_told_late() -> None:
    world, intake = ready(seats=0)
    await intake.enrich(TICKET, 0.0)
    await world.work_off()
    old, run = await intake.latest("t_1", "prj_1"), world.row().run
    task = await started(intake.enrich(replace(TICKET, refresh=True)))
    world.completions.stored("t_1", run, old)
    await world.database.settled()
    assert not task.done()
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Changed"}
    await world.work_off()
    assert (await task).document["fields"][0]["value"] == "Changed"


@pytest.mark.parametrize(
    ("wait", "waited"),
    [
        pytest.param(None, 30.0, id="the run's deadline"),
        pytest.param(0.0, 0.0, id="not at all"),
        pytest.param(7.0, 7.0, id="as long as the caller wants"),
        pytest.param(300.0, 30.0, id="no longer than the run's deadline"),
    ],
)
@in_no_time
async def test_pending_is_told_when_the_result_has_not_come_in_time(wait: float | None, waited: float) -> None:
    world, intake = ready(seats=0)
    assert await intake.enrich(TICKET, wait) == Pending(BEGINNING)
    assert asyncio.get_running_loop().time() == pytest.approx(waited)
    # Nobody waits any more: the run may wait itself, and its end is told by webhook.
    assert world.row().asynchronous

    await world.work_off()
    assert isinstance(await intake.enrich(TICKET), Enriched)


@in_no_time
async def test_the_result_is_given_when_it_comes_just_in_time() -> None:
    _, intake = ready(seconds=6.9)
    result = await intake.enrich(TICKET, 7.0)
    assert isinstance(result, Enriched)


@in_no_time
async def test_a_caller_who_wants_no_waiting_gets_a_result_that_comes_within_his_time() -> None:
    world, intake = ready(seconds=1.0)
    result = await intake.enrich(replace(TICKET, asynchronous=True), 5.0)
    assert isinstance(result, Enriched)
    assert world.row().asynchronous


class EndingAtTheLastMoment(WatchedTickets):
    """Has the run end just when its caller gives up waiting."""

    async def hand_over(self, ticket_id: str, project_id: str) -> bool:
        await self._world.work_off()
        return await super().hand_over(ticket_id, project_id)


@in_no_time
async def test_the_result_is_given_when_it_comes_at_the_last_moment() -> None:
    world, _ = ready(seats=0)
    result = await Intake(EndingAtTheLastMoment(world), world.completions, world.worker(), 30.0, b"key").enrich(TICKET)
    assert isinstance(result, Enriched)
    assert (result.document["status"], result.reused) == ("ok", False)


@in_no_time
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_model_that_needs_minutes_has_the_whole_deadline(*, asynchronous: bool) -> None:
    slow = ScriptedModel(seconds=140.0, answer=Answer("", (PointedRow("Plan", "/plan"),)))
    world, intake = ready(deadline_seconds=300.0, model=slow)
    ticket = replace(TICKET, asynchronous=asynchronous)
    wait = 0.0 if asynchronous else None
    result = await intake.enrich(ticket, wait)
    if asynchronous:
        assert result == Pending(BEGINNING)
        result = await intake.read("t_1", "prj_1", 300.0)

    assert isinstance(result, Enriched)
    assert (result.document["status"], result.document["reason"]) == ("ok", None)
    assert [row["value"] for row in result.document["fields"]] == ["Pro"]
    assert asyncio.get_running_loop().time() == pytest.approx(280.0)
    assert world.row().attempt == 1


@in_no_time
async def test_who_waits_is_refused_when_the_ticket_is_erased() -> None:
    world, intake = ready(seconds=20.0)
    waiting, reading = await started(intake.enrich(TICKET)), await started(intake.read("t_1", "prj_1", 10.0))
    await intake.erase("t_1", "prj_1")

    assert await refused(waiting) is Refusal.RESULT_NOT_FOUND  # type: ignore[arg-type]
    assert await refused(reading) is Refusal.RESULT_NOT_FOUND  # type: ignore[arg-type]
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)
    await asyncio.sleep(60.0)
    assert world.database.rows("SELECT FROM enrichments") == []


@in_no_time
async def test_who_waits_is_refused_when_another_project_has_got_the_ticket_meanwhile() -> None:
    _, intake = ready(seats=0)
    waiting = await started(intake.enrich(TICKET))
    await World().tickets.erase("t_1", "prj_1")  # another process
    await intake.enrich_batch([replace(TICKET, project_id="prj_2")])
    assert await refused(waiting) is Refusal.TICKET_PROJECT_MISMATCH  # type: ignore[arg-type]


@in_no_time
async def test_who_waits_is_let_go_when_the_process_ends() -> None:
    world, intake = ready(seats=0)
    waiting, reading = await started(intake.enrich(TICKET)), await started(intake.read("t_1", "prj_1", 20.0))
    world.completions.close()
    assert await waiting == await reading == Pending(BEGINNING)
    assert world.row().asynchronous
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)

    late = replace(TICKET, ticket_id="t_2")
    assert await intake.enrich(late) == Pending(now())
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)


@in_no_time
async def test_who_waits_goes_on_waiting_when_the_database_was_away() -> None:
    world, intake = ready(seats=0)
    polling = asyncio.create_task(world.completions.poll_for_ever(world.tickets.pending_among))
    waiting = await started(intake.enrich(TICKET))
    another = World()  # whose NOTIFY is lost
    [claimed] = await another.runs.take(1, suspects=True)
    await another.runs.finish(claimed, RESULT, refund=False)
    world.database.available = False
    await asyncio.sleep(3 * POLL_SECONDS)
    assert not waiting.done()
    world.database.available = True

    result = await waiting
    assert (result.document["status"], result.reused) == ("ok", False)
    polling.cancel()


class AwayOnce(WatchedTickets):
    """Cannot be asked the first time that somebody was woken."""

    away = True

    async def find(self, ticket_id: str, project_id: str) -> Found:
        if self.away:
            self.away = False
            raise DatabaseUnavailable
        return await super().find(ticket_id, project_id)


@in_no_time
async def test_who_was_woken_while_the_database_was_away_is_woken_again_by_the_poll() -> None:
    world, _ = ready(seats=0)
    intake = Intake(AwayOnce(world), world.completions, world.worker(), 30.0, b"key")
    polling = asyncio.create_task(world.completions.poll_for_ever(world.tickets.pending_among))
    waiting = await started(intake.enrich(TICKET))
    [claimed] = await world.runs.take(1, suspects=True)  # another process
    await world.runs.finish(claimed, RESULT, refund=False)
    result = await waiting
    assert result.document["status"] == "ok"
    polling.cancel()


@in_no_time
async def test_nothing_is_promised_when_the_database_is_away_at_the_submission() -> None:
    world, intake = ready()
    world.database.available = False
    with pytest.raises(DatabaseUnavailable):
        await intake.enrich(TICKET)
    world.database.available = True
    assert world.database.rows("SELECT FROM enrichments") == []


@in_no_time
async def test_a_strangers_ticket_and_an_unknown_project_are_refused() -> None:
    _, intake = ready()
    await intake.enrich(TICKET)
    stranger = replace(TICKET, project_id="prj_2")
    assert await refused(intake.enrich(stranger)) is Refusal.TICKET_PROJECT_MISMATCH
    assert await refused(intake.read("t_1", "prj_2")) is Refusal.TICKET_PROJECT_MISMATCH
    assert await refused(intake.erase("t_1", "prj_2")) is Refusal.TICKET_PROJECT_MISMATCH
    assert await intake.last_result("t_1", "prj_2") is None
    nobodys = replace(TICKET, project_id="prj_9")
    assert await refused(intake.enrich(nobodys)) is Refusal.TICKET_PROJECT_MISMATCH
    assert await refused(intake.enrich(replace(nobodys, ticket_id="t_9"))) is Refusal.PROJECT_NOT_FOUND


@in_no_time
async def test_what_is_read_is_what_was_stored() -> None:
    _, intake = ready()
    assert await refused(intake.read("t_1", "prj_1")) is Refusal.RESULT_NOT_FOUND
    assert await intake.last_result("t_1", "prj_1") is None
    result = await intake.enrich(TICKET)
    assert isinstance(result, Enriched)
    assert await intake.read("t_1", "prj_1") == Enriched(result.document, reused=True)
    assert await intake.last_result("t_1", "prj_1") == result.document
    await intake.erase("t_1", "prj_1")
    await intake.erase("t_1", "prj_1")
    assert await refused(intake.read("t_1", "prj_1")) is Refusal.RESULT_NOT_FOUND


@in_no_time
async def test_a_reader_waits_as_long_as_he_wants_and_leaves_the_run_to_who_waits_for_it() -> None:
    world, intake = ready(seconds=10.0)
    waiting = await started(intake.enrich(TICKET))
    assert await intake.read("t_1", "prj_1") == Pending(BEGINNING)
    assert asyncio.get_running_loop().time() == pytest.approx(1.0)
    assert await intake.read("t_1", "prj_1", 4.0) == Pending(BEGINNING)
    assert asyncio.get_running_loop().time() == pytest.approx(5.0)
    result = await intake.read("t_1", "prj_1", 30.0)
    assert asyncio.get_running_loop().time() == pytest.approx(10.0)
    assert result == Enriched((await waiting).document, reused=True)
    assert not world.row().asynchronous


class Counting(WatchedTickets):
    """Counts how often a ticket was read, each time a little after it was asked for."""

    read = 0

    async def find(self, ticket_id: str, project_id: str) -> Found:
        self.read += 1
        await asyncio.sleep(0.01)
        return await super().find(ticket_id, project_id)


@in_no_time
async def test_readers_who_wait_together_read_the_result_of_another_process_once() -> None:
    world, _ = ready(seats=0)
    tickets = Counting(world)
    intake = Intake(tickets, world.completions, world.worker(), 30.0, b"key")
    polling = asyncio.create_task(world.completions.poll_for_ever(world.tickets.pending_among))
    caller = await started(intake.enrich(TICKET))
    readers = [await started(intake.read("t_1", "prj_1", 30.0), 0.1) for _ in range(20)]
    tickets.read = 0
    [claimed] = await world.runs.take(1, suspects=True)  # another process
    await world.runs.finish(claimed, RESULT, refund=False)
    results = await asyncio.gather(caller, *readers)

    assert {result.document["status"] for result in results} == {"ok"}
    assert tickets.read == 1
    polling.cancel()


@in_no_time
async def test_a_batch_is_submitted_at_once_and_nobody_waits_for_it() -> None:
    world, intake = ready(seats=0)
    done = Submission("t_done", "prj_1", EMAIL)
    await intake.enrich_batch([done, OTHERS])
    await world.work_off()
    await asyncio.sleep(5.0)

    answers = await intake.enrich_batch(
        [
            TICKET,
            done,
            replace(TICKET, email=Email("the same", "once more", "")),
            replace(OTHERS, project_id="prj_1"),
            replace(TICKET, project_id="prj_2"),
            Submission("t_lost", "prj_9", EMAIL),
        ]
    )

    assert [type(answer).__name__ for answer in answers] == [
        "Underway", "Stored", "Underway", "ForeignTicket", "ForeignTicket", "UnknownProject",
    ]  # fmt: skip
    assert answers[0] == answers[2] == Underway(now(), world.row().run)
    assert isinstance(answers[1], Stored)
    assert world.waiting == ["t_1"]
    assert unpacked(world.row().submission) == (EMAIL, None, None)
    assert {row.asynchronous for row in world.database.rows("SELECT asynchronous FROM enrichments")} == {True}


@in_no_time
async def test_no_waiter_is_left_behind_whatever_the_end() -> None:
    world, intake = ready(seats=0)
    await intake.enrich(TICKET, 0.0)
    await intake.read("t_1", "prj_1", 1.0)
    await refused(intake.read("t_2", "prj_1"))
    cancelled = await started(intake.enrich(TICKET))
    cancelled.cancel()
    await asyncio.wait([cancelled])
    asked: list[str] = []

    async def pending_among(ticket_ids: list[str]) -> set[str]:
        asked.extend(ticket_ids)
        return set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10 * POLL_SECONDS):
            await world.completions.poll_for_ever(pending_among)
    assert asked == []


@in_no_time
async def test_a_ticket_is_run_by_who_takes_it_in_while_a_seat_is_free_and_queued_otherwise() -> None:
    world, _ = ready(seconds=2.0)
    world.seats = 1
    intake = world.services().intake
    first = await started(intake.enrich(TICKET), 0.5)
    second = await started(intake.enrich(replace(TICKET, ticket_id="t_2"), 1.0), 0.5)
    assert world.tickets_that_are("running") == ["t_1", "t_2"]  # the second by the queue
    assert isinstance(await first, Enriched)
    assert isinstance(await second, Pending)


@in_no_time
async def test_a_run_that_was_taken_goes_on_when_its_caller_goes_away_in_that_moment() -> None:
    world, _ = ready()

    class Slow(WatchedTickets):
        async def submit(self, submissions: Sequence[Submission], *, take: bool = False) -> list[Submitted | Taken]:
            submitted = await super().submit(submissions, take=take)
            await asyncio.sleep(1.0)  # the answer is on its way
            return submitted

    intake = Intake(Slow(world), world.completions, world.worker(), 30.0, b"key")
    calling = await started(intake.enrich(TICKET), 0.5)
    calling.cancel()
    await asyncio.wait([calling])
    assert calling.cancelled()
    await asyncio.sleep(5.0)
    assert world.row().state == "done"
