"""Rows and summary that may be shown of a model's answer: facts copied and spelt by code, in the owner's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.outcomes import Field
from app.domain.rows.answer import MOST_ROWS_READ, Answer, PointedRow
from app.domain.rows.display import NO_WISH, Display, read_display
from app.domain.rows.labels import SAYS_LITTLE, Label, label_of
from app.domain.rows.masking import overlaps, without
from app.domain.rows.money import about_money
from app.domain.rows.naming import (
    LONGEST_LABEL,
    LONGEST_SUMMARY,
    MOST_FIELDS,
    is_index,
    label_for,
    made_from_rows,
)
from app.domain.rows.nodes import Node, Nodes
from app.domain.rows.picking import picked, surely_picked
from app.domain.rows.pointers import resolved
from app.domain.rows.summary import says_only
from app.domain.rows.synonyms import meant
from app.domain.rows.values import Shown, shown
from app.domain.rows.words import content
from support_context.facts import Facts
from support_context.json_pointers import keys_of
from support_context.plain_text import line

JUDGED_AT_ONCE_BYTES = 4_096
"""Above this an answer of the endpoint is judged in a thread: 64 KB can take 40 ms, in which all others would wait."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows and summary of a card as they may be shown; `note` counts what was changed and holds no data.

    `repaired` counts the rows whose pointer was led to the fact that it means, `renamed` those that got the name of
    their own key, `dropped` those that lead nowhere or that nobody asked for; `made_anew` tells that the summary gave
    way to one made from the rows.
    """

    summary: str
    fields: tuple[Field, ...]
    note: str
    repaired: int = 0
    renamed: int = 0
    dropped: int = 0
    made_anew: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    node: Node
    label: Label
    shown: Shown
    moved: bool
    renamed: bool


def judge(answer: Answer, facts: Facts, display_instructions: str, agent_only: Sequence[str] = ()) -> Judged:
    """Spell the facts that an answer points at; where it points at none, those that the owner asked for."""
    display = read_display(display_instructions)
    nodes = Nodes.of(without(facts, display.excluded))
    said = answer.rows[:MOST_ROWS_READ]
    rows = _spelt(said, nodes, display, display_instructions)
    kept = _asked_for(rows, nodes, display)
    if not kept:
        return _picked(nodes, display, display_instructions, agent_only)
    fields = _told_apart(kept, agent_only)
    repaired, renamed = sum(row.moved for row in kept), sum(row.renamed for row in kept)
    dropped = len(said) - len(kept)
    note = f"{len(fields)} rows, {repaired} repaired, {renamed} renamed, {dropped} dropped"
    summary = line(answer.summary, LONGEST_SUMMARY)
    if not summary:
        return Judged(made_from_rows(fields), fields, note, repaired, renamed, dropped)
    whole = Nodes.of(facts) if display.excluded else nodes
    if not says_only(summary, fields, whole, display):
        note = f"{note}; summary made from the rows"
        return Judged(made_from_rows(fields), fields, note, repaired, renamed, dropped, made_anew=True)
    return Judged(summary, fields, note, repaired, renamed, dropped)


def without_model(facts: Facts, display_instructions: str, agent_only: Sequence[str] = ()) -> Judged:
    """Make the rows that the owner asked for, and a summary of them, without a model's answer."""
    display = read_display(display_instructions)
    return _picked(Nodes.of(without(facts, display.excluded)), display, display_instructions, agent_only)


def _picked(nodes: Nodes, display: Display, instructions: str, agent_only: Sequence[str]) -> Judged:
    fields = _told_apart(_spelt(picked(nodes, display), nodes, display, instructions), agent_only)
    note = f"{len(fields)} rows by the owner's words" if fields else "no row: nothing that was asked for is in the JSON"
    return Judged(made_from_rows(fields), fields, note)


