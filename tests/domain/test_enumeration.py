"""Whom the limit on enumeration counts: one address is one sender, however it is dressed."""

import pytest

from app.domain.enumeration import asker


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        pytest.param("jane@example.com", "jane@example.com", id="an address"),
        pytest.param("JANE@Example.com", "jane@example.com", id="another case"),
        pytest.param("Jane <jane@example.com>", "jane@example.com", id="a name"),
        pytest.param('"Doe, Jane" <jane@example.com>', "jane@example.com", id="a quoted name"),
        pytest.param("Doe, Jane <jane@example.com>", "jane@example.com", id="a comma that no standard allows"),
        pytest.param('"victim-1@example.com" <eve@evil.test>', "eve@evil.test", id="an address as a name"),
        pytest.param('"victim-2@example.com" <eve@evil.test>', "eve@evil.test", id="another address as a name"),
        pytest.param("\uff25ve@evil.test", "eve@evil.test", id="a full-width letter"),
        pytest.param("Jane Doe", "jane doe", id="no address"),
        pytest.param("+49 30 123456", "+49 30 123456", id="a telephone number"),
        pytest.param("", "", id="no sender"),
        pytest.param("  ", "", id="white space"),
    ],
)
def test_one_sender_is_counted_as_one(sender: str, expected: str) -> None:
    assert asker(sender) == expected
