"""Numbers as the JSON spells them, moved by a decimal point or grouped, never calculated with."""

import re
from decimal import Decimal, InvalidOperation

from app.domain.rows.spelling import BYTE_UNITS

LONGEST_NUMERAL = 400
"""Characters of a number; what a double can be written as without an exponent, and more than anybody reads."""

GROUPED_FROM = 5
"""Digits from which a number is grouped, as ISO and printers do it: `1200`, `12,345`."""

_NUMERAL = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_GROUPED = re.compile(r"-?\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?")
_GROUPS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")


def literal(value: object) -> str | None:
    """Return a JSON number as it was written, or a text that is one; None for anything else.

    An exponent is written out; a number that came as a float without its text loses its float noise.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return value if _NUMERAL.fullmatch(value) else None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        written = getattr(value, "literal", None) or (str(value) if isinstance(value, Decimal) else repr(value))
        if _NUMERAL.fullmatch(written):
            return written
        return written_out(written)
    return None


def written_out(written: str) -> str:
    """Write a number without its exponent."""
    try:
        return format(Decimal(written), "f")[:LONGEST_NUMERAL]
    except InvalidOperation:
        return written[:LONGEST_NUMERAL]


def moved(numeral: str, decimals: int) -> str | None:
    """Put the decimal point of a whole number so many places to the left; None where it is not whole."""
    sign, digits = ("-", numeral[1:]) if numeral.startswith("-") else ("", numeral)
    if not digits.isdecimal():
        return None
    if decimals == 0:
        return numeral
    padded = digits.zfill(decimals + 1)
    return f"{sign}{padded[:-decimals]}.{padded[-decimals:]}"


def grouped(numeral: str) -> str:
    """Group the digits of a long number by thousands."""
    whole, point, fraction = numeral.partition(".")
    if len(whole.lstrip("-")) < GROUPED_FROM:
        return numeral
    return f"{_GROUPS.sub(',', whole)}{point}{fraction}"


def ungrouped(text: str) -> str:
    """Return a number without the signs that group its digits; any other text as it is."""
    return re.sub("[,'’]", "", text) if _GROUPED.fullmatch(text) else text


def in_bytes(numeral: str) -> str:
    """Say a number of bytes in its largest unit, with the digits that it has: `87000000000` is 87 GB.

    What does not come out even is cut after the second decimal and marked with `≈`.
    """
    if not numeral.isdecimal():
        return f"{numeral} {BYTE_UNITS[0]}"
    step = min((len(numeral) - 1) // 3, len(BYTE_UNITS) - 1)
    at = len(numeral) - 3 * step
    whole, rest = numeral[:at], numeral[at:].rstrip("0")
    shown = f"{whole}.{rest[:2]}".rstrip("0").rstrip(".") if rest else whole
    about = "≈ " if len(rest) > 2 else ""  # noqa: PLR2004 (the second decimal)
    return f"{about}{shown} {BYTE_UNITS[step]}"
