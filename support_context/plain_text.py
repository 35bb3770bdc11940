"""Plain text without invisible characters: nothing that hides, and nothing that turns the reading direction."""

import re
import unicodedata
from functools import lru_cache

LONGEST_RUN_OF_MARKS = 30
"""Combining marks kept on one letter: the Stream-Safe Text Format (UAX #15); normalizing more takes quadratic time."""

_LINE_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_VISIBLE_ASCII = frozenset("\t\n" + "".join(map(chr, range(ord(" "), ord("~") + 1))))
_HIDDEN_ASCII = re.compile(r"[^\t\n -~]+")
_RUN = re.compile(r"[^\W_]+")

_HIDING_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Controls, format characters (bidirectional, zero-width, tags), lone surrogates, private use, separators."""

_IGNORABLE = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers: letters that show nothing
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2800, 0x2800),  # Braille blank
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xE0000, 0xE0FFF),  # tags and more variation selectors
)
"""Characters that show nothing although their category says otherwise (Default_Ignorable_Code_Point, UAX #44)."""

_LATER_UNICODE = ((0x1F000, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))
"""Blocks of emoji and of ideographs: what Python's tables do not know there yet is a newer one, and shows."""


def plain(text: str) -> str:
    """Return the text without characters that hide or mislead; tabs stay, and every line break becomes LF."""
    if text.isascii():
        # Most text: it needs no regular expression where nothing hides.
        if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
            return text
        return _HIDDEN_ASCII.sub("", _LINE_BREAKS.sub("\n", text))
    text = _LINE_BREAKS.sub("\n", text)
    # Judging the distinct characters once keeps this linear and fast for a megabyte of any script.
    distinct = set(text) - _VISIBLE_ASCII
    hidden = {ord(character): None for character in distinct if not _shows(character)}
    text = text.translate(hidden) if hidden else text
    marks = "".join(sorted(character for character in distinct if unicodedata.combining(character)))
    if len(text) <= LONGEST_RUN_OF_MARKS or not marks:
        return text
    pile = re.compile(f"([{re.escape(marks)}]{{{LONGEST_RUN_OF_MARKS}}})[{re.escape(marks)}]+")
    return pile.sub(r"\1", text)


def line(text: str, limit: int) -> str:
    """Make one line of at most `limit` characters; a cut shows as an ellipsis."""
    folded = " ".join(plain(text).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def comparable(text: str) -> str:
    """Return the text as it compares: plain, compatibility forms unified (NFKC), case folded."""
    shown = plain(text)
    if shown.isascii():
        return shown.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())


def runs(text: str) -> list[str]:
    """List the runs of letters and digits, compatibility forms unified (NFKC) and case folded."""
    return _RUN.findall(comparable(text))


@lru_cache(maxsize=4096)
def _shows(character: str) -> bool:
    code, category = ord(character), unicodedata.category(character)
    if category == "Cn":
        return any(first <= code <= last for first, last in _LATER_UNICODE)
    return category not in _HIDING_CATEGORIES and not any(first <= code <= last for first, last in _IGNORABLE)
