"""Tickets whose workers have died have their last attempt one at a time, so that none is given up for its neighbour."""

import asyncio

from app.domain.claims import Submission
from app.domain.tickets import Email
from app.runs.worker import MOST_STRIKES, SUSPECT_PAUSE_SECONDS
from tests.support.endpoints import ScriptedEndpoint
from tests.support.service import CUSTOMER, World
from tests.support.virtual_time import in_no_time, now


async def crashed_twice(*fresh: str) -> World:
    """Return a world of three tickets that have one attempt left, and `fresh` ones that have all of theirs."""
    world = World(endpoint=ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=1.0), seats=0)
    world.database.now = now
    world.put_in_place()
    email = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")
    suspects = ["s_1", "s_2", "s_3"]
    await world.tickets.submit([Submission(ticket_id, "prj_1", email) for ticket_id in [*suspects, *fresh]])
    for ticket_id in suspects:
        world.database.rows[ticket_id].strikes = MOST_STRIKES - 1
    return world


@in_no_time
async def test_one_suspect_runs_at_a_time_and_the_others_come_again_without_a_strike() -> None:
    world = await crashed_twice()
    worker, rows = world.worker(), world.database.rows
    jobs = [(job.ticket_id, job.run) for job in world.jobs]
    pauses = await asyncio.gather(*(worker.work(*job) for job in jobs))

    assert pauses[0] is None
    for pause in pauses[1:]:
        assert pause is not None
        assert 0.5 * SUSPECT_PAUSE_SECONDS <= pause <= 1.5 * SUSPECT_PAUSE_SECONDS
    assert [(rows[ticket_id].state, rows[ticket_id].strikes) for ticket_id, _ in jobs] == [
        ("done", MOST_STRIKES),
        ("queued", MOST_STRIKES - 1),
        ("queued", MOST_STRIKES - 1),
    ]
    assert [await worker.work(*job) for job in jobs[1:]] == [None, None]
    assert {rows[ticket_id].state for ticket_id, _ in jobs} == {"done"}
    assert world.endpoint.asked == ["acct_12ab34cd"] * 3


@in_no_time
async def test_other_tickets_do_not_wait_for_suspects() -> None:
    world = await crashed_twice("t_1", "t_2")
    worker = world.worker()
    jobs = [(job.ticket_id, job.run) for job in world.jobs]
    pauses = await asyncio.gather(*(worker.work(*job) for job in jobs))
    settled = [ticket_id for (ticket_id, _), pause in zip(jobs, pauses, strict=True) if pause is None]

    assert len(settled) == 3
    assert {"t_1", "t_2"} < set(settled)
