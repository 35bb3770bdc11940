"""What `keys check` says in the end: nothing that the figures above it do not carry."""

import pytest

from app.cli.key_report import _in_words
from app.domain.sealing import KeyReport, KeyUse

EVERY_REPLICA = "drop the others once it is the first of every replica's ring, or one may still seal with them."


def ring(*secrets: int) -> tuple[KeyUse, ...]:
    return tuple(KeyUse(f"key{number}", used) for number, used in enumerate(secrets, 1))


@pytest.mark.parametrize(
    ("report", "last"),
    [
        pytest.param(KeyReport(ring(0)), ["No secret is stored, so no key is needed yet."], id="nothing is stored"),
        pytest.param(
            KeyReport(ring(0, 0)), [f"No secret is stored, so no key is needed yet: {EVERY_REPLICA}"], id="two, no use"
        ),
        pytest.param(KeyReport(ring(3)), ["The first key opens everything."], id="one key, nothing to drop"),
        pytest.param(KeyReport(ring(3, 0)), [f"The first key opens everything: {EVERY_REPLICA}"], id="an old one"),
        pytest.param(
            KeyReport(ring(3, 1)),
            ["Keep every key that opens secrets; customer-context keys rotate seals them under the first."],
            id="an old one is needed",
        ),
        pytest.param(
            KeyReport(ring(3), (("prj_1", "key9"),)),
            [
                "No key opens the token of project prj_1; it needs key key9.",
                "Put the missing key back into CC_ENCRYPTION_KEYS, or have the owners enter their tokens again.",
            ],
            id="a key is missing",
        ),
    ],
)
def test_the_end_says_what_may_be_dropped_and_no_more(report: KeyReport, last: list[str]) -> None:
    lines = _in_words(report).splitlines()

    assert lines[1 + len(report.keys) :] == last
