"""Key rotation: encrypts every stored token anew under the first key, and reports which keys are still needed."""

from collections import Counter
from collections.abc import Callable

from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.adapters.vault import Vault
from app.domain.projects import TokenUnreadable
from app.domain.sealing import KeyReport, KeyUse, SealedToken
from support_context.secrets import Secret

PAGE = 100
"""Secrets read at once: the work stops, and may be taken up again, between any two."""


class Resealing:
    """Checks and rotates the keys of all stored tokens; `on_secret` is called after each, for a progress bar."""

    def __init__(self, tokens: SealedTokenStore, vault: Vault) -> None:
        self._tokens = tokens
        self._vault = vault

    async def count(self) -> int:
        """Count the stored tokens."""
        return await self._tokens.count()

    async def check(self, on_secret: Callable[[], None] = lambda: None) -> KeyReport:
        """Decrypt every stored token, and return which keys were needed."""
        used: Counter[str] = Counter()
        unreadable = []
        page = await self._tokens.after("", PAGE)
        while page:
            for token in page:
                key_id = self._vault.key_id(token.sealed)
                if self._opened(token) is None:
                    unreadable.append((token.project_id, key_id))
                else:
                    used[key_id] += 1
                on_secret()
            page = await self._tokens.after(page[-1].project_id, PAGE)
        return KeyReport(tuple(KeyUse(key_id, used[key_id]) for key_id in self._vault.ring()), tuple(unreadable))

    async def rotate(self, on_secret: Callable[[], None] = lambda: None) -> int:
        """Encrypt under the first key every token that another key has sealed; return how many.

        A secret that is changed meanwhile is left as it was changed: whoever did that has sealed it.
        """
        resealed = 0
        first = self._vault.ring()[0]
        page = await self._tokens.after("", PAGE)
        while page:
            for token in page:
                if self._vault.key_id(token.sealed) != first and (secret := self._opened(token)) is not None:
                    resealed += await self._tokens.replace(token, self._vault.seal(token.project_id, secret))
                on_secret()
            page = await self._tokens.after(page[-1].project_id, PAGE)
        return resealed

    def _opened(self, token: SealedToken) -> Secret | None:
        try:
            return self._vault.open(token.project_id, token.sealed)
        except TokenUnreadable:
            return None
