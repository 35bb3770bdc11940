"""Judges the one text that a model writes: each figure, address, state and negation of it must be in the rows.

Its plain words cannot be judged: the rows are the truth, and where this is in doubt the summary is made from them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.domain.outcomes import Field
from app.domain.rows.display import Display
from app.domain.rows.naming import is_long
from app.domain.rows.nodes import Node, Nodes
from app.domain.rows.numerals import ungrouped
from app.domain.rows.spelling import BAD_STATES, CURRENCIES, GOOD_STATES, NEGATIONS
from app.domain.rows.vocabulary import (
    COMMON_WORDS,
    COUNT_WORDS,
    DURATIONS,
    HAN_NUMERALS,
    PROMISES,
    RELATIVE,
    TIME_WORDS,
    UNIT_WORDS,
)
from app.domain.rows.words import FUNCTION_WORDS, name_words, phrase
from support_context.plain_text import comparable

LONGEST_FACT = 4_000
"""Characters of a fact that are read; of longer ones a summary is made from the rows."""

LENGTH_OF_DATE = len("2026-12-01")

MOST_ITEMS = 200
"""Items of one list that a summary is held against."""

MOST_READ = 60_000
"""Characters, folded, of all facts that a summary is held against; of more JSON it is made from the rows."""

STATES = (GOOD_STATES | BAD_STATES | PROMISES) - {"on", "off", "yes", "no", "none", "true", "false"}
"""Words of states and promises, less those that are parts of speech too."""

SMALL = FUNCTION_WORDS | COMMON_WORDS
"""Words that say nothing of anybody, wherever they stand."""

REACH_OF_NEGATION = 3
"""Words after a negation that it may turn."""

_EDGES = "\"'“”‘’„‚«»‹›()[]{}.,;:!?…、。，；：！？·•|–—"
_OPENING_EDGES = _EDGES.replace("–", "")
_SCRIPTS_MEET = re.compile(r"(?<=\d)(?=[^\W\d_a-z])|(?<=[^\W\d_a-z])(?=\d)")
_ADDRESS = re.compile(r"://|@|[^\W\d_][\w-]*\.[^\W\d_]{2,}")
_MARKUP = re.compile(r"[<>`*|\\~^{}\[\]#_]")
_ROMAN = re.compile(r"(?=..)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_SIGNED = re.compile(r"(?<!\S)([(\[{\"'“„«]*)[−–](?=\d)")
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(slots=True)
class _Known:
    """What the rows show: words, pairs of neighbours and states; what facts deny; and words of what may not speak."""

    tokens: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    states: set[str] = field(default_factory=set)
    negated: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    read: int = 0

    def add(self, text: str, *, says_state: bool = True) -> None:
        """Read one text that may speak."""
        tokens = _tokens(text)
        self.read += sum(map(len, tokens))
        self.tokens.update(tokens, map(ungrouped, tokens))
        self.pairs.update(pairwise(tokens))
        self.letters.update(text)
        turned = _turned(tokens)
        self.negated |= turned
        if says_state:
            self.states |= set(tokens) - turned


def says_only(summary: str, fields: Sequence[Field], nodes: Nodes, display: Display) -> bool:
    """Tell whether a summary has no figure, date, address, code, state or negation that the rows lack."""
    known = _known(fields, nodes)
    if known.read > MOST_READ:
        return False
    tokens, words = _tokens(summary), f" {' '.join(name_words_of(summary))} "
    shown = {phrase(field.value) for field in fields} | {phrase(field.raw) for field in fields}
    unstated = {phrase(word) for wish in display.wishes for word in wish.alternatives} - shown
    return not (
        set(_MARKUP.findall(summary)) - known.letters
        or _letter_numerals(summary) - known.letters
        or any(_is_roman(word) and word.lower() not in known.tokens for word in _raw_tokens(summary))
        or any(_is_invented(place, tokens, known) for place in range(len(tokens)))
        or any(f" {each} " in words and not known.states >= set(each.split(" ")) for each in unstated if each)
        or any(_says(each, words) for each in known.denied)
        or _from_a_stranger(tokens, known)
    )


def name_words_of(text: str) -> list[str]:
    """List the words of a text of any length."""
    return re.findall(r"[^\W_]+", comparable(text))


def _known(fields: Sequence[Field], nodes: Nodes) -> _Known:
    """Read what may speak, the rows, and what may not: long texts, and all that no row shows."""
    known = _Known()
    silent: list[str] = []
    for row in fields:
        if known.read > MOST_READ:
            return known
        _add_row(row, known, silent)
    shown = {row.source for row in fields if not row.agent_only}
    names: set[str] = set()
    for node in nodes.every:
        names.update(node.key)
        if isinstance(node.value, bool):
            _deny(node, known)
        elif node.pointer not in shown:
            values = node.value[:MOST_ITEMS] if isinstance(node.value, list) else [node.value]
            silent += [value for value in values if isinstance(value, str)]
    strange: set[str] = set()
    for text in silent:
        tokens = _tokens(text[:LONGEST_FACT])
        known.read += sum(map(len, tokens)) + max(len(text) - LONGEST_FACT, 0)
        if known.read > MOST_READ:
            return known
        strange.update(tokens)
    known.strangers = strange - known.tokens - names
    return known


def _add_row(row: Field, known: _Known, silent: list[str]) -> None:
    if row.agent_only or is_long(row.value):
        silent.append(row.value)
        return
    known.add(row.value)
    if row.raw != row.value:
        known.add(row.raw)
    if row.type == "datetime":
        known.add(row.value[:LENGTH_OF_DATE])
    known.add(row.label, says_state=row.raw == "true" and not set(name_words(row.label)) & NEGATIONS)


def _deny(node: Node, known: _Known) -> None:
    """Note what a boolean denies: its name where it is false, the contrary where its name has a negation."""
    if not node.value:
        known.denied.add(" ".join(node.bare))
    elif set(node.key) & NEGATIONS:
        known.denied.add(" ".join(word for word in node.bare if word not in NEGATIONS))


def _is_invented(place: int, tokens: list[str], known: _Known) -> bool:
    """Tell whether one word of a summary says something hard that no row says."""
    token = tokens[place]
    if token in UNIT_WORDS or token in DURATIONS or _is_sign(token):
        # A unit counts with its number only: "12 %" is not said by twelve seats and ten percent.
        around = [(tokens[place - 1], token)] if place else []
        around += [(token, tokens[place + 1])] if place + 1 < len(tokens) else []
        pairs = [pair for pair in around if any(_has_digit(each) for each in pair)]
        strange = any(pair not in known.pairs and pair[::-1] not in known.pairs for pair in pairs)
        strange = strange or (place > 0 and tokens[place - 1] in RELATIVE and around[0] not in known.pairs)
        return strange or (not pairs and token not in DURATIONS and token not in known.tokens)
    if _has_digit(token) or token in COUNT_WORDS or token in TIME_WORDS or _ADDRESS.search(token):
        return ungrouped(token) not in known.tokens and token not in known.tokens
    if token in NEGATIONS or token.endswith(("n't", "n’t")):
        ahead = tokens[place + 1 : place + 1 + REACH_OF_NEGATION]
        return known.negated.isdisjoint(ahead) and not _says_ahead(known.denied, ahead)
    if token in STATES:
        before = set(tokens[max(place - REACH_OF_NEGATION, 0) : place])
        is_denied = token in known.negated or any(token in each.split() for each in known.denied)
        return token not in known.states and not (is_denied and before & NEGATIONS)
    return False


def _says_ahead(denied: set[str], ahead: list[str]) -> bool:
    """Tell whether what is denied follows a negation, which then says no more than the facts."""
    said = f" {' '.join(ahead)} "
    return any(f" {' '.join(each.split()[:REACH_OF_NEGATION])} " in said for each in denied if each)


def _says(phrase_denied: str, words: str) -> bool:
    """Tell whether a text has a denied phrase without a negation right before it."""
    if not phrase_denied:
        return False
    before, found, _ = words.partition(f" {phrase_denied} ")
    return bool(found) and not set(before.split()[-REACH_OF_NEGATION:]) & NEGATIONS


def _from_a_stranger(tokens: Iterable[str], known: _Known) -> bool:
    """Tell whether a word stands only in what may not speak: long texts of the record, and facts that no row shows."""
    return any(token in known.strangers and token not in SMALL for token in tokens) or any(
        any(piece in stranger for stranger in known.strangers if len(stranger) > len(piece))
        for token in tokens
        if not token.isascii()
        for piece in _pieces(token)
        if piece not in known.tokens
    )


def _pieces(token: str) -> Iterator[str]:
    """Yield the pairs of characters of a script without spaces, whose words have no borders."""
    for at in range(len(token) - 3):
        piece = token[at : at + 4]
        if all(unicodedata.east_asian_width(character) in "WF" for character in piece):
            yield piece


def _turned(tokens: list[str]) -> set[str]:
    """Return the words that stand behind a negation."""
    turned: set[str] = set()
    for place, token in enumerate(tokens):
        if token in NEGATIONS:
            turned.update(tokens[place + 1 : place + 1 + REACH_OF_NEGATION])
    return turned


def _raw_tokens(text: str) -> list[str]:
    return [token for each in text.split() if (token := each.strip(_EDGES))]


def _tokens(text: str) -> list[str]:
    folded = comparable(text)
    if not folded.isascii():
        digits = {ord(c): str(unicodedata.decimal(c)) for c in set(folded) if c.isdecimal() and not c.isascii()}
        folded = _SIGNED.sub(r"\1-", _SCRIPTS_MEET.sub(" ", folded.translate(digits)))
    return [token for each in folded.split() if (token := each.rstrip(_EDGES).lstrip(_OPENING_EDGES))]


def _has_digit(token: str) -> bool:
    return not token.isalpha() and any(character.isdigit() for character in token)


def _is_sign(token: str) -> bool:
    return not token.isalnum() and all(unicodedata.category(c) == "Sc" or c in "%‰" for c in token)


def _letter_numerals(text: str) -> set[str]:
    """Return the characters that are numbers without being digits: Ⅻ, ½, ②, 九."""
    return (
        set() if text.isascii() else {c for c in text if unicodedata.category(c) in ("Nl", "No") or c in HAN_NUMERALS}
    )


def _is_roman(token: str) -> bool:
    return token.isupper() and (bool(_ROMAN.fullmatch(token)) or (bool(_CODE.fullmatch(token)) and token in CURRENCIES))
