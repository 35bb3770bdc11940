"""Amounts of money: which numbers are one, in which currency, and whether they are in its smallest unit.

An amount that might be in minor units, while neither key nor owner says so, is shown without a currency: the number
alone, as the JSON spells it, says nothing that is false.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from app.domain.rows.display import Wish
from app.domain.rows.nodes import Node, Nodes
from app.domain.rows.numerals import literal, moved
from app.domain.rows.spelling import (
    CURRENCIES,
    CURRENCIES_IN_KEYS,
    CURRENCY_SIGNS,
    CURRENCY_WORDS,
    MINOR,
    MONEY,
    NO_MONEY,
    OF_MONEY,
    TWO_DECIMALS,
    WEAK_MONEY,
)
from app.domain.rows.words import FUNCTION_WORDS, name_words, phrase, singular, stems
from support_context.facts import Facts, Json
from support_context.json_pointers import keys_of
from support_context.plain_text import plain

DOUBTFUL_FROM = 100
"""Whole amount from which it may be in cents: as one, it would be a whole unit of the currency or more."""

DOUBTFUL_KEYS = frozenset("amount value total subtotal balance due paid refund price charge fee unit".split())
"""Words of keys whose whole amounts payment processors write in minor units."""

MOST_MEMBERS = 200
"""Members of one object that are looked at for a currency."""

CURRENCY_NAMES = frozenset({"currency", "ccy", "cur"})

_IN_MINOR = re.compile(
    r"\b(?:in|are|is|as|=)\s+(?:(?:us|euro|whole)\s+)?"
    r"(cents?|pence|minor(?:\s+currency)?\s+units?|centimes|céntimos|centavos|øre|öre|groszy|rappen)\b",
    re.IGNORECASE,
)
_ONLY_MINOR = re.compile(r"(?:in )?(cents?|pence|minor units?|centimes|céntimos|centavos|øre|öre|groszy|rappen)", re.I)
_NOT = re.compile(r"\b(?:not|never|no|n't|nicht|pas|non)\b|n['’]t\b", re.IGNORECASE)
_OF_ALL = re.compile(r"\b(?:all|every|each|amounts|prices|values|figures|money|beträge|montants|importes)\b", re.I)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{3}(?![A-Za-z0-9])")
_WRITTEN = re.compile(
    r"(?:(?P<before>[A-Z]{3}|[€£₹₩₪₺])\s?)?(?P<number>-?[0-9]{1,12}(?:[.][0-9]{1,4})?)(?:\s?(?P<after>[A-Z]{3}|[€£₪₺]|zł))?"
)
LONGEST_WRITTEN = 30


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency that the JSON or the owner names; `loosely` in small letters, as payment processors write it."""

    code: str
    loosely: bool = False


@dataclass(frozen=True, slots=True)
class AboutMoney:
    """What the owner's instructions say of all amounts: a currency, and that they are in minor units."""

    currency: str = ""
    minor: str = ""


def amount(node: Node, wish: Wish, nodes: Nodes, about: AboutMoney, *, said: bool, unit: str) -> tuple[str, str] | None:
    """Return the type and the text of a number that is money; None where it is none or names no currency.

    `said` and `unit` are the model's: that it is money, and where its currency stands.
    """
    number = literal(node.value)
    if number is None or not _is_money(node, wish, nodes, said=said):
        return None
    currency = currency_of(node, nodes, unit) or _owners(wish, about)
    minor = _minor(node, wish, about)
    if minor and currency:
        shown = moved(number, CURRENCIES[currency.code])
        return ("money", f"{shown} {currency.code}") if shown else ("number", number)
    if minor:
        shown = moved(number, 2) if singular(minor) in TWO_DECIMALS else None
        return "number", shown or f"{number} (minor units)"
    if currency is None or _in_doubt(number, node, currency):
        return "number", number
    return "money", f"{number} {currency.code}"


def written_amount(text: str) -> str | None:
    """Return the machine's form of an amount that a text writes with its currency, `EUR 49.90` or `49.90 €`."""
    found = _WRITTEN.fullmatch(text) if len(text) <= LONGEST_WRITTEN else None
    named = [found["before"], found["after"]] if found else []
    signs = [CURRENCY_SIGNS.get(each, each) for each in named if each]
    return f"{found['number']} {signs[0]}" if found and len(signs) == 1 and signs[0] in CURRENCIES else None


@lru_cache(maxsize=256)
def about_money(instructions: str) -> AboutMoney:
    """Read what the owner says of all amounts."""
    currency = minor = ""
    for sentence in _SENTENCE.split(" ".join(plain(instructions).replace("(", "; ").split(" "))):
        if _OF_ALL.search(sentence) and not _NOT.search(sentence):
            found = _IN_MINOR.search(sentence)
            minor = minor or (name_words(found[1])[0] if found else "")
            currency = currency or _code_in(sentence)
    return AboutMoney(currency, minor)


