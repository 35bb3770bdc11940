import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_context.plain_text import line, plain, runs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\r\nb\rc\u2028d\u2029e\x0bf\x0cg\x85h", "a\nb\nc\nd\ne\nf\ng\nh", id="every-line-break-is-one"),
        pytest.param("a\tb", "a\tb", id="tab-stays"),
        pytest.param("a\x00b\x1bc\x7fd\x9fe", "abcde", id="controls"),
        pytest.param("\u202epay\u202c \u2066x\u2069\u200e\u200f\u061c", "pay x", id="bidirectional"),
        pytest.param("a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg", "abcdefg", id="zero-width-and-soft-hyphen"),
        pytest.param("hi\U000e0049\U000e0067\U000e007f", "hi", id="tags"),
        pytest.param("❤\ufe0f x\U000e0100", "❤ x", id="variation-selectors"),
        pytest.param("a\ud800b", "ab", id="lone-surrogate"),
        pytest.param("a\ue000b\U000f0000c", "abc", id="private-use"),
        pytest.param("a\ufdd0b\uffffc\u0378d", "abcd", id="unassigned"),
        pytest.param("a\u3164b\uffa0c\u115fd\u2800e", "abcde", id="letters-that-show-nothing"),
        pytest.param("é ñ ж 漢字 かな 한글 ไทย हिन्दी العربية עברית", None, id="letters-of-all-languages"),
        pytest.param("🙂🎉\U0001fae8\U0001fabf", None, id="emoji-newer-ones-too"),
        pytest.param("\U0001ffff\U0002ffff", "", id="noncharacters-among-emoji-and-ideographs"),
        pytest.param("z" + "\u0301" * 31, "z" + "\u0301" * 30, id="a-pile-of-marks-is-cut"),
        pytest.param("z" + "\u0301" * 30 + " and more", None, id="thirty-marks-stay"),
    ],
)
def test_plain_keeps_what_shows_when_text_may_hide(text: str, expected: str | None) -> None:
    assert plain(text) == (text if expected is None else expected)


@given(st.text(alphabet=st.characters()))
def test_plain_is_done_when_done_once_and_leaves_nothing_hidden(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert {unicodedata.category(character) for character in once if character not in "\n\t"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )


def test_plain_is_fast_when_a_megabyte_is_combining_marks() -> None:
    assert len(plain("a" + "\u0301\u0323" * 500_000)) == 31


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        pytest.param(" a \n\t b\u00a0c ", 9, "a b c", id="white-space-is-folded"),
        pytest.param("12345", 5, "12345", id="at-the-limit"),
        pytest.param("123456", 5, "1234…", id="beyond-the-limit"),
        pytest.param("123 56", 5, "123…", id="no-space-before-the-ellipsis"),
        pytest.param("\u200b", 5, "", id="nothing-shows"),
    ],
)
def test_line_is_one_line_within_its_limit_when_text_is_longer(text: str, limit: int, expected: str) -> None:
    assert line(text, limit) == expected


@given(st.text(alphabet=st.characters()), st.integers(1, 50))
def test_line_never_exceeds_its_limit_when_text_is_anything(text: str, limit: int) -> None:
    made = line(text, limit)
    assert len(made) <= limit
    assert not set(made) & set("\n\t\r")


def test_runs_are_unified_and_folded_when_forms_differ() -> None:
    assert runs("ACCT_１２ﬁ, Straße-2") == ["acct", "12fi", "strasse", "2"]
