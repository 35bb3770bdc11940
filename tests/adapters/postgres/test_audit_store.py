"""The audit trail: nothing changes without its entry, no entry without its change, and no entry ever changes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.project_store import ProjectStore
from app.domain.audit import Action, Entry
from app.domain.projects import Project, VersionConflict
from tests.support.stores import CONFIGURATION, PROJECT, RESULT, TOKEN, Stores, postgres_stores

Told = tuple[str | None, Action, tuple[str, ...], str | None, int | None]


def told(entry: Entry) -> Told:
    return entry.actor, entry.action, entry.fields, entry.subject, entry.results_erased


async def newest(stores: Stores, project_id: str = "prj_1") -> list[Told]:
    """Return the entries since the project was put, the oldest first."""
    return [told(entry) for entry in reversed(await stores.trail.of_project(project_id, 200, None))][1:]


async def put(stores: Stores, project: Project) -> None:
    await stores.projects.put(project, "u9")


async def save(stores: Stores) -> None:
    await stores.projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1", 0, ("api_url", "bearer_token"))


async def erase_configuration(stores: Stores) -> None:
    await save(stores)
    await stores.projects.delete_configuration("prj_1", None, "u2")


async def revoke(stores: Stores) -> None:
    await stores.access.add("prj_1", "tok_1", b"hash", "label", "u1", 300)
    assert await stores.access.remove("prj_1", "tok_1", "u2")


async def erase_ticket(stores: Stores) -> None:
    await stores.submit()
    await stores.tickets.erase("t_1", "prj_1", "u1")


async def erase_project(stores: Stores) -> None:
    await stores.submit()
    await stores.projects.delete("prj_1", "u2")
    await stores.projects.put(PROJECT)


SAVED = ("u1", Action.CONFIGURATION_SAVED, ("api_url", "bearer_token"), None, None)
MADE = ("u1", Action.ACCESS_TOKEN_MADE, (), "tok_1", None)
ALL_FIELDS = ("monthly_ai_credits", "owner_ids", "plan")


@pytest.mark.parametrize(
    ("change", "entries"),
    [
        pytest.param(
            lambda stores: put(stores, replace(PROJECT, plan="team")),
            [("u9", Action.PROJECT_SAVED, ("plan",), None, None)],
            id="another plan",
        ),
        pytest.param(
            lambda stores: put(stores, replace(PROJECT, owner_ids=("u2", "u1"), monthly_ai_credits=1)),
            [("u9", Action.PROJECT_SAVED, ("monthly_ai_credits", "owner_ids"), None, None)],
            id="other owners and credits",
        ),
        pytest.param(lambda stores: put(stores, PROJECT), [], id="the same project again"),
        pytest.param(save, [SAVED], id="a configuration"),
        pytest.param(
            erase_configuration,
            [SAVED, ("u2", Action.CONFIGURATION_ERASED, (), None, None)],
            id="a configuration that is erased",
        ),
        pytest.param(lambda stores: stores.projects.delete_configuration("prj_1"), [], id="none to erase"),
        pytest.param(revoke, [MADE, ("u2", Action.ACCESS_TOKEN_REVOKED, (), "tok_1", None)], id="a revoked token"),
        pytest.param(lambda stores: stores.access.remove("prj_1", "tok_1", "u1"), [], id="no token to revoke"),
        pytest.param(
            lambda stores: stores.trail.note_test("prj_1", "u1", ("api_url",)),
            [("u1", Action.CONFIGURATION_TESTED, ("api_url",), None, None)],
            id="a test",
        ),
        pytest.param(erase_ticket, [("u1", Action.TICKET_ERASED, (), "t_1", None)], id="a ticket"),
        pytest.param(lambda stores: stores.tickets.erase("t_1", "prj_1", "u1"), [], id="no ticket to erase"),
        pytest.param(
            lambda stores: stores.tickets.erase_customer("prj_1", "acct_1", "u1"),
            [("u1", Action.CUSTOMER_ERASED, (), None, 0)],
            id="a customer of whom there was nothing",
        ),
        pytest.param(
            erase_project,
            [
                ("u2", Action.RESULTS_ERASED, (), None, 1),
                ("u2", Action.PROJECT_ERASED, (), None, None),
                (None, Action.PROJECT_SAVED, ALL_FIELDS, None, None),
            ],
            id="a project, which comes again",
        ),
    ],
)
async def test_change_is_noted_with_who_and_what(
    stores: Stores, change: Callable[[Stores], Awaitable[Any]], entries: list[Told]
) -> None:
    await change(stores)

    assert await newest(stores) == entries


async def test_change_that_is_refused_leaves_no_entry(stores: Stores) -> None:
    await save(stores)
    for expected in (0, 99):
        with pytest.raises(VersionConflict):
            await stores.projects.save_configuration("prj_1", CONFIGURATION, None, "u1", expected, ("method",))
        with pytest.raises(VersionConflict):
            await stores.projects.delete_configuration("prj_1", 99, "u1")

    assert await newest(stores) == [SAVED]


async def test_entries_of_other_projects_are_not_told(stores: Stores) -> None:
    await stores.projects.put(replace(PROJECT, project_id="prj_2"), "u3")
    await save(stores)

    assert await newest(stores) == [SAVED]
    assert [told(each) for each in await stores.trail.of_project("prj_2", 200, None)] == [
        ("u3", Action.PROJECT_SAVED, ALL_FIELDS, None, None)
    ]


async def test_pages_follow_each_other_while_entries_come_in(stores: Stores) -> None:
    for number in range(5):
        await stores.trail.note_test("prj_1", f"u{number}", ())
    first = await stores.trail.of_project("prj_1", 2, None)
    await stores.trail.note_test("prj_1", "later", ())
    second = await stores.trail.of_project("prj_1", 2, first[-1].number)
    third = await stores.trail.of_project("prj_1", 9, second[-1].number)

    assert [entry.actor for entry in first + second + third] == ["u4", "u3", "u2", "u1", "u0", None]


@pytest.fixture
async def owner(database_url: str) -> Any:
    """A session of the role that owns the tables, who may do anything but this."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE audit_entries SET actor = 'somebody else'", id="update"),
        pytest.param("UPDATE audit_entries SET actor = 'somebody else' WHERE false", id="update of nothing"),
        pytest.param("DELETE FROM audit_entries", id="delete"),
        pytest.param("TRUNCATE audit_entries", id="truncate"),
        pytest.param("TRUNCATE projects, audit_entries CASCADE", id="truncate with others"),
    ],
)
async def test_table_refuses_every_change_even_to_its_owner(stores: Stores, owner: Any, change: str) -> None:
    before = await stores.trail.of_project("prj_1", 200, None)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(change)

    assert await stores.trail.of_project("prj_1", 200, None) == before


