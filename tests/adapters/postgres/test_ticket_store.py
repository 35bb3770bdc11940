"""What a store of tickets promises who submits them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.domain.claims import Erased, ForeignTicket, Stored, Submitted, Taken, Underway, UnknownProject
from app.domain.tickets import Email
from tests.support.stores import EMAIL, OTHER_PROJECT, RESULT, Stores, result_of, submission


def underway(submitted: Submitted | Taken, previous: dict[str, Any] | None = None) -> Underway:
    """Return the same run under way, with the result that it is to replace."""
    assert isinstance(submitted, Underway)
    return replace(submitted, previous=previous)


async def test_a_first_submission_is_underway_that_waits_once(stores: Stores) -> None:
    assert await stores.tickets.find("t_1", "prj_1") is None
    submitted = await stores.submit()
    assert submitted == underway(submitted)
    assert await stores.tickets.find("t_1", "prj_1") == submitted
    assert await stores.behind.queued() == ["t_1"]


async def test_a_ticket_submitted_again_is_the_underway(stores: Stores) -> None:
    first = await stores.submit()
    assert await stores.submit(email=Email("another", "text", "")) == first
    assert await stores.submit(refresh=True) == first
    claimed = await stores.take()
    assert claimed.email == submission().email
    assert await stores.submit() == first
    assert await stores.runs.take(1, suspects=True) == []


@pytest.mark.parametrize("finished", [pytest.param(False, id="new"), pytest.param(True, id="refreshed")])
async def test_twenty_racing_submissions_are_one_run_that_waits_once(stores: Stores, finished: bool) -> None:
    if finished:
        await stores.finished()
    submitted = await asyncio.gather(*(stores.submit(refresh=finished) for _ in range(20)))
    assert submitted == [underway(submitted[0], RESULT if finished else None)] * 20
    assert await stores.behind.queued() == ["t_1"]


async def test_the_stored_result_is_the_answer_when_a_ticket_is_finished(stores: Stores) -> None:
    await stores.finished()
    assert await stores.submit() == Stored(RESULT)
    assert await stores.submit(asynchronous=True) == Stored(RESULT)
    assert await stores.tickets.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.behind.queued() == []


async def test_a_refresh_is_a_new_run_that_keeps_the_old_result_until_it_is_finished(stores: Stores) -> None:
    first = await stores.finished()
    refreshing = await stores.submit(refresh=True)
    assert refreshing == underway(refreshing, RESULT)
    assert await stores.tickets.find("t_1", "prj_1") == refreshing
    assert await stores.submit() == refreshing

    second = await stores.take()
    assert second.run > first.run
    assert (second.attempt, second.strikes) == (2, 1)
    assert await stores.tickets.find("t_1", "prj_1") == refreshing

    assert await stores.runs.finish(second, result_of(note="new"), refund=False) is not None
    assert await stores.tickets.find("t_1", "prj_1") == Stored(result_of(note="new"))


async def test_an_unknown_project_gets_nothing_stored(stores: Stores) -> None:
    assert await stores.submit(project_id="prj_9") == UnknownProject()
    assert await stores.tickets.find("t_1", "prj_9") is None
    assert await stores.behind.queued() == []


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("state", ["queued", "running", "done"])
async def test_a_ticket_of_another_project_is_foreign_in_every_state(stores: Stores, state: str, refresh: bool) -> None:
    await stores.projects.put(OTHER_PROJECT)
    if state == "queued":
        await stores.submit()
    elif state == "running":
        await stores.claimed()
    else:
        await stores.finished()
    before = await stores.tickets.find("t_1", "prj_1")

    assert await stores.submit(project_id="prj_2", refresh=refresh, asynchronous=True) == ForeignTicket()
    assert await stores.tickets.find("t_1", "prj_2") == ForeignTicket()
    assert await stores.tickets.erase("t_1", "prj_2") == ForeignTicket()
    assert await stores.tickets.hand_over("t_1", "prj_2") is False

    assert await stores.tickets.find("t_1", "prj_1") == before


async def test_a_mixed_batch_is_answered_in_its_order(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await stores.finished("t_done")
    running = await stores.submit("t_running")
    await stores.submit("t_other", "prj_2")
    batch = [
        submission("t_new"),
        submission("t_other"),
        submission("t_done"),
        submission("t_lost", "prj_9"),
        submission("t_running"),
        submission("a_new", "prj_2"),
        submission("t_done", "prj_2"),
    ]
    answers = await stores.tickets.submit(batch[:6])
    kinds = [type(answer) for answer in answers]
    assert kinds == [Underway, ForeignTicket, Stored, UnknownProject, Underway, Underway]
    assert (answers[2], answers[4]) == (Stored(RESULT), running)
    assert await stores.tickets.submit([batch[6]]) == [ForeignTicket()]
    assert await stores.behind.queued() == ["t_running", "t_other", "t_new", "a_new"]


async def test_a_batch_of_five_hundred_is_five_hundred_runs(stores: Stores) -> None:
    batch = [submission(f"t_{n}", email=Email(f"subject {n}", "", "")) for n in range(500)]
    answers = await stores.tickets.submit(batch)
    assert {type(answer) for answer in answers} == {Underway}
    assert await stores.behind.queued() == [each.ticket_id for each in batch]
    claims = await stores.runs.take(500, suspects=True)
    assert [claimed.email.subject for claimed in claims] == [f"subject {n}" for n in range(500)]
    assert len({claimed.run for claimed in claims}) == 500


async def test_nothing_happens_when_nothing_is_submitted(stores: Stores) -> None:
    assert await stores.tickets.submit([]) == []
    assert await stores.behind.queued() == []


@pytest.mark.parametrize("telling", [True])
@pytest.mark.parametrize("running", [pytest.param(False, id="queued"), pytest.param(True, id="running")])
async def test_a_run_becomes_asynchronous_when_one_of_its_callers_is(stores: Stores, running: bool) -> None:
    await stores.submit()
    claimed = await stores.take() if running else None
    await stores.submit(asynchronous=True)
    await stores.submit()  # who waits does not take the promise back
    await stores.runs.finish(claimed or await stores.take(), RESULT, refund=False)
    assert await stores.behind.webhooks() == [("t_1", "prj_1")]


@pytest.mark.parametrize("telling", [True])
async def test_a_refresh_is_asynchronous_only_when_its_own_caller_is(stores: Stores) -> None:
    await stores.finished(asynchronous=True)
    await stores.submit(refresh=True)
    await stores.runs.finish(await stores.take(), RESULT, refund=False)
    assert len(await stores.behind.webhooks()) == 1


@pytest.mark.parametrize("telling", [True])
async def test_a_run_that_was_handed_over_is_told(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.tickets.hand_over("t_1", "prj_1") is True
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert await stores.behind.webhooks() == [("t_1", "prj_1")]


async def test_nothing_is_handed_over_when_there_is_no_run(stores: Stores) -> None:
    assert await stores.tickets.hand_over("t_1", "prj_1") is False
    await stores.finished()
    assert await stores.tickets.hand_over("t_1", "prj_1") is False


async def test_pending_are_those_whose_run_has_not_ended(stores: Stores) -> None:
    await stores.finished("t_done")
    await stores.claimed("t_running")
    await stores.submit("t_queued")
    await stores.submit("t_not_asked_for")
    pending = await stores.tickets.pending_among(["t_done", "t_queued", "t_running", "t_unknown"])
    assert pending == {"t_queued", "t_running"}
    assert await stores.tickets.pending_among([]) == set()


async def test_an_erased_ticket_is_gone_and_heard_of_and_its_run_writes_nothing(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.tickets.erase("t_1", "prj_1") == Erased()
    assert await stores.tickets.erase("t_1", "prj_1") is None
    assert await stores.behind.heard() == [("t_1", "prj_1")]
    assert await stores.runs.finish(claimed, RESULT, refund=False) is None
    assert await stores.tickets.find("t_1", "prj_1") is None
    assert await stores.behind.ended_runs() == []


async def test_nothing_is_heard_when_nothing_was_erased(stores: Stores) -> None:
    await stores.submit()
    await stores.tickets.erase("t_1", "prj_2")
    await stores.tickets.erase("t_2", "prj_1")
    assert await stores.behind.heard() == []


ODD = Email("null \x00", "lone surrogate \ud800, \U0001f600", "\x1b[31m\\u0000")


async def test_every_character_of_an_email_waits_unharmed(stores: Stores) -> None:
    claimed = await stores.claimed(email=ODD)
    assert claimed.email == ODD


async def test_a_run_brings_what_is_known_of_it(stores: Stores) -> None:
    await stores.turn_on()
    run = await stores.submitted(asynchronous=True)
    claimed = await stores.take()
    stored = await stores.projects.configuration("prj_1")
    assert stored is not None
    assert stored.token is not None
    assert 0 <= claimed.age_seconds < 60
    assert (claimed.plan, claimed.configuration, claimed.token_sealed, claimed.email) == (
        "business",
        stored.configuration,
        stored.token.sealed,
        submission().email,
    )
    assert (claimed.ticket_id, claimed.project_id, claimed.run) == ("t_1", "prj_1", run)
    assert (claimed.attempt, claimed.strikes, claimed.extracted, claimed.charged) == (1, 1, None, True)


@pytest.mark.parametrize("verdict", [True, False, None])
async def test_verdict_on_the_sender_waits_with_the_email_and_goes_with_it(
    stores: Stores, verdict: bool | None
) -> None:
    claimed = await stores.claimed(email=replace(EMAIL, sender_verified=verdict))
    assert claimed.email.sender_verified is verdict

    await stores.runs.finish(claimed, RESULT, refund=False)
    assert await stores.behind.email_kept("t_1") is False


async def test_verdict_of_one_run_is_not_the_next_ones(stores: Stores) -> None:
    await stores.finished(email=replace(EMAIL, sender_verified=True))
    claimed = await stores.claimed(email=replace(EMAIL, sender_verified=None), refresh=True)
    assert claimed.email.sender_verified is None
