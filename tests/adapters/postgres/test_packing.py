"""Packing: what comes back is what was packed, in fewer bytes, and what is no JSON is refused."""

import pytest

from app.adapters.postgres.rows.packing import pack, unpack
from tests.support.stores import RESULT


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(RESULT, id="a result"),
        pytest.param([], id="no steps"),
        pytest.param(["", "", ""], id="an empty email"),
        pytest.param(["\x00 \ud800 \u202e", "ünï 🎉", "<a@example.com>"], id="what PostgreSQL's text refuses"),
        pytest.param([str(number) for number in range(50_000)], id="more than the window holds"),
    ],
)
def test_what_was_packed_comes_back(value: object) -> None:
    assert unpack(pack(value)) == value


def test_what_repeats_itself_takes_less_room() -> None:
    rows = [{"label": f"Seat {number}", "value": "taken", "agent_only": False} for number in range(48)]
    assert len(pack(rows)) < len(str(rows)) / 4


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"n": number})
