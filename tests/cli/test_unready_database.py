"""What a command that reads the database, and migrates nothing, says of one that is not ready for it."""

import asyncio
import base64
import uuid
from collections.abc import Callable

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.cli import main

COMMANDS = [
    pytest.param(("status",), id="status"),
    pytest.param(("status", "--json"), id="status --json"),
    pytest.param(("keys", "check"), id="keys check"),
    pytest.param(("keys", "rotate"), id="keys rotate"),
]
"""Each that opens the database; `serve`, `worker`, `demo` and `migrate` migrate it first."""

Run = Callable[[str, tuple[str, ...]], str]


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line on a database; return the one line with which it ends."""

    def run(url: str, command: tuple[str, ...]) -> str:
        monkeypatch.setenv("CC_SERVICE_TOKENS", "service-token-0123456789")
        monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())
        monkeypatch.setenv("CC_DATABASE_URL", url)
        monkeypatch.setattr("sys.argv", ["customer-context", *command])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        assert printed.out == ""
        line = f"{stopped.value.code}\n" if isinstance(stopped.value.code, str) else printed.err
        assert line.count("\n") == 1, line
        return line.strip()

    return run


def execute(url: str, *statements: str) -> None:
    async def in_turn() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(in_turn())


@pytest.mark.parametrize("command", COMMANDS)
def test_empty_database_is_told_with_the_command_that_makes_its_tables(
    refusal: Run, empty_database_url: str, command: tuple[str, ...]
) -> None:
    assert refusal(empty_database_url, command) == (
        "customer-context: CC_DATABASE_URL: the database holds no tables (undefined_table): make them with "
        "customer-context migrate; SQLSTATE 42P01"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_older_database_is_told_with_the_command_that_updates_it(
    refusal: Run, database_url: str, command: tuple[str, ...]
) -> None:
    execute(
        database_url,
        "ALTER TABLE projects RENAME token_sealed TO token_once",
        "ALTER TABLE workers RENAME seats TO places",
    )

    assert "is of an older release (undefined_column): update it with customer-context migrate" in refusal(
        database_url, command
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_role_that_may_not_read_is_told_where_its_rights_are_listed(
    refusal: Run, database_url: str, command: tuple[str, ...]
) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    execute(database_url, f"CREATE ROLE {role} LOGIN")
    try:
        said = refusal(database_url.replace("postgres@", f"{role}@"), command)
    finally:
        execute(database_url, f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert "(insufficient_privilege): docs/data.md lists what to GRANT to it; SQLSTATE 42501" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(("/test_", "/nowhere_"), "create it; SQLSTATE 3D000", id="no such database"),
        pytest.param(("postgres@", "nobody@"), "SQLSTATE 28000", id="no such role"),
        pytest.param(("host=", "host=/nowhere"), "PostgreSQL does not answer; is it running?", id="nobody listens"),
    ],
)
def test_database_that_lets_nobody_in_is_told_as_serve_tells_it(
    refusal: Run, database_url: str, command: tuple[str, ...], change: tuple[str, str], said: str
) -> None:
    assert said in refusal(database_url.replace(*change), command)
