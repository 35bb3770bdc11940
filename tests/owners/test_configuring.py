"""Saving while somebody else saves: nothing is lost, and nobody waits for ever."""

from collections.abc import Sequence

import pytest

from app.adapters.postgres.project_store import ProjectStore
from app.adapters.vault import Vault
from app.domain.configuration import Configuration, StoredConfiguration, StoredToken
from app.domain.projects import Project, ProjectNotFound, VersionConflict
from app.domain.refusals import Refusal, Refused
from app.owners.configuring import SAVE_ATTEMPTS, Changes, Configuring, etag_of
from tests.support.shared_database import DATABASE


class Contended(ProjectStore):
    """A store in which somebody else saves, or deletes, just before the caller does."""

    def __init__(self, conflicts: int, deleted: bool = False) -> None:
        super().__init__(DATABASE)
        self.conflicts = conflicts
        self.deleted = deleted

    async def save_configuration(
        self,
        project_id: str,
        configuration: Configuration,
        token: StoredToken | None,
        actor: str,
        expected_version: int | None = None,
        changed: Sequence[str] = (),
    ) -> StoredConfiguration:
        if self.deleted:
            raise ProjectNotFound
        if self.conflicts:
            self.conflicts -= 1
            other = Configuration(identify_instructions=f"saved by another, {self.conflicts} to come")
            await super().save_configuration(project_id, other, token, "u2")
        return await super().save_configuration(project_id, configuration, token, actor, expected_version, changed)

    async def delete_configuration(
        self, project_id: str, expected_version: int | None = None, actor: str | None = None
    ) -> None:
        if self.conflicts and expected_version is not None:
            raise VersionConflict
        await super().delete_configuration(project_id, expected_version, actor)


async def configuring(store: Contended) -> Configuring:
    await store.put(Project("prj_1", "business", ("u1", "u2"), 10))
    return Configuring(store, Vault((b"k" * 32,)), ())


async def save(service: Configuring, if_match: str | None = None) -> StoredConfiguration:
    changes = Changes({"display_instructions": "Show Plan."})
    return await service.save("prj_1", "u1", changes, keep_others=True, if_match=if_match)


async def test_change_is_merged_anew_when_somebody_saved_in_between() -> None:
    saved = await save(await configuring(Contended(conflicts=1)))

    assert saved.configuration.identify_instructions == "saved by another, 0 to come"
    assert saved.configuration.display_instructions == "Show Plan."


async def test_saving_gives_up_when_somebody_always_saves_in_between() -> None:
    with pytest.raises(Refused) as refused:
        await save(await configuring(Contended(conflicts=SAVE_ATTEMPTS)))

    assert refused.value.refusal is Refusal.PRECONDITION_FAILED


async def test_if_match_is_not_merged_when_somebody_saved_in_between() -> None:
    store = Contended(conflicts=0)
    service = await configuring(store)
    etag = etag_of(await save(service))
    store.conflicts = 1

    with pytest.raises(Refused) as refused:
        await save(service, etag)

    assert refused.value.refusal is Refusal.PRECONDITION_FAILED


async def test_project_deleted_in_between_is_not_found() -> None:
    with pytest.raises(Refused) as refused:
        await save(await configuring(Contended(conflicts=0, deleted=True)))

    assert refused.value.refusal is Refusal.PROJECT_NOT_FOUND


async def test_erasing_with_if_match_is_refused_when_somebody_saved_in_between() -> None:
    store = Contended(conflicts=0)
    service = await configuring(store)
    etag = etag_of(await save(service))
    store.conflicts = 1

    with pytest.raises(Refused) as refused:
        await service.erase("prj_1", "u1", etag)

    assert refused.value.refusal is Refusal.PRECONDITION_FAILED
