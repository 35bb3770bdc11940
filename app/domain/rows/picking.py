"""Rows for display instructions without a model: labels that the owner wrote, matched to the JSON's keys."""

from collections.abc import Iterator
from itertools import islice

from app.domain.rows.answer import PointedRow
from app.domain.rows.display import Clause, Display, Wish
from app.domain.rows.labels import WRAPPERS, label_of
from app.domain.rows.naming import MOST_FIELDS, is_index, label_for
from app.domain.rows.nodes import PREFIXES, Node, Nodes
from app.domain.rows.spelling import NEGATIONS
from app.domain.rows.synonyms import meant
from app.domain.rows.words import content, name_words, singular
from support_context.facts import Json
from support_context.json_pointers import inside

_KIND_KEYS = ("type", "kind", "object", "record_type", "entity", "category")
_NOISE = frozenset(
    "it s is its an a the this that if when type kind response result answer data record json object customer "
    "endpoint lookup returned return contain has have look like about for belong to of and be there".split()
)
MOST_ITEMS = 5
"""Items of a list that are shown each in a row of its own."""

_SAME_WORDS, _ITS_WORDS = 100, 50
"""Likeness of a key that has the words of a wish, and of one that is a word which its value may take."""

_ALL_WORDS = 59
"""Likeness from which all words of a wish are those of the key or its path."""


def picked(nodes: Nodes, display: Display) -> tuple[PointedRow, ...]:
    """Point at what the owner asked for, at all leaves where everything was; nothing where nothing matches."""
    if display.everything:
        return tuple(_everything(nodes, display))
    rows = [row for clause in _chosen(display.clauses, nodes) for row in _rows(clause, nodes, display)]
    return tuple({(row.label, row.source): row for row in rows}.values())


def surely_picked(nodes: Nodes, display: Display) -> Iterator[PointedRow]:
    """Point at what the owner names as the JSON does, or by one of the words that it may take."""
    for clause in () if display.everything else _chosen(display.clauses, nodes):
        for wish in clause.wishes:
            score, node = _best(wish, nodes)
            if node and score in (_SAME_WORDS, _ITS_WORDS):
                yield PointedRow(wish.label, node.pointer)


def _everything(nodes: Nodes, display: Display) -> Iterator[PointedRow]:
    told = (pointer for pointer, value in _told("", nodes.facts.value) if not pointer.startswith("/links/"))
    for pointer in islice(told, 2 * MOST_FIELDS):
        node = nodes.at(pointer)
        if node:
            wide = bool(node.parent) and not set(node.parent) <= WRAPPERS
            yield PointedRow(label_for(pointer, parents=2 if wide else 1), pointer)


def _told(pointer: str, value: Json) -> Iterator[tuple[str, Json]]:
    """Yield every scalar and every list of scalars with its pointer, in document order."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _told(inside(pointer, key), member)
    elif isinstance(value, list) and any(isinstance(member, dict | list) for member in value):
        for index, member in enumerate(value):
            yield from _told(f"{pointer}/{index}", member)
    else:
        yield pointer, value


def _chosen(clauses: tuple[Clause, ...], nodes: Nodes) -> list[Clause]:
    """Choose the clauses whose condition holds; where none can be told, the one whose labels the JSON knows best."""
    conditional = [clause for clause in clauses if clause.when and clause.when != "otherwise"]
    if not conditional:
        return list(clauses)
    denied = {clause.when for clause in conditional if _is_denied(clause.when, nodes)}
    possible = [clause for clause in conditional if clause.when not in denied]
    holding = {clause.when for clause in possible if _holds(clause.when, nodes.every)}
    otherwise = any(clause.when == "otherwise" for clause in clauses)
    if not holding:
        best = max(possible, key=lambda clause: _known(clause, nodes), default=None)
        sure = best is not None and not otherwise and _known(best, nodes) > 0
        holding = {best.when} if best and sure else {"otherwise"}
    return [clause for clause in clauses if not clause.when or clause.when in holding]


def _is_denied(when: str, nodes: Nodes) -> bool:
    """Tell whether the JSON has a boolean of the condition's name that is false, or true under a negation."""
    said = set(map(singular, name_words(when)))
    named = [node for node in nodes.with_a_word_of(said) if isinstance(node.value, bool) and set(node.bare) <= said]
    return len(named) == 1 and named[0].value is not said.isdisjoint(NEGATIONS)


