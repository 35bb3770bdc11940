"""The members of a JSON object with the words of their keys, read once per answer; and repair of pointers to them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from app.domain.rows.answer import LONGEST_POINTER
from app.domain.rows.naming import is_index
from app.domain.rows.words import content, phrase, singular, stems
from support_context.facts import MISSING, Facts, Json, Missing
from support_context.json_pointers import inside, keys_of

NODES_LOOKED_AT = 1_000
"""Members of the JSON that are compared with each label; a card of 24 rows does not come from further down."""

PREFIXES = frozenset({"is", "has", "was", "ha", "wa"})  # the last two are the singular of the words before
"""Words before the name of a boolean that add nothing to it."""

MOST_SLASHES = 4
"""Unescaped slashes of one key in a pointer that is repaired."""

MOST_ITEMS = 50
"""Items of a list that a condition is held against."""

LONGEST_STATE = 60
"""Characters of a member that may be the word of a condition."""

_DOTTED = re.compile(r"[.\[\]$]+")


@dataclass(frozen=True, slots=True)
class Node:
    """One member of the JSON: its pointer, the words of its key and of its whole path, in the singular."""

    pointer: str
    value: Json
    key: tuple[str, ...]
    path: tuple[str, ...]
    parent: tuple[str, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Tell whether the member is neither object nor array."""
        return not isinstance(self.value, dict | list)

    @property
    def bare(self) -> tuple[str, ...]:
        """Return the words of the key less `is`, `has` and `was`."""
        return without_prefixes(self.key)

    @property
    def names(self) -> frozenset[str]:
        """Return what the member is called, its words written together: by its key, alone or with its parent's."""
        return _names(self.key, self.parent)

    def is_named(self, words: tuple[str, ...]) -> bool:
        """Tell whether these words, written together, are the key, or the key and its parent's."""
        return "".join(words) in self.names


@lru_cache(maxsize=8_192)
def without_prefixes(key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a key less `is`, `has` and `was`, all of them where nothing else is left."""
    return tuple(word for word in key if word not in PREFIXES) or key


@lru_cache(maxsize=8_192)
def _names(key: tuple[str, ...], parent: tuple[str, ...]) -> frozenset[str]:
    whole = (key, without_prefixes(key), parent + key, key + parent)
    return frozenset("".join(words) for words in whole) if key else frozenset()


@dataclass(slots=True)
class Nodes:
    """All members of one JSON object, the shallowest first, as far as they are looked at."""

    facts: Facts
    every: list[Node] = field(default_factory=list)
    by_pointer: dict[str, Node] = field(default_factory=dict)
    by_key: dict[str, list[Node]] = field(default_factory=dict)
    by_name: dict[str, list[Node]] = field(default_factory=dict)
    by_word: dict[str, list[Node]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts) -> "Nodes":
        """Walk the JSON once, and note each member under its key, its names and its words."""
        nodes = cls(facts, list(_walk(facts)))
        for node in nodes.every:
            nodes.by_pointer[node.pointer] = node
            nodes.by_key.setdefault(keys_of(node.pointer)[-1], []).append(node)
            for name in node.names:
                nodes.by_name.setdefault(name, []).append(node)
            for word in set(node.key):
                nodes.by_word.setdefault(word, []).append(node)
        return nodes

    def at(self, pointer: str) -> Node | None:
        """Return the member that a pointer leads to, also beyond those that are looked at; None where it leads nowhere.

        The whole object is no member.
        """
        if pointer in self.by_pointer or not keys_of(pointer):
            return self.by_pointer.get(pointer)
        value = self.facts.at(pointer)
        return None if value is MISSING else node_at(pointer, value)

    def repaired(self, pointer: str) -> Node | None:
        """Return the one member that a pointer which leads nowhere means: the only one with its last key."""
        for tail in _tails(pointer):
            named = self.by_key.get(tail, [])
            leaves = [node for node in named if node.is_leaf] or named
            if leaves:
                return leaves[0] if len(leaves) == 1 else None
        return None

    def named(self, label: str) -> list[Node]:
        """List the leaves whose key has exactly the words of a label."""
        return [node for node in self.by_name.get("".join(content(label)), []) if node.is_leaf]

    def said_by_items(self, pointer: str) -> set[str]:
        """Return the words that the list items around a member say of themselves, as "default" of `default: true`."""
        keys = pointer.split("/")
        around = ["/".join(keys[: at + 1]) for at, key in enumerate(keys) if is_index(key)]
        return {word for above in around for word in states(self.facts.at(above))}

    def with_a_word_of(self, words: Iterable[str]) -> list[Node]:
        """List the members whose key has one of these words, the shallowest first."""
        found = {node.pointer: node for word in words for node in self.by_word.get(word, ())}
        return sorted(found.values(), key=lambda node: node.pointer.count("/"))


def states(item: Json | Missing) -> Iterator[str]:
    """Yield the words that an item says of itself: short texts, and the names of what is true."""
    for key, value in item.items() if isinstance(item, dict) else ():
        if isinstance(value, str) and len(value) <= LONGEST_STATE:
            yield " ".join(map(singular, phrase(value).split(" ")))
        elif value is True:
            yield from stems(key)


def stated_by(items: Json) -> set[str]:
    """Return the words that the items of a list state of themselves; none of anything else."""
    looked_at = items[:MOST_ITEMS] if isinstance(items, list) else []
    return {word for item in looked_at for word in states(item)}


def node_at(pointer: str, value: Json) -> Node:
    """Make the node of a pointer and its value."""
    words = [() if is_index(key) else stems(key) for key in keys_of(pointer)]
    named = [each for each in words if each]
    key = words[-1]
    before = named[:-1] if key else named
    return Node(pointer, value, key, tuple(word for each in words for word in each), before[-1] if before else ())


def _tails(pointer: str) -> Iterator[str]:
    """Yield what the last key may have been: with an unescaped slash in it, or in another notation than a pointer."""
    keys = keys_of(pointer[:LONGEST_POINTER]) if pointer.startswith("/") else [pointer[:LONGEST_POINTER]]
    yield from ("/".join(keys[at:]) for at in range(max(len(keys) - MOST_SLASHES, 0), len(keys)))
    parts = [part for part in _DOTTED.split(keys[-1]) if part and not is_index(part)]
    if parts:
        yield parts[-1]


def _walk(facts: Facts) -> Iterator[Node]:
    level: list[Node] = [Node("", facts.value, (), ())]
    seen = 0
    while level:
        below: list[Node] = []
        for above in level:
            for key, member in _members(above.value):
                if (above.pointer, key) == ("", "links"):
                    continue
                words = stems(key) if isinstance(above.value, dict) else ()
                inner = inside(above.pointer, key)
                node = Node(inner, member, words, above.path + words, above.key or above.parent)
                yield node
                if not node.is_leaf:
                    below.append(node)
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
