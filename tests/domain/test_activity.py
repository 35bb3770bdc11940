"""Sums over the days of an activity."""

from datetime import date

import pytest

from app.domain.activity import COUNTED, Activity, Day


def day(number: int, **lookups: int) -> Day:
    return Day(date(2026, 11, number), {counted: lookups.get(counted, 0) for counted in COUNTED})


@pytest.mark.parametrize(
    ("days", "lookups", "ok_share"),
    [
        pytest.param((day(1), day(2)), 0, None, id="none"),
        pytest.param((day(1, ok=2), day(2, ok=1, fetch_error=1)), 4, 0.75, id="of two days"),
        pytest.param((day(1, ok=1, no_data=3),), 4, 0.25, id="an unknown customer is not found"),
        pytest.param((day(1, disabled=3, skipped_credits=1),), 4, 0.0, id="none of them ok"),
    ],
)
def test_share_of_ok_is_of_all_look_ups(days: tuple[Day, ...], lookups: int, ok_share: float | None) -> None:
    activity = Activity(days, {}, ())

    assert (activity.lookups, activity.ok_share) == (lookups, ok_share)
