"""A start that cannot work ends at once, with one line that an operator can act on."""

import asyncio
import signal
import socket
from pathlib import Path

import pytest

from tests.support.processes import ROOT, running

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
        pytest.param("CC_OUTBOUND_PROXY", f"socks5://{NEVER_SHOWN}", id="a proxy of another kind"),
        pytest.param("CC_OUTBOUND_CA_FILE", f"/nowhere/{NEVER_SHOWN}.pem", id="no such file for the way out"),
        pytest.param("CC_LOG_LEVEL", NEVER_SHOWN, id="a level that nobody knows"),
        pytest.param("CC_LOG_FORMAT", NEVER_SHOWN, id="a format that nobody knows"),
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
    (line,) = program.log
    assert (line["event"], line["level"]) == ("start_refused", "error")
    assert variable in line["why"]
    assert NEVER_SHOWN not in program.stderr
    assert Path(__file__).name not in program.stderr


async def test_claude_without_a_key_names_the_key(tmp_path: Path) -> None:
    async with running(tmp_path / "service", {"CC_AI_PROVIDER": "anthropic"}, "serve", "--port", "0") as program:
        code = await program.ended()

    assert (code, len(program.stderr.splitlines())) == (1, 1)
    assert "ANTHROPIC_API_KEY" in program.stderr


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        pytest.param({"CC_AI_PROVIDER": "bedrock"}, "bedrock needs AWS_REGION", id="a cloud without its region"),
        pytest.param({"CC_AI_PROVIDER": "compatible", "CC_AI_MODEL": "qwen"}, "CC_AI_BASE_URL", id="no address"),
        pytest.param(
            {"CC_AI_PROVIDER": "compatible", "CC_AI_BASE_URL": "http://127.0.0.1:9"}, "CC_AI_MODEL", id="no model"
        ),
        pytest.param(
            {"CC_OUTBOUND_CA_FILE": __file__, "ANTHROPIC_API_KEY": "x", "CC_AI_PROVIDER": "anthropic"},
            "CC_OUTBOUND_CA_FILE",
            id="a file that is not PEM",
        ),
    ],
)
async def test_provider_that_lacks_something_is_told_at_the_start(
    tmp_path: Path, variables: dict[str, str | None], names: str
) -> None:
    async with running(tmp_path / "service", variables, "serve", "--port", "0") as program:
        code = await program.ended()

    assert (code, len(program.stderr.splitlines())) == (1, 1), program.stderr
    assert names in program.stderr


async def test_taken_port_ends_the_start_with_one_line(tmp_path: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = {"CC_DATABASE_URL": database_url}
        async with running(tmp_path / "service", settings, "serve", "--port", port) as program:
            code = await program.ended()

    assert code == 1
    assert program.log[-1]["event"] == "start_refused"
    assert port in program.log[-1]["why"]


async def test_variable_that_no_setting_reads_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    async with running(tmp_path / "service", {"CC_SAETS": NEVER_SHOWN}, "serve", "--port", "0") as program:
        code = await program.ended()

    (refused,) = program.log
    assert (code, refused["event"], refused["level"]) == (1, "start_refused", "error")
    assert refused["why"].startswith("CC_SAETS: no such setting, CC_SEATS is one")
    assert NEVER_SHOWN not in program.stderr


async def test_variable_that_no_setting_reads_is_only_told_when_that_is_allowed(
    tmp_path: Path, database_url: str
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_SAETS": "9", "CC_UNKNOWN_SETTINGS": "allow"}
    async with running(tmp_path / "service", settings, "serve", "--check") as program:
        code = await program.ended()

    assert code == 0, program.stderr
    assert "Unknown:   CC_SAETS" in program.stdout


async def test_check_says_what_it_found_and_starts_nothing(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path / "service", {"CC_DATABASE_URL": database_url}, "serve", "--check") as program:
        code = await program.ended()

    assert (code, program.stderr) == (0, "")
    assert program.stdout.splitlines()[0].startswith("Database:  PostgreSQL ")
    assert "nothing was started" in program.stdout


async def test_check_fails_where_the_database_does_not_answer(tmp_path: Path) -> None:
    settings = {"CC_DATABASE_URL": f"postgresql://u:{NEVER_SHOWN}@127.0.0.1:1/name"}
    async with running(tmp_path / "service", settings, "serve", "--check") as program:
        code = await program.ended()

    assert (code, program.stdout) == (1, "")
    assert program.stderr == "customer-context: CC_DATABASE_URL: PostgreSQL does not answer; is it running?\n"


@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("status",), ("demo", "--port", "0")])
async def test_interrupted_command_shows_no_traceback(
    tmp_path: Path, command: tuple[str, ...], seconds: float, data_dir: Path
) -> None:
    settings = {"CC_DATA_DIR": str(data_dir)}
    async with running(tmp_path / "service", settings, *command, cold=True) as program:
        await asyncio.sleep(seconds)
        program.send(signal.SIGINT)
        await program.ended()

    # An interpreter that is not up yet says so in its own way; none of the lines is then about our code.
    assert f'File "{ROOT}/app/' not in program.stderr, program.stderr
