"""Answers of models, and of servers that hold no schema."""

import pytest

from app.domain.rows.answer import MOST_ROWS_READ, Answer, PointedRow, UnreadableAnswer, answer_of
from support_context.facts import Json

ROW = PointedRow("Plan", "/plan")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        pytest.param(
            {"summary": "s", "fields": [{"label": "Plan", "source": "/plan"}]}, Answer("s", (ROW,)), id="whole"
        ),
        pytest.param({"fields": [{"label": "Plan", "source": "/plan"}]}, Answer("", (ROW,)), id="no summary"),
        pytest.param({"summary": "s", "fields": None}, Answer("s", ()), id="no rows"),
        pytest.param([{"label": "Plan", "source": "/plan"}], Answer("", (ROW,)), id="rows alone"),
        pytest.param(
            {"rows": [{"label": "Plan", "source": "/plan"}, 3, None, {"label": "x"}]}, Answer("", (ROW,)), id="bad rows"
        ),
        pytest.param({"fields": [{"label": 7, "source": "/n"}]}, Answer("", (PointedRow("7", "/n"),)), id="a scalar"),
        pytest.param(
            {
                "fields": [
                    {"label": "S", "source": "/s", "as": "Choice", "unit": None, "members": ["a", 1], "value": "Active"}
                ]
            },
            Answer("", (PointedRow("S", "/s", "choice", "", ("a", "1"), ("Active",)),)),
            id="a value is a word to choose by",
        ),
    ],
)
def test_answer_is_read(said: Json, read: Answer) -> None:
    assert answer_of(said) == read


@pytest.mark.parametrize("said", [None, "text", 3, [], [1], {}, {"identifier": "x"}])
def test_what_is_no_answer_is_refused(said: Json) -> None:
    with pytest.raises(UnreadableAnswer, match='"summary"'):
        answer_of(said)


def test_flood_of_rows_is_cut() -> None:
    rows: list[Json] = [{"label": "Plan", "source": "/plan"}] * 10_000
    assert len(answer_of({"fields": rows}).rows) == MOST_ROWS_READ
