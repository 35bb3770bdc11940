"""How a watched status is drawn on a terminal."""

import io
import os
import re

import pytest

from app.cli.status import showing
from tests.cli.test_status_report import BUSY

COLUMNS, LINES = 30, 9


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_is_drawn_over_and_a_page_is_cut_where_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((COLUMNS, LINES)))

    showing._show(BUSY, as_json=False)

    drawn = terminal.getvalue()
    assert drawn.startswith(showing.HOME)
    assert drawn.endswith(showing.TO_END_OF_PAGE)
    lines = re.sub(r"\x1b\[[HKJ]", "", drawn).split("\n")
    assert lines[0] == "Nothing is wrong."
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= COLUMNS
    assert drawn.count(showing.TO_END_OF_LINE) == drawn.count("\n")