def currency_of(node: Node, nodes: Nodes, unit: str = "") -> Currency | None:
    """Return the currency of an amount: its key's, or the nearest that stands beside or above it in the JSON.

    Where neither is there, the model's pointer to one counts if the JSON names no other.
    """
    if node.key and node.key[-1] in CURRENCIES_IN_KEYS:
        return Currency(node.key[-1].upper())
    for beside in _above(node.pointer, nodes.facts):
        named = {found for found in _named_in(beside, node.key) if found}
        if named:
            return named.pop() if len(named) == 1 else None
    every = {_as_currency(each.value) for each in nodes.every if set(each.key) & CURRENCY_NAMES} - {None}
    pointed = nodes.at(unit)
    found = _as_currency(pointed.value) if pointed else None
    return found if found and every <= {found} else None


def is_currency_key(key: str) -> bool:
    """Tell whether a key names the currency of what stands beside it."""
    words = set(stems(key))
    return bool(words & CURRENCY_NAMES) and words - CURRENCY_NAMES <= {"code", "iso", "symbol"}


def _is_money(node: Node, wish: Wish, nodes: Nodes, *, said: bool) -> bool:
    key = set(node.key)
    if key & NO_MONEY and "per" not in key and not key & MINOR:
        return False
    last = keys_of(node.pointer)[-1]
    plural = {singular(word) for word in name_words(last) if word.endswith("s") and singular(word) != word}
    strong = (key & MONEY) - (plural if "." not in (literal(node.value) or "") else set())
    codes = {word for word in key if word in CURRENCIES_IN_KEYS}
    if strong or key & MINOR or (codes and len(key) > len(codes)):
        return True
    if (key & WEAK_MONEY) - plural and key <= WEAK_MONEY | MONEY | codes:
        beside = next(_above(node.pointer, nodes.facts), {})
        return set(node.parent) <= OF_MONEY | MONEY | WEAK_MONEY or bool(_named_in(beside, node.key))
    if plural:
        return False
    wished = set(stems(wish.name)) | set(stems(wish.label))
    beside = next(_above(node.pointer, nodes.facts), {})
    numbers = [each for each in islice(beside.values(), MOST_MEMBERS) if literal(each) is not None]
    alone = len(numbers) == 1 and bool(_named_in(beside, node.key))
    return bool(wished & MONEY) or (said and bool(wished & WEAK_MONEY)) or alone


def _minor(node: Node, wish: Wish, about: AboutMoney) -> str:
    named = set(node.key) & MINOR
    if named:
        return min(named)
    if {"unit", "amount"} <= set(node.key) <= {"unit", "amount", "decimal"}:
        return "minor"
    said = wish.note if not _NOT.search(wish.note) else ""
    found = _IN_MINOR.search(said) or _ONLY_MINOR.fullmatch(said.strip())
    return name_words(found[1])[0] if found else about.minor


def _in_doubt(number: str, node: Node, currency: Currency) -> bool:
    if "." in number or CURRENCIES[currency.code] == 0 or abs(int(number)) < DOUBTFUL_FROM:
        return False
    if node.key and node.key[-1] in CURRENCIES_IN_KEYS:
        return False
    return currency.loosely or bool(set(node.key) & DOUBTFUL_KEYS)


def _owners(wish: Wish, about: AboutMoney) -> Currency | None:
    code = _code_in(wish.note) or _code_in(wish.label) or about.currency
    return Currency(code) if code else None


def _code_in(text: str) -> str:
    code = next((found for found in _CODE.findall(text) if found in CURRENCIES), "")
    if code or not text:
        return code
    spoken = f" {' '.join(map(singular, phrase(text).split(' ')))} "
    return next((code for name, code in CURRENCY_WORDS.items() if f" {name} " in spoken), "") or next(
        (code for sign, code in CURRENCY_SIGNS.items() if sign in text), ""
    )


def _above(pointer: str, facts: Facts) -> Iterator[dict[str, Json]]:
    """Yield the objects around a member, the nearest first."""
    around: list[dict[str, Json]] = []
    value: Json = facts.value
    for key in keys_of(pointer):
        if isinstance(value, dict):
            around.append(value)
            value = value.get(key)
        elif isinstance(value, list):
            value = value[int(key)]
    yield from reversed(around)


def _named_in(beside: dict[str, Json], key: tuple[str, ...]) -> set[Currency | None]:
    """Return the currencies that an object names for a member with this key: its own, else the object's."""
    own: set[Currency | None] = set()
    of_all: set[Currency | None] = set()
    for name, value in islice(beside.items(), MOST_MEMBERS):
        words = set(stems(name)) if isinstance(value, str) else set()
        if words & CURRENCY_NAMES:
            found = _as_currency(value)
            rest = words - CURRENCY_NAMES - FUNCTION_WORDS - {"code", "iso"}
            if not rest:
                of_all.add(found)
            elif rest <= set(key):
                own.add(found)
    return (own - {None}) or (of_all - {None})


def _as_currency(value: object) -> Currency | None:
    if not isinstance(value, str):
        return None
    code = value.strip()
    if code.upper() in CURRENCIES and code.isascii():
        return Currency(code.upper(), loosely=not code.isupper())
    return Currency(CURRENCY_SIGNS[code]) if code in CURRENCY_SIGNS else None
