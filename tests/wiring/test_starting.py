"""What a start says of a database that will not do, and of what runs."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import pytest

from app import __version__
from app.adapters.postgres.schema import REVISIONS, is_pending, revision_of
from app.adapters.postgres.server import Server, look_at
from app.adapters.telemetry import logs
from app.settings.loading import InvalidSettings, load_settings
from app.settings.service_settings import Settings
from app.wiring.databases import server_of
from app.wiring.starting import log_start, prepared_database

PASSWORD = "Zq7xZq7x"
"""Never to be shown."""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "service-token-0123456789")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return load_settings()


@asynccontextmanager
async def refusing(sqlstate: str) -> AsyncIterator[str]:
    """URL of a server that greets every session with one error, as PostgreSQL's protocol 3.0 has it."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(4), "big")
            asked = await reader.readexactly(length - 4)
            if asked != b"\x04\xd2\x16/":  # not a wish for TLS
                break
            writer.write(b"N")
        fields = b"SFATAL\0VFATAL\0C" + sqlstate.encode() + b"\0Mrefused " + PASSWORD.encode() + b"\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://role:{PASSWORD}@127.0.0.1:{port}/name"


@pytest.mark.parametrize(
    ("sqlstate", "said"),
    [
        pytest.param("28P01", "invalid_password", id="the password is wrong"),
        pytest.param("28000", "pg_hba.conf", id="the role may not come from here"),
        pytest.param("3D000", "invalid_catalog_name", id="no such database"),
        pytest.param("42501", "insufficient_privilege", id="the role may not connect"),
    ],
)
async def test_start_ends_at_once_when_the_database_will_never_do(settings: Settings, sqlstate: str, said: str) -> None:
    async with refusing(sqlstate) as url, asyncio.timeout(2):
        with pytest.raises(InvalidSettings, match=said) as refused:
            await prepared_database(url, settings)

    assert str(refused.value).startswith("CC_DATABASE_URL: ")
    assert sqlstate in str(refused.value)
    assert PASSWORD not in str(refused.value)


async def test_start_names_a_database_that_is_not_there(settings: Settings, postgres_url: str) -> None:
    with pytest.raises(InvalidSettings, match="3D000"):
        await server_of(postgres_url.replace("/customer_context?", "/nowhere?"), settings)


async def test_start_names_a_role_that_is_not_there(settings: Settings, postgres_url: str) -> None:
    with pytest.raises(InvalidSettings, match="28000"):
        await server_of(postgres_url.replace("postgres@", "nobody@"), settings)


async def test_start_names_a_role_that_may_make_no_tables(settings: Settings, empty_database_url: str) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    owner = await asyncpg.connect(empty_database_url)
    await owner.execute(f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(InvalidSettings, match="42501"):
            await prepared_database(empty_database_url.replace("postgres@", f"{role}@"), settings)
    finally:
        await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await owner.close()


async def test_start_migrates_what_is_pending_and_then_nothing(settings: Settings, empty_database_url: str) -> None:
    assert is_pending(await revision_of(empty_database_url))
    for _ in range(2):
        await prepared_database(empty_database_url, settings)
        assert await revision_of(empty_database_url) == REVISIONS[-1]


async def test_server_is_told_by_host_and_version(postgres_url: str) -> None:
    server = await look_at(postgres_url)

    assert server.host == "a socket on this machine"
    assert int(server.version.split(".")[0]) >= 15


def test_start_is_one_line_and_a_warning_for_each_thing_that_is_not_for_production(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    weak = settings.model_copy(update={"service_tokens": settings.service_tokens[:0]})
    log_start(weak, Server("db.example.com", "18.1"), ("CC_SAETS",))
    started, *warnings = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert (started["event"], started["version"]) == ("started", __version__)
    assert (started["database_host"], started["database_version"]) == ("db.example.com", "18.1")
    assert (started["ai_provider"], started["seats"], started["unknown_settings"]) == (
        "offline",
        settings.seats,
        ["CC_SAETS"],
    )
    assert [(each["event"], each["level"]) for each in warnings] == [
        ("offline_ai", "warning"),
        ("embedded_database", "warning"),
    ]