async def session_user(database: Database) -> str:
    [row] = await database.fetch(Statement("SELECT current_user AS name"))
    name: str = row.name
    return name


GRANTS = """
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
    REVOKE UPDATE, DELETE ON audit_entries FROM {role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}
"""
"""As docs/data.md gives them to operators."""


async def test_service_works_as_a_role_that_may_not_touch_the_trail(database_url: str, owner: Any) -> None:
    role = f"app_{uuid4().hex}"
    await owner.execute(f"CREATE ROLE {role} LOGIN")
    try:
        await owner.execute(GRANTS.format(role=role))
        served_url = database_url.replace("//postgres@", f"//{role}@")
        await migrate(served_url)  # as a start does: there is nothing to apply
        served = Database(served_url, 10)
        stores = await postgres_stores(served)
        assert await stores.runs.finish(await stores.taken(), RESULT, refund=False) is not None
        projects, trail = ProjectStore(served), AuditStore(served)
        await projects.put(PROJECT, "u1")
        await projects.save_configuration("prj_1", CONFIGURATION, TOKEN, "u1", 0, ("method",))
        [saved, made] = await trail.of_project("prj_1", 200, None)
        session = await asyncpg.connect(database_url, user=role)
        for change in (
            "UPDATE audit_entries SET actor = NULL",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
            "DROP TABLE audit_entries",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await session.execute(change)
        await session.close()
        assert await session_user(served) == role
        await served.aclose()
    finally:
        await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert (saved.action, made.action) == (Action.CONFIGURATION_SAVED, Action.PROJECT_SAVED)
