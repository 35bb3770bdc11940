"""The email as the pipeline sees it: plain, and cut to what a model reads."""

import pytest

from app.domain.tickets import HEAD_CHARACTERS, READABLE_CHARACTERS, Email


@pytest.mark.parametrize(
    ("length", "cut"),
    [
        pytest.param(READABLE_CHARACTERS, False, id="24,000 characters"),
        pytest.param(READABLE_CHARACTERS + 1, True, id="24,001 characters"),
        pytest.param(1_048_576, True, id="1 MiB"),
    ],
)
def test_body_is_cut_to_head_and_tail_above_the_limit(length: int, cut: bool) -> None:
    body = "h" * HEAD_CHARACTERS + "m" * (length - READABLE_CHARACTERS) + "t" * (READABLE_CHARACTERS - HEAD_CHARACTERS)
    read = Email.of("", body, None).readable_body()

    assert (read != body) is cut
    assert read.startswith("h" * HEAD_CHARACTERS)
    assert read.endswith("t" * (READABLE_CHARACTERS - HEAD_CHARACTERS))
    assert "m" not in read
    if cut:
        assert f"[… {length - READABLE_CHARACTERS} characters left out …]" in read


def test_every_part_is_cleaned_of_what_does_not_show() -> None:
    email = Email.of("a\u202eb", "c\u200bd\x00e", "f\U000e0041@example.com")

    assert email == Email("ab", "cde", "f@example.com")


def test_missing_sender_is_empty() -> None:
    assert Email.of("s", "b", None).sender == ""


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        pytest.param("jane@example.com", True, id="as it was sent"),
        pytest.param("  jane@example.com\r\n", True, id="white space around"),
        pytest.param("Jané <jane@example.com>", True, id="a name"),
        pytest.param("jane@exam\u200bple.com", None, id="a hidden character"),
        pytest.param("jane@example.com\u202e", None, id="a turned direction"),
        pytest.param("jane\x00@example.com", None, id="a null byte"),
        pytest.param(None, True, id="no sender"),
    ],
)
def test_verdict_on_a_sender_does_not_hold_for_one_that_was_cleaned(sender: str | None, kept: bool | None) -> None:
    assert Email.of("s", "b", sender, True).sender_verified is kept
