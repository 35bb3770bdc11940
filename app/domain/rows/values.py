"""Spells facts: each kind of row has one way in which a JSON value becomes text, and none adds to it."""

import json
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from itertools import islice

from app.domain.rows.answer import PointedRow
from app.domain.rows.choices import boolean, proposed, stated
from app.domain.rows.display import NO_WISH, Wish
from app.domain.rows.money import AboutMoney, amount, is_currency_key, written_amount
from app.domain.rows.nodes import Node, Nodes, stated_by, states
from app.domain.rows.numerals import grouped, in_bytes, literal
from app.domain.rows.spelling import COUNTED, NOTHING, ORDERS_LEFT_OUT, PERCENT_WORDS, UNITS
from app.domain.rows.times import spelt_time, unix_time
from app.domain.rows.vocabulary import ORDERS
from app.domain.rows.words import content, name_words, phrase, stems
from support_context.facts import Json
from support_context.json_pointers import inside, keys_of
from support_context.plain_text import comparable, line

LONGEST_VALUE = 500
"""Characters of a value: a short paragraph."""

READ_OF_TEXT = 4 * LONGEST_VALUE
"""Characters of one text that are read: those that hide are dropped, and what is beyond them is cut anyway."""

MOST_ITEMS = 10
"""Items of a list that are named; the rest are counted."""

MOST_SCALARS = 12
"""Members of an object that are shown in one value."""

NO_ITEMS = "none"

NAMES = frozenset({"name", "nickname", "title", "label", "display name", "full name"})
"""Keys of the member that an object of several kinds of members is called by."""

_PARTS_OF_NAME = frozenset(
    "given first middle family last prefix suffix title forename surname firstname lastname".split()
)
_FRACTIONS = frozenset("nanos nanoseconds nano nanosecond microseconds micros".split())
"""Members beside the seconds of a time."""

POSTCODES = frozenset("zip zipcode postcode postal plz".split())
LONGEST_NAME = 80
_PERCENTAGE = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as a row shows it: its text, its type, and the machine's form of it."""

    value: str
    type: str = "text"
    raw: str | None = None

    @property
    def machine(self) -> str:
        """Return the machine's form, which most texts are themselves."""
        return self.value if self.raw is None else self.raw


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a row is read with: the model's row, the whole JSON, and what the owner says of amounts."""

    row: PointedRow
    nodes: Nodes
    about: AboutMoney

    def member(self, pointer: str, key: str) -> Node | None:
        """Return a member of the object or list at a pointer."""
        return self.nodes.at(inside(pointer, key))


def shown(node: Node, wish: Wish, row: PointedRow, nodes: Nodes, about: AboutMoney) -> Shown:
    """Spell one fact for one row: as the model says where that can be so, else as what it is."""
    value, reading = node.value, _Reading(row, nodes, about)
    if value is None or value == "":
        return Shown(NOTHING, "choice" if wish.alternatives else "text", "")
    if isinstance(value, list):
        kept = _of_condition(node, wish)
        return _count(kept) if _is_count(wish, row) else _list(node, kept, reading)
    if isinstance(value, dict):
        if _is_count(wish, row) and _holds_items(value):
            return _count(value)
        single = _single(node, reading)
        return shown(single, wish, row, nodes, about) if single else Shown(_object(node, reading))
    if wish.alternatives:
        word = stated(node, wish)
        behind = None if word else proposed(node, wish, (row.kind, row.unit, *row.words))
        if word or behind:
            fact = text_of(value)
            return Shown(word or line(f"{behind} ({fact})", LONGEST_VALUE), "choice", fact)
    return _scalar(node, wish, row, nodes, about)


