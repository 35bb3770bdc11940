"""Repair of a row's pointer: code decides which fact is meant, and only where there is exactly one."""

from app.domain.rows.answer import PointedRow
from app.domain.rows.display import Display, Wish
from app.domain.rows.labels import SAYS_LITTLE, fits
from app.domain.rows.naming import is_index
from app.domain.rows.nodes import LONGEST_STATE, MOST_ITEMS, Node, Nodes, states
from app.domain.rows.times import spelt_time
from app.domain.rows.words import content, name_words, singular
from support_context.facts import MISSING, Json
from support_context.plain_text import line

LATEST = frozenset(
    "latest newest recent last neueste letzte aktuelle última último dernière dernier ultima ultimo".split()
)


def resolved(row: PointedRow, nodes: Nodes, display: Display) -> Node | None:
    """Return the fact that a row means, where it points or where its label and the owner's words say; None: nowhere."""
    wish, words = display.wish_for(row.label), content(row.label)
    node = nodes.at(row.source) or nodes.repaired(row.source)
    if words and (node is None or not fits(words, node, wish, nodes)):
        named = nodes.named(row.label)
        if len(named) == 1:
            node = named[0]
    elif words and node and not node.is_named(words) and not set(words).isdisjoint(node.key):
        # "Plan" is the plan where there is one beside the previous plan.
        around = node.pointer.rpartition("/")[0]
        beside = [each for each in nodes.named(row.label) if each.pointer.rpartition("/")[0] == around]
        node = beside[0] if len(beside) == 1 else node
    if node is None:
        return None
    node = _latest_of(node, wish, nodes) or _item_of_condition(node, wish, nodes)
    if wish.counts or row.kind == "count":
        node = _list_around(node, words, nodes)
    return _whole(node, words, nodes)


def _latest_of(node: Node, wish: Wish, nodes: Nodes) -> Node | None:
    """Return the latest item of a list where the owner wants that one: "Latest order" of `orders`."""
    words = name_words(wish.name)
    if wish.counts or not isinstance(node.value, list) or LATEST.isdisjoint(words) or words[-1] != singular(words[-1]):
        return None
    place = _latest(node.value[:MOST_ITEMS]) if node.value else None
    return None if place is None else nodes.at(f"{node.pointer}/{place}")


def _item_of_condition(node: Node, wish: Wish, nodes: Nodes) -> Node:
    """Choose the item of a list that the owner's words name: "the active subscription's plan", "the latest order"."""
    said = set(content(wish.name)) - set(node.path)
    if not said:
        return node
    for at, key in enumerate(keys := node.pointer.split("/")):
        above = "/".join(keys[:at])
        items = nodes.facts.at(above) if is_index(key) else MISSING
        if not isinstance(items, list) or len(items) < 2:  # noqa: PLR2004 (nothing to choose from)
            continue
        place = _place(items[:MOST_ITEMS], said)
        if place is not None:
            return nodes.at("/".join([*keys[:at], str(place), *keys[at + 1 :]])) or node
    return node


def _place(items: list[Json], said: set[str]) -> int | None:
    fitting = [place for place, item in enumerate(items) if not said.isdisjoint(states(item))]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and said & LATEST:
        return _latest(items)
    return None


def _latest(items: list[Json]) -> int | None:
    """Return the place of the item with the latest time, where all tell it under one key in one spelling."""
    first = items[0]
    for key in first if isinstance(first, dict) else ():
        told = [item.get(key) for item in items if isinstance(item, dict)]
        times = [value for value in told if isinstance(value, str)]
        kinds = {(spelt_time(value), len(value), value[19:]) for value in times}
        if len(times) == len(items) and len(kinds) == 1 and kinds.pop()[0] and len(set(times)) == len(times):
            return times.index(max(times))
    return None


def _list_around(node: Node, words: tuple[str, ...], nodes: Nodes) -> Node:
    """Return the list that a number is wanted of, where the pointer leads into it."""
    keys = node.pointer.split("/")
    for end in range(len(keys), 1, -1):
        around = nodes.at("/".join(keys[:end]))
        if around and isinstance(around.value, list):
            return around if set(around.key) & set(words) else node
    return node


def _whole(node: Node, words: tuple[str, ...], nodes: Nodes) -> Node:
    """Return the object of which a leaf is a part only, as `/name/given` is of "Name"."""
    above = nodes.at(node.pointer.rpartition("/")[0])
    if above is None or not isinstance(above.value, dict) or not node.is_leaf or not above.key:
        return node
    key, named = set(node.key), set(above.key)
    texts = [value for value in above.value.values() if value not in (None, "")]
    parts = [value for value in texts if isinstance(value, str) and line(value[:LONGEST_STATE], 80)]
    numbers = [value for value in texts if isinstance(value, int | float) and not isinstance(value, bool)]
    joins = len(texts) > 1 and len(parts) + len(numbers) == len(texts) and len(parts) > len(numbers)
    is_part = named <= set(words) and key.isdisjoint(words) and not key <= SAYS_LITTLE
    return above if is_part and joins else node
