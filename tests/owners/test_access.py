"""Access tokens as a story: what is made, what is kept, and what happens in unlucky moments."""

import pytest

from app.domain.access_tokens import AccessToken, fingerprint, has_token_shape
from app.domain.projects import Project, ProjectNotFound
from app.domain.refusals import Refusal, Refused
from app.owners.access import Access
from tests.support.memory_access import MemoryAccessTokenStore
from tests.support.memory_store import MemoryDatabase, MemoryProjectStore


class DeletedMeanwhile(MemoryAccessTokenStore):
    """A store whose project is deleted just before a token is kept."""

    async def add(self, *_: object) -> AccessToken:
        raise ProjectNotFound


async def database() -> MemoryDatabase:
    database = MemoryDatabase()
    await MemoryProjectStore(database).put(Project("prj_1", "business", ("u1",), 10))
    return database


async def test_made_token_is_random_and_only_its_fingerprint_is_kept() -> None:
    kept = await database()
    access = Access(MemoryAccessTokenStore(kept), MemoryProjectStore(kept))

    made = [await access.make("prj_1", "u1", "tests", 300) for _ in range(50)]

    tokens = [each.token.reveal() for each in made]
    assert len(set(tokens)) == len({each.known.token_id for each in made}) == 50
    assert all(has_token_shape(token) for token in tokens)
    assert [row.token_hash for row in kept.access_tokens.values()] == [fingerprint(each.token) for each in made]
    assert not [token for token in tokens if token[4:] in repr(made) + repr(kept.access_tokens)]


async def test_project_deleted_in_between_is_not_found() -> None:
    kept = await database()
    access = Access(DeletedMeanwhile(kept), MemoryProjectStore(kept))

    with pytest.raises(Refused) as refused:
        await access.make("prj_1", "u1", "tests", 300)

    assert refused.value.refusal is Refusal.PROJECT_NOT_FOUND
