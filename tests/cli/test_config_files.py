"""A configuration in a file: pulled, compared, pushed if nobody saved in between and its emails come out right."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from app.cli.commands import app
from tests.browser.conftest import served
from tests.support.service import BEARER_TOKEN, CONFIGURATION, World, access_token, set_up
from tests.support.shared_database import SharedDatabase

MAILS = """
instructions: {identify: replaced by those of the file}
emails:
  - {body: "Account ID: acct_12ab34cd", identifier: acct_12ab34cd}
  - {body: "Nothing here", identifier: null}
"""


@pytest.fixture
def world(emptied: SharedDatabase) -> World:
    return World()


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    async def prepared() -> str:
        async with world.client() as client:
            await set_up(client)
            return await access_token(client)

    monkeypatch.setenv("CUSTOMER_CONTEXT_TOKEN", asyncio.run(prepared()))
    with served(world.app()) as origin:

        def command(name: str, *words: str) -> Result:
            return CliRunner().invoke(app, ["config", name, *words, "--project", "prj_1", "--url", origin])

        yield command


def change(file: Path, **fields: object) -> None:
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | fields))


def stored(world: World) -> str:
    [row] = world.database.rows("SELECT configuration ->> 'display_instructions' AS shown FROM projects")
    return str(row.shown)


def test_pulled_file_holds_the_fields_and_no_token(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert run("pull", str(file)).exit_code == 0

    fields = yaml.safe_load(file.read_text())
    assert fields.pop("version")
    assert {name: fields[name] for name in CONFIGURATION if name != "bearer_token"} == {
        name: value for name, value in CONFIGURATION.items() if name != "bearer_token"
    }
    assert BEARER_TOKEN not in file.read_text()
    assert run("diff", str(file)).exit_code == 0


def test_change_is_shown_then_pushed(run: Callable[..., Result], world: World, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    run("pull", str(file))
    change(file, display_instructions="Show Seats.")

    shown = run("diff", str(file))
    pushed = run("push", str(file))

    assert (shown.exit_code, pushed.exit_code) == (1, 0), pushed.output
    assert "+display_instructions: Show Seats." in shown.output
    assert stored(world) == "Show Seats."
    change(file, display_instructions="Show Plan.")
    assert run("push", str(file)).exit_code == 0  # the file got the new version


def test_push_is_refused_when_somebody_saved_in_between(
    run: Callable[..., Result], world: World, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine.yaml", tmp_path / "theirs.yaml"
    run("pull", str(mine))
    run("pull", str(theirs))
    change(theirs, display_instructions="Theirs.")
    run("push", str(theirs))
    change(mine, display_instructions="Mine.")
    refused = run("push", str(mine))

    assert (refused.exit_code, stored(world)) == (1, "Theirs.")
    assert "somebody else saved" in refused.output


@pytest.mark.parametrize(
    ("identify", "pushed"),
    [
        pytest.param(CONFIGURATION["identify_instructions"], True, id="instructions that pass"),
        pytest.param("Use the order number after `Order #`.", False, id="instructions that miss"),
    ],
)
def test_instructions_that_fail_on_the_emails_do_not_go_live(
    run: Callable[..., Result], world: World, tmp_path: Path, identify: str, pushed: bool
) -> None:
    file, mails = tmp_path / "c.yaml", tmp_path / "mails.yaml"
    mails.write_text(MAILS)
    run("pull", str(file))
    change(file, identify_instructions=identify, display_instructions="Show Seats.")
    ended = run("push", str(file), "--eval", str(mails), "--max-wrong", "0", "--min-accuracy", "1")

    assert (ended.exit_code == 0, stored(world) == "Show Seats.") == (pushed, pushed), ended.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("version: x\nbearer_token: sk_0123456789abcdef\n", "never belongs in a file", id="a token"),
        pytest.param("method: GET\n", "no version", id="no version"),
        pytest.param("- a\n", "not an object", id="a list"),
        pytest.param("a: [\n", "not YAML", id="no YAML"),
    ],
)
def test_file_that_cannot_be_pushed_is_explained(
    run: Callable[..., Result], tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(content)
    ended = run("push", str(file))

    assert ended.exit_code == 2
    assert said in ended.output


def test_missing_token_is_named(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUSTOMER_CONTEXT_TOKEN")

    assert "CUSTOMER_CONTEXT_TOKEN: not set" in run("pull", "x.yaml").output