def text_of(value: Json) -> str:
    """Write a scalar as it stands, on one plain line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        read = value[:READ_OF_TEXT]
        return ORDERS_LEFT_OUT if ORDERS.search(comparable(read)) else line(read, LONGEST_VALUE) or NOTHING
    return literal(value) or NOTHING


def _scalar(node: Node, wish: Wish, row: PointedRow, nodes: Nodes, about: AboutMoney) -> Shown:
    value = node.value
    if isinstance(value, bool):
        return Shown(text_of(value), "choice")
    moment = unix_time(node)
    if moment:
        return Shown(moment[1], moment[0])
    money = amount(node, wish, nodes, about, said=row.kind == "money", unit=row.unit)
    if money:
        return Shown(money[1], money[0])
    if isinstance(value, str):
        text = text_of(value)
        written = written_amount(text)
        return Shown(text, "money", written) if written else Shown(text, spelt_time(text) or "text")
    return _number(node, wish, text_of(value))


def _number(node: Node, wish: Wish, number: str) -> Shown:
    unit = _unit(node)
    if unit == "%" or (not unit and _owner_says_percent(wish) and not _is_fraction(number)):
        return Shown(f"{number} %", "percent", number)
    if unit == "B":
        return Shown(in_bytes(number), "text", number)
    if unit:
        return Shown(f"{number} {unit}", "text", number)
    last = name_words(keys_of(node.pointer)[-1])
    counted = bool(set(node.key) & COUNTED) or (bool(last) and last[-1] != stems(last[-1])[0])
    return Shown(grouped(number) if counted and "id" not in node.key else number, "number", number)


def _unit(node: Node) -> str:
    """Return the unit that the end of a key names, as `uptime %`, `response (h)` or `storage_bytes`."""
    key = keys_of(node.pointer)[-1].strip()
    if key.endswith("%"):
        return "%"
    opened = key.rfind("(")
    if key.endswith(")") and opened > 0:
        return UNITS.get(key[opened + 1 : -1].strip().lower(), "")
    return UNITS.get(node.key[-1], "") if len(node.key) > 1 else ""


def _owner_says_percent(wish: Wish) -> bool:
    said = f"{wish.label} {wish.name} {wish.note}"
    return "%" in said or bool(set(name_words(said)) & PERCENT_WORDS)


def _is_fraction(number: str) -> bool:
    return "." in number and abs(float(number)) <= _PERCENTAGE


def _is_count(wish: Wish, row: PointedRow) -> bool:
    return row.kind == "count" or wish.counts


def _holds_items(value: dict[str, Json]) -> bool:
    return bool(value) and all(isinstance(member, dict) for member in value.values())


def _count(value: Sized) -> Shown:
    return Shown(grouped(str(len(value))), "number", str(len(value)))


def _of_condition(node: Node, wish: Wish) -> list[int]:
    """Return the places of the items that state what the owner wants: of "Open tickets", those that are open."""
    items = node.value if isinstance(node.value, list) else []
    said = (set(content(wish.name)) - set(node.path)) & stated_by(items)
    return [place for place, item in enumerate(items) if said <= set(states(item))]


def _list(node: Node, items: list[int], reading: _Reading) -> Shown:
    read = [reading.member(node.pointer, str(place)) for place in items[:MOST_ITEMS]]
    texts = [line(_item(item, reading), LONGEST_VALUE) for item in read if item]
    joint = "; " if any(item and isinstance(item.value, dict) for item in read) else ", "
    kept = [text for text in texts if text]
    while len(joint.join(kept)) > LONGEST_VALUE - len(f"{joint}and {len(items)} more") and len(kept) > 1:
        kept.pop()
    more = len(items) - len(kept) if len(items) > MOST_ITEMS or len(kept) < len(texts) else 0
    text = line(joint.join(kept), LONGEST_VALUE) + (f"{joint if kept else ''}and {more} more" if more else "")
    raw = json.dumps(kept, ensure_ascii=False)
    return Shown(line(text, LONGEST_VALUE) or NO_ITEMS, "list", raw if len(raw) <= 2 * LONGEST_VALUE else text)


def _item(node: Node, reading: _Reading) -> str:
    if isinstance(node.value, dict):
        single = _single(node, reading)
        return _item(single, reading) if single else _object(node, reading, bare=True)
    return ", ".join(_flat(node, reading)) or ("" if isinstance(node.value, list) else NOTHING)


def _single(node: Node, reading: _Reading) -> Node | None:
    """Return the one fact that an object is: its only member, its amount beside a currency, its name."""
    value = node.value if isinstance(node.value, dict) else {}
    first = dict(islice(value.items(), 4 * MOST_SCALARS))
    if len(value) == 1:
        return reading.member(node.pointer, next(iter(value)))
    if len(first) < len(value):
        return None
    wanted = _wanted(first, reading)
    amounts = [key for key in first if _is_amount(node, key, reading)]
    others = [key for key, member in first.items() if key not in amounts and not _is_blank(member)]
    if len(amounts) == 1 and all(is_currency_key(key) for key in others) and wanted <= {*amounts, *others}:
        return reading.member(node.pointer, amounts[0])
    clocks = [key for key in first if phrase(key) in ("second", "seconds")]
    if len(clocks) == 1 and all(phrase(key) in _FRACTIONS for key in first if key not in clocks):
        return reading.member(node.pointer, clocks[0])
    if not wanted and not all(isinstance(member, str) for member in first.values()):
        called = [key for key in first if phrase(key) in NAMES]
        if len(called) == 1 and isinstance(first[called[0]], str) and first[called[0]]:
            return reading.member(node.pointer, called[0])
    return None


def _wanted(members: dict[str, Json], reading: _Reading) -> set[str]:
    return {keys_of(f"/{name.lstrip('/')}")[-1] for name in reading.row.members} & members.keys()


def _is_amount(node: Node, key: str, reading: _Reading) -> bool:
    member = reading.member(node.pointer, key)
    return member is not None and amount(member, NO_WISH, reading.nodes, reading.about, said=False, unit="") is not None


def _is_blank(value: Json) -> bool:
    return value is None or value in ("", [], {})


def _object(node: Node, reading: _Reading, *, bare: bool = False) -> str:
    """Join the members of an object in their order: texts as they are, as an address; others behind their names.

    A currency is not named again: its amounts have it, or it is in doubt what they are.
    """
    value = node.value if isinstance(node.value, dict) else {}
    first = dict(islice(value.items(), 4 * MOST_SCALARS))
    wanted = _wanted(first, reading)
    chosen = [key for key in first if not wanted or key in wanted]
    if any(_is_amount(node, key, reading) for key in first):
        chosen = [key for key in chosen if not is_currency_key(key)]
    members = {key: reading.member(node.pointer, key) for key in chosen}
    texts = {key: ", ".join(_flat(member, reading)) for key, member in members.items() if member}
    parts = dict(islice(((key, text) for key, text in texts.items() if text), MOST_SCALARS))
    if {phrase(key).replace(" ", "") for key in parts} <= _PARTS_OF_NAME:
        return line(" ".join(parts.values()), LONGEST_VALUE) or NOTHING
    plain = {key for key in parts if _is_text(key, first[key])}
    if plain >= parts.keys():
        return line(", ".join(parts.values()), LONGEST_VALUE) or NOTHING
    named = (text if bare and key in plain else f"{line(key, LONGEST_NAME)}: {text}" for key, text in parts.items())
    return line((", " if bare else "; ").join(named), LONGEST_VALUE) or NOTHING


def _is_text(key: str, value: Json) -> bool:
    """Tell whether a member is text that needs no name beside it; a postcode is one, also as a number."""
    return (isinstance(value, str) and boolean(value) is None) or not POSTCODES.isdisjoint(name_words(key))


def _flat(node: Node, reading: _Reading) -> Iterator[str]:
    """Yield the scalars of a member, of an object within it too, as far as a value has room."""
    value = node.value
    if isinstance(value, dict):
        inner = list(islice(value, MOST_SCALARS))
        spent = any(_is_amount(node, key, reading) for key in inner)
        keys = [key for key in inner if not (spent and is_currency_key(key))]
    elif isinstance(value, list):
        keys = [str(index) for index in range(min(len(value), MOST_ITEMS))]
    elif value is not None and value != "":
        yield _scalar(node, NO_WISH, reading.row, reading.nodes, reading.about).value
        return
    else:
        return
    for key in keys:
        member = reading.member(node.pointer, key)
        if member:
            yield from islice(_flat(member, reading), MOST_SCALARS)
