"""Picks rows for display instructions without a model: matches the labels that the owner wrote to the JSON's keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from app.domain import display
from app.domain.display import Clause, Wish
from app.domain.outcomes import Field
from app.domain.rendering import MOST_FIELDS, keys_of, label_for, rendered
from app.domain.wording import name_words
from support_context.facts import Facts, Json

NODES_LOOKED_AT = 500
"""Members of the JSON that are compared with each label; a card of 24 rows does not come from further down."""

_KIND_KEYS = ("type", "kind", "object", "record_type", "entity", "category")
_PREFIXES = {"is", "has", "was"}
_NEGATIONS = ("in", "un", "dis", "non", "not")
_NOISE = frozenset(
    name_words(
        "it s is its an a the this that if when type kind response result answer data record json object customer "
        "endpoint lookup returned returns contains has have looks like about for belongs to of and be there"
    )
)


@dataclass(frozen=True, slots=True)
class Node:
    """One member of the JSON: its pointer, the words (singular) of its key and of its whole path."""

    pointer: str
    value: Json
    key: tuple[str, ...]
    path: tuple[str, ...]


def pick(facts: Facts, display_instructions: str) -> tuple[Field, ...]:
    """Return the rows that the owner asked for, or all leaves where nothing matches or everything was asked for."""
    nodes = list(_nodes(facts))
    fields: list[Field] = []
    if not display.everything(display_instructions):
        for clause in _chosen(display.clauses(display_instructions), nodes):
            fields += _rows(clause, nodes)
    return tuple(dict.fromkeys(fields))[:MOST_FIELDS] or every_leaf(facts)


def every_leaf(facts: Facts) -> tuple[Field, ...]:
    """Make a row of every scalar but those of the top-level `links`; a label that comes twice names its parent too."""
    shown = ((pointer, value) for pointer, value in facts.leaves() if keys_of(pointer)[0] != "links")
    leaves = list(islice(shown, MOST_FIELDS))
    labels = [label_for(pointer) for pointer, _ in leaves]
    return tuple(
        Field(label if labels.count(label) == 1 else label_for(pointer, parents=2), rendered(value), pointer)
        for label, (pointer, value) in zip(labels, leaves, strict=True)
    )


def _nodes(facts: Facts) -> Iterator[Node]:
    """Walk the JSON level by level, so that the shallowest of equal matches comes first."""
    level: list[tuple[str, tuple[str, ...], Json]] = [("", (), facts.value)]
    seen = 0
    while level:
        below: list[tuple[str, tuple[str, ...], Json]] = []
        for pointer, path, value in level:
            for key, member in _members(value):
                if (pointer, key) == ("", "links"):
                    continue
                words = tuple(map(_singular, name_words(key)))
                inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
                yield Node(inner, member, words, path + words)
                below.append((inner, path + words, member))
                seen += 1
                if seen >= NODES_LOOKED_AT:
                    return
        level = below


def _members(value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for index, member in enumerate(value):
            if isinstance(member, dict | list):
                yield str(index), member


def _chosen(clauses: tuple[Clause, ...], nodes: list[Node]) -> list[Clause]:
    """Choose the clauses whose condition holds; where none can be told, the one whose labels the JSON knows best."""
    conditional = [clause for clause in clauses if clause.when and clause.when != "otherwise"]
    if not conditional:
        return list(clauses)
    holding = {clause.when for clause in conditional if _holds(clause.when, nodes)}
    otherwise = any(clause.when == "otherwise" for clause in clauses)
    if not holding:
        best = max(conditional, key=lambda clause: _known(clause, nodes))
        sure = not otherwise and _known(best, nodes) > 0
        holding = {best.when} if sure else {"otherwise"}
    return [clause for clause in clauses if not clause.when or clause.when in holding]


def _holds(when: str, nodes: list[Node]) -> bool:
    words = {_singular(word) for word in name_words(when)} - _NOISE
    kinds = {
        _singular(word)
        for node in nodes
        if node.key and "_".join(node.key) in _KIND_KEYS and isinstance(node.value, str)
        for word in name_words(node.value)
    }
    if kinds:
        return bool(words & kinds)
    return bool(words) and any(words <= set(node.key) for node in nodes)


def _known(clause: Clause, nodes: list[Node]) -> float:
    return sum(_best(wish, nodes) is not None for wish in clause.wishes) / len(clause.wishes)


def _rows(clause: Clause, nodes: list[Node]) -> Iterator[Field]:
    for wish in clause.wishes:
        node = _best(wish, nodes)
        if node:
            yield Field(wish.label, _shown(node, wish), node.pointer)


def _best(wish: Wish, nodes: list[Node]) -> Node | None:
    score, node = max(
        ((_likeness(wish, node), node) for node in nodes), key=lambda scored: scored[0], default=(0, None)
    )
    return node if score else None


def _likeness(wish: Wish, node: Node) -> int:
    """Score how well a key fits a label: the same words first, then fewer, then its alternatives; 0 is no fit."""
    wanted, key, path = tuple(map(_singular, name_words(wish.name))), node.key, node.path
    if not key or not wanted:
        return 0
    bare = tuple(word for word in key if word not in _PREFIXES)
    if "".join(wanted) in ("".join(key), "".join(bare), "".join(path)):
        return 100
    fits = (
        (set(wanted) <= set(key), 80 - len(key)),
        (set(wanted) <= set(path) and wanted[-1] in key, 60),
        (len(wanted) > 1 and "".join(key) == "".join(word[0] for word in wanted), 55),
        (isinstance(node.value, bool) and display.stated(True, "_".join(key), wish.alternatives) is not None, 50),
        (set(key) <= set(wanted) and wanted[-1] in key, 40),
        (set(key) <= set(wanted), 30),
    )
    return next((score for fit, score in fits if fit), 0)


def _shown(node: Node, wish: Wish) -> str:
    stated = display.stated(node.value, "_".join(node.key), wish.alternatives)
    if stated is None and isinstance(node.value, bool) and len(wish.alternatives) == 2:  # noqa: PLR2004 (true and false)
        positive, negative = wish.alternatives
        if any(
            positive.lower() == f"{prefix}{gap}{negative.lower()}" for prefix in _NEGATIONS for gap in ("", " ", "-")
        ):
            positive, negative = negative, positive
        stated = positive if node.value else negative
    return stated or rendered(node.value)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word  # noqa: PLR2004
