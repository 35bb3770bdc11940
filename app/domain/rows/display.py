"""Display instructions as people write them: which labels, which words a value may take, and in which case."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from app.domain.rows.words import content, name_words, phrase
from support_context.plain_text import plain

LONGEST_WISH_WORDS = 6
"""Words of a label; a longer phrase is prose."""

MOST_WISHES = 48
"""Rows read from the instructions: twice what a card holds."""

LONGEST_ALTERNATIVE_WORDS = 3
"""Words of one alternative, as "Past due" or "Not yet paid"; a longer one is an explanation."""

_SPACE = re.compile(r"[^\S\n]+")
_SENTENCE = re.compile(r"\n+|(?<=[.!?。])\s+")
_BULLET = re.compile(r"^ ?(?:[-*•·‣–]|\d{1,2}[.)]) ")
_CONDITION = re.compile(
    r"^(?:and |but |or )?(?:otherwise,? |else,? )?(?:if|when|where|for) (?P<when>[^,:;]{1,200}?) ?"
    r"(?:[,:;]|\bthen\b|(?=\b(?:show|display|list)\b)) ?(?:then )?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = re.compile(r"^(?:otherwise|else|in all other cases|for anything else)[,:]? ?(?P<rest>.*)$", re.IGNORECASE)
_VERBS = (
    r"show|display|include|list|give|return|present|surface|mention|report|summari[sz]e|add|use|tell"
    r"|zeige?|zeigen sie|anzeigen|muestra|mostrar|muestre|affiche[rz]?|montre[rz]?|mostra|mostre|mostrare|exib[ai]r?"
    r"|toon|visa|vis|pokaż|покажи|показать|göster|表示"
)
_VERB = re.compile(
    rf"^(?:please |always |also |then |and |you should |i want to see |bitte )*(?:{_VERBS})?\b"
    r"(?: (?:me|us|the agents?|agents?|mir|uns)\b)?"
    r"(?: (?:the following|these)\b)?(?: (?:fields?|rows?|details?|facts?|data)\b(?= |:|$))?(?: only\b)?"
    r"(?: (?:with|using) (?:the )?(?:following )?labels?)? ?[:：]? ?",
    re.IGNORECASE,
)
_SAYS_SHOW = re.compile(
    rf"^(?:please |always |also |then )*(?:{_VERBS})\b(?! (?:the agents?|them|us|me) (?:to|that)\b)", re.I
)
_ENGLISH = re.compile(r"\b(?:show|display|list|include|give|return|present|with|the|and)\b", re.IGNORECASE)
_NO_WISH = re.compile(
    r"\b(?:never|don['’]?t|do not|must not|may not|should not|shouldn['’]?t|warn|highlight|flag|avoid|hide|omit|skip"
    r"|exclude|leave out|ignore|say|write|nie|niemals|nicht|jamais|nunca|no muestres|ne pas)\b",
    re.IGNORECASE,
)
"""Words of a sentence that asks for no row: its words are never taken for a label of the owner's."""

_EXCEPT = re.compile(
    r"\b(?:except(?: for)?|but not|other than|apart from|without|außer|excepto|sauf)\b:? ", re.IGNORECASE
)
_HIDES = re.compile(
    r"^(?:please |but |and |also )*(?:(?:never|do not|don['’]?t|must not) (?:ever )?(?:show|display|include|"
    r"list|mention|reveal|give|add)"
    r"|(?:hide|omit|exclude|skip|ignore|leave out)|zeige? (?:niemals|nie|nicht|kein\w{0,2})|"
    r"n['’]affiche[rz]? pas|no muestres"
    r"|no mostrar) (?:any |all |the )*",
    re.IGNORECASE,
)
"""How a sentence begins that names what is not to be shown."""

