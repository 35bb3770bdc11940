"""Who waits for a ticket is woken: by a NOTIFY, by the poll, by the run itself, or by the end of the process."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.domain.claims import DatabaseUnavailable
from app.runs.waiting import POLL_SECONDS, STREAM_BACKLOG, Completions, Ended, Turns
from tests.support.virtual_time import in_no_time

ENDED = Ended("t_1", "prj_1")


@dataclass
class PendingTickets:
    """Answers which tickets are pending, and remembers what it was asked; `failing` times it is not available."""

    pending: set[str] = field(default_factory=set)
    failing: int = 0
    asked: list[set[str]] = field(default_factory=list)

    async def among(self, ticket_ids: list[str]) -> set[str]:
        self.asked.append(set(ticket_ids))
        if self.failing:
            self.failing -= 1
            raise DatabaseUnavailable
        return self.pending & set(ticket_ids)


async def polled(completions: Completions, tickets: PendingTickets, seconds: float) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await completions.poll_for_ever(tickets.among)


def test_everybody_who_waits_for_the_ticket_is_woken_and_nobody_else() -> None:
    completions = Completions()
    with (
        completions.expecting("t_1") as one,
        completions.expecting("t_1") as two,
        completions.expecting("t_2") as other,
    ):
        completions.ended(ENDED)
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)
        assert one.documents == {}
        one.clear()
        assert two.is_set()


def test_nobody_is_woken_when_nobody_waits_any_more() -> None:
    completions = Completions()
    with completions.expecting("t_1") as one, completions.expecting("t_1"):
        pass
    completions.ended(ENDED)
    completions.stored("t_1", 1, {})
    assert not one.is_set()


def test_the_result_of_a_run_of_this_process_is_handed_over() -> None:
    completions, document = Completions(), {"status": "ok"}
    with completions.expecting("t_1") as one, completions.expecting("t_2") as other:
        completions.stored("t_1", 7, document)
        assert (one.is_set(), one.documents) == (True, {7: document})
        assert (other.is_set(), other.documents) == (False, {})


@in_no_time
async def test_the_poll_wakes_who_waits_when_the_notify_was_lost() -> None:
    completions, tickets = Completions(), PendingTickets({"t_2"})
    with completions.expecting("t_1") as one, completions.expecting("t_2") as other:
        await polled(completions, tickets, POLL_SECONDS - 0.1)
        assert tickets.asked == []
        await polled(completions, tickets, POLL_SECONDS + 0.1)
        assert (one.is_set(), other.is_set()) == (True, False)
    assert tickets.asked == [{"t_1", "t_2"}]


@in_no_time
async def test_the_database_is_asked_only_when_somebody_waits() -> None:
    completions, tickets = Completions(), PendingTickets()
    await polled(completions, tickets, 5 * POLL_SECONDS)
    with completions.expecting("t_1"):
        pass
    await polled(completions, tickets, 5 * POLL_SECONDS)
    assert tickets.asked == []


@in_no_time
async def test_the_poll_goes_on_when_the_database_was_away() -> None:
    completions, tickets = Completions(), PendingTickets(failing=3)
    with completions.expecting("t_1") as one:
        await polled(completions, tickets, 3.5 * POLL_SECONDS)
        assert not one.is_set()
        await polled(completions, tickets, 1.5 * POLL_SECONDS)
        assert one.is_set()
    assert len(tickets.asked) == 4


def test_everybody_is_let_go_when_it_is_closed() -> None:
    completions = Completions()
    with completions.expecting("t_1") as one, completions.expecting("t_2") as two:
        completions.close()
        assert (completions.closed, one.is_set(), two.is_set()) == (True, True, True)


def everything_in(stream: "asyncio.Queue[Any]") -> list[Any]:
    return [stream.get_nowait() for _ in range(stream.qsize())]


def test_every_stream_gets_every_ended_run_from_now_on() -> None:
    completions = Completions()
    with completions.stream() as one:
        completions.ended(ENDED)
        with completions.stream() as two:
            completions.ended(Ended("t_2", "prj_2"))
            assert everything_in(one) == [ENDED, Ended("t_2", "prj_2")]
            assert everything_in(two) == [Ended("t_2", "prj_2")]
        completions.ended(ENDED)
        assert everything_in(two) == []
        assert everything_in(one) == [ENDED]


def test_a_run_of_this_process_is_streamed_once() -> None:
    completions = Completions()
    with completions.stream() as stream:
        completions.stored("t_1", 1, {})
        completions.ended(ENDED)  # as everybody hears of it
        assert everything_in(stream) == [ENDED]


def test_a_reader_is_cut_off_when_it_is_too_slow_and_no_other() -> None:
    completions = Completions()
    with completions.stream() as slow, completions.stream() as quick:
        for _ in range(STREAM_BACKLOG):
            completions.ended(ENDED)
            quick.get_nowait()
        assert slow.qsize() == STREAM_BACKLOG
        completions.ended(ENDED)
        completions.ended(ENDED)
        assert everything_in(slow) == [*[ENDED] * STREAM_BACKLOG, None]
        assert everything_in(quick) == [ENDED, ENDED]


def test_open_streams_end_and_new_ones_go_on_when_ended_runs_may_have_been_missed() -> None:
    completions = Completions()
    with completions.stream() as before:
        completions.cut_streams()
        completions.ended(ENDED)
        assert everything_in(before) == [None]
    with completions.stream() as after:
        completions.ended(ENDED)
        assert everything_in(after) == [ENDED]


def test_streams_end_also_later_ones_when_the_process_will_end() -> None:
    completions = Completions()
    with completions.stream() as before:
        completions.close_streams()
        assert everything_in(before) == [None]
    with completions.stream() as after:
        assert everything_in(after) == [None]
    with completions.expecting("t_1") as one:
        completions.ended(ENDED)
        assert one.is_set()


async def test_a_crowd_takes_turns_so_that_others_get_theirs_in_between() -> None:
    turns, passed, seen = Turns(at_once=10), 0, []

    async def stream() -> None:
        nonlocal passed
        for _ in range(3):  # three events have come at once
            await turns.taken()
            passed += 1

    streams = [asyncio.create_task(stream()) for _ in range(100)]
    gone = streams.pop()
    await asyncio.sleep(0)
    gone.cancel()
    while passed < 297:
        before = passed
        await asyncio.sleep(0)  # one turn of the loop, as a ticket takes many
        seen.append(passed - before)
    await asyncio.gather(*streams)

    assert max(seen) == 10
    assert len(seen) < 40
    await asyncio.wait_for(turns.taken(), 1.0)  # and who comes later is let in
