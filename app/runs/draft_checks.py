"""Runs draft checks beside the event loop: pure code, but of a size that the caller chooses."""

from collections.abc import Sequence

from app.domain.drafts.check import Backing, DraftFinding, check
from app.thread_pool import in_thread

CHECKED_AT_ONCE_CHARACTERS = 2_048
"""Above this a draft is checked in a thread; a usual one takes less than a millisecond."""


class DraftChecks:
    """Checks drafts, the long ones beside the event loop."""

    async def check(self, draft: str, backing: Backing) -> Sequence[DraftFinding]:
        """Return the places of a draft that no fact backs, or that it may not disclose."""
        if len(draft) + sum(map(len, backing.also_known)) <= CHECKED_AT_ONCE_CHARACTERS:
            return check(draft, backing)
        return await in_thread(check, draft, backing)