def _spelt(said: Sequence[PointedRow], nodes: Nodes, display: Display, instructions: str) -> list[_Row]:
    about = about_money(instructions)
    rows: dict[str, _Row] = {}
    in_doubt = any(display.wish_for(row.label) is NO_WISH for row in said)
    sure = {row.source: row.label for row in surely_picked(nodes, display)} if in_doubt else {}
    for row in (_in_the_owners_words(each, nodes, display, sure) for each in said):
        node = resolved(row, nodes, display)
        if node is None or node.pointer in rows or node.pointer.startswith("/links/"):
            continue
        label = label_of(row.label, node, nodes, display)
        value = shown(node, label.wish, row, nodes, about)
        renamed = bool(row.label) and label.text != line(row.label, LONGEST_LABEL)
        rows[node.pointer] = _Row(node, label, value, node.pointer != row.source, renamed)
    return list(rows.values())


def _in_the_owners_words(row: PointedRow, nodes: Nodes, display: Display, sure: Mapping[str, str]) -> PointedRow:
    """Give a row the label of the wish that it answers, where a model wrote another.

    It copies what the owner says in brackets ("News (Yes or No)" is the wish "News"), adds "name" or "date", or takes
    the key's name: `active` is the wish "Status (Active or Inactive)". `sure` are the labels of the facts that the
    owner names beyond doubt.
    """
    label = row.label.partition(" (")[0]
    if display.has_label(label):
        return row if label == row.label else replace(row, label=label)
    if display.wish_for(row.label) is NO_WISH:
        node = nodes.at(row.source) or nodes.repaired(row.source)
        if node and node.pointer in sure:
            return replace(row, label=sure[node.pointer])
        said = tuple(word for word in content(row.label) if word not in SAYS_LITTLE)
        equal = next((wish for wish in display.wishes if said and content(wish.label) == said), None)
        if node and equal:
            return replace(row, label=equal.label)
        wishes = (wish for wish in display.wishes if node and meant(content(wish.label), nodes) == node)
        return replace(row, label=next((wish.label for wish in wishes), row.label))
    return row


def _asked_for(rows: list[_Row], nodes: Nodes, display: Display) -> list[_Row]:
    """Drop the rows that answer no wish, as far as all wishes were read and the JSON has what they name.

    A wish in another language that names no key leaves room for one row whose label is its key's.
    """
    if display.everything or display.unread or not display.wishes:
        return rows
    known = {word for wish in display.wishes for name in (wish.label, wish.name) for word in content(name)}
    answered = {row.label.wish for row in rows}
    unanswered = [wish for wish in display.wishes if wish not in answered]
    nameless = (wish for wish in unanswered if not any(nodes.named(name) for name in (wish.label, wish.name)))
    open_wishes = 0 if display.english else len(list(nameless))
    kept: list[_Row] = []
    for row in rows:
        if row.label.wish is NO_WISH and known.isdisjoint(row.node.path):
            if not open_wishes or row.renamed:
                continue
            open_wishes -= 1
        kept.append(row)
    return kept


def _told_apart(rows: Sequence[_Row], agent_only: Sequence[str]) -> tuple[Field, ...]:
    """Give rows with one label names of their own: the number of their item, or the name of their parent."""
    kept = rows[:MOST_FIELDS]
    sources: dict[str, list[str]] = {}
    for row in kept:
        sources.setdefault(row.label.text, []).append(row.node.pointer)
    told: list[Field] = []
    for row in kept:
        label, source, value = row.label.text, row.node.pointer, row.shown
        if len(sources[label]) > 1:
            index = next((key for key in reversed(keys_of(source)) if is_index(key)), None)
            numbered = all(any(map(is_index, keys_of(each))) for each in sources[label])
            label = f"{label} {int(index) + 1}" if index and numbered else label_for(source, parents=2)
        shut = overlaps(source, agent_only)
        told.append(Field(line(label, LONGEST_LABEL), value.value, source, value.type, value.machine, shut))
    return tuple(told)
