"""Finds the places of a text that state something checkable: addresses, dates, sums, identifiers and numbers."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from app.domain.drafts.figure_words import (
    CURRENCIES_MEANT,
    MULTIPLES,
    NAMES_WITH_DIGITS,
    ORDINAL_ENDINGS,
    TOP_LEVEL,
    UNITS,
)
from app.domain.drafts.look_alikes import evened
from app.domain.drafts.readings import Amounts, Dates, amounts, as_date, day_and_month, named_date

NO_AMOUNTS: Amounts = frozenset()
LAST_HOUR = 24
SHORTEST_IDENTIFIER = 4
"""Characters of a word with digits that can be somebody's identifier; `Q3` and `2FA` are none."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a text, and all that it can mean there; `key` is the one spelling of an address or identifier."""

    kind: str
    start: int
    end: int
    key: str = ""
    amounts: Amounts = NO_AMOUNTS
    currencies: frozenset[str] = frozenset()
    percent: bool = False
    dates: Dates = frozenset()


_NAME = r"[^\W\d_]{3,10}+"
_DAY = r"\d{1,2}(?i:st|nd|rd|th)?"
_NUMBER = r"(?:\d{1,3}(?:[ ']\d{3})++(?:[.,]\d++)?|\d++(?:[.,']\d++)*+)"


