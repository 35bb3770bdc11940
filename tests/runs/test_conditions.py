"""What a process says to be wrong: seen at once, seen again while it lasts, and no more once it is over."""

import asyncio
from collections.abc import Mapping, Sequence

from app.adapters.postgres.condition_store import ConditionStore
from app.adapters.vault import Vault
from app.domain.claims import DatabaseUnavailable
from app.domain.sealing import SealedToken
from app.domain.webhooks.event_kinds import Event
from app.runs.conditions import LOOK_SECONDS, PAGE, ConditionWatch
from support_context.secrets import Secret
from tests.support.virtual_time import in_no_time

OURS, LOST = Vault((b"k" * 32,)), Vault((b"l" * 32,))


class NotedConditions(ConditionStore):
    """Notes what it is told, and knows some tokens that could not be opened."""

    def __init__(self, *tokens: SealedToken) -> None:
        self.available = True
        self.tokens = sorted(tokens, key=lambda token: token.project_id)
        self.seen: list[tuple[Event, str, dict[str, str]]] = []
        self.closed: list[str] = []
        self.looks = 0

    async def see(self, event: Event, project_id: str = "", told: Mapping[str, str] | None = None) -> None:
        if not self.available:
            raise DatabaseUnavailable
        self.seen.append((event, project_id, dict(told or {})))

    async def unreadable(self, after: str, limit: int) -> list[SealedToken]:
        return [token for token in self.tokens if token.project_id > after][:limit]

    async def still_unreadable(self, project_ids: Sequence[str]) -> None:
        self.closed += project_ids

    async def forget(self) -> None:
        self.looks += 1


def sealed(vault: Vault, project_id: str) -> SealedToken:
    return SealedToken(project_id, vault.seal(project_id, Secret("a-token-of-sixteen")))


async def test_only_tokens_that_no_key_opens_are_still_unreadable_however_many() -> None:
    lost = [sealed(LOST, f"lost_{number:05}") for number in range(PAGE)]
    conditions = NotedConditions(*lost, sealed(OURS, "found"), sealed(LOST, "also_lost"))

    await ConditionWatch(conditions, OURS).look()

    assert conditions.closed == ["also_lost", *(token.project_id for token in lost)]


@in_no_time
async def test_a_refusal_of_the_provider_is_told_at_once_then_each_minute_while_it_lasts() -> None:
    conditions = NotedConditions()
    watch = ConditionWatch(conditions, OURS)
    looking = asyncio.create_task(watch.look_for_ever())
    await asyncio.sleep(1.0)
    assert (conditions.looks, conditions.seen) == (1, [])
    watch.ai_problem("refuses the key (HTTP 401)", "anthropic", "claude")
    await asyncio.sleep(1.0)
    told = {"problem": "refuses the key (HTTP 401)", "ai_provider": "anthropic", "ai_model": "claude"}
    assert conditions.seen == [(Event.AI_MISCONFIGURED, "", told)]
    conditions.available = False
    await asyncio.sleep(LOOK_SECONDS)
    conditions.available = True
    await asyncio.sleep(LOOK_SECONDS)
    assert len(conditions.seen) == 2
    watch.ai_problem(None, "anthropic", "claude")
    await asyncio.sleep(3 * LOOK_SECONDS)
    assert len(conditions.seen) == 2
    looking.cancel()
