"""Reads display instructions as people write them: which labels, which words a value may take, and in which case."""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.domain.wording import name_words
from support_context.plain_text import plain

LONGEST_WISH_WORDS = 6
"""Words of a label; a longer phrase is prose."""

MOST_WISHES = 48
"""Rows read from one sentence: twice what a card holds."""

LONGEST_ALTERNATIVE_WORDS = 3
"""Words of one alternative, as "Past due" or "Not yet paid"; a longer one is an explanation."""

_SENTENCE = re.compile(r"\n+|(?<=[.!?])\s+")
_BULLET = re.compile(r"^\s*(?:[-*•·‣–]|\d{1,2}[.)])\s+")
_CONDITION = re.compile(
    r"^(?:and |but |or )?(?:otherwise,? |else,? )?(?:if|when|where|for)\s+(?P<when>[^,:;]{1,200}?)\s*"
    r"(?:[,:;]|\bthen\b|(?=\b(?:show|display|list)\b))\s*(?:then\s+)?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = re.compile(r"^(?:otherwise|else|in all other cases|for anything else)[,:]?\s*(?P<rest>.*)$", re.IGNORECASE)
_VERB = re.compile(
    r"^(?:please |always |also |then |and |you should |i want to see )*"
    r"(?:show|display|include|list|give|return|present|surface|mention|report|summari[sz]e|add|use)?\b"
    r"(?: me| us| the agents?| agents?)?"
    r"(?: the following| these)?(?: fields?| rows?| details?| facts?| data)?(?: only)?"
    r"(?: (?:with|using) (?:the )?(?:following )?labels?)?\s*:?\s*",
    re.IGNORECASE,
)
_WITH_LABELS = re.compile(r"\b(?:with|using|under|use) (?:the )?(?:following )?labels?:?\s+", re.IGNORECASE)
_PARTS = re.compile(r"[,;\n•]|\s(?:and|plus|as well as|&|\+)\s")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_AS = re.compile(r"\s(?:as|labell?ed(?: as)?|called|named|under)\s", re.IGNORECASE)
_OR = re.compile(r"\s*(?:,?\s\bor\b\s|/|\||,)\s*", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:and|the|their|its|his|her|a|an|also|only|then|customer['’]s|user['’]s|whether)\s+", re.IGNORECASE
)
_EVERYTHING = re.compile(r"\b(?:everything|all (?:the )?(?:fields|facts|data|details|rows|values|information))\b", re.I)
_QUOTES = "\"'`“”‘’„«».!?:* "


@dataclass(frozen=True, slots=True)
class Wish:
    """One row that the owner wants: its label, the name of its fact, and the words that its value may take."""

    label: str
    name: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """Rows that are wanted together; `when` is the condition as written, `""` for always, `otherwise` for the rest."""

    when: str
    wishes: tuple[Wish, ...]


@lru_cache(maxsize=256)
def clauses(instructions: str) -> tuple[Clause, ...]:
    """Read the instructions, sentence by sentence; a line that ends in its condition holds for the bullets below it."""
    read: list[Clause] = []
    standing = ""
    for sentence in _SENTENCE.split(plain(instructions)):
        text, bullet = _BULLET.sub("", sentence).strip(), bool(_BULLET.match(sentence))
        when = standing if bullet else ""
        if found := _OTHERWISE.match(text):
            when = "otherwise"
        if condition := _CONDITION.match(text):
            when, found = condition["when"], condition
        rest = found["rest"] if found else text
        wishes = tuple(_wishes(rest))
        if wishes:
            read.append(Clause(when, wishes))
        standing = when if (found and not wishes) or bullet else ""
    return tuple(read)


def everything(instructions: str) -> bool:
    """Tell whether the owner asks for all there is."""
    return bool(_EVERYTHING.search(instructions))


def alternatives(instructions: str) -> list[tuple[str, ...]]:
    """List the sets of words that the owner wants a value to be one of, as in "Status (Active or Inactive)"."""
    wishes = [wish for clause in clauses(instructions) for wish in clause.wishes]
    return [wish.alternatives for wish in wishes if wish.alternatives]


def stated(value: object, key: str, words: tuple[str, ...]) -> str | None:
    """Name the one word of several that a JSON value states beyond doubt: by equalling it, or true under its name."""
    named = {" ".join(name_words(word)): word for word in words}
    if isinstance(value, str):
        return named.get(" ".join(name_words(value)))
    if isinstance(value, bool):
        subject = " ".join(word for word in name_words(key) if word not in ("is", "has", "was"))
        if subject in named:
            others = [word for word in words if word != named[subject]]
            return named[subject] if value else others[0] if len(others) == 1 else None
    return None


def _wishes(text: str) -> list[Wish]:
    labelled = _WITH_LABELS.split(text)[-1]
    text = _VERB.sub("", labelled.strip(), count=1)
    notes: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        notes.append(found[1])
        return f" \x00{len(notes) - 1}\x00"

    parts = _PARTS.split(_PARENTHESIS.sub(put_aside, text))
    return [wish for part in parts[:MOST_WISHES] if (wish := _wish(part, notes))]


def _wish(part: str, notes: list[str]) -> Wish | None:
    inside = [notes[int(index)] for index in re.findall(r"\x00(\d+)\x00", part)]
    name, *rest = _AS.split(re.sub(r"\s*\x00\d+\x00", "", part), maxsplit=1)
    name = name.partition(": ")[0]
    while opened := _OPENING.match(name := name.strip(_QUOTES)):
        name = name[opened.end() :]
    label = rest[0].strip(_QUOTES) if rest else name
    words = _alternatives(inside[0]) if inside else ()
    if not words and rest and len(_alternatives(label)) > 1:
        words, label = _alternatives(label), name
    if not 0 < len(name_words(name)) <= LONGEST_WISH_WORDS or not name_words(label):
        return None
    return Wish(label[:1].upper() + label[1:], name, words)


def _alternatives(text: str) -> tuple[str, ...]:
    words = tuple(word.strip(_QUOTES) for word in _OR.split(re.sub(r"^(?:either|one of)\s+", "", text.strip())))
    plausible = len(words) > 1 and all(0 < len(name_words(word)) <= LONGEST_ALTERNATIVE_WORDS for word in words)
    return words if plausible and not any("=" in word for word in words) else ()
