"""Folds digits, dashes and letters that are written in another form to ASCII, so that an identifier has one spelling.

Whatever cannot be part of an identifier stays as it is, but for signs that only hold letters or digits (№ º ¹ ℡ ①):
they become one mark that is neither.
"""

import re
import unicodedata
from functools import lru_cache

SIGN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for a sign that compatibility forms (NFKC) would turn into letters or digits, which it is not."""

LONG_DASH = "\N{EM DASH}"
"""Stands for every dash that ends a word where a hyphen would not: `10482—it is late`."""

_LONG_DASHES = frozenset("—―⸺⸻︱︲﹘")
_OTHERS = {"〜": "~", "〰": "~", "−": "-", "⁃": "-", "˗": "-", "➖": "-", "\N{KELVIN SIGN}": "K"}
_OTHERS |= {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_SAME_LETTER = frozenset({"<wide>", "<narrow>", "<font>", "<small>"})
"""Compatibility forms that are the same letter in another width or type face (UAX #44, 5.7.3)."""

_RAISED = frozenset({"<super>", "<sub>"})
_KEYCAP = re.compile("(?<=[0-9#*])\N{COMBINING ENCLOSING KEYCAP}")
"""What makes a key of a digit on a telephone's keyboard of emoji."""

_PROLONGED = re.compile(r"(?<=[0-9])[ーｰ](?=[0-9])")
"""The kana key beside the zero, which people hit for a hyphen between digits."""


def fold(text: str) -> str:
    """Return the text with every decimal digit, dash and full-width or mathematical letter as ASCII writes it."""
    if text.isascii():
        return text
    text = _KEYCAP.sub("", text)
    other = {character for character in text if character > "\x7f"}
    changed = {ord(character): folded for character in other if (folded := _folded(character)) != character}
    return _PROLONGED.sub("-", text.translate(changed))


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Zs":
            return " "
        case "No" | "Nl":
            return SIGN
        case "Pd" if character not in _OTHERS:
            return LONG_DASH if character in _LONG_DASHES else "-"
        case category:
            return _OTHERS.get(character) or _as_compatible(character, category)


def _as_compatible(character: str, category: str) -> str:
    tag, _, code = unicodedata.decomposition(character).rpartition(" ")
    if tag in _SAME_LETTER:
        same = chr(int(code, 16))
        return same if same.isascii() else character
    return SIGN if tag.split(" ")[0] in _RAISED or (code and category == "So") else character
