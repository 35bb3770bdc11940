"""Reads the figures of a text: what a number or a date can mean, however it is grouped or ordered."""

import re

from app.domain.drafts.figure_words import MONTHS

Amounts = frozenset[str]
"""Every value that a number can mean, each in one spelling: `1.234` is 1234 in one country and 1.234 in another."""

Date = tuple[int, int, int]
"""Year, month, day; 0 where the text does not say."""

Dates = frozenset[Date]
"""Every date that a text can mean there."""

LONGEST_NUMBER = 40
"""Characters; what is longer is compared as it is written."""

_GROUPED = re.compile(r"\d{1,3}([.,])\d{2,3}(?:\1\d{2,3})*\1?\d{3}|\d{1,3}[.,]\d{3}")
_NOTHING: Dates = frozenset()


def amounts(number: str, power: int = 0) -> Amounts:
    """Return every value that a number can mean, times ten to the `power`."""
    text = number.replace(" ", "").replace("'", "")
    if len(text) > LONGEST_NUMBER:
        return frozenset({text})
    commas, dots = text.count(","), text.count(".")
    meant: set[str] = set()
    if not commas and not dots:
        meant.add(_spelt(text, "", power))
    elif commas and dots:
        decimal = max(text.rfind(","), text.rfind("."))
        whole = re.sub("[.,]", "", text[:decimal])
        meant.add(_spelt(whole, text[decimal + 1 :], power))
    else:
        if _GROUPED.fullmatch(text):
            meant.add(_spelt(re.sub("[.,]", "", text), "", power))
        if commas + dots == 1:
            whole, _, fraction = text.replace(",", ".").partition(".")
            meant.add(_spelt(whole, fraction, power))
    return frozenset(meant) or frozenset({text})


def as_date(year: str | None, month: str, day: str) -> Dates:
    """Return the date that three numbers are, or nothing; a year of two digits is one of this century."""
    y = int(year or 0)
    y += 2000 if year and len(year) == len("26") else 0
    m, d = int(month), int(day)
    return frozenset({(y, m, d)}) if 1 <= m <= len(_LENGTHS) and 1 <= d <= _LENGTHS[m - 1] else _NOTHING


def day_and_month(day: str, month: str) -> Dates:
    """Return the date without a year that two numbers are, or nothing."""
    return as_date(None, month, day)


def named_date(year: str | None, month: str, day: str | None) -> Dates:
    """Return the date whose month is written as a word."""
    m = MONTHS.get(month.lower(), 0)
    if not m:
        return _NOTHING
    number = re.sub(r"\D", "", day) if day else ""
    if not number:
        return frozenset({(int(year or 0), m, 0)})
    return as_date(year, str(m), number)


def agree(one: Date, other: Date) -> bool:
    """Tell whether two dates say the same, as far as both say anything."""
    return all(a == b or 0 in (a, b) for a, b in zip(one, other, strict=True)) and bool(one[1] and other[1])


_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of the months."""


def _spelt(whole: str, fraction: str, power: int) -> str:
    moved = fraction[:power].ljust(power, "0")
    whole, fraction = (whole + moved).lstrip("0") or "0", fraction[power:].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
