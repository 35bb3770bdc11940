"""Dates and times of rows: ISO 8601 as it stands, Unix times only under a key that names a time."""

import re
from datetime import UTC, date, datetime

from app.domain.rows.nodes import Node
from app.domain.rows.numerals import literal
from app.domain.rows.spelling import BARE_TIMES, NO_TIMES, TIMES

FIRST_SECOND, LAST_SECOND = 946_684_800, 4_102_444_800
"""2000 and 2100 as Unix times: a number beyond them is no time of a customer's."""

_PER_SECOND = (1, 1_000, 1_000_000)
"""Seconds, milliseconds and microseconds; their ranges do not overlap."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)? ?"
    r"(?:Z|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)?",
    re.IGNORECASE,
)
LONGEST_TIME = 40


def spelt_time(text: str) -> str | None:
    """Tell what kind of a time a text is that is written as ISO 8601 has it: `date`, `datetime`, or None."""
    if len(text) > LONGEST_TIME:
        return None
    if _DATE.fullmatch(text):
        return "date" if _is_date(text) else None
    found = _DATETIME.fullmatch(text)
    return "datetime" if found and _is_date(found[1]) else None


def unix_time(node: Node) -> tuple[str, str] | None:
    """Return the kind and the text of a Unix time, in UTC, a midnight as its date; None where it is none."""
    written = literal(node.value)
    if written is None or not written.isdecimal() or not names_time(node):
        return None
    for each in _PER_SECOND:
        seconds, rest = divmod(int(written), each)
        if FIRST_SECOND <= seconds < LAST_SECOND:
            moment = datetime.fromtimestamp(seconds, UTC)
            if rest == 0 and (moment.hour, moment.minute, moment.second) == (0, 0, 0):
                return "date", moment.date().isoformat()
            return "datetime", moment.isoformat().replace("+00:00", "Z")
    return None


def names_time(node: Node) -> bool:
    """Tell whether a key names a point in time, by itself or by its parent."""
    key, parent = set(node.key), set(node.parent)
    if key & NO_TIMES:
        return False
    return bool(key & TIMES) or (bool(key & BARE_TIMES) and bool(parent & TIMES) and not parent & NO_TIMES)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
