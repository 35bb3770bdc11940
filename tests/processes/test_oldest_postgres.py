"""The oldest PostgreSQL that is supported runs the schema, every statement and a ticket; an older one is refused."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters import postgres
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.migrations import migrate
from app.adapters.postgres.server import OLDEST_VERSION, WrongDatabase, look_at
from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.oldest_postgres import DATABASE, PROGRAMS, oldest_postgres
from tests.support.processes import running, serving
from tests.support.stores import PROJECT, postgres_stores

installed = pytest.mark.skipif(
    not (PROGRAMS / "initdb").exists(), reason=f"needs PostgreSQL {OLDEST_VERSION}: apt-get install postgresql-15"
)


@pytest.fixture(scope="module")
def oldest_url() -> Iterator[str]:
    with oldest_postgres() as url:
        yield url


def statements() -> dict[str, Statement]:
    """Return every statement that stands ready in a module of the adapter, by its place."""
    names = [found.name for found in walk_packages(postgres.__path__, f"{postgres.__name__}.")]
    modules: list[ModuleType] = [import_module(name) for name in names]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Statement)
    }


@installed
async def test_oldest_version_takes_the_schema_and_every_statement(oldest_url: str) -> None:
    await migrate(oldest_url)
    every = statements()
    connection = await asyncpg.connect(oldest_url)
    try:
        assert connection.get_server_version().major == OLDEST_VERSION
        for place, statement in every.items():
            assert await connection.prepare(statement.sql), place
    finally:
        await connection.close()
    assert len(every) > 50


@installed
async def test_oldest_version_carries_a_ticket_to_its_answer(
    tmp_path: Path, oldest_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": oldest_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        waited = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
        (
            await client.post("/tickets/t_2/enrich", json=ticket(), headers={"Prefer": "respond-async"})
        ).raise_for_status()
        queued = await client.get("/tickets/t_2/customer-context", params={"project_id": "prj_1", "wait": "30"})
        async with running(tmp_path / "status", settings, "status") as status:
            code = await status.ended()

    assert (waited["status"], queued.json()["status"]) == ("ok", "ok")
    assert (code, status.stdout.splitlines()[0]) == (0, "Nothing is wrong.")
    started = next(line for line in replica.program.log if line["event"] == "started")
    assert started["database_version"].startswith(f"{OLDEST_VERSION}.")


@installed
async def test_every_project_has_its_turn_where_the_database_sorts_as_people_do(oldest_url: str) -> None:
    connection = await asyncpg.connect(oldest_url)
    await connection.execute("""
        CREATE DATABASE people TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'
    """)
    await connection.close()
    url = oldest_url.replace(f"/{DATABASE}?", "/people?")
    await migrate(url)
    async with aclosing(Database(url, 10)) as database:
        [order] = await database.fetch(Statement("SELECT 'a' < 'B' AS by_letter"))
        assert order.by_letter
        stores = await postgres_stores(database, slots=3)
        taken = []
        for projects, tickets in (("B", 4), ("ac", 3)):
            for project_id in projects:
                await stores.projects.put(replace(PROJECT, project_id=project_id))
                for number in range(tickets):
                    await stores.submit(f"{project_id}_{number}", project_id)
            taken.append([claimed.project_id for claimed in await stores.runs.take(10, suspects=True)])
    assert taken == [["B"] * 3, ["a", "c"] * 3]


async def test_older_version_is_refused_by_its_number(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.postgres.server.OLDEST_VERSION", 99)

    with pytest.raises(WrongDatabase, match=r"^PostgreSQL 1\d\.\d+ is too old: upgrade it to 99 or newer$"):
        await look_at(postgres_url)
