"""Labels of rows: the owner's words where they name this fact and no other, else the name of its own key."""

import unicodedata
from dataclasses import dataclass

from app.domain.rows.choices import boolean
from app.domain.rows.display import NO_WISH, Display, Wish
from app.domain.rows.naming import LONGEST_LABEL, label_for
from app.domain.rows.nodes import Node, Nodes, stated_by
from app.domain.rows.spelling import BAD_STATES, EVENTS, NEGATIONS, OTHER_TIMES
from app.domain.rows.words import content
from support_context.plain_text import line

SAYS_LITTLE = frozenset(
    "date time at on amount value name id title label code type nickname display data number no".split()
)
"""Words that a key and a label may differ in; a key of such words stands for the object around it."""

WRAPPERS = frozenset("data attribute result customer record object item response payload relationship property".split())
"""Names of objects that only hold others, and say nothing in a label."""

OF_LISTS = frozenset("all total recent latest last newest list history item".split())
"""Words of a label that choose nothing among the items of a list."""

_SOFT = frozenset("date time at on amount value name".split())


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a row, and the owner's wish that it answers (`NO_WISH`: none)."""

    text: str
    wish: Wish


def label_of(said: str, node: Node, nodes: Nodes, display: Display) -> Label:
    """Keep a model's label where its words are the pointer's, or the owner's for this fact and no other."""
    label, wish = line(said, LONGEST_LABEL), display.wish_for(said)
    if label != wish.label:  # its words are compared in their compatibility forms, so it is written in these
        label = line(unicodedata.normalize("NFKC", label), LONGEST_LABEL)
    words = content(label)
    if words and (label == wish.label or not _is_decorated(label)):
        if fits(words, node, wish, nodes):
            return Label(label, wish)
        if wish is not NO_WISH and _names_no_other(words, node, nodes, display, wish):
            return Label(label, wish)
    return Label(own_name(node), NO_WISH)


def own_name(node: Node) -> str:
    """Name a fact by its key, and by the object around it where the key says little."""
    wide = bool(node.parent) and set(node.key) <= SAYS_LITTLE and not set(node.parent) <= WRAPPERS
    return label_for(node.pointer, parents=2 if wide else 1)


def fits(words: tuple[str, ...], node: Node, wish: Wish, nodes: Nodes) -> bool:
    """Tell whether all words of a label are the pointer's, and one of them its key's (or the key says little).

    The key of a boolean must equal the label, or one of the words that the owner lists.
    """
    key, path = set(node.key), set(node.path)
    if node.is_named(words) or "".join(words) == "".join(word[0] for word in node.key):
        return True
    if any("".join(content(word)) == "".join(node.bare) for word in wish.alternatives):
        return True
    hard = set(words) - _SOFT or set(words)
    if not hard <= path and hard & path:
        hard -= nodes.said_by_items(node.pointer) | stated_by(node.value) | OF_LISTS
    if not hard <= path or _turns(node, words) or isinstance(node.value, bool):
        return False
    return bool(hard & key) or key <= SAYS_LITTLE


def _names_no_other(words: tuple[str, ...], node: Node, nodes: Nodes, display: Display, wish: Wish) -> bool:
    """Tell whether nothing in the JSON has more claim to the owner's words than this fact."""
    said, path = set(words), set(node.path)
    if isinstance(node.value, bool) or (boolean(node.value) is not None and wish.alternatives) or _turns(node, words):
        return False
    hard = said - _SOFT or said
    if any(nodes.by_word.get(word) for word in hard - path):
        return False
    if isinstance(node.value, list) and hard & path and hard - path:
        return False  # "Open tickets" are not all tickets
    key = set(node.bare) | (set(node.parent) - WRAPPERS if set(node.key) <= SAYS_LITTLE else set())
    around = set(node.parent) - said - WRAPPERS - SAYS_LITTLE
    if _is_another_event(said, node) or (said & key and hard - path and (key - said - SAYS_LITTLE or around)):
        return False
    others = (other for other in display.wishes if other is not wish)
    return not any(node.is_named(content(name)) for other in others for name in (other.name, other.label))


def _turns(node: Node, words: tuple[str, ...]) -> bool:
    """Tell whether the key turns the words of the label, as `not_verified`, `refund_denied` and `next_plan` do."""
    key = node.key[:-1] if node.key[-1:] == ("no",) else node.key  # `order_no` is a number
    return bool((set(key) - set(words)) & (NEGATIONS | BAD_STATES | OTHER_TIMES))


def _is_another_event(said: set[str], node: Node) -> bool:
    """Tell whether a label names an event and the key another, as "Delivered" and `ordered_at`."""
    meant, told = ({place for place, event in enumerate(EVENTS) if words & event} for words in (said, set(node.key)))
    return bool(meant and told) and meant.isdisjoint(told)


def _is_decorated(label: str) -> bool:
    return any(not (character.isalnum() or character in " -_.,:'’/&()%") for character in label)
