"""What a store of runs promises the workers, the real one and the double in memory, by the same tests."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import fetch
from app.domain.claims import Claimed, Stored, Underway
from app.domain.extraction import Extracted
from app.domain.outcomes import Outcome, Usage
from app.domain.projects import Project
from app.domain.tickets import Email
from tests.support.stores import CONFIGURATION, MOST_STRIKES, PROJECT, RESULT, TOKEN, Stores, result_of

EXTRACTED = Extracted("acct_12ab34cd", Usage(800, 20))


async def test_a_run_of_a_ticket_that_is_not_there_cannot_be_claimed(stores: Stores) -> None:
    assert await stores.runs.claim("t_1", 1, "a") is None


async def test_a_run_that_has_ended_cannot_be_claimed(stores: Stores) -> None:
    finished = await stores.finished()
    assert await stores.runs.claim("t_1", finished.run, "b") is None


async def test_an_old_job_finds_nothing_when_the_ticket_was_refreshed(stores: Stores) -> None:
    finished = await stores.finished()
    run = await stores.submitted(refresh=True)
    assert await stores.runs.claim("t_1", finished.run, "a") is None
    assert (await stores.claim(run)).run == run


async def test_an_old_job_finds_nothing_when_the_ticket_was_erased_and_posted_anew(stores: Stores) -> None:
    first = await stores.submitted()
    await stores.tickets.erase("t_1", "prj_1")
    second = await stores.submitted()
    assert second > first
    assert await stores.runs.claim("t_1", first, "a") is None
    assert (await stores.claim(second)).attempt == 1


async def test_a_claim_brings_no_configuration_when_there_is_none(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert (claimed.stored, claimed.charged) == (None, False)


async def test_a_claim_tells_how_long_ago_the_run_was_submitted(stores: Stores) -> None:
    run = await stores.submitted()
    await stores.behind.grow_old("t_1", 600)
    assert 600 <= (await stores.claim(run)).age_seconds < 660


async def test_a_run_is_charged_once_when_it_is_claimed_again(stores: Stores) -> None:
    await stores.turn_on()
    run = await stores.submitted()
    claims = [await stores.claim(run, f"owner {n}") for n in range(MOST_STRIKES + 2)]
    assert [claim.charged for claim in claims] == [True] * len(claims)
    assert [claim.attempt for claim in claims] == [1, 2, 3, 4, 5]
    assert [claim.strikes for claim in claims] == [1, 2, 3, 4, 5]
    assert await stores.used() == 1


async def test_a_run_that_was_put_back_keeps_its_credit_and_has_no_strike(stores: Stores) -> None:
    await stores.turn_on()
    run = await stores.submitted()
    for attempt in range(1, MOST_STRIKES + 3):
        claimed = await stores.claim(run)
        assert (claimed.attempt, claimed.strikes, claimed.charged) == (attempt, 1, True)
        assert await stores.runs.put_back(claimed, if_asynchronous=False) is True
    assert await stores.used() == 1
    assert isinstance(await stores.tickets.find("t_1", "prj_1"), Underway)


async def test_a_run_that_crashed_too_often_is_claimed_without_a_credit(stores: Stores) -> None:
    run = await stores.submitted()
    for _ in range(MOST_STRIKES):
        await stores.claim(run)
    await stores.turn_on()
    given_up = await stores.claim(run)
    assert (given_up.strikes, given_up.charged) == (MOST_STRIKES + 1, False)
    assert await stores.used() == 0


async def test_a_run_may_pay_late_when_the_feature_is_turned_on_before_its_last_attempt(stores: Stores) -> None:
    run = await stores.submitted()
    for _ in range(MOST_STRIKES - 1):
        assert (await stores.claim(run)).charged is False
    await stores.turn_on()
    assert (await stores.claim(run)).charged is True


async def test_charges_stop_at_the_allowance_when_forty_are_claimed_at_once(stores: Stores) -> None:
    await stores.turn_on()
    runs = {f"t_{n}": await stores.submitted(f"t_{n}") for n in range(40)}
    claims = await asyncio.gather(*(stores.claim(run, ticket_id=ticket_id) for ticket_id, run in runs.items()))
    assert Counter(claim.charged for claim in claims) == {True: 37, False: 3}
    assert await stores.used() == 37


async def test_one_credit_is_taken_when_twenty_claim_the_same_run(stores: Stores) -> None:
    await stores.turn_on()
    run = await stores.submitted()
    claims = await asyncio.gather(*(stores.claim(run, f"owner {n}") for n in range(20)))
    assert sorted(claim.attempt for claim in claims) == list(range(1, 21))
    assert {claim.charged for claim in claims} == {True}
    assert await stores.used() == 1


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
    assert await stores.runs.finish(await stores.claimed(), RESULT, refund=refund) is True
    assert await stores.used() == used


async def test_no_credit_of_another_is_given_back_when_none_was_taken(stores: Stores) -> None:
    await stores.projects.take_credit("prj_1")
    await stores.runs.finish(await stores.claimed(), RESULT, refund=True)
    assert await stores.used() == 1


async def test_the_result_is_stored_and_told_and_counted_when_a_run_is_finished(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.behind.heard() == []
    result = result_of(Outcome.TIMEOUT)
    assert await stores.runs.finish(claimed, result, refund=False) is True
    assert await stores.tickets.find("t_1", "prj_1") == Stored(result)
    assert await stores.behind.heard() == [("t_1", "prj_1")]
    assert await stores.behind.ended_runs() == [("prj_1", "fetch_error", "timeout", 1)]


async def test_the_email_and_what_was_found_in_it_go_with_the_result(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.keep(claimed, EXTRACTED)
    assert await stores.behind.email_kept("t_1") is True
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert await stores.behind.email_kept("t_1") is False


async def test_nothing_is_finished_twice(stores: Stores) -> None:
    await stores.turn_on()
    claimed = await stores.finished()
    assert await stores.runs.finish(claimed, result_of(Outcome.AI_UNAVAILABLE), refund=True) is False
    assert await stores.tickets.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1
    assert len(await stores.behind.heard()) == len(await stores.behind.ended_runs()) == 1


@pytest.mark.parametrize("telling", [True])
@pytest.mark.parametrize("heir", [pytest.param("heir", id="another owner"), pytest.param("frozen", id="the same")])
async def test_a_frozen_owner_can_write_nothing_when_another_took_over(stores: Stores, heir: str) -> None:
    await stores.turn_on()
    run = await stores.submitted(asynchronous=True)
    frozen = await stores.claim(run, "frozen")
    second = await stores.claim(run, heir)
    assert second.attempt == 2

    await nothing_is_written(stores, frozen)
    assert await stores.runs.keep(second, EXTRACTED) is True
    await nothing_is_written(stores, frozen)
    assert await stores.runs.finish(second, RESULT, refund=False) is True
    await nothing_is_written(stores, frozen)

    assert await stores.tickets.find("t_1", "prj_1") == Stored(RESULT)
    assert await stores.used() == 1
    assert await stores.behind.ended_runs() == [("prj_1", "ok", None, 1)]
    assert await stores.behind.webhooks() == await stores.behind.heard() == [("t_1", "prj_1")]


async def nothing_is_written(stores: Stores, frozen: Claimed) -> None:
    wrong = result_of(Outcome.AI_UNAVAILABLE)
    assert await stores.runs.keep(frozen, Extracted("wrong", Usage())) is False
    assert await stores.runs.put_back(frozen, if_asynchronous=False) is False
    assert await stores.runs.finish(frozen, wrong, refund=True) is False


async def test_who_put_a_run_back_can_write_nothing_more(stores: Stores) -> None:
    run = await stores.submitted()
    claimed = await stores.claim(run)
    await stores.runs.put_back(claimed, if_asynchronous=False)
    await nothing_is_written(stores, claimed)
    assert (await stores.claim(run)).strikes == 1


@pytest.mark.parametrize("kept", [pytest.param(EXTRACTED, id="found"), pytest.param(None, id="nothing kept")])
async def test_the_next_attempt_knows_what_was_kept(stores: Stores, kept: Extracted | None) -> None:
    run = await stores.submitted()
    first = await stores.claim(run)
    if kept is not None:
        assert await stores.runs.keep(first, kept) is True
    assert (await stores.claim(run)).extracted == kept
    await stores.tickets.erase("t_1", "prj_1")
    assert (await stores.claimed()).extracted is None


async def test_what_was_kept_is_forgotten_when_the_ticket_is_refreshed(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.keep(claimed, EXTRACTED)
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert (await stores.claimed(refresh=True)).extracted is None


async def test_a_run_that_somebody_waits_for_is_put_back_only_when_that_does_not_matter(stores: Stores) -> None:
    claimed = await stores.claimed()
    assert await stores.runs.put_back(claimed, if_asynchronous=True) is False
    assert await stores.tickets.hand_over("t_1", "prj_1") is True
    assert await stores.runs.put_back(claimed, if_asynchronous=True) is True


async def test_a_second_look_is_left_once_and_for_later(stores: Stores) -> None:
    claimed = await stores.claimed()
    await stores.runs.look_again(claimed, 60)
    assert await stores.behind.second_looks() == [("t_1", claimed.run, 60)]
    assert len(await stores.behind.jobs()) == 1


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


async def test_a_line_of_an_ended_run_holds_nothing_of_the_customer(real_stores: Stores, engine: AsyncEngine) -> None:
    claimed = await real_stores.claimed()
    await real_stores.runs.finish(claimed, result_of(identifier="acct_12ab34cd", summary="On Pro"), refund=False)
    [line] = await fetch(engine, text("SELECT project_id, status, reason, timings_ms, credits_used FROM ended_runs"))
    assert tuple(line) == ("prj_1", "ok", None, {"extract": 412, "total": 499}, 1)
    columns = text("SELECT column_name FROM information_schema.columns WHERE table_name = 'ended_runs'")
    names = {row.column_name for row in await fetch(engine, columns)}
    assert names == {"project_id", "ended_at", "status", "reason", "timings_ms", "credits_used"}


async def test_the_emails_text_is_nowhere_in_the_database_when_the_run_has_ended(
    real_stores: Stores, engine: AsyncEngine
) -> None:
    words = ["canary-subject", "canary-body", "canary@sender.example", "canary-identifier"]
    run = await real_stores.submitted(email=Email(words[0], words[1], words[2]))
    claimed = await real_stores.claim(run)
    await real_stores.runs.keep(claimed, Extracted(words[3], Usage()))
    before = await dump(engine)
    assert [word for word in words if word not in before] == []

    await real_stores.runs.finish(claimed, RESULT, refund=False)
    after = await dump(engine)
    assert [word for word in words if word in after] == []
    assert "t_1" in after


async def dump(engine: AsyncEngine) -> str:
    """Return every row of every table, the queue's and its log too, bytes as text."""
    tables = await fetch(engine, text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    rows = [await fetch(engine, text(f'SELECT * FROM "{table.tablename}"')) for table in tables]  # noqa: S608 - own names
    values = [value for table in rows for row in table for value in row]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values)


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.name.lower())
@pytest.mark.parametrize("crashed", [False, True], ids=["at once", "after a worker died"])
async def test_email_is_gone_with_whatever_ending(stores: Stores, outcome: Outcome, crashed: bool) -> None:
    run = await stores.submitted()
    claimed = await stores.claim(run, "first")
    await stores.runs.keep(claimed, Extracted("acct_12ab34cd", Usage(1, 1)))
    if crashed:
        claimed = await stores.claim(run, "heir")
    assert await stores.behind.email_kept("t_1") is True
    assert await stores.runs.finish(claimed, result_of(outcome), refund=False)

    assert await stores.behind.email_kept("t_1") is False
