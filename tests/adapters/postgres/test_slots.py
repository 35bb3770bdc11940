"""How many runs of one project are in flight, and who is next: the rules of `submit_ticket` and `take_runs`."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.adapters.postgres.connection import Database, Statement
from app.domain.claims import Claimed, Taken, Underway
from app.domain.workload import MOST_STRIKES
from tests.support.stores import OTHER_PROJECT, RESULT, Stores, postgres_stores, submission


@pytest.fixture
def slots() -> int:
    return 2


@dataclass
class Crowd:
    """A project whose two slots are held by `t_1` and `t_2`."""

    stores: Stores
    holders: list[Claimed] = field(default_factory=list)

    async def waits(self, *ticket_ids: str, **options: Any) -> None:
        """Submit tickets for which there is no slot."""
        for ticket_id in ticket_ids:
            wanted = submission(ticket_id, **({"asynchronous": True} | options))
            [submitted] = await self.stores.tickets.submit([wanted], take=True)
            assert isinstance(submitted, Underway), ticket_id

    async def ends(self, holder: int = 0) -> None:
        assert await self.stores.runs.finish(self.holders[holder], RESULT, refund=False) is not None

    async def taken(self, want: int = 10, *, suspects: bool = True) -> list[str]:
        """Return which tickets a worker gets."""
        claims = await self.stores.runs.take(want, suspects=suspects)
        self.holders += claims
        return [claimed.ticket_id for claimed in claims]


@pytest.fixture
async def crowd(stores: Stores) -> Crowd:
    return Crowd(stores, [await stores.taken("t_1", asynchronous=True), await stores.taken("t_2")])


async def test_a_run_waits_without_a_trace_when_every_slot_is_held(crowd: Crowd) -> None:
    await crowd.stores.turn_on()
    await crowd.waits("t_3")
    assert await crowd.taken() == []
    assert await crowd.stores.used() == 0
    await crowd.ends()
    assert await crowd.taken() == ["t_3"]
    claimed = crowd.holders[-1]
    assert (claimed.attempt, claimed.strikes, claimed.charged) == (1, 1, True)


async def test_who_came_first_is_taken_first_and_who_is_waited_for_before_all_others(crowd: Crowd) -> None:
    await crowd.waits("t_5", "t_4", "t_3")
    await crowd.waits("t_6", asynchronous=False)
    order = []
    for holder in range(4):
        await crowd.ends(holder)
        order += await crowd.taken()
    assert order == ["t_6", "t_5", "t_4", "t_3"]


async def test_nobody_goes_ahead_of_those_who_wait(crowd: Crowd) -> None:
    await crowd.waits("t_3", "t_4")
    await crowd.ends(0)
    await crowd.waits("t_5", asynchronous=False)  # a slot is free, and somebody waits for it
    await crowd.ends(1)
    assert await crowd.taken() == ["t_5", "t_3"]


async def test_who_takes_learns_which_projects_have_more_in_the_queue_than_can_be_taken(crowd: Crowd) -> None:
    runs = crowd.stores.runs
    await crowd.stores.projects.put(OTHER_PROJECT)
    await crowd.stores.submit("o_1", "prj_2")
    assert (await crowd.taken(), runs.waiting) == (["o_1"], frozenset())
    await crowd.waits("t_3", asynchronous=True)
    await crowd.waits("t_4", asynchronous=False)
    assert (await crowd.taken(), runs.waiting) == ([], {"prj_1"})
    await crowd.ends()
    assert (await crowd.taken(), runs.waiting) == (["t_4"], {"prj_1"})
    await crowd.ends(1)
    assert (await crowd.taken(), runs.waiting) == (["t_3"], frozenset())


async def test_a_crowd_is_taken_in_the_order_in_which_it_was_sent(stores: Stores) -> None:
    sent = ["t_9", "t_7", "t_8", "t_1", "t_5"]
    await stores.tickets.submit([submission(ticket_id, asynchronous=True) for ticket_id in sent])
    order = []
    while claims := await stores.runs.take(5, suspects=True):
        assert len(claims) <= 2
        for claimed in claims:
            order.append(claimed.ticket_id)
            assert await stores.runs.finish(claimed, RESULT, refund=False) is not None
    assert order == sent


async def test_projects_take_turns_from_one_take_to_the_next(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    for n in range(3):
        await stores.submit(f"a_{n}")
        await stores.submit(f"b_{n}", "prj_2")
    first, second = await stores.runs.take(1, suspects=True), await stores.runs.take(2, suspects=True)
    assert [claimed.ticket_id for claimed in first + second] == ["a_0", "b_0", "a_1"]
    assert [claimed.ticket_id for claimed in await stores.runs.take(9, suspects=True)] == ["b_1"]


async def test_who_is_waited_for_goes_before_other_projects_that_nobody_waits_for(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await stores.tickets.submit([submission(f"a_{n}", asynchronous=True) for n in range(3)])
    await stores.submit("b_0", "prj_2")
    assert [claimed.ticket_id for claimed in await stores.runs.take(2, suspects=True)] == ["b_0", "a_0"]


async def test_another_project_is_not_held_up(crowd: Crowd) -> None:
    await crowd.waits("t_3")
    await crowd.stores.projects.put(OTHER_PROJECT)
    assert (await crowd.stores.taken("t_other", "prj_2")).project_id == "prj_2"
    await crowd.stores.submit("t_another", "prj_2")
    assert await crowd.taken() == ["t_another"]


async def test_a_run_whose_worker_died_goes_first(crowd: Crowd) -> None:
    await crowd.waits("t_3")
    heir = await crowd.stores.taken_over(crowd.holders[0])
    assert heir.ticket_id == "t_1"
    assert await crowd.stores.runs.finish(crowd.holders[0], RESULT, refund=False) is None
    assert await crowd.taken() == []


async def test_a_run_that_rests_leaves_its_slot_and_is_passed_over_until_it_is_due(crowd: Crowd) -> None:
    await crowd.waits("t_3")
    assert await crowd.stores.runs.rest(crowd.holders[0], 60.0, strike=False) is True
    assert await crowd.taken() == ["t_3"]
    await crowd.stores.behind.rested("t_1")
    assert await crowd.taken() == []
    await crowd.ends(1)
    assert await crowd.taken() == ["t_1"]


async def test_who_was_erased_holds_no_slot_and_waits_no_more(crowd: Crowd) -> None:
    await crowd.waits("t_3", "t_4")
    for ticket_id in ("t_3", "t_1"):
        await crowd.stores.tickets.erase(ticket_id, "prj_1")
    assert await crowd.taken() == ["t_4"]


async def test_a_ticket_that_waits_and_is_posted_again_stays_where_it_is(crowd: Crowd) -> None:
    await crowd.waits("t_3", "t_4")
    await crowd.waits("t_3")
    await crowd.ends(0)
    assert await crowd.taken() == ["t_3"]


async def test_a_ticket_that_is_running_is_taken_by_nobody_however_often_it_is_posted(crowd: Crowd) -> None:
    for refresh in (False, True):
        [again] = await crowd.stores.tickets.submit([submission("t_1", refresh=refresh)], take=True)
        assert isinstance(again, Underway)
    await crowd.ends(1)
    assert await crowd.taken() == []
    await crowd.ends(0)
    assert len(await crowd.stores.behind.ended_runs()) == 2


async def test_a_refresh_is_taken_at_once_with_a_credit_of_its_own(stores: Stores) -> None:
    await stores.turn_on()
    first = await stores.taken()
    await stores.runs.finish(first, RESULT, refund=False)
    [again] = await stores.tickets.submit([submission(refresh=True)], take=True)
    assert isinstance(again, Taken)
    assert (again.previous, again.claimed.attempt, again.claimed.strikes, again.claimed.charged) == (RESULT, 2, 1, True)
    assert await stores.used() == 2


async def test_only_the_last_attempt_is_kept_from_who_wants_no_suspects(stores: Stores) -> None:
    await stores.turn_on()
    claimed = await stores.claimed()
    for strikes in range(1, MOST_STRIKES + 2):
        assert claimed.strikes == strikes
        await stores.behind.worker_dies("t_1")
        assert await stores.workload.take_over() == 1
        # The one after the last is not run, so it cannot do any harm: it is taken to be given up.
        careful = await stores.runs.take(1, suspects=False)
        assert bool(careful) is (strikes != MOST_STRIKES - 1)
        claimed = careful[0] if careful else await stores.take()
    assert await stores.used() == 1


async def test_one_suspect_is_taken_at_a_time_and_others_do_not_wait_for_them(
    stores: Stores, database: Database
) -> None:
    for ticket_id in ("s_1", "s_2", "t_1"):
        await stores.submit(ticket_id)
    suspects = Statement("UPDATE enrichments SET strikes = :strikes WHERE ticket_id LIKE 's%'")
    await database.fetch(suspects, {"strikes": MOST_STRIKES - 1})
    assert [claimed.ticket_id for claimed in await stores.runs.take(5, suspects=True)] == ["s_1", "t_1"]
    assert await stores.behind.queued() == ["s_2"]


async def test_there_are_as_many_slots_as_the_operator_says_now(database: Database) -> None:
    one, three = await postgres_stores(database, slots=1), await postgres_stores(database, slots=3)
    claims = [await three.taken(f"t_{n}") for n in range(3)]
    for n in range(3, 5):
        await one.submit(f"t_{n}")
    for claimed in claims:
        assert await one.runs.take(1, suspects=True) == []
        await one.runs.finish(claimed, RESULT, refund=False)
    assert len(await one.runs.take(5, suspects=True)) == 1
    assert len(await three.runs.take(5, suspects=True)) == 1


async def test_no_slot_is_held_twice_and_none_is_left_behind_when_ten_work_at_once(
    database: Database, database_url: str, slots: int
) -> None:
    """Ten processes submit and take at the same time; every run is run once, and never more than two at once."""
    running, most, done = Counter[str](), 0, 0
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(aclosing(Database(database_url, 2))) for _ in range(10)]
        replicas = [await postgres_stores(pool, slots=slots) for pool in pools]

        async def run(stores: Stores, claimed: Claimed) -> None:
            nonlocal most, done
            running[claimed.ticket_id] += 1
            most = max(most, running.total())
            assert running[claimed.ticket_id] == 1
            await asyncio.sleep(random.uniform(0, 0.004))  # noqa: S311 - no secret
            running[claimed.ticket_id] -= 1
            assert await stores.runs.finish(claimed, RESULT, refund=False) is not None
            done += 1

        async def work(number: int, stores: Stores) -> None:
            for n in range(8):
                wanted = submission(f"t_{number}_{n}", asynchronous=bool(n % 2))
                [submitted] = await stores.tickets.submit([wanted], take=True)
                if isinstance(submitted, Taken):
                    await run(stores, submitted.claimed)
            while done < 80:
                for claimed in await stores.runs.take(2, suspects=True):
                    await run(stores, claimed)

        async with asyncio.timeout(60):
            await asyncio.gather(*(work(number, stores) for number, stores in enumerate(replicas)))
    assert (most, running.total()) == (slots, 0)
    assert len(await (await postgres_stores(database)).behind.ended_runs()) == 80
