"""How long a run waits for the AI provider, and when it gives up."""

import pytest

from app.runs.pauses import before_next_try


@pytest.mark.parametrize(
    ("age", "asked", "pause"),
    [
        pytest.param(0.0, 0.0, 2.0, id="at first the shortest"),
        pytest.param(4.0, 0.0, 2.0, id="still the shortest"),
        pytest.param(4.2, 0.0, 2.1, id="half of what it has waited"),
        pytest.param(119.0, 0.0, 59.5, id="just below the longest"),
        pytest.param(120.0, 0.0, 60.0, id="the longest"),
        pytest.param(700.0, 0.0, 60.0, id="never longer"),
        pytest.param(0.0, 90.0, 90.0, id="as long as the provider asks"),
        pytest.param(100.0, 10.0, 50.0, id="longer than the provider asks"),
        pytest.param(-1.0, 0.0, 2.0, id="a clock that was set back"),
    ],
)
def test_pause_grows_with_the_age_unless_the_provider_asks_for_longer(age: float, asked: float, pause: float) -> None:
    assert before_next_try(age, asked, 1.0) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("age", "asked", "chance", "again"),
    [
        pytest.param(840.0, 0.0, 1.0, True, id="the last try is 15 minutes after the submission"),
        pytest.param(840.1, 0.0, 1.0, False, id="a moment too late"),
        pytest.param(839.0, 0.0, 1.02, False, id="too late by chance"),
        pytest.param(0.0, 900.0, 1.0, True, id="the provider asks for the whole time"),
        pytest.param(0.0, 900.1, 1.0, False, id="the provider asks for more"),
        pytest.param(10_000.0, 0.0, 1.0, False, id="long too late"),
    ],
)
def test_no_further_try_is_made_when_it_would_be_too_late(age: float, asked: float, chance: float, again: bool) -> None:
    assert (before_next_try(age, asked, chance) is not None) is again


@pytest.mark.parametrize("chance", [1.0, 1.1, 1.25])
def test_chance_spreads_those_that_failed_together(chance: float) -> None:
    assert before_next_try(60.0, 0.0, chance) == pytest.approx(30.0 * chance)


def test_a_run_is_tried_often_at_first_and_to_the_end() -> None:
    ages = [0.0]
    while (pause := before_next_try(ages[-1], 0.0, 1.0)) is not None:
        ages.append(ages[-1] + pause)
    assert 20 <= len(ages) <= 30
    assert 840 < ages[-1] <= 900
