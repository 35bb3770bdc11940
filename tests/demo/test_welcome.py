import json
import re
import shlex

import pytest

from app.demo.welcome import welcome

SETTINGS_URL = "http://127.0.0.1:8000/settings#token=cct_0123&project=prj_demo"
NOTES = [("AI", "offline")]
PAGE = welcome("http://127.0.0.1:8000", SETTINGS_URL, "service-token", "t_ab12cd", NOTES)
COLOURED = welcome("http://127.0.0.1:8000", SETTINGS_URL, "service-token", "t_ab12cd", NOTES, coloured=True)
COMMANDS = [line for line in PAGE.splitlines() if line.startswith("curl ")]


def words_of(command: str) -> list[str]:
    """Split as a shell would, up to the pipe."""
    words = shlex.split(command)
    return words[: words.index("|")]


def body_of(command: str) -> dict[str, str]:
    words = words_of(command)
    body: dict[str, str] = json.loads(words[words.index("-d") + 1])
    return body


def test_welcome_begins_with_where_everything_is_when_printed() -> None:
    assert PAGE.splitlines()[1:8] == [
        "│ Customer Context is ready",
        "│",
        "│ Open      http://127.0.0.1:8000/",
        f"│ Settings  {SETTINGS_URL}",
        "│ Routes    http://127.0.0.1:8000/docs",
        "│ AI        offline",
        "│ Stop      Ctrl-C",
    ]


def test_welcome_says_the_same_in_colour_and_leaves_the_command_lines_plain() -> None:
    assert re.sub("\x1b\\[[0-9]m", "", COLOURED) == PAGE
    assert COLOURED != PAGE
    assert [line for line in COLOURED.splitlines() if line.startswith("curl ")] == COMMANDS


def test_welcome_posts_seven_tickets_and_one_test_when_its_commands_are_run() -> None:
    assert [words_of(command)[2] for command in COMMANDS] == [
        *(f"http://127.0.0.1:8000/tickets/t_ab12cd-{number}/enrich" for number in range(1, 8)),
        "http://127.0.0.1:8000/projects/prj_demo/customer-context/test",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_welcome_sends_the_token_and_shows_readable_json_when_a_command_is_run(command: str) -> None:
    assert "Authorization: Bearer service-token" in words_of(command)
    assert command.endswith("| python3 -m json.tool --no-ensure-ascii")


def test_welcome_acts_for_the_owner_only_on_the_route_that_needs_one() -> None:
    acting = ["X-Actor-Id: demo-owner" in words_of(command) for command in COMMANDS]

    assert acting == [False] * 7 + [True]


def test_welcome_shows_each_way_in_which_a_customer_is_found_when_its_commands_are_run() -> None:
    bodies = [body_of(command)["body"] for command in COMMANDS]

    assert "Account ID: acct_12ab34cd" in bodies[0]
    assert "Order #10482" in bodies[1]
    assert not any(character.isdigit() for character in bodies[2])
    assert "acct_12ab34cd" in bodies[3]
    assert "Account ID: acct_612dd272" in bodies[7]
    assert [body_of(command).get("project_id") for command in COMMANDS[-4:]] == [
        "prj_demo",
        "prj_demo_strict",
        "prj_demo_failing",
        None,
    ]
