"""The order in which addresses are tried."""

import pytest

from support_context.fetch.connecting import in_turn


@pytest.mark.parametrize(
    ("addresses", "order"),
    [
        pytest.param(["192.0.2.1"], ["192.0.2.1"], id="one"),
        pytest.param(["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"], id="one family"),
        pytest.param(["::1", "::2", "192.0.2.1"], ["::1", "192.0.2.1", "::2"], id="the second family comes second"),
        pytest.param(["192.0.2.1", "192.0.2.2", "::1"], ["192.0.2.1", "::1", "192.0.2.2"], id="the first stays first"),
        pytest.param(["::1", "192.0.2.1", "192.0.2.2"], ["::1", "192.0.2.1", "192.0.2.2"], id="in turn already"),
    ],
)
def test_families_take_turns(addresses: list[str], order: list[str]) -> None:
    assert in_turn(addresses) == order
