"""Words of an owner's choice, as in "Status (Active or Inactive)": shown where the fact states one beyond doubt.

Else a word that the model proposes stands with the fact behind it, `Active (trialing)`, unless the fact denies it.
"""

from app.domain.rows.display import Wish
from app.domain.rows.nodes import Node
from app.domain.rows.spelling import AFFIRMATIVE, BAD_STATES, FALSE, GOOD_STATES, NEGATIONS, NEGATIVE, TRUE
from app.domain.rows.words import content, name_words, phrase, stems
from support_context.facts import Json

_NEGATING = ("in", "un", "dis", "non", "not", "nicht", "no", "de", "dé", "des")
"""Beginnings that turn a word into its contrary, as in "Paid" and "Unpaid"."""

STEM = 4
"""Letters in which two words agree that are forms of one: `activated` and "Active"."""

_PAIR = 2


def boolean(value: Json) -> bool | None:
    """Read a boolean in any of its spellings; None where it is none."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int) and len(str(value)) <= len("disabled"):
        word = str(value).strip().lower()
        return True if word in TRUE else False if word in FALSE else None
    return None


def stated(node: Node, wish: Wish) -> str | None:
    """Return the one word of the owner's that a fact states beyond doubt: by equalling it, or as a boolean.

    A boolean states one only under a key that equals the label or one of the words: `not_verified` says nothing of
    "Verified", nor `refund_denied` of "Refund".
    """
    if isinstance(node.value, str):
        equal = [word for word in wish.alternatives if phrase(word) == phrase(node.value) and phrase(word)]
        if equal:
            return equal[0]
    truth = boolean(node.value)
    if truth is None:
        return None
    key = "".join(node.bare)
    for word in wish.alternatives:
        if "".join(content(word)) == key:
            others = [each for each in wish.alternatives if each != word]
            return word if truth else others[0] if len(others) == 1 else None
    names = {"".join(read(name)) for name in (wish.name, wish.label) for read in (content, stems)}
    if key not in names and not node.is_named(content(wish.label)):
        return None
    pair = _positive_and_negative(wish.alternatives)
    return pair[0 if truth else 1] if pair else None


def proposed(node: Node, wish: Wish, words: tuple[str, ...]) -> str | None:
    """Return the word of the owner's that a model proposes for a fact which states none; None where it may not stand.

    A boolean states a word or none; null says nothing; a text denies a word with a negation or with a contrary state.
    """
    said = {phrase(word) for word in words} - {""}
    word = next((each for each in wish.alternatives if phrase(each) in said), None)
    if word is None or isinstance(node.value, bool | dict | list) or node.value is None:
        return None
    return None if _denies(str(node.value), word) else word


def _denies(fact: str, word: str) -> bool:
    states, meant = set(name_words(fact)), set(name_words(word))
    if meant & states:
        return bool(states & NEGATIONS) or any(f"{a}{b}" in states for a in _NEGATING for b in meant)
    turned = any(_is_contrary(one, other) for one in states for other in meant)
    good, bad = bool(meant & GOOD_STATES), bool(meant & BAD_STATES)
    return (
        turned
        or bool(states & NEGATIONS)
        or (good and bool(states & BAD_STATES))
        or (bad and bool(states & GOOD_STATES))
    )


def _is_contrary(one: str, other: str) -> bool:
    """Tell whether one word begins as the other does behind what turns it: `deactivated` and "Active"."""
    pairs = ((one, other), (other, one))
    return any(
        long.startswith(turn) and long[len(turn) :][:STEM] == short[:STEM] and len(short) >= STEM
        for long, short in pairs
        for turn in _NEGATING
    )


def _positive_and_negative(words: tuple[str, ...]) -> tuple[str, str] | None:
    if len(words) != _PAIR:
        return None
    for one, other in (words, words[::-1]):
        a, b = phrase(one), phrase(other)
        if any(b in (f"{beginning}{a}", f"{beginning} {a}") for beginning in _NEGATING):
            return one, other
    for one, other in (words, words[::-1]):
        if phrase(one) in AFFIRMATIVE or phrase(other) in NEGATIVE:
            return one, other
    return None
