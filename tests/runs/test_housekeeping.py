"""When batches are done: one soon after the other while there is more, else now and then."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from app.domain.claims import DatabaseUnavailable
from app.runs.housekeeping import BREATH_SECONDS, TURN_SECONDS, in_batches_for_ever


@dataclass
class Batches:
    """Tells of each batch whether there is more, and notes when one was done; None is a database that is away."""

    left: list[bool | None]
    asked: list[float] = field(default_factory=list)

    async def batch(self) -> bool:
        self.asked.append(asyncio.get_running_loop().time())
        answer = self.left.pop(0) if self.left else False
        if answer is None:
            raise DatabaseUnavailable
        return answer


@pytest.mark.parametrize(
    ("left", "quick"),
    [
        pytest.param([], [False, False, False], id="there is nothing to do"),
        pytest.param([True, True, False], [True, True, False], id="two batches are full"),
        pytest.param([None, True, False], [False, True, False], id="the database is away"),
    ],
)
async def test_batches_follow_each_other_only_while_there_is_more(left: list[bool | None], quick: list[bool]) -> None:
    work = Batches(list(left))
    task = asyncio.create_task(in_batches_for_ever(work.batch, turn_seconds=0.2, breath_seconds=0.0))
    async with asyncio.timeout(30):
        while len(work.asked) <= len(quick):  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    pauses = [later - earlier for earlier, later in zip(work.asked, work.asked[1:], strict=False)][: len(quick)]
    assert all(is_quick or pause >= 0.2 for pause, is_quick in zip(pauses, quick, strict=True)), pauses
    assert [is_quick for is_quick in quick if is_quick] == [True for each in left if each]


def test_rest_of_the_database_gets_most_of_the_time() -> None:
    assert 0 < BREATH_SECONDS < TURN_SECONDS <= 60
