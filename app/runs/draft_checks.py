"""Runs draft checks beside the event loop: pure code, but of a size that the caller chooses."""

import asyncio
from collections.abc import Sequence

from app.domain.drafts.check import Backing, DraftFinding, check

MOST_AT_ONCE = 2
"""Checks that run at the same time: what one caller sends must not keep the others waiting."""

CHECKED_AT_ONCE_CHARACTERS = 2_048
"""Above this a draft is checked in a thread; a usual one takes less than a millisecond."""


class DraftChecks:
    """Checks drafts, at most `MOST_AT_ONCE` of the long ones at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_AT_ONCE)

    async def check(self, draft: str, backing: Backing) -> Sequence[DraftFinding]:
        """Return what a draft states without backing, or may not tell."""
        if len(draft) + sum(map(len, backing.also_known)) <= CHECKED_AT_ONCE_CHARACTERS:
            return check(draft, backing)
        async with self._free:
            return await asyncio.to_thread(check, draft, backing)
