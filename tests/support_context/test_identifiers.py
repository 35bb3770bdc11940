"""The identifier as it is sent."""

import re

from hypothesis import given
from hypothesis import strategies as st

from support_context.identifiers import sanitize

UNSAFE = re.compile(r"[^A-Za-z0-9._@:-]")


@given(st.text(alphabet=st.characters()))
def test_sanitize_leaves_only_safe_characters_and_is_done_when_done_once(identifier: str) -> None:
    value = sanitize(identifier)
    assert not UNSAFE.search(value)
    assert sanitize(value) == value
