"""What the store of access tokens promises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.postgres.access_token_store import AccessTokenStore
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.project_store import ProjectStore
from app.domain.access_tokens import AccessToken, Holder
from app.domain.projects import Project, ProjectNotFound

PROJECT = Project("prj_1", "business", ("u1", "u2"), 37)
OTHER = Project("prj_2", "team", (), 0)
EXPIRED = -1


@dataclass(frozen=True)
class Kept:
    """A store, the projects beside it, and a way to make a token's last use longer ago."""

    tokens: AccessTokenStore
    projects: ProjectStore
    used_earlier: Callable[[timedelta], Awaitable[None]]

    async def add(self, token_id: str, project_id: str = "prj_1", seconds: int = 300) -> AccessToken:
        return await self.tokens.add(project_id, token_id, digest(token_id), f"label of {token_id}", "u1", seconds)

    async def last_used_at(self, token_id: str = "tok_1") -> datetime | None:
        (known,) = (each for each in await self.tokens.of_project("prj_1") if each.token_id == token_id)
        return known.last_used_at


def digest(token_id: str) -> bytes:
    return token_id.encode().ljust(32, b"\xff")


@pytest.fixture
async def kept(database: Database) -> Kept:
    async def used_earlier(ago: timedelta) -> None:
        earlier = Statement("UPDATE access_tokens SET last_used_at = last_used_at - CAST(:ago AS interval)")
        await database.fetch(earlier, {"ago": ago})

    kept = Kept(AccessTokenStore(database), ProjectStore(database), used_earlier)
    await kept.projects.put(PROJECT)
    await kept.projects.put(OTHER)
    return kept


async def test_token_is_listed_with_all_but_the_token_when_added(kept: Kept) -> None:
    added = await kept.add("tok_1", seconds=7_776_000)

    assert await kept.tokens.of_project("prj_1") == [added]
    assert (added.token_id, added.label, added.created_by) == ("tok_1", "label of tok_1", "u1")
    assert added.last_used_at is None
    assert added.expires_at - added.created_at == timedelta(seconds=7_776_000)
    assert abs(added.created_at - datetime.now(UTC)) < timedelta(minutes=5)


async def test_newest_token_is_listed_first_and_other_projects_are_not(kept: Kept) -> None:
    for number in (1, 2, 3):
        await kept.add(f"tok_{number}")
    await kept.add("tok_other", "prj_2")

    assert [each.token_id for each in await kept.tokens.of_project("prj_1")] == ["tok_3", "tok_2", "tok_1"]


async def test_token_of_an_unknown_project_is_not_kept(kept: Kept) -> None:
    with pytest.raises(ProjectNotFound):
        await kept.add("tok_1", "prj_9")


async def test_token_leads_to_its_maker_and_the_project_as_it_is_now(kept: Kept) -> None:
    await kept.add("tok_1")
    first = await kept.tokens.use(digest("tok_1"))
    changed = Project("prj_1", "team", ("u2",), 1)
    await kept.projects.put(changed)

    assert first == Holder(PROJECT, "u1")
    assert await kept.tokens.use(digest("tok_1")) == Holder(changed, "u1")


@pytest.mark.parametrize(
    "token_hash",
    [
        pytest.param(digest("tok_2"), id="never made"),
        pytest.param(b"", id="nothing"),
        pytest.param(digest("tok_1")[:-1], id="one byte short"),
        pytest.param(b"tok_1", id="the id"),
    ],
)
async def test_nobody_stands_behind_another_fingerprint(kept: Kept, token_hash: bytes) -> None:
    await kept.add("tok_1")

    assert await kept.tokens.use(token_hash) is None


async def test_expired_token_is_neither_used_nor_listed_nor_there_to_be_removed(kept: Kept) -> None:
    await kept.add("tok_1", seconds=EXPIRED)

    assert await kept.tokens.use(digest("tok_1")) is None
    assert await kept.tokens.of_project("prj_1") == []
    assert await kept.tokens.remove("prj_1", "tok_1") is False


async def test_removed_token_is_gone_and_the_others_stay(kept: Kept) -> None:
    await kept.add("tok_1")
    await kept.add("tok_2")

    assert await kept.tokens.remove("prj_1", "tok_1") is True
    assert await kept.tokens.remove("prj_1", "tok_1") is False
    assert await kept.tokens.use(digest("tok_1")) is None
    assert await kept.tokens.use(digest("tok_2")) == Holder(PROJECT, "u1")


async def test_token_is_not_removed_under_another_project(kept: Kept) -> None:
    await kept.add("tok_1")

    assert await kept.tokens.remove("prj_2", "tok_1") is False
    assert await kept.tokens.use(digest("tok_1")) is not None


async def test_tokens_go_with_their_project_when_it_is_deleted(kept: Kept) -> None:
    await kept.add("tok_1")
    await kept.projects.delete("prj_1")
    await kept.projects.put(PROJECT)

    assert await kept.tokens.use(digest("tok_1")) is None


async def test_use_is_noted_at_most_once_a_minute(kept: Kept) -> None:
    await kept.add("tok_1")
    await kept.add("tok_2")
    await kept.tokens.use(digest("tok_1"))
    first = await kept.last_used_at()
    await kept.tokens.use(digest("tok_1"))
    second = await kept.last_used_at()
    await kept.used_earlier(timedelta(seconds=30))
    await kept.tokens.use(digest("tok_1"))
    within = await kept.last_used_at()
    await kept.used_earlier(timedelta(seconds=30))
    await kept.tokens.use(digest("tok_1"))
    after = await kept.last_used_at()

    assert first is not None
    assert after is not None
    assert (second, within) == (first, first - timedelta(seconds=30))
    assert after > first
    assert await kept.last_used_at("tok_2") is None


COUNTING = (
    "CREATE TABLE writes (number int)",
    "CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO writes VALUES (1); RETURN NULL; END'",
    "CREATE TRIGGER counting AFTER UPDATE ON access_tokens FOR EACH ROW EXECUTE FUNCTION count_write()",
)


async def test_row_is_written_once_when_forty_requests_come_within_a_minute(database: Database) -> None:
    store = AccessTokenStore(database)
    await ProjectStore(database).put(PROJECT)
    await store.add("prj_1", "tok_1", digest("tok_1"), "tests", "u1", 300)
    for statement in COUNTING:
        await database.fetch(Statement(statement))
    holders = [await asyncio.gather(*(store.use(digest("tok_1")) for _ in range(20))) for _ in range(2)]

    assert holders == [[Holder(PROJECT, "u1")] * 20] * 2
    assert (await database.fetch(Statement("SELECT count(*) AS n FROM writes")))[0].n == 1


async def test_expired_tokens_of_a_project_are_erased_when_its_next_is_made(database: Database) -> None:
    store, projects = AccessTokenStore(database), ProjectStore(database)
    await projects.put(PROJECT)
    await projects.put(OTHER)
    for token_id, project_id, seconds in (
        ("tok_1", "prj_1", EXPIRED),
        ("tok_2", "prj_1", 300),
        ("tok_3", "prj_2", EXPIRED),
        ("tok_4", "prj_1", 300),
    ):
        await store.add(project_id, token_id, digest(token_id), "tests", "u1", seconds)
    rows = await database.fetch(Statement("SELECT token_id FROM access_tokens ORDER BY token_id"))

    assert [row.token_id for row in rows] == ["tok_2", "tok_3", "tok_4"]
