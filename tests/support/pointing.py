"""Rows as a model points at them, and what a card shows of them."""

from typing import Any

from app.domain.rows.answer import Answer, PointedRow
from app.domain.rows.judging import Judged, judge
from support_context.facts import Facts


def pointed(
    label: str, source: str, kind: str = "", word: str = "", *, unit: str = "", members: Any = ()
) -> PointedRow:
    return PointedRow(label, source, kind, unit, tuple(members), (word,) if word else ())


def card(value: dict[str, Any], display: str, *rows: PointedRow, summary: str = "") -> Judged:
    return judge(Answer(summary, rows), Facts(value), display)


def told(judged: Judged) -> dict[str, str]:
    return {field.label: field.value for field in judged.fields}
