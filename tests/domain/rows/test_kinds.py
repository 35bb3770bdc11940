"""Records of many kinds, each written with its right card before the code was asked.

`records.json` holds a case a line: the `rows` that a model points at (absent: there is no model), what must be `shown`
(`one_of`: where more than one value is right), what may `never` stand on the card, and whether a summary is `kept`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.rows.answer import answer_of
from app.domain.rows.judging import Judged, judge, without_model
from support_context.facts import Json, parse_facts

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "records.json").read_text("utf-8"))


def names(case: dict[str, Any]) -> str:
    return str(case["kind"]).replace(" ", "-")


def judged(case: dict[str, Any]) -> Judged:
    facts = parse_facts(case["body"].encode())
    if "rows" not in case:
        return without_model(facts, case["display"])
    rows: list[Json] = []
    for row in case["rows"]:
        words = {f"word{at}": word for at, word in enumerate(row.get("words", []))}
        rows.append({**{key: value for key, value in row.items() if key != "words"}, **words})
    return judge(answer_of({"summary": case.get("summary", ""), "fields": rows}), facts, case["display"])


@pytest.mark.parametrize("case", CASES, ids=names)
def test_card_of_a_record(case: dict[str, Any]) -> None:
    card = judged(case)
    rows = {field.label: field for field in card.fields}
    texts = " | ".join([*(f"{field.label}: {field.value}" for field in card.fields), card.summary])

    assert {label: rows[label].value for label in case["shown"] if label in rows} == case["shown"]
    assert [label for label, right in case.get("one_of", {}).items() if rows[label].value not in right] == []
    assert {label: rows[label].type for label in case.get("types", {})} == case.get("types", {})
    assert {label: rows[label].raw for label in case.get("raws", {})} == case.get("raws", {})
    assert [text for text in case.get("never", []) if text in texts] == []
    if case.get("only"):
        assert rows.keys() == case["shown"].keys()
    if "kept" in case:
        assert (card.summary == case["summary"]) == case["kept"]