_WITH_LABELS = re.compile(r"\b(?:with|using|under|use) (?:the )?(?:following )?labels?:? ", re.IGNORECASE)
_PARTS = re.compile(r"[,;\n•、，；]| (?:and|plus|as well as|&|\+|und|sowie|et|y|och|og|oraz|и) ")
_PARENTHESIS = re.compile(r"\(([^()]*)\)|（([^（）]*)）")
_AS = re.compile(r" (?:as|labell?ed(?: as)?|called|named|under) ", re.IGNORECASE)
_OR = re.compile(r" ?(?:,? ?\b(?:or|oder|ou|o)\b |/|\||,) ?", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:and|the|their|its|his|her|a|an|also|only|then|customer['’]s|user['’]s|whether(?: (?:they|it|the customer) "
    r"(?:is|are|has|have))?|le|la|les|der|die|das|den|el|los|las|il|lo|gli|het) |^l['’]",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"^(?:the )?(?:number of|how many|count of|total number of|anzahl(?: der)?|nombre de|número de) ", re.I
)
_EVERYTHING = re.compile(
    r"\b(?:everything|all (?:the )?(?:fields|facts|data|details|rows|values|information|there is)|alles|todo|tout)\b",
    re.IGNORECASE,
)
_QUOTES = "\"'`“”‘’„«».!?:* "


@dataclass(frozen=True, slots=True)
class Wish:
    """One row that the owner wants: its label, the name of its fact, and the words that its value may take.

    `note` is what the owner says in brackets beside it; `counts` tells that a number of things is wanted.
    """

    label: str
    name: str
    alternatives: tuple[str, ...] = ()
    note: str = ""
    counts: bool = False


NO_WISH = Wish("", "")


@dataclass(frozen=True, slots=True)
class Clause:
    """Rows that are wanted together; `when` is the condition as written, `""` for always, `otherwise` for the rest."""

    when: str
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Display:
    """Display instructions as they were read.

    `unread` tells that a sentence is prose, so that there may be more wishes, `english` that they are in English;
    `excluded` are the names of what is not to be shown, `everything` that all else is.
    """

    clauses: tuple[Clause, ...]
    everything: bool
    excluded: tuple[str, ...]
    unread: bool
    english: bool
    wishes: tuple[Wish, ...] = field(init=False)
    _names: Mapping[str, Wish] = field(init=False, repr=False, compare=False)
    _labels: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Gather the wishes of every case, as many as are read, with the words of each."""
        wishes = tuple(islice((wish for clause in self.clauses for wish in clause.wishes), MOST_WISHES))
        names: dict[str, Wish] = {}
        for wish in wishes:
            for name in (wish.label, wish.name):
                names.setdefault(" ".join(content(name)), wish)
        object.__setattr__(self, "wishes", wishes)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_labels", frozenset(wish.label.casefold() for wish in wishes))

    def has_label(self, label: str) -> bool:
        """Tell whether a wish has this very label, in capitals or not."""
        return label.casefold() in self._labels

    def wish_for(self, label: str) -> Wish:
        """Return the wish whose label this is, else the one whose words hold those of the label in one piece."""
        words = " ".join(content(label))
        if not words:
            return NO_WISH
        within = (wish for name, wish in self._names.items() if f" {words} " in f" {name} ")
        return self._names.get(words) or next(within, NO_WISH)


@lru_cache(maxsize=256)
def read_display(instructions: str) -> Display:
    """Read the instructions, sentence by sentence; a line that ends in its condition holds for the bullets below it."""
    read: list[Clause] = []
    excluded: list[str] = []
    standing, unread, everything = "", False, False
    for sentence in _SENTENCE.split(_SPACE.sub(" ", plain(instructions))):
        text, bullet = _BULLET.sub("", sentence).strip(), bool(_BULLET.match(sentence))
        text, *without = _EXCEPT.split(text, maxsplit=1)
        if hidden := _HIDES.match(text):
            without = [*without, text[hidden.end() :].replace(" or ", ", ")]
        excluded += [wish.name for part in without for wish in _wishes(part)]
        when = standing if bullet else ""
        if found := _OTHERWISE.match(text):
            when = "otherwise"
        if condition := _CONDITION.match(text):
            when, found = condition["when"], condition
        rest = (found["rest"] if found else text).strip()
        forbids = bool(_NO_WISH.search(_PARENTHESIS.sub("", rest)))
        everything = everything or (not forbids and bool(_EVERYTHING.search(rest)))
        asks = not forbids and (not condition or bullet or not rest or bool(_SAYS_SHOW.match(rest)))
        room = MOST_WISHES - sum(len(clause.wishes) for clause in read)
        wishes = tuple(islice(_wishes(rest), room)) if asks else ()
        if wishes:
            read.append(Clause(when, wishes))
        unread = unread or (asks and bool(rest) and not wishes)
        standing = when if (found and not wishes) or bullet else ""
    return Display(tuple(read), everything, tuple(excluded), unread, bool(_ENGLISH.search(instructions)))


def _wishes(text: str) -> Iterator[Wish]:
    labelled = _WITH_LABELS.split(text)[-1]
    text = _VERB.sub("", labelled.strip(), count=1)
    notes: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        notes.append(found[1] or found[2] or "")
        return f" \x00{len(notes) - 1}\x00"

    for part in _PARTS.split(_PARENTHESIS.sub(put_aside, text))[:MOST_WISHES]:
        wish = _wish(part, notes)
        if wish and not _EVERYTHING.search(part):
            yield wish


def _wish(part: str, notes: list[str]) -> Wish | None:
    inside = [notes[int(index)] for index in re.findall(r"\x00(\d+)\x00", part)]
    name, *rest = _AS.split(re.sub(r" ?\x00\d+\x00", "", part), maxsplit=1)
    name = name.partition(": ")[0]
    while opened := _OPENING.match(name := name.strip(_QUOTES)):
        name = name[opened.end() :]
    label = rest[0].strip(_QUOTES) if rest else name
    words = _alternatives(inside[0]) if inside else ()
    if not words and rest and len(_alternatives(label)) > 1:
        words, label = _alternatives(label), name
    if not 0 < len(name_words(name)) <= LONGEST_WISH_WORDS or not name_words(label):
        return None
    counts = bool(_COUNTS.match(f"{label} ") or _COUNTS.match(f"{name} "))
    return Wish(label[:1].upper() + label[1:], name, words, "; ".join(inside), counts)


def _alternatives(text: str) -> tuple[str, ...]:
    words = tuple(word.strip(_QUOTES) for word in _OR.split(re.sub(r"^(?:either|one of) ", "", text.strip())))
    plausible = len(words) > 1 and all(0 < len(phrase(word).split(" ")) <= LONGEST_ALTERNATIVE_WORDS for word in words)
    named = all(name_words(word) for word in words)
    return words if plausible and named and not any("=" in word for word in words) else ()
