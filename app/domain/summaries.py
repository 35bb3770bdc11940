"""Judges what a model said about the customer's data: what the JSON does not say never reaches an agent."""

from dataclasses import dataclass
from itertools import islice

from app.domain.invention import Owner, beyond_fact, beyond_facts, denied, marks
from app.domain.outcomes import Field
from app.domain.rendering import (
    LONGEST_LABEL,
    LONGEST_SUMMARY,
    LONGEST_VALUE,
    MOST_FIELDS,
    keys_of,
    label_for,
    made_from_rows,
    rendered,
)
from app.domain.row_picking import every_leaf
from app.domain.wording import name_words
from support_context.facts import MISSING, Facts
from support_context.plain_text import line

__all__ = ["Answer", "Judged", "judge", "made_from_rows", "straight_from"]

MOST_ROWS_JUDGED = 2 * MOST_FIELDS
"""Rows of an answer that are looked at: some may be dropped, and a flood of them must not cost."""

KEYS_LOOKED_AT = 500
"""Members of the JSON whose names a label is held against."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said, schema-checked, not judged."""

    summary: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be shown; `note` counts what was changed and holds no data.

    `replaced` counts the rows whose value gave way to the JSON's own, `dropped` those whose pointer led to no fact;
    `made_anew` tells that the summary gave way to one made from the rows.
    """

    summary: str
    fields: tuple[Field, ...]
    note: str
    replaced: int = 0
    dropped: int = 0
    made_anew: bool = False


def judge(answer: Answer, facts: Facts, display_instructions: str) -> Judged:
    """Keep of an answer what the JSON or the owner's instructions say, and put the JSON's own words for the rest."""
    owner = Owner.of(display_instructions)
    rows: dict[tuple[str, str], Field] = {}
    replaced = dropped = 0
    stated: set[str] = set()
    false: set[str] = set()
    for said in answer.fields[:MOST_ROWS_JUDGED]:
        fact = facts.at(said.source)
        if fact is MISSING or not said.source:
            dropped += 1
            continue
        value = line(said.value, LONGEST_VALUE)
        beyond = beyond_fact(value, fact, said.source, owner)
        shown = value if value and not beyond else rendered(fact)
        field = Field(_label(said, facts, owner), shown, said.source)
        rows.setdefault((field.label, field.source), field)
        replaced += shown != value
        states, denies = denied(fact, said.source, owner)
        stated |= states
        false |= denies | (beyond - owner.names)
    fields = tuple(rows.values())[:MOST_FIELDS] or every_leaf(facts)
    summary = line(answer.summary, LONGEST_SUMMARY)
    note = f"{len(fields)} rows, {replaced} replaced, {dropped} dropped"
    if not summary or beyond_facts(summary, facts, false - stated):
        note = f"{note}; summary made from the rows"
        return Judged(made_from_rows(fields), fields, note, replaced, dropped, made_anew=True)
    return Judged(summary, fields, note, replaced, dropped)


def straight_from(facts: Facts) -> Judged:
    """Make rows and a summary of the JSON itself, without a model."""
    fields = every_leaf(facts)
    return Judged(made_from_rows(fields), fields, f"{len(fields)} rows straight from the JSON")


def _label(said: Field, facts: Facts, owner: Owner) -> str:
    """Keep a label whose words are the owner's or the pointer's, unless it is the name of another fact."""
    label = line(said.label, LONGEST_LABEL)
    words, path = name_words(label), [word for key in keys_of(said.source) for word in name_words(key)]
    joined = {"".join(name_words(key)) for key in keys_of(said.source)}
    known = owner.names | set(path) | {f"{word}s" for word in path} | {word.removesuffix("s") for word in path}
    its_own = "".join(words) in joined or not set(words).isdisjoint(path)
    of_another = not its_own and _is_name_of_a_fact(set(words), facts)
    backed = all(word in known for word in words) or "".join(words) in joined
    return label if words and backed and not of_another and marks(label) <= owner.marks else label_for(said.source)


def _is_name_of_a_fact(words: set[str], facts: Facts) -> bool:
    pointers = (pointer for pointer, _ in islice(facts.leaves(), KEYS_LOOKED_AT))
    return any(words <= set(name_words(keys_of(pointer)[-1])) for pointer in pointers)
