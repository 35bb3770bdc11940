"""Facts that agents may see and no AI, masked before a model reads the record; and facts that no row shows."""

from collections.abc import Iterable
from dataclasses import replace

from app.domain.rows.naming import is_index
from app.domain.rows.words import content, stems
from support_context.facts import MISSING, Facts, Json
from support_context.json_pointers import keys_of

MASK = "(for agents only)"
"""Text in place of a masked fact: a model may point at it, and learns nothing."""

SAYS_NOTHING = frozenset("fact field data detail value info information column row".split())
"""Words that name no fact, as in "the internal fields"."""


def masked(facts: Facts, agent_only: Iterable[str]) -> Facts:
    """Return the facts with each member that a pointer leads to masked; the given ones are left as they are."""
    value: Json = facts.value
    for pointer in agent_only:
        if facts.at(pointer) is not MISSING and pointer:
            value = _masked_at(value, keys_of(pointer))
    return replace(facts, value=value) if isinstance(value, dict) and value is not facts.value else facts


def without(facts: Facts, names: Iterable[str]) -> Facts:
    """Return the facts less the members that the owner does not want shown; pointers to the others stay as they are."""
    named = (set(content(name)) for name in names)
    hidden = [words - SAYS_NOTHING or words for words in named if words]
    return replace(facts, value=_less(facts.value, hidden, frozenset())) if hidden else facts


def _less(value: dict[str, Json], hidden: list[set[str]], around: frozenset[str]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for key, member in value.items():
        path = around | set(stems(key))
        if not any(words <= path for words in hidden):
            kept[key] = _less_inside(member, hidden, path)
    return kept


def _less_inside(value: Json, hidden: list[set[str]], path: frozenset[str]) -> Json:
    if isinstance(value, dict):
        return _less(value, hidden, path)
    return [_less_inside(item, hidden, path) for item in value] if isinstance(value, list) else value


def overlaps(source: str, pointers: Iterable[str]) -> bool:
    """Tell whether a pointer leads to a fact of these pointers, into one, or around one."""
    return any(f"{source}/".startswith(f"{each}/") or f"{each}/".startswith(f"{source}/") for each in pointers)


def _masked_at(value: Json, keys: list[str]) -> Json:
    if not keys:
        return MASK
    key, *rest = keys
    if isinstance(value, dict) and key in value:
        return {**value, key: _masked_at(value[key], rest)}
    if isinstance(value, list) and is_index(key) and int(key) < len(value):
        return [*value[: int(key)], _masked_at(value[int(key)], rest), *value[int(key) + 1 :]]
    return value