def _holds(when: str, nodes: list[Node]) -> bool:
    words = {singular(word) for word in name_words(when)} - _NOISE
    kinds = {
        singular(word)
        for node in nodes
        if node.key and "_".join(node.key) in _KIND_KEYS and isinstance(node.value, str)
        for word in name_words(node.value)
    }
    if kinds:
        return bool(words & kinds)
    return bool(words) and any(words <= set(node.key) for node in nodes)


def _known(clause: Clause, nodes: Nodes) -> float:
    return sum(_best(wish, nodes)[1] is not None for wish in clause.wishes) / len(clause.wishes)


def _rows(clause: Clause, nodes: Nodes, display: Display) -> Iterator[PointedRow]:
    for wish in clause.wishes:
        score, node = _best(wish, nodes)
        if node and (score >= _ALL_WORDS or label_of(wish.label, node, nodes, display).wish is wish):
            for one in _as_good(node, score, wish, nodes):
                for pointer in _of_each_item(one, nodes):
                    yield PointedRow(wish.label, pointer, "count" if wish.counts else "")


def _as_good(node: Node, score: int, wish: Wish, nodes: Nodes) -> list[Node]:
    """Return the fact, and those of the same name in other objects as deep in the JSON: which is meant is open."""
    same = [each for each in nodes.by_word.get(node.key[-1] if node.key else "", ()) if each.key == node.key]
    depth, items = node.pointer.count("/"), any(map(is_index, node.pointer.split("/")))
    if score != _SAME_WORDS or items:
        return [node]
    level = [each for each in same if each.pointer.count("/") == depth and each.is_leaf == node.is_leaf]
    equal = [each for each in level if likeness(wish, content(wish.name), each) == score]
    return equal[:MOST_ITEMS] or [node]


def _of_each_item(node: Node, nodes: Nodes) -> Iterator[str]:
    """Yield the pointer, and those to the same member of the other items of its list, where it stands in one."""
    keys = node.pointer.split("/")
    at = next((place for place, key in enumerate(keys) if is_index(key)), None)
    if at is None:
        yield node.pointer
        return
    for place in range(MOST_ITEMS):
        pointer = "/".join([*keys[:at], str(place), *keys[at + 1 :]])
        if nodes.at(pointer):
            yield pointer


def _best(wish: Wish, nodes: Nodes) -> tuple[int, Node | None]:
    wanted = content(wish.name)
    names = ("".join(wanted), *("".join(content(word)) for word in wish.alternatives))
    named = [node for name in names for node in nodes.by_name.get(name, ())]
    initials = nodes.by_name.get("".join(word[0] for word in wanted), []) if len(wanted) > 1 else []
    near = [*named, *initials, *nodes.with_a_word_of(wanted)]
    scored = ((likeness(wish, wanted, node), node) for node in near)
    score, best = max(scored, key=lambda each: each[0], default=(0, None))
    if score:
        return score, best
    synonym = meant(wanted, nodes)
    return (1, synonym) if synonym else (0, None)


def likeness(wish: Wish, wanted: tuple[str, ...], node: Node) -> int:
    """Score how well a key fits a wish: the same words first, then fewer, then its alternatives; 0 is no fit."""
    key, path = node.key, node.path
    if not key or not wanted:
        return 0
    bare = tuple(word for word in key if word not in PREFIXES)
    if "".join(wanted) in ("".join(key), "".join(bare), "".join(path)):
        return _SAME_WORDS
    fits = (
        (set(wanted) <= set(key), 80 - len(key)),
        (set(wanted) <= set(path) and wanted[-1] in key, _ALL_WORDS + 1),
        (set(wanted) <= set(path) and not set(wanted).isdisjoint(key), _ALL_WORDS),
        (len(wanted) > 1 and "".join(key) == "".join(word[0] for word in wanted), 55),
        (any("".join(content(word)) == "".join(bare) for word in wish.alternatives), _ITS_WORDS),
        (set(key) <= set(wanted) and wanted[-1] in key, 40),
        (set(key) <= set(wanted), 30),
    )
    return next((score for fit, score in fits if fit), 0)
