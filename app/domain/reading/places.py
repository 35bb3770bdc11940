"""Finds the place of an email's text where an answer stands: contiguous, whole, and spelt as the text spells it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from app.domain.reading.encodings import decoded
from app.domain.reading.folding import LONG_DASH, fold
from support_context.plain_text import plain

LONGEST_ANSWER = 1_000
"""Characters of an answer that is looked for; nobody's identifier is longer, and looking stays cheap."""

FULL_LINE = 64
"""Characters of a line that a mail program may have ended: most break lines at 72 to 78, before a word."""

FEWEST_SINGLE_DIGITS = 6
SHORTEST_GROUP = 3
"""A number stands in groups where each has three digits or more, or where six digits or more stand one by one."""

LONGEST_JOINT = 8
"""Joining characters in a row that are looked through for what they join."""

_WRAP = "\ue000"
"""Stands where a full line ended; private use, so that no plain text has it."""

_WRAPPED = re.compile(rf"^(.{{{FULL_LINE - 1},1000}}\S)[ \t]*\n[ \t]*(?:>[ \t]*)*(?=\S)", re.MULTILINE)
_IN_GROUPS = re.compile(r"[0-9]+(?: {1,3}[0-9]+)+")
"""Digits with spaces between; a tab parts two cells of a table, which are two values."""

_REST = re.compile(
    r"(?=[a-z]*[0-9])(?=[0-9]*[a-z])"
    r"(?!(?:[0-9]+(?:st|nd|rd|th|am|pm|[hmsx]|hrs?|min|k?g|[ckm]?m|k|[kmgt]b|uhr)|[a-z]+[0-9]{1,2})(?![a-z0-9]))[a-z0-9]{3,}",
    re.IGNORECASE,
)
"""What begins a line where the full one above may have ended inside a code: letters and digits, no time or size."""

_EDGES = re.compile(r"\A(?:mailto:|tel:|\W)+|\W+\Z", re.IGNORECASE)
_JOINTS = frozenset("_-.")
"""What goes on between two letters or digits of one identifier."""

_IN_MAILBOX = frozenset(".!#$%&'*+-^_~")
"""What may stand between letters in the name of a mailbox (RFC 5322, 3.2.3) and parts nothing else in most texts."""

_OTHER_SCRIPTS = (
    "\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\u0870-\u08ff"  # Hebrew, Arabic
    "\u0e00-\u0eff\u1780-\u17ff\u19e0-\u19ff"  # Thai and Lao, Khmer
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa1-\uffdc"  # Hangul
    "\u3005-\u3007\u3021-\u3029\u3040-\u312f\u31a0-\u31ff\uff66-\uff9f"  # kana and bopomofo
    "\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\ufb1d-\ufdff\ufe70-\ufefc\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Scripts that are written beside ASCII without a space and that no identifier goes on in."""

_APART = re.compile(f"[{_OTHER_SCRIPTS}]")
_SCRIPT_CHANGES = re.compile(rf"(?<=[{_OTHER_SCRIPTS}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_OTHER_SCRIPTS}])")


def wanted(answer: str) -> str:
    """Return the identifier to look for in the text: the answer folded, without white space and signs around it."""
    if len(answer) > LONGEST_ANSWER:
        return ""
    return "".join(_EDGES.sub("", fold(plain(answer))).split())


def spelling(value: str, texts: Iterable[str]) -> str | None:
    """Return the identifier as the first text spells it where it stands as a whole word; None where it does in none.

    A place that is spelt just as the value goes before one in other letters.
    """
    found = [each for text in texts for each in _places(value, _prepared(text))]
    return value if value in found else next(iter(found), None)


def spaced(text: str) -> str:
    """Return the text with a space between ASCII and a script that no identifier goes on in, on either side."""
    return text if text.isascii() else _SCRIPT_CHANGES.sub(" ", text)


def _prepared(text: str) -> str:
    read = fold(decoded(text))
    has_full_lines = max(map(len, read.split("\n"))) >= FULL_LINE
    return _WRAPPED.sub(rf"\1{_WRAP}", read) if has_full_lines else read


def _places(value: str, text: str) -> Iterator[str]:
    for start, end in _spans(value, text):
        place = text[start:end]
        if _is_one_value(place) and _is_whole(text, start, end, address="@" in value):
            yield place.replace(_WRAP, "").replace(LONG_DASH, "-")
    if value.isdecimal() and value.isascii():
        for found in _IN_GROUPS.finditer(text):
            groups = found[0].split()
            whole = _is_whole(text, found.start(), found.end(), address=False)
            if whole and "".join(groups) == value and _is_one_number(groups):
                yield value


def _spans(value: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where the letters of a value stand in a text, in capitals or not, and over the end of a full line."""
    if value.isascii() and text.isascii():
        # To compile a regular expression for every identifier costs more than all that is done with it.
        sought, within = value.lower(), text.lower()
        start = within.find(sought)
        while start >= 0:
            end = start + len(sought)
            yield start, end
            start = within.find(sought, end)
        return
    letters = (f"[-{LONG_DASH}]" if letter == "-" else re.escape(letter) for letter in value)
    for found in re.finditer(f"{_WRAP}?".join(letters), text, re.IGNORECASE):
        yield found.span()


def _is_one_value(place: str) -> bool:
    """Tell whether a place that goes over the end of a line is one value: words wrap too, `12` and `Main`."""
    before, wrapped, after = place.partition(_WRAP)
    joined = before[-1] in _JOINTS or "@" in place or any(letter.isdecimal() for letter in after)
    return not wrapped or joined


def _is_one_number(groups: list[str]) -> bool:
    if all(len(group) == 1 for group in groups):
        return len(groups) >= FEWEST_SINGLE_DIGITS
    return all(len(group) >= SHORTEST_GROUP for group in groups)


def _is_whole(text: str, start: int, end: int, *, address: bool) -> bool:
    """Tell whether nothing before or after the place belongs to the same run, or to the same address."""
    if _goes_on(text, start - 1, -1) or _goes_on(text, end, 1):
        return False
    if text[end : end + 1] == _WRAP and not text[start:end].isdecimal() and not address and _REST.match(text, end + 1):
        return False
    if text[end : end + 1] == "@" and _is_of_a_run(text[end + 1 : end + 2]):
        return False
    if not address:
        return True
    at = start - 1
    while at >= 0 and start - at <= LONGEST_JOINT and text[at] in _IN_MAILBOX:
        at -= 1
    return at < 0 or not (text[at] == "@" or _is_of_a_run(text[at]))


def _goes_on(text: str, at: int, step: int) -> bool:
    """Tell whether the run at whose end we stand goes on in this direction, as in `acct_12ab_archived`."""
    first, joints = at, ""
    while 0 <= at < len(text) and text[at] in _JOINTS and abs(at - first) < LONGEST_JOINT:
        joints += text[at]
        at += step
    if not 0 <= at < len(text) or (len(joints) > 1 and joints.strip(joints[0]) == "" and joints[0] != "_"):
        return False  # dots and dashes in a row end a thought: `10482...`, `10482--thanks`
    return _is_of_a_run(text[at])


def _is_of_a_run(character: str) -> bool:
    """Tell whether a letter, digit or mark beside an ASCII letter or digit belongs to the same run."""
    if not character or (character.isascii() and not character.isalnum()) or _APART.match(character):
        return False
    return character.isalnum() or unicodedata.category(character)[0] == "M"
