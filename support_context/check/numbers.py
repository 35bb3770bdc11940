"""Finds numbers in an answer that a card may show wrongly: amounts that may count cents, times since 1970."""

import re
from collections.abc import Iterator

from support_context.check.secret_shapes import LONGEST_PLACE
from support_context.facts import Facts, Json, Scalar
from support_context.plain_text import line


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


MONEY = _listed(
    "amount arr balance charge cost credit debit discount due fee ltv mrr paid payout price refund "
    "revenue salary spend spent subtotal tax total"
)
"""Words of a key that name an amount of money."""

NO_MONEY = _listed(
    "cent cents minor unit pence count number orders seats users tickets items days hours minutes id date "
    "at on rate percent pct points year bytes"
)
"""Words that name its unit, or something else that is counted."""

TIME = _listed(
    "at birthday created date deadline due end ended epoch expires expiry joined modified on period "
    "renewal renews renewed seen since start started time timestamp trial ts until updated"
)
"""Words of a key that name a time."""

FROM_YEAR_2000, TO_YEAR_2100 = 946_684_800, 4_102_444_800
"""Seconds since 1970; an earlier or later number is an amount or an id."""

UNITS = (1, 1_000, 1_000_000)
"""Parts of a second that times are counted in."""

BESIDE_CURRENCY, BY_ITSELF = 100, 1_000
"""From which a whole number may count cents: next to a currency, and without one."""

_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*")


def bare_amounts(facts: Facts) -> Iterator[str]:
    """Yield the place of each whole number that is money by its name, and may count cents by all that is said."""
    for pointer, value in facts.leaves():
        words = _words(pointer)
        if isinstance(value, int) and not isinstance(value, bool) and words & MONEY and not words & NO_MONEY:
            least = BESIDE_CURRENCY if _has_currency(facts, pointer) else BY_ITSELF
            if abs(value) >= least and not FROM_YEAR_2000 <= value <= TO_YEAR_2100:
                yield line(pointer, LONGEST_PLACE)


def unix_times(facts: Facts) -> Iterator[str]:
    """Yield the place of each number that is a time by its name and by its size."""
    for pointer, value in facts.leaves():
        number = _whole(value)
        if number is None or not _words(pointer) & TIME:
            continue
        if any(FROM_YEAR_2000 <= number // unit <= TO_YEAR_2100 for unit in UNITS):
            yield line(pointer, LONGEST_PLACE)


def _whole(value: Scalar) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{9,16}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _words(pointer: str) -> set[str]:
    steps = [step for step in pointer.split("/") if step and not step.isdecimal()]
    return {word.lower() for word in _WORDS.findall(steps[-1])} if steps else set()


def _has_currency(facts: Facts, pointer: str) -> bool:
    """Tell whether a currency stands beside a value, or beside one of the objects that hold it."""
    steps = pointer.split("/")[1:-1]
    above: list[Json] = [facts.value]
    for end in range(1, len(steps) + 1):
        found = facts.at("/" + "/".join(steps[:end]))
        if isinstance(found, dict):
            above.append(found)
    return any("currency" in key.lower() for each in above if isinstance(each, dict) for key in each)
