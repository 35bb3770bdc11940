"""A start that cannot work ends at once, with one line that an operator can act on."""

import socket
from pathlib import Path

import pytest

from tests.support.processes import running

NEVER_SHOWN = "Zq7x"
"""Part of each wrong value: it may be a secret with a typing mistake."""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("CC_SERVICE_TOKENS", None, id="no service token"),
        pytest.param("CC_SERVICE_TOKENS", f"{NEVER_SHOWN} x", id="a service token with a space"),
        pytest.param("CC_ENCRYPTION_KEYS", None, id="no encryption key"),
        pytest.param("CC_ENCRYPTION_KEYS", f"{NEVER_SHOWN}==", id="a key that is not 32 bytes"),
        pytest.param("CC_DATABASE_URL", f"mysql://{NEVER_SHOWN}@host/name", id="another kind of database"),
        pytest.param("CC_DATABASE_URL", f"postgresql://u:{NEVER_SHOWN}@[::1/name", id="a URL that cannot be read"),
        pytest.param("CC_DATABASE_URL", f"postgresql://u:{NEVER_SHOWN}@host:port/name", id="a port that is no number"),
        pytest.param("CC_DATA_DIR", f"/tmp/{NEVER_SHOWN * 25}", id="a path too long for a socket"),  # noqa: S108
        pytest.param("CC_EGRESS_CA_FILE", f"/nowhere/{NEVER_SHOWN}.pem", id="no such file"),
        pytest.param("CC_EGRESS_CA_FILE", str(Path(__file__)), id="a file that is not PEM"),
        pytest.param("CC_EGRESS_ALLOWED_CIDRS", f"10.0.0.0/8,{NEVER_SHOWN}", id="not a network"),
        pytest.param("CC_AI_PROVIDER", NEVER_SHOWN, id="a provider that nobody knows"),
        pytest.param("CC_LOG_LEVEL", NEVER_SHOWN, id="a level that nobody knows"),
        pytest.param("CC_TRACING", NEVER_SHOWN, id="a kind of tracing that nobody knows"),
        pytest.param("CC_RUN_DEADLINE_SECONDS", "9.9", id="a deadline too short"),
    ],
)
async def test_wrong_setting_ends_the_start_with_one_line_that_names_it(
    tmp_path: Path, variable: str, value: str | None
) -> None:
    async with running(tmp_path / "service", {variable: value}, "serve", "--port", "0") as program:
        code = await program.ended()

    assert code == 1
    assert program.stdout == ""
    assert len(program.stderr.splitlines()) == 1, program.stderr
    assert variable in program.stderr
    assert NEVER_SHOWN not in program.stderr
    assert Path(__file__).name not in program.stderr


async def test_claude_without_a_key_names_the_key(tmp_path: Path) -> None:
    async with running(tmp_path / "service", {"CC_AI_PROVIDER": "anthropic"}, "serve", "--port", "0") as program:
        code = await program.ended()

    assert (code, len(program.stderr.splitlines())) == (1, 1)
    assert "ANTHROPIC_API_KEY" in program.stderr


async def test_taken_port_ends_the_start_with_one_line(tmp_path: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = {"CC_DATABASE_URL": database_url}
        async with running(tmp_path / "service", settings, "serve", "--port", port) as program:
            code = await program.ended()

    assert code == 1
    assert len(program.stderr.splitlines()) == 1, program.stderr
    assert port in program.stderr
