"""What a store of runs promises the workers."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from app.adapters.postgres.connection import Database, Statement
from app.domain.activity import TIMED
from app.domain.claims import Claimed, Stored, Underway
from app.domain.outcomes import Outcome, Status, Usage
from app.domain.projects import Project
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.workload import MOST_STRIKES
from tests.support.dump import dump
from tests.support.stores import CONFIGURATION, PROJECT, RESULT, TOKEN, Stores, result_of

EXTRACTED = Extracted("acct_12ab34cd", Usage(800, 20))


async def test_nothing_is_taken_when_nothing_waits(stores: Stores) -> None:
    assert await stores.runs.take(5, suspects=True) == []
    await stores.finished()
    assert await stores.runs.take(5, suspects=True) == []


async def test_a_ticket_that_was_erased_and_posted_anew_is_another_run(stores: Stores) -> None:
    first = await stores.claimed()
    await stores.tickets.erase("t_1", "prj_1")
    second = await stores.claimed()
    assert second.run > first.run
    assert second.attempt == 1
    assert await stores.runs.finish(first, RESULT, refund=False) is None


async def test_a_claim_brings_no_configuration_when_there_is_none(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert (claimed.configuration, claimed.token_sealed, claimed.charged) == (None, None, False)


async def test_a_claim_tells_how_long_ago_the_run_was_submitted(stores: Stores) -> None:
    await stores.submit()
    await stores.behind.grow_old("t_1", 600)
    assert 600 <= (await stores.take()).age_seconds < 660


async def test_a_run_is_charged_once_when_it_is_taken_again(stores: Stores) -> None:
    await stores.turn_on()
    claims = [await stores.claimed()]
    for _ in range(MOST_STRIKES + 1):
        claims.append(await stores.taken_over(claims[-1]))
    assert [claim.charged for claim in claims] == [True] * len(claims)
    assert [claim.attempt for claim in claims] == [1, 2, 3, 4, 5]
    assert [claim.strikes for claim in claims] == [1, 2, 3, 4, 5]
    assert await stores.used() == 1


async def test_a_run_that_its_worker_gave_back_keeps_its_credit_and_has_no_strike(stores: Stores) -> None:
    await stores.turn_on()
    await stores.submit()
    for attempt in range(1, MOST_STRIKES + 3):
        claimed = await stores.take()
        assert (claimed.attempt, claimed.strikes, claimed.charged) == (attempt, 1, True)
        await stores.workload.leave()
        await stores.beat()
    assert await stores.used() == 1
    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Underway)


async def test_a_run_that_crashed_too_often_is_taken_without_a_credit(stores: Stores) -> None:
    claimed = await stores.claimed()
    for _ in range(MOST_STRIKES - 1):
        claimed = await stores.taken_over(claimed)
    await stores.turn_on()
    given_up = await stores.taken_over(claimed)
    assert (given_up.strikes, given_up.charged) == (MOST_STRIKES + 1, False)
    assert await stores.used() == 0


async def test_a_run_may_pay_late_when_the_feature_is_turned_on_before_its_last_attempt(stores: Stores) -> None:
    claimed = await stores.taken_over(await stores.claimed())
    assert claimed.charged is False
    await stores.turn_on()
    assert (await stores.taken_over(claimed)).charged is True


async def test_charges_stop_at_the_allowance_when_forty_are_taken_at_once(stores: Stores) -> None:
    await stores.turn_on()
    claims = await asyncio.gather(*(stores.taken(f"t_{n}") for n in range(20)))
    for n in range(20, 40):
        await stores.submit(f"t_{n}")
    claims += await stores.runs.take(25, suspects=True)
    assert Counter(claim.charged for claim in claims) == {True: 37, False: 3}
    assert await stores.used() == 37


async def test_each_run_is_taken_once_when_ten_take_at_the_same_time(stores: Stores) -> None:
    await stores.turn_on()
    for n in range(20):
        await stores.submit(f"t_{n}")
    claims = await asyncio.gather(*(stores.runs.take(4, suspects=True) for _ in range(10)))
    assert sorted(claim.ticket_id for some in claims for claim in some) == sorted(f"t_{n}" for n in range(20))
    assert await stores.used() == 20


@pytest.mark.parametrize(
    ("project", "enabled"),
    [
        pytest.param(PROJECT, False, id="turned off"),
        pytest.param(PROJECT, None, id="not configured"),
        pytest.param(Project("prj_1", "free", (), 37), True, id="another plan"),
        pytest.param(Project("prj_1", "business", (), 0), True, id="no allowance"),
    ],
)
async def test_nothing_is_charged_when_nothing_can_be_run(
    stores: Stores, project: Project, enabled: bool | None
) -> None:
    await stores.projects.put(project)
    if enabled is not None:
        configuration = replace(CONFIGURATION, enabled=enabled)
        await stores.projects.save_configuration("prj_1", configuration, TOKEN, "u1")
    claimed = await stores.claimed()
    assert (claimed.charged, await stores.used()) == (False, 0)
    await stores.runs.finish(claimed, RESULT, refund=True)
    assert await stores.used() == 0


async def test_a_refresh_pays_anew_when_the_first_run_has_paid(stores: Stores) -> None:
    await stores.turn_on()
    await stores.finished()
    second = await stores.claimed(refresh=True)
    assert (second.charged, await stores.used()) == (True, 2)


@pytest.mark.parametrize(
    ("refund", "used"), [pytest.param(True, 0, id="given back"), pytest.param(False, 1, id="spent")]
)
async def test_a_credit_is_given_back_only_when_asked(stores: Stores, refund: bool, used: int) -> None:
    await stores.turn_on()
    assert await stores.runs.finish(await stores.claimed(), RESULT, refund=refund) is not None
    assert await stores.used() == used


async def test_no_credit_of_another_is_given_back_when_none_was_taken(stores: Stores) -> None:
    await stores.projects.take_credit("prj_1")
    await stores.runs.finish(await stores.claimed(), RESULT, refund=True)
    assert await stores.used() == 1


async def test_the_result_is_stored_and_told_and_counted_when_a_run_is_finished(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.behind.heard() == []
    result = result_of(Outcome.TIMEOUT)
    assert await stores.runs.finish(claimed, result, refund=False) == result
    assert await stores.tickets.find("t_1", "prj_1") == Stored(result)
    assert await stores.behind.heard() == [("t_1", "prj_1")]
    assert await stores.behind.ended_runs() == [("prj_1", "fetch_error", "timeout", 1)]


async def test_the_email_and_what_was_found_in_it_go_with_the_result(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, EXTRACTED, "acct_12ab34cd")
    assert await stores.behind.email_kept("t_1") is True
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert await stores.behind.email_kept("t_1") is False


async def test_nothing_is_finished_twice(stores: Stores) -> None:
    await stores.turn_on()
    claimed = await stores.finished()
    assert await stores.runs.finish(claimed, result_of(Outcome.AI_UNAVAILABLE), refund=True) is None
    assert await stores.tickets.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1
    assert len(await stores.behind.heard()) == len(await stores.behind.ended_runs()) == 1


@pytest.mark.parametrize("telling", [True])
async def test_a_frozen_owner_can_write_nothing_when_another_took_over(stores: Stores) -> None:
    await stores.turn_on()
    frozen = await stores.claimed(asynchronous=True)
    second = await stores.taken_over(frozen)
    assert second.attempt == 2

    await nothing_is_written(stores, frozen)
    assert await stores.runs.admit(second, EXTRACTED, "acct_12ab34cd") is True
    await nothing_is_written(stores, frozen)
    assert await stores.runs.finish(second, RESULT, refund=False) is not None
    await nothing_is_written(stores, frozen)

    assert await stores.tickets.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1
    assert await stores.behind.ended_runs() == [("prj_1", "ok", None, 1)]
    assert await stores.behind.webhooks() == await stores.behind.heard() == [("t_1", "prj_1")]


async def nothing_is_written(stores: Stores, frozen: Claimed) -> None:
    wrong = result_of(Outcome.AI_UNAVAILABLE)
    assert await stores.runs.admit(frozen, Extracted("wrong", Usage()), "wrong") is None
    assert await stores.runs.rest(frozen, 1.0, strike=True) is False
    assert await stores.runs.finish(frozen, wrong, refund=True) is None


async def test_who_gave_a_run_back_can_write_nothing_more(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.workload.leave()
    await nothing_is_written(stores, claimed)
    await stores.beat()
    assert (await stores.take()).strikes == 1


@pytest.mark.parametrize("kept", [pytest.param(EXTRACTED, id="found"), pytest.param(None, id="nothing kept")])
async def test_the_next_attempt_knows_what_was_kept(stores: Stores, kept: Extracted | None) -> None:
    first = await stores.claimed()
    if kept is not None:
        assert await stores.runs.admit(first, kept, "acct_12ab34cd") is True
    assert (await stores.taken_over(first)).extracted == kept
    await stores.tickets.erase("t_1", "prj_1")
    assert (await stores.claimed()).extracted is None


async def test_what_was_kept_is_forgotten_when_the_ticket_is_refreshed(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, EXTRACTED, "acct_12ab34cd")
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert (await stores.claimed(refresh=True)).extracted is None


async def test_a_run_that_somebody_waits_for_rests_only_when_that_does_not_matter(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.runs.rest(claimed, 60.0, strike=False) is False
    assert await stores.tickets.hand_over("t_1", "prj_1") is True
    assert await stores.runs.rest(claimed, 60.0, strike=False) is True


@pytest.mark.parametrize(
    ("strike", "strikes"), [pytest.param(False, 1, id="the AI is away"), pytest.param(True, 2, id="a fault of ours")]
)
async def test_a_run_that_rests_is_taken_when_it_is_due(stores: Stores, strike: bool, strikes: int) -> None:
    await stores.turn_on()
    claimed = await stores.claimed(asynchronous=True)
    assert await stores.runs.rest(claimed, 60.0, strike=strike) is True
    assert await stores.runs.take(1, suspects=True) == []
    await stores.behind.rested("t_1")
    again = await stores.take()
    assert (again.attempt, again.strikes, again.charged, await stores.used()) == (2, strikes, True, 1)


@pytest.mark.parametrize(
    ("telling", "asynchronous", "told"),
    [
        pytest.param(True, True, True, id="nobody waits, and there is a webhook"),
        pytest.param(True, False, False, id="somebody waits"),
        pytest.param(False, True, False, id="there is no webhook"),
    ],
)
async def test_a_message_is_left_when_an_asynchronous_run_ends(
    stores: Stores, telling: bool, asynchronous: bool, told: bool
) -> None:
    claimed = await stores.claimed(asynchronous=asynchronous)
    assert await stores.behind.webhooks() == []
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert await stores.behind.webhooks() == ([("t_1", "prj_1")] if told else [])
    assert await stores.behind.heard() == [("t_1", "prj_1")]


@pytest.mark.parametrize("telling", [True])
async def test_no_two_messages_share_an_id(stores: Stores) -> None:
    await stores.finished("t_1", asynchronous=True)
    await stores.finished("t_2", asynchronous=True)
    assert await stores.behind.webhooks() == [("t_1", "prj_1"), ("t_2", "prj_1")]


async def test_a_line_of_an_ended_run_holds_nothing_of_the_customer(stores: Stores, database: Database) -> None:
    claimed = await stores.claimed()
    await stores.runs.finish(claimed, result_of(identifier="acct_12ab34cd", summary="On Pro"), refund=False)
    [line] = await database.fetch(
        Statement("SELECT project_id, status, reason, extract_ms, fetch_ms, total_ms, credits_used FROM ended_runs")
    )
    assert tuple(line) == ("prj_1", "ok", None, 412, None, 499, 1)
    columns = Statement("SELECT column_name FROM information_schema.columns WHERE table_name = 'ended_runs'")
    names = {row.column_name for row in await database.fetch(columns)}
    own = {"project_id", "ended_at", "status", "reason", "credits_used"}
    assert names == own | {f"{step}_ms" for step in TIMED} | {"ticket_id", "identity", "steps"}
    kept = await database.fetch(Statement("SELECT * FROM ended_runs"))
    assert not {"acct_12ab34cd", "On Pro"} & {str(value) for value in tuple(kept[0])}


async def test_the_emails_text_is_nowhere_in_the_database_when_the_run_has_ended(
    stores: Stores, database_url: str
) -> None:
    words = ["canary-subject", "canary-body", "canary@sender.example", "canary-identifier"]
    claimed = await stores.claimed(email=Email(words[0], words[1], words[2]))
    await stores.runs.admit(claimed, Extracted(words[3], Usage()), words[3])
    before = await dump(database_url)
    assert [word for word in words if word not in before] == []

    await stores.runs.finish(claimed, RESULT, refund=False)
    after = await dump(database_url)
    assert [word for word in words if word in after] == []
    assert "t_1" in after


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("crashed", [False, True], ids=["at once", "after a worker died"])
async def test_email_is_gone_with_whatever_ending(stores: Stores, status: Status, crashed: bool) -> None:
    claimed = await stores.claimed()
    await stores.runs.admit(claimed, Extracted("acct_12ab34cd", Usage(1, 1)), "acct_12ab34cd")
    if crashed:
        claimed = await stores.taken_over(claimed)
    assert await stores.behind.email_kept("t_1") is True
    outcome = next(each for each in Outcome if each.status is status)  # no statement looks at the reason
    assert await stores.runs.finish(claimed, result_of(outcome), refund=False)

    assert await stores.behind.email_kept("t_1") is False
