"""Judges the one text that a model writes: each figure, address, state and negation of it must be in the rows or facts.

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
from app.domain.rows.numerals import literal, ungrouped
from app.domain.rows.spelling import BAD_STATES, CURRENCIES, GOOD_STATES, NEGATIONS
from app.domain.rows.times import spelt_time, unix_time
from app.domain.rows.vocabulary import (
    COMMON_WORDS,
    COUNT_WORDS,
    DURATIONS,
    HAN_NUMERALS,
    PROMISES,
    TIME_WORDS,
    UNIT_WORDS,
)
from app.domain.rows.words import FUNCTION_WORDS, phrase
from support_context.plain_text import comparable

LONGEST_SHORT_FACT = 300
LONGEST_LONG_FACT = 4_000
"""Characters of a fact that are read, of a short and of a long one."""

MOST_ITEMS = 200
"""Items of one list that a summary is held against."""

MOST_READ = 60_000
"""Characters, folded, of all facts that a summary is held against; of more JSON it is made from the rows."""

STATES = (GOOD_STATES | BAD_STATES | PROMISES) - {"on", "off", "yes", "no", "none", "true", "false"}
"""Words of states and promises, less those that are parts of speech too."""

REACH_OF_NEGATION = 3
"""Words after a negation that it may turn."""

_EDGES = "\"'“”‘’„‚«»‹›()[]{}.,;:!?…、。，；：！？·•|–—"
_SCRIPTS_MEET = re.compile(r"(?<=\d)(?=[^\W\d_a-z])|(?<=[^\W\d_a-z])(?=\d)")
_ADDRESS = re.compile(r"://|@|[^\W\d_][\w-]*\.[^\W\d_]{2,}")
_MARKUP = re.compile(r"[<>`*|\\~^{}\[\]#_]")
_ROMAN = re.compile(r"(?=..)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_SIGNED = re.compile(r"^[-−–](?=\d)")
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(slots=True)
class _Known:
    """What the rows show and the short facts say: words, pairs of neighbours, states, and what is denied."""

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
    """Tell whether a summary has no figure, date, address, code, state or negation that rows and facts lack."""
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
    known = _Known()
    for row in fields:
        if known.read > MOST_READ:
            return known
        known.add(row.value)
        if row.raw != row.value:
            known.add(row.raw)
        known.add(row.label, says_state=False)
    long: list[str] = []
    for node in nodes.every:
        if known.read > MOST_READ:
            return known
        for value in node.value[:MOST_ITEMS] if isinstance(node.value, list) else [node.value]:
            _add_fact(value, node, known, long)
    strange: set[str] = set()
    for text in long:
        known.read += len(text)
        if known.read > MOST_READ:
            return known
        strange.update(_tokens(text))
    known.strangers = strange - known.tokens
    return known


def _add_fact(value: object, node: Node, known: _Known, long: list[str]) -> None:
    if isinstance(value, str):
        text = value[:LONGEST_LONG_FACT]
        if len(text) > LONGEST_SHORT_FACT or is_long(text):
            folded = comparable(text)
            long.append(folded[:LONGEST_LONG_FACT])
            known.read += max(len(folded) - LONGEST_LONG_FACT, 0)
        else:
            known.add(text)
            if spelt_time(text) == "datetime":
                known.add(text[:10])
    elif isinstance(value, bool):
        name = " ".join(node.bare)
        if value and not set(node.key) & NEGATIONS:
            known.add(name)
        elif value:
            known.denied.add(" ".join(word for word in node.bare if word not in NEGATIONS))
        else:
            known.denied.add(name)
    elif (number := literal(value)) is not None:
        known.add(number)
        moment = unix_time(node)
        if moment:
            known.add(moment[1])
            known.add(moment[1][:10])
    if value not in (None, "", False, True, 0):
        known.add(" ".join(node.key))


def _is_invented(place: int, tokens: list[str], known: _Known) -> bool:
    """Tell whether one word of a summary says something hard that neither rows nor short facts say."""
    token = tokens[place]
    around = [(tokens[place - 1], token)] if place else []
    around += [(token, tokens[place + 1])] if place + 1 < len(tokens) else []
    if token in UNIT_WORDS or token in DURATIONS or _is_sign(token):
        # A unit counts with its number only: "12 %" is not said by twelve seats and ten percent.
        pairs = [pair for pair in around if any(_has_digit(each) for each in pair)]
        strange = any(pair not in known.pairs and pair[::-1] not in known.pairs for pair in pairs)
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
    """Tell whether a word stands in a long text of the record only: such a text may not speak."""
    small = FUNCTION_WORDS | COMMON_WORDS
    return any(token in known.strangers and token not in small for token in tokens) or any(
        any(piece in stranger for stranger in known.strangers if len(stranger) > len(piece))
        for token in tokens
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
        folded = _SCRIPTS_MEET.sub(" ", folded.translate(digits))
    tokens = (_SIGNED.sub("-", each.lstrip("([{\"'“„«")) for each in folded.split())
    return [token for each in tokens if (token := each.rstrip(_EDGES).lstrip(_EDGES.replace("–", "")))]


def _has_digit(token: str) -> bool:
    return any(character.isdigit() for character in token)


def _is_sign(token: str) -> bool:
    return not token.isalnum() and all(unicodedata.category(c) == "Sc" or c in "%‰" for c in token)


def _letter_numerals(text: str) -> set[str]:
    """Return the characters that are numbers without being digits: Ⅻ, ½, ②, 九."""
    return {c for c in text if unicodedata.category(c) in ("Nl", "No") or c in HAN_NUMERALS}


def _is_roman(token: str) -> bool:
    return bool(_ROMAN.fullmatch(token)) or (bool(_CODE.fullmatch(token)) and token in CURRENCIES)
