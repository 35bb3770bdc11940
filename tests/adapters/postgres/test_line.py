"""How many runs of one project are in flight, and who is next: the real stores and the doubles, by the same tests."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.connection import fetch
from app.adapters.postgres.line import Line
from app.domain.claims import Claimed, InLine, Suspect
from tests.support.stores import MOST_STRIKES, OTHER_PROJECT, RESULT, Stores, postgres_stores, submission


@pytest.fixture
def places() -> int:
    return 2


@dataclass
class Crowd:
    """A project whose two places are taken by `t_1` and `t_2`."""

    stores: Stores
    holders: list[Claimed] = field(default_factory=list)
    seen: int = 0

    async def in_line(self, ticket_id: str, **options: Any) -> int:
        """Submit a ticket for which there is no place."""
        run = await self.stores.submitted(ticket_id, **({"asynchronous": True} | options))
        assert await self.stores.runs.claim(ticket_id, run, "late") == InLine()
        self.seen = len(await self.stores.behind.jobs())
        return run

    async def ends(self, holder: int = 0) -> None:
        assert await self.stores.runs.finish(self.holders[holder], RESULT, refund=False) is True

    async def let_in(self) -> list[str]:
        """Return the tickets that have got a job since somebody was last put into the line."""
        return [ticket_id for ticket_id, _ in (await self.stores.behind.jobs())[self.seen :]]


@pytest.fixture
async def crowd(stores: Stores) -> Crowd:
    return Crowd(stores, [await stores.claimed("t_1", asynchronous=True), await stores.claimed("t_2")])


async def test_a_run_stands_in_line_without_a_trace_when_every_place_is_taken(crowd: Crowd) -> None:
    await crowd.stores.turn_on()
    run = await crowd.in_line("t_3")
    assert await crowd.stores.runs.claim("t_3", run, "a") == InLine()  # the job comes twice
    assert await crowd.stores.used() == 0
    await crowd.ends()
    claimed = await crowd.stores.claim(run, ticket_id="t_3")
    assert (claimed.attempt, claimed.strikes, claimed.charged) == (1, 1, True)


async def test_who_came_first_is_let_in_when_a_run_ends(crowd: Crowd) -> None:
    runs = {ticket_id: await crowd.in_line(ticket_id) for ticket_id in ("t_5", "t_4", "t_3")}
    assert await crowd.let_in() == []
    await crowd.ends(0)
    assert await crowd.let_in() == ["t_5"]
    await crowd.ends(1)
    assert await crowd.let_in() == ["t_5", "t_4"]
    assert await crowd.stores.runs.claim("t_3", runs["t_3"], "a") == InLine()
    crowd.holders.append(await crowd.stores.claim(runs["t_5"], ticket_id="t_5"))
    await crowd.ends(2)
    assert await crowd.let_in() == ["t_5", "t_4", "t_3"]


async def test_who_is_waited_for_is_let_in_first(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.in_line("t_4", asynchronous=False)
    await crowd.ends(0)
    await crowd.ends(1)
    assert await crowd.let_in() == ["t_4", "t_3"]


async def test_nobody_goes_ahead_of_those_in_line(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.in_line("t_4")
    await crowd.ends()  # t_3 has a place and a job, but nobody has claimed it yet
    latest = await crowd.stores.submitted("t_5", asynchronous=True)
    assert await crowd.stores.runs.claim("t_5", latest, "a") == InLine()
    await crowd.ends(1)
    assert await crowd.let_in() == ["t_3", "t_4"]


async def test_a_crowd_stands_in_line_in_the_order_in_which_it_was_sent(stores: Stores) -> None:
    sent = ["t_9", "t_7", "t_8", "t_1", "t_5"]
    await stores.tickets.submit([submission(ticket_id, asynchronous=True) for ticket_id in sent])
    assert [ticket_id for ticket_id, _ in await stores.behind.jobs()] == sent[:2]
    for number, ticket_id in enumerate(sent):
        claimed = await stores.claim(await stores.behind.run_of(ticket_id), ticket_id=ticket_id)
        assert await stores.runs.finish(claimed, RESULT, refund=False) is True
        assert [each for each, _ in await stores.behind.jobs()] == sent[: number + 3]


async def test_as_many_as_have_a_place_are_no_crowd(stores: Stores) -> None:
    await stores.tickets.submit([submission("t_1"), submission("t_2")])
    for ticket_id in ("t_1", "t_2"):
        await stores.claim(await stores.behind.run_of(ticket_id), ticket_id=ticket_id)


async def test_another_project_is_not_held_up(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.stores.projects.put(OTHER_PROJECT)
    run = await crowd.stores.submitted("t_other", project_id="prj_2")
    assert (await crowd.stores.claim(run, ticket_id="t_other")).project_id == "prj_2"


async def test_a_run_that_is_taken_over_keeps_its_place_and_needs_no_other(crowd: Crowd) -> None:
    run = await crowd.in_line("t_3")
    dead = crowd.holders[0]
    crowd.holders[0] = await crowd.stores.claim(dead.run, "heir", "t_1")
    assert await crowd.stores.runs.finish(dead, RESULT, refund=False) is False
    assert await crowd.let_in() == []
    assert await crowd.stores.runs.claim("t_3", run, "a") == InLine()
    await crowd.ends()
    assert await crowd.let_in() == ["t_3"]


@pytest.mark.parametrize(
    ("if_asynchronous", "let_in"),
    [
        pytest.param(True, ["t_3"], id="it waits for the AI: another may have the place"),
        pytest.param(False, [], id="its process ends: it comes again at once"),
    ],
)
async def test_a_run_that_is_put_back_leaves_its_place_only_when_it_is_to_wait(
    crowd: Crowd, if_asynchronous: bool, let_in: list[str]
) -> None:
    await crowd.in_line("t_3")
    assert await crowd.stores.runs.put_back(crowd.holders[0], if_asynchronous=if_asynchronous) is True
    assert await crowd.let_in() == let_in
    again = await crowd.stores.runs.claim("t_1", crowd.holders[0].run, "b")
    assert type(again) is (InLine if if_asynchronous else Claimed)


async def test_who_was_erased_is_passed_over(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.in_line("t_4")
    await crowd.stores.tickets.erase("t_3", "prj_1")
    await crowd.ends()
    assert await crowd.let_in() == ["t_4"]


async def test_the_place_of_an_erased_run_is_free(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.stores.tickets.erase("t_1", "prj_1")
    await crowd.stores.submit("t_4", asynchronous=True)  # whoever comes next looks
    assert await crowd.let_in() == ["t_3"]


async def test_a_ticket_in_line_that_is_posted_again_stays_where_it_is(crowd: Crowd) -> None:
    await crowd.in_line("t_3")
    await crowd.stores.submit("t_3")
    assert await crowd.let_in() == []
    await crowd.ends()
    assert await crowd.let_in() == ["t_3"]


async def test_a_suspect_takes_no_place(stores: Stores) -> None:
    run = await stores.submitted()
    for _ in range(MOST_STRIKES - 1):
        await stores.claim(run)
    assert await stores.runs.claim("t_1", run, "a", suspects=False) == Suspect()
    await stores.claimed("t_2")
    assert await stores.runs.claim("t_3", await stores.submitted("t_3"), "a") == InLine()
    assert (await stores.claim(run)).strikes == MOST_STRIKES


async def test_there_are_as_many_places_as_the_operator_says_now(engine: AsyncEngine) -> None:
    one, three = await postgres_stores(engine, places=1), await postgres_stores(engine, places=3)
    first = await one.claimed("t_1")
    assert await one.runs.claim("t_2", await one.submitted("t_2"), "a") == InLine()

    await three.runs.finish(first, RESULT, refund=False)
    claims = [await three.claim(await one.behind.run_of("t_2"), ticket_id="t_2")]
    claims += [await three.claimed("t_3"), await three.claimed("t_4")]
    assert await three.runs.claim("t_5", await three.submitted("t_5"), "a") == InLine()

    for claimed in claims[1:]:
        await one.runs.finish(claimed, RESULT, refund=False)
        assert await one.runs.claim("t_5", await one.behind.run_of("t_5"), "a") == InLine()
    await one.runs.finish(claims[0], RESULT, refund=False)
    await one.claim(await one.behind.run_of("t_5"), ticket_id="t_5")


async def test_who_stands_in_line_before_a_free_place_is_let_in_by_whoever_looks_next(
    real_stores: Stores, engine: AsyncEngine
) -> None:
    crowd = Crowd(real_stores, [await real_stores.claimed("t_1"), await real_stores.claimed("t_2")])
    await crowd.in_line("t_3")
    await fetch(engine, text("UPDATE enrichments SET state = 'done' WHERE ticket_id = 't_1'"))  # as the release before
    assert await crowd.let_in() == []
    line = Line(engine, 2, lambda channel, message: None)
    for _ in range(2):
        await line.let_all_in()
    assert await crowd.let_in() == ["t_3"]


async def test_a_project_is_erased_with_those_in_its_line(real_stores: Stores, engine: AsyncEngine) -> None:
    crowd = Crowd(real_stores, [await real_stores.claimed("t_1"), await real_stores.claimed("t_2")])
    await crowd.in_line("t_3")
    assert await real_stores.projects.delete("prj_1") is True
    left = "SELECT (SELECT count(*) FROM waiting_runs) + (SELECT count(*) FROM project_places) AS rows"
    assert (await fetch(engine, text(left)))[0].rows == 0


async def test_no_place_is_taken_twice_and_none_is_left_behind_when_ten_work_at_once(
    real_stores: Stores, engine: AsyncEngine, places: int
) -> None:
    stores, tickets = real_stores, [f"t_{n}" for n in range(60)]
    for first in range(0, 60, 12):  # some by one, some in a crowd
        await stores.submit(tickets[first])
        await stores.tickets.submit([submission(each, asynchronous=True) for each in tickets[first + 1 : first + 12]])
    running, most, done = Counter[str](), 0, 0
    take = text("""
        DELETE FROM pgqueuer WHERE id IN (SELECT id FROM pgqueuer ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING payload
    """)

    async def work() -> None:
        nonlocal most, done
        while done < len(tickets):
            rows = await fetch(engine, take)
            if not rows:
                await asyncio.sleep(0.001)
                continue
            ticket_id, run = json.loads(rows[0].payload)
            claimed = await stores.runs.claim(ticket_id, run, "a")
            if not isinstance(claimed, Claimed):
                assert claimed == InLine()
                continue
            running[ticket_id] += 1
            most = max(most, running.total())
            assert running[ticket_id] == 1
            await asyncio.sleep(random.uniform(0, 0.004))  # noqa: S311 - no secret
            running[ticket_id] -= 1
            assert await stores.runs.finish(claimed, RESULT, refund=False) is True
            done += 1

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(10)))
    assert (most, running.total()) == (places, 0)
    assert len(await stores.behind.ended_runs()) == len(tickets)
