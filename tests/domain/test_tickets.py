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
    tail = READABLE_CHARACTERS - HEAD_CHARACTERS
    body = "h " * (HEAD_CHARACTERS // 2) + "m" * (length - READABLE_CHARACTERS) + " t" * (tail // 2)
    email = Email.of("", body, None)
    read = email.readable_body()

    assert (read != body) is cut
    assert read.startswith("h h h")
    assert read.endswith("t t t")
    assert "m" not in read
    if cut:
        left_out = length - sum(map(len, email.readable_parts()))
        assert f"[… {left_out} characters left out …]" in read


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        pytest.param("a 12345" + "6" * 30_000 + "78 b", ("a", "b"), id="a word over head and tail"),
        pytest.param("6" * 30_000, ("", ""), id="one word"),
        pytest.param("", ("",), id="nothing"),
    ],
)
def test_no_word_is_cut(body: str, parts: tuple[str, ...]) -> None:
    assert Email.of("", body, None).readable_parts() == parts


def test_headers_are_cut_between_words() -> None:
    email = Email.of("Order " + "1" * 1_000, "", "Ann " * 249 + "Ann ann@x.example")

    assert email.readable_subject() == "Order"
    assert email.readable_sender() == " ".join(["Ann"] * 249)


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
