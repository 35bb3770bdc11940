"""The Retry-After header of AI providers in each of its forms (RFC 9110, section 10.2.3)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE_SECONDS = 900.0
"""A server that asks for more gets 15 minutes: a slip of its clock must not silence this service for a day."""

LONGEST_HEADER = 40
"""Characters of a value that are read: the longest form of a date has 33."""

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def seconds_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the pause of a Retry-After header in seconds, 0 to `LONGEST_PAUSE_SECONDS`; None where it makes no sense.

    `headers` must find names in any case. `now` is needed only for a date that comes without the server's own.
    """
    asked = _number(headers.get("retry-after-ms", ""), 0.001)  # more exact, and what the SDK looks at first
    if asked is None:
        asked = _number(headers.get("retry-after", ""), 1.0)
    if asked is None:
        until = _date(headers.get("retry-after", ""))
        if until is None:
            return None
        # By the server's clock where it tells the time: ours may be wrong.
        asked = (until - (_date(headers.get("date", "")) or now)).total_seconds()
    return min(max(asked, 0.0), LONGEST_PAUSE_SECONDS)


def _number(value: str, unit: float) -> float | None:
    return float(value) * unit if _NUMBER.fullmatch(value) else None


def _date(value: str) -> datetime | None:
    if len(value) > LONGEST_HEADER:
        return None
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
