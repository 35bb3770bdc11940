"""Spells facts: each kind of row has one way in which a JSON value becomes text, and none adds to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from app.domain.rows.answer import PointedRow
from app.domain.rows.choices import boolean, proposed, stated
from app.domain.rows.display import Wish
from app.domain.rows.money import AboutMoney, amount, written_amount
from app.domain.rows.naming import keys_of
from app.domain.rows.nodes import Node, Nodes
from app.domain.rows.numerals import grouped, in_bytes, literal
from app.domain.rows.spelling import COUNTED, NOTHING, PERCENT_WORDS, UNITS
from app.domain.rows.times import spelt_time, unix_time
from app.domain.rows.words import name_words, phrase, stems
from support_context.facts import Json
from support_context.plain_text import line

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


def shown(node: Node, wish: Wish, row: PointedRow, nodes: Nodes, about: AboutMoney) -> Shown:
    """Spell one fact for one row: as the model says where that can be so, else as what it is."""
    value = node.value
    if value is None or value == "":
        return Shown(NOTHING, "choice" if wish.alternatives else "text", "")
    if isinstance(value, list):
        return _count(value) if _is_count(wish, row) else _list(value, row.members)
    if isinstance(value, dict):
        return _count(value) if _is_count(wish, row) and _holds_items(value) else Shown(_object(value, row.members))
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
        return line(value[:READ_OF_TEXT], LONGEST_VALUE) or NOTHING
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


def _count(value: list[Json] | dict[str, Json]) -> Shown:
    return Shown(grouped(str(len(value))), "number", str(len(value)))


def _list(items: list[Json], members: tuple[str, ...]) -> Shown:
    texts = [line(_item(item, members), LONGEST_VALUE) for item in items[:MOST_ITEMS]]
    joint = "; " if any(isinstance(item, dict) for item in items[:MOST_ITEMS]) else ", "
    kept = [text for text in texts if text]
    while len(joint.join(kept)) > LONGEST_VALUE - len(f"{joint}and {len(items)} more") and len(kept) > 1:
        kept.pop()
    more = len(items) - len(kept) if len(items) > MOST_ITEMS or len(kept) < len(texts) else 0
    text = line(joint.join(kept), LONGEST_VALUE) + (f"{joint if kept else ''}and {more} more" if more else "")
    raw = json.dumps(kept, ensure_ascii=False)
    return Shown(line(text, LONGEST_VALUE) or NO_ITEMS, "list", raw if len(raw) <= 2 * LONGEST_VALUE else text)


def _item(item: Json, members: tuple[str, ...]) -> str:
    if isinstance(item, dict):
        return _object(item, members, bare=True)
    return ", ".join(_flat(item)) if isinstance(item, list) else text_of(item)


def _object(value: dict[str, Json], members: tuple[str, ...], *, bare: bool = False) -> str:
    """Join the scalars of an object in their order: texts as they are, as an address; others behind their names."""
    if len(value) == 1:
        inner = next(iter(value.values()))
        return _object(inner, members, bare=bare) if isinstance(inner, dict) else ", ".join(_flat(inner)) or NOTHING
    wanted = {keys_of(f"/{name.lstrip('/')}")[-1] for name in members} & value.keys()
    if not wanted and not all(isinstance(member, str) for member in islice(value.values(), 4 * MOST_SCALARS)):
        called = [value[key] for key in islice(value, 4 * MOST_SCALARS) if phrase(key) in NAMES]
        if len(called) == 1 and isinstance(called[0], str) and called[0]:
            return text_of(called[0])
    chosen = {key: member for key, member in islice(value.items(), 4 * MOST_SCALARS) if not wanted or key in wanted}
    shown = {key: text for key, member in chosen.items() if (text := ", ".join(_flat(member)))}
    parts = dict(islice(shown.items(), MOST_SCALARS))
    if {phrase(key).replace(" ", "") for key in parts} <= _PARTS_OF_NAME:
        return line(" ".join(parts.values()), LONGEST_VALUE) or NOTHING
    if bare or all(isinstance(chosen[key], str) and boolean(chosen[key]) is None for key in parts):
        return line(", ".join(parts.values()), LONGEST_VALUE) or NOTHING
    return line("; ".join(f"{line(key, 80)}: {text}" for key, text in parts.items()), LONGEST_VALUE) or NOTHING


def _flat(value: Json) -> Iterator[str]:
    """Yield the scalars of a member, of an object within it too, as far as a value has room."""
    if isinstance(value, dict):
        for member in islice(value.values(), MOST_SCALARS):
            yield from islice(_flat(member), MOST_SCALARS)
    elif isinstance(value, list):
        for item in islice(value, MOST_ITEMS):
            yield from islice(_flat(item), MOST_SCALARS)
    elif value is not None and value != "":
        yield text_of(value)