def _either(words: Iterable[str]) -> str:
    """Return a pattern of these words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_CODES = _either(code for code in CURRENCIES_MEANT if code.isupper())
_SIGNS = _either(sign for sign in CURRENCIES_MEANT if not sign.isalpha())
_WORDS = _either(word for word in CURRENCIES_MEANT if word.isalpha() and word.islower())
_MULTIPLES = _either(MULTIPLES)
_LOWER = "eur|usd|gbp|chf|jpy|cad|aud|sek|nok|dkk|pln|czk|inr"
_MULTIPLE = rf"(?:[ ]?(?P<by>(?i:{_MULTIPLES}))\b\.?)?"

_URL = re.compile(r"(?<![\w])(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://|(?i:www\.|mailto:|tel:))[^\s<>\"'`]++")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)*+")
_HOST = re.compile(r"(?<![\w.@-])[\w-]++(?:\.[\w-]++)++(?:/[^\s<>\"'`]*+)?(?!@)")
_ZONED = r"(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d++)?)?(?:Z|z|[+-]\d\d:?\d\d)?)?"
_ISO = re.compile(rf"(?<![\w.,/+-])(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_ZONED}(?![\w/]|[-.]\d)")
_NUMERIC = re.compile(r"(?<![\w.,/+-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)(?![\w/]|[-.]\d)")
_DAY_FIRST = re.compile(
    rf"(?<![\w.,/+-])({_DAY})\.?[ ](?:(?i:of|de|di) )?({_NAME})\b\.?(?:,?[ ](?:(?i:de|del) )?(\d{{4}})\b)?"
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w)({_NAME})\.?,?[ ](?:({_DAY})\b(?![.,:]?\d)(?:,?[ ](\d{{4}})\b)?|(\d{{4}})\b(?![.,:]?\d))"
)
_IDEOGRAPHIC = re.compile(r"(?:(\d{4})[ ]?[年년][ ]?)?(\d{1,2})[ ]?[月월][ ]?(\d{1,2})[ ]?[日일]")
_NO_YEAR = re.compile(r"(?<![\w.,/+-])(\d{1,2})(?:/(\d{1,2})(?![\w/.,-])|\.(\d{1,2})\.(?![\w]))")
_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2}):([0-5]\d)(?::\d\d)?(?![:\d])(?:[ ]?([AaPp])\.?[Mm]\b)?"
    r"|(?<![\w.,:])(\d{1,2})[ ]?(?:([AaPp])\.?[Mm]\b|Uhr\b)"
)
_ADDRESS_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d)")
_MARKER = re.compile(
    r"^[ \t]*(?:[-*] ?)?\(?\d{1,2}[.)](?=\s)|\b24/7\b|(?i:\b(?:step|option|point|schritt|punkt) \d{1,2}\b)", re.M
)
_PHONE = re.compile(r"(?<![\w+])(?:\+\d|\(?0\d)(?:[ ()./-]{0,3}\d){6,18}(?!\w)|(?<!\w)#\d++")
_MONEY = re.compile(
    rf"(?<![\w.,'])(?:(?P<before>{_SIGNS}|\b(?:{_CODES}|{_LOWER}))[ ]?[-+]?(?P<first>{_NUMBER}){_MULTIPLE}"
    rf"|(?P<second>{_NUMBER})(?P<by2>[ ]?(?i:{_MULTIPLES}))?"
    rf"[ -]?(?P<after>{_SIGNS}|(?:{_CODES}|{_LOWER}|(?i:{_WORDS}))\b))"
)
_TOKEN = re.compile(r"(?<!\w)[#№]?\w++(?:[-_.:/]\w++)*+")
_FIGURE = re.compile(rf"(?<![\w.,'])(?P<number>{_NUMBER})(?:(?P<percent>[ ]?[%‰])|{_MULTIPLE})?")
_MARK = re.compile(r"\d++|@|://|\.(?=\w)")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_WITH_UNIT = re.compile(r"(\d++(?:[.,]\d++)?)[-_ ]?([^\W\d_]++)(?:-[^\W\d_]++)*+|([^\W\d_]++)[-_]?(\d{1,2})")

_FILLED = "\x00"


def readable(text: str, most: int) -> int:
    """Return up to where a text is read: it holds at most that many figures and addresses before there."""
    return next((found.start() for found in islice(_MARK.finditer(text), most, None)), len(text))


def places_in(text: str) -> list[Place]:
    """List what a text states, from left to right; no two places overlap."""
    rest = evened(text)
    found: list[Place] = []
    for needed, pattern, read in _READERS:
        if any(each in rest for each in needed) if needed else _DIGIT.search(rest):
            rest = pattern.sub(partial(_taken, read, found), rest)
    return sorted(found, key=lambda place: place.start)


def _taken(read: Callable[[re.Match[str]], Place | None], found: list[Place], match: re.Match[str]) -> str:
    """Note the place that a match is, and blank it out, so that no later pattern reads it again."""
    place = read(match)
    if place is None:
        return match[0]
    if place.kind:
        found.append(place)
    blank, before = _FILLED * (place.end - place.start), place.start - match.start()
    return match[0][:before] + blank + match[0][before + len(blank) :]


def _address(match: re.Match[str]) -> Place | None:
    text = match[0].rstrip(".,;:!?'\"*_)]}" if "(" not in match[0] else ".,;:!?'\"*_]}")
    return Place("address", match.start(), match.start() + len(text), address_key(text))


def _host(match: re.Match[str]) -> Place | None:
    name = match[0].partition("/")[0].rstrip(".")
    ending = name.rpartition(".")[2]
    if ending not in TOP_LEVEL and not (name.isupper() and ending.lower() in TOP_LEVEL):
        return None
    return None if name.replace(".", "").isdecimal() else _address(match)


def address_key(text: str) -> str:
    """Return an address in one spelling: no scheme, host in small letters, no slash at its end."""
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", text, flags=re.IGNORECASE)
    host, slash, path = bare.partition("/")
    return (host.lower().removeprefix("www.") + slash + path).rstrip("/")


def _date(dates: Dates, match: re.Match[str]) -> Place | None:
    return Place("date", match.start(), match.end(), dates=dates) if dates else None


def _iso(match: re.Match[str]) -> Place | None:
    return _date(as_date(match[1], match[3], match[4]), match)


def _numeric(match: re.Match[str]) -> Place | None:
    return _date(as_date(match[4], match[3], match[1]) | as_date(match[4], match[1], match[3]), match)


def _day_first(match: re.Match[str]) -> Place | None:
    return _date(named_date(match[3], match[2], match[1]), match)


def _month_first(match: re.Match[str]) -> Place | None:
    return _date(named_date(match[3] or match[4], match[1], match[2]), match)


def _ideographic(match: re.Match[str]) -> Place | None:
    return _date(as_date(match[1], match[2], match[3]), match)


def _no_year(match: re.Match[str]) -> Place | None:
    first, second = match[1], match[2] or match[3]
    return _date(day_and_month(first, second) | (day_and_month(second, first) if match[2] else frozenset()), match)


def _time(match: re.Match[str]) -> Place | None:
    hour, half = int(match[1] or match[4]), (match[3] or match[5] or "").lower()
    minute = int(match[2] or 0)
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return Place("date", match.start(), match.end(), f"{hour:02}:{minute:02}") if hour <= LAST_HOUR else None


def _marker(match: re.Match[str]) -> Place | None:
    return Place("", match.start(), match.end())


def _phone(match: re.Match[str]) -> Place | None:
    return Place("identifier", match.start(), match.end(), re.sub(r"\D", "", match[0]))


def _money(match: re.Match[str]) -> Place | None:
    sign = match["before"] or match["after"]
    known = CURRENCIES_MEANT.get(sign) or CURRENCIES_MEANT.get(sign.upper()) or CURRENCIES_MEANT[sign.lower()]
    by = (match["by"] or match["by2"] or "").strip().lower()
    meant = amounts(match["first"] or match["second"], MULTIPLES.get(by, 0))
    return Place("money", match.start(), match.end(), amounts=meant, currencies=known)


def _word(match: re.Match[str]) -> Place | None:
    """Read a word that has both letters and digits: an identifier, or a number with what it counts."""
    text = match[0]
    if not (_DIGIT.search(text) and _LETTER.search(text)):
        return None
    word = text.lstrip("#№")
    if counted := _WITH_UNIT.fullmatch(word):
        unit = (counted[2] or "").lower()
        if unit in UNITS or unit in MULTIPLES:
            if unit in ORDINAL_ENDINGS and counted[1] in ("1", "2", "3"):
                return Place("", match.start(), match.end())
            start = match.start() + text.index(word)
            power = MULTIPLES.get(unit, 0)
            return Place(
                "number", start, start + len(counted[1]), amounts=amounts(counted[1], power) | amounts(counted[1])
            )
    if len(word) < SHORTEST_IDENTIFIER or word.lower() in NAMES_WITH_DIGITS:
        return Place("", match.start(), match.end())
    return Place("identifier", match.start(), match.end(), word.lower())


def _figure(match: re.Match[str]) -> Place | None:
    power = MULTIPLES.get((match["by"] or "").lower(), 0)
    meant = amounts(match["number"], power)
    end = match.end() if match["percent"] or power else match.end("number")
    return Place("number", match.start(), end, match["number"], meant, percent=bool(match["percent"]))


_READERS: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[re.Match[str]], Place | None]], ...] = (
    (("://", "www.", "WWW.", "mailto:", "tel:"), _URL, _address),
    (("@",), _EMAIL, _address),
    ((".",), _HOST, _host),
    ((), _ISO, _iso),
    ((), _NUMERIC, _numeric),
    ((), _DAY_FIRST, _day_first),
    ((), _MONTH_FIRST, _month_first),
    (("日", "일"), _IDEOGRAPHIC, _ideographic),
    ((), _ADDRESS_NUMBER, _address),
    ((), _MARKER, _marker),
    ((), _TIME, _time),
    ((), _PHONE, _phone),
    ((), _MONEY, _money),
    ((), _NO_YEAR, _no_year),
    ((), _TOKEN, _word),
    ((), _FIGURE, _figure),
)
"""What is looked for, in this order, as a link may hold a date and a date holds numbers.

Each pattern needs one of its texts somewhere, or a digit where it names none: most drafts have few of them.
"""
