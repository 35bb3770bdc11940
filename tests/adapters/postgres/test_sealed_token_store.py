"""Sealed tokens in PostgreSQL: replaced where they are still what was read, and nobody else notices."""

from dataclasses import replace

from app.adapters.postgres.connection import Database
from app.adapters.postgres.sealed_token_store import SealedTokenStore
from app.domain.audit import Action
from app.domain.sealing import SealedToken
from app.owners.configuring import etag_of
from tests.support.stores import CONFIGURATION, OTHER_PROJECT, TOKEN, Stores


async def test_pages_hold_every_sealed_token_once(stores: Stores, database: Database) -> None:
    store = SealedTokenStore(database)
    for number in range(5):
        await stores.projects.put(replace(OTHER_PROJECT, project_id=f"p{number}"))
        token = TOKEN if number != 2 else None
        await stores.projects.save_configuration(f"p{number}", CONFIGURATION, token, "u1")
    first = await store.after("", 2)
    rest = await store.after(first[-1].project_id, 9)

    assert [each.project_id for each in first + rest] == ["p0", "p1", "p3", "p4"]
    assert first[0].sealed == TOKEN.sealed
    assert await store.count() == 4


async def test_configuration_is_the_same_for_everybody_after_its_token_was_sealed_anew(
    stores: Stores, database: Database
) -> None:
    before = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    assert await SealedTokenStore(database).replace(SealedToken("prj_1", TOKEN.sealed), b"anew") is True
    after = await stores.projects.configuration("prj_1")

    assert after == replace(before, token=replace(TOKEN, sealed=b"anew"))
    assert etag_of(after) == etag_of(before)
    [newest, _, _] = await stores.trail.of_project("prj_1", 9, None)
    assert (newest.action, newest.actor) == (Action.BEARER_TOKEN_RESEALED, None)


async def test_token_that_was_changed_since_is_not_replaced(stores: Stores, database: Database) -> None:
    await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    assert await SealedTokenStore(database).replace(SealedToken("prj_1", b"read before"), b"anew") is False
    kept = await stores.projects.configuration("prj_1")

    assert kept is not None
    assert kept.token == TOKEN
    assert len(await stores.trail.of_project("prj_1", 9, None)) == 2


async def test_save_that_keeps_the_token_keeps_it_as_it_was_sealed_anew(stores: Stores, database: Database) -> None:
    read = await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1")
    await SealedTokenStore(database).replace(SealedToken("prj_1", TOKEN.sealed), b"anew")
    changed = replace(CONFIGURATION, display_instructions="other")
    saved = await stores.projects.save_configuration("prj_1", changed, read.token, "u1", read.version)
    assert saved.token == replace(TOKEN, sealed=b"anew")

    entered = replace(TOKEN, sealed=b"entered", updated_at=TOKEN.updated_at.replace(year=2027))
    again = await stores.projects.save_configuration("prj_1", changed, entered, "u1", saved.version)
    assert again.token == entered
