"""Folds look-alike characters of a text to plain letters and digits, each with the place where it stands."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_EXPANSION = 4
"""Characters that one may fold to: U+FDFA would become 18, and a draft of 32 KB a megabyte."""

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_APOSTROPHES = "\u2018\u2019\u02bc\u00b4\u2032"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u00ad"

_LOOK_ALIKES = {
    other: letter
    for letter, others in {
        "a": "аɑαΑАᎪ",
        "b": "ЬΒВᏴ",
        "c": "сϲСⅽᏟ",
        "d": "ԁժᎠ",
        "e": "еєεҽΕЕᎬ",
        "f": "ғϝ",
        "g": "ɡցԌᏀ",
        "h": "һհΗНнᎻ",
        "i": "іїιıΙІӀᎥ",
        "j": "јϳЈᎫ",
        "k": "кκқҡΚКᏦ",
        "l": "ӏᏞ",
        "m": "мΜМᎷ",
        "n": "пηոΝ",
        "o": "оοσօоΟОՕ",
        "p": "рρΡРᏢ",
        "q": "ԛգ",
        "r": "гᎡᏒ",
        "s": "ѕЅᏚՏ",
        "t": "тτΤТᎢ",
        "u": "υսμՍ",
        "v": "ѵνᏙ",
        "w": "ԝωшᎳ",
        "x": "хχΧХ",
        "y": "уγүΥУҮ",
        "z": "ΖᏃ",
        "3": "зЗ",
        "6": "бᏮ",
    }.items()
    for other in others
}
"""Letters that are read as another in most typefaces; Unicode's own list (UTS #39) is a thousand times as long."""

_NAMED_LETTER = re.compile(
    r"(?:LATIN (?:LETTER SMALL CAPITAL|(?:SMALL|CAPITAL) LETTER(?: DOTLESS| LONG| SCRIPT| INSULAR)?)"
    r"|.*(?:LATIN (?:SMALL|CAPITAL) LETTER|REGIONAL INDICATOR SYMBOL LETTER)) ([A-Z])(?: WITH .*)?"
)
"""Names of letters that are a plain one in another shape, such as LATIN SMALL LETTER O WITH STROKE."""

_SAME_SHAPE = str.maketrans("ol|i", "0111")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The letters and digits of a text as they look; `places[i]` is where in the text the i-th of them stands."""

    letters: str
    places: list[int]


def evened(text: str) -> str:
    """Return the text, character for character, with one kind of space, dash, apostrophe and digit; cases stay."""
    if text.isascii():
        return text
    return text.translate({ord(character): _evened(character) for character in set(text) if _may_fold(character)})


def skeleton(text: str) -> Skeleton:
    """Return how a text looks: no case, no marks, no spaces; `О`, `o` and `0` are one, and so are `l`, `I` and `1`."""
    shapes = {character: _shape(character) if _may_fold(character) else _ascii(character) for character in set(text)}
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in shapes[character]:
            letters.append(letter)
            places.append(place)
    return Skeleton("".join(letters), places)


def _may_fold(character: str) -> bool:
    """Tell whether a character is not ASCII and may mean one: ideographs and Hangul never do, and are too many."""
    return "\x7f" < character < "\u2e80" or "\ua4d0" <= character < "\uac00" or character >= "\uf900"


def _ascii(character: str) -> str:
    return character.lower().translate(_SAME_SHAPE) if character.isalnum() else ""


@lru_cache(maxsize=8_192)
def _evened(character: str) -> str:
    if character in _SPACES:
        return " "
    if character in _DASHES:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    unified = unicodedata.normalize("NFKC", character)
    return unified if len(unified) == 1 and unified.isascii() else character


@lru_cache(maxsize=8_192)
def _shape(character: str) -> str:
    if character.isdecimal():
        character = str(unicodedata.decimal(character))
    plain = character if character.isascii() else "".join(map(_plain_letter, _expanded(character)))
    return "".join(each for each in plain.lower().translate(_SAME_SHAPE) if each.isalnum())


def _expanded(character: str) -> str:
    expanded = unicodedata.normalize("NFKD", character)
    return expanded if len(expanded) <= LONGEST_EXPANSION else character


def _plain_letter(character: str) -> str:
    looks_like = _LOOK_ALIKES.get(character, character)
    if looks_like.isascii():
        return looks_like
    named = _NAMED_LETTER.fullmatch(unicodedata.name(character, ""))
    return named[1] if named else character
