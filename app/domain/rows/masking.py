"""Facts that agents may see and no AI: masked before a model reads the record."""

from collections.abc import Iterable
from dataclasses import replace

from app.domain.rows.naming import is_index, keys_of
from support_context.facts import MISSING, Facts, Json

MASK = "(for agents only)"
"""Text in place of a masked fact: a model may point at it, and learns nothing."""

MOST_POINTERS = 50


def masked(facts: Facts, agent_only: Iterable[str]) -> Facts:
    """Return the facts with each member that a pointer leads to masked; the given ones are left as they are."""
    value: Json = facts.value
    for pointer in agent_only:
        if facts.at(pointer) is not MISSING and pointer:
            value = _masked_at(value, keys_of(pointer))
    return replace(facts, value=value) if isinstance(value, dict) and value is not facts.value else facts


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
