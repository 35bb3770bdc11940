"""Watches standing conditions: tokens that no key opens, and an AI provider that refuses our key or settings.

Each process sees for itself and says so; a condition that none of them sees any more is over, and told anew when it
comes back.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from app.adapters.postgres.condition_store import ConditionStore
from app.adapters.vault import Vault
from app.domain.claims import DatabaseUnavailable
from app.domain.projects import TokenUnreadable
from app.domain.sealing import SealedToken
from app.domain.webhooks.event_kinds import Event

LOOK_SECONDS = 60.0
"""How often a process looks; a change of the AI's state is seen at once."""

PAGE = 1_000
"""Tokens that are tried together: a lost key may close them all."""


class ConditionWatch:
    """The watch of one process over unreadable tokens and a refusing AI provider."""

    def __init__(self, conditions: ConditionStore, vault: Vault) -> None:
        self._conditions = conditions
        self._vault = vault
        self._ai: Mapping[str, str] | None = None
        self._changed = asyncio.Event()

    def ai_problem(self, problem: str | None, provider: str, model: str) -> None:
        """Take note that the AI provider refuses our key, model or settings, or (None) takes them again."""
        self._ai = None if problem is None else {"problem": problem, "ai_provider": provider, "ai_model": model}
        self._changed.set()

    async def look_for_ever(self) -> None:
        """Look every `LOOK_SECONDS`, and at each change of the AI's state, until cancelled."""
        while True:
            self._changed.clear()
            with suppress(DatabaseUnavailable):
                await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()

    async def look(self) -> None:
        """Store which conditions hold now, and end those that no process sees any more."""
        if self._ai is not None:
            await self._conditions.see(Event.AI_MISCONFIGURED, told=self._ai)
        after: str | None = ""
        while after is not None:
            page = await self._conditions.unreadable(after, PAGE)
            closed = [token.project_id for token in page if not self._opens(token)]
            if closed:
                await self._conditions.still_unreadable(closed)
            after = page[-1].project_id if len(page) == PAGE else None
        await self._conditions.forget()

    def _opens(self, token: SealedToken) -> bool:
        try:
            self._vault.open(token.project_id, token.sealed)
        except TokenUnreadable:
            return False
        return True
