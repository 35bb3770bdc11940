"""Access tokens as a story: what is made, what is kept, and what happens in unlucky moments."""

import pytest

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.project_store import ProjectStore
from app.domain.access_tokens import AccessToken, fingerprint, has_token_shape
from app.domain.projects import Project, ProjectNotFound
from app.domain.refusals import Refusal, Refused
from app.owners.access import Access
from tests.support.shared_database import DATABASE


class DeletedMeanwhile(AccessTokenStore):
    """A store whose project is deleted just before a token is kept."""

    async def add(self, *_: object) -> AccessToken:
        raise ProjectNotFound


async def access_over(tokens: type[AccessTokenStore]) -> Access:
    projects = ProjectStore(DATABASE)
    await projects.put(Project("prj_1", "business", ("u1",), 10))
    return Access(tokens(DATABASE), projects)


async def test_made_token_is_random_and_only_its_fingerprint_is_kept() -> None:
    access = await access_over(AccessTokenStore)

    made = [await access.make("prj_1", "u1", "tests", 300) for _ in range(50)]

    tokens = [each.token.reveal() for each in made]
    assert len(set(tokens)) == len({each.known.token_id for each in made}) == 50
    assert all(has_token_shape(token) for token in tokens)
    kept = DATABASE.rows("SELECT * FROM access_tokens ORDER BY created_at")
    assert [row.token_hash for row in kept] == [fingerprint(each.token) for each in made]
    assert not [token for token in tokens if token[4:] in repr(made) + repr(kept)]


async def test_project_deleted_in_between_is_not_found() -> None:
    access = await access_over(DeletedMeanwhile)

    with pytest.raises(Refused) as refused:
        await access.make("prj_1", "u1", "tests", 300)

    assert refused.value.refusal is Refusal.PROJECT_NOT_FOUND
