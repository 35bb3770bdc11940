"""What is said of the tests that were skipped."""

import pytest

from tests.support.skipped import summary


@pytest.mark.parametrize(
    ("skipped", "counts"),
    [
        pytest.param([], [0, 0, 0], id="none"),
        pytest.param(
            ["tests/browser/test_axe.py::test_a", "tests/browser/test_b.py::test_b"], [2, 0, 0], id="a browser"
        ),
        pytest.param(["tests/examples/test_a.py::test_a", "tests/clients/test_b.py::test_b"], [0, 2, 0], id="examples"),
        pytest.param(["tests/processes/test_pooler.py::test_a", "tests/deploy/t.py::t"], [0, 0, 2], id="programs"),
    ],
)
def test_each_kind_is_counted_with_the_command_that_runs_it(skipped: list[str], counts: list[int]) -> None:
    lines = summary(skipped)
    assert [int(line.split(": ", 1)[1].split(" ", 1)[0]) for line in lines] == counts
    assert all("(run with: " in line for line in lines)
