"""Finds in an email what the rules describe, in the text that its sender wrote now; in doubt it finds nothing.

A wrong value shows a stranger's data to support, a missing one only costs a question. So two values that fit, one that
the sender says is not theirs, one that stands in quoted text only, and one that may go on in the next line are none.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from app.domain.reading.encodings import decoded
from app.domain.reading.folding import SIGN, fold
from app.domain.reading.forms import is_placeholder
from app.domain.reading.identify_rules import Kind, Rule
from app.domain.reading.nouns import in_other_languages, noun_of
from app.domain.reading.places import FULL_LINE, spaced
from app.domain.reading.quoting import announces_quote, begins_older
from app.domain.tickets import Email

_ADDRESS = r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_PICTURE = re.compile(
    r"\[cid:[^\]\n]{1,200}\]|\bcid:\S{1,200}|\[image:[^\]\n]{1,200}\]|[\w.-]{1,64}@\dx\.(?:png|jpe?g|gif|svg|webp)\b|"
    r"\bimage\d{3}\.(?:png|jpe?g|gif)(?:@[\w.]{1,40})?",
    re.IGNORECASE,
)
"""What mail programs write where a picture was; none of it names a customer."""

_MACHINE = re.compile(
    r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?|notifications?|notify|alerts?|wordpress|wp|"
    r"(?:web|contact)?-?forms?|root|daemon|automated|system)(?:[+._-].*)?@.*",
    re.IGNORECASE,
)
"""Senders that write for everybody; whoever wrote to us is not among them."""

_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|doorst|转发|轉寄|転送|전달)\s?[:：]", re.IGNORECASE)

_DENIED = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\bno longer|\binstead of|\brather than|\bexcept|\bwrong|\bold|\bformer|\bprevious|"
    r"\bexample|\be\.g\.?|\bsuch as|\bformat|\blooks? like|\bnicht(?: mehr)?|\bkein\w{0,2}|\balte[nrs]?|\bfrühere\w?|"
    r"\bfalsche\w?|\bstatt|\bbeispiel|\bz\.\s?b\.|\bpas|\bnon|\bancien\w{0,2}|\bexemple|\bno es|\bno son|\bya no|"
    r"\bantigu[oa]|\banterior|\bejemplo|\bp\.\s?ej\.|\bvecchi[oa]|\besempio|\bnão|\bantig[oa]|\bexemplo|\bniet|\bgeen|"
    r"\boude|\bbijv\.|\bnie|\bstary|\binte|\bgamla|\bне|\bстар\w{1,4}|不是|旧|例)"
    r"(?:\s|[:#(\"'`*,：]|\b(?:the|my|our|your|for|about|is|was|id|number|account|order|"
    r"customer|one|mein\w{0,2}|die|der|das|den|unser\w{0,2}|le|la|el|mi|su|nuestr[oa]|mon|ma|notre|votre|il|mio|o|a|meu|"
    r"minha|het|mijn|de|du|del|min|mitt|мой|ist|est|es|è|é)\b){0,12}$",
    re.IGNORECASE,
)
_DISOWNED = re.compile(
    r"[\s\"'`*),]{0,4}(?:(?:is|was|are)(?: not|n['’]t)\b|(?:is|was) (?:my|our|the|an?) (?:old|former|previous|wrong|"
    r"colleague|friend|neighbou?r|sister|brother|example|wife|husband)|belongs to|"
    r"\((?:old|not (?:mine|ours)|example|wrong|alt|falsch|beispiel|ancien|antigu[oa]|ejemplo|exemple)|"
    r"(?:ist|war) (?:nicht|falsch|(?:die|das|der|mein\w{0,2}) (?:alte|falsche|frühere|kolleg|nachbar))|"
    r"gehört (?!mir|uns)|"
    r"n['’]est pas|est (?:mon ancien|l['’]ancien|celui de)|(?:ya )?no (?:es|son)|es (?:el|la|mi) antigu|non è|não é|"
    r"is niet (?:van|mijn|onze)|är inte min|to nie (?:mój|moje)|не (?:мой|моя|моё|наш)|"
    r"では(?:ない|ありません)|じゃない|不是我|"
    r""
    r""
    r"아닙니다|아니)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"[\s,;/&+]{1,4}(?:(?:and|or|und|oder|et|ou|y|o|e|i|en|of|och|og|eller|lub|и|или|와|과|또는|と|や|または|和|及|或)\s)?#?(?P<value>[A-Za-z0-9][\w-]{0,80})"
)
_MORE_DIGITS = re.compile(r" {1,3}\d{3,}(?!\w|[.,:/-]\d)")
_OVER_THE_LINE = re.compile(r"[ \t]*\n[ \t]*(?=\w*\d)\w")

MOST_FOUND = 50
"""Places of one text that are looked at; so many are a list of something, or an attack."""

CONTEXT = 80
"""Characters before a value in which it may be denied."""
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_GROUPED = r"(?!\d{1,3}[ \u00a0\u202f]\d{3}(?!\w))"
"""Not a number written in groups, `20 377`: its first group alone would be somebody else's."""

_NUMBER = rf"{_GROUPED}\d{{1,40}}(?:-\d{{1,40}}){{0,8}}"
_WITH_DIGIT = r"(?=[A-Za-z0-9._@:-]{0,255}\d)[A-Za-z0-9](?:[A-Za-z0-9._@:-]{0,254}[A-Za-z0-9])?"
_ALONE_ON_LINE = r"[A-Za-z0-9](?:[A-Za-z0-9._@:-]{0,254}[A-Za-z0-9])?(?=[ \t.,;]*(?:\n|$))"
_BEFORE = r"(?<![\w@.+-])"
_AFTER = r"(?![\w@])(?!-\w)(?!\.\d)"
_MARKS = r"[ \t*(\[\"'`<“‘#]{0,12}"
_OPENING = rf"{_MARKS}(?:\n[ \t]{{0,12}}){{0,2}}{_MARKS}"
"""What people put between a label and its value: spaces, markdown, brackets, an empty line; bounded to stay fast."""

_PARTING = (
    rf"[ \t*]{{0,6}}(?:[#{SIGN}][ \t]?[:：]|[:：=#{SIGN}]|[-–—](?=\s)|\b(?:is|was|no|number"
    rf"|num)\b\.?[ \t]?[:#]?){_OPENING}"
)

FEWEST_OF_AN_EXAMPLE = 4
"""Equal characters after which a value is taken for an example."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """What the sender wrote now, and what only older messages say."""

    fresh: str
    subject: str
    quoted: str


class _Doubt(Exception):
    """More than nothing was found, and less than one value beyond doubt."""


def find(rules: tuple[Rule, ...], email: Email) -> str | None:
    """Return the value that the first rule finds, else the second, and so on; None where one of them is in doubt."""
    fresh, quoted = _parted(_prepared(email.body))
    texts = _Texts(fresh, _prepared(email.subject), quoted)
    try:
        return next(filter(None, (_find_one(rule, texts, email) for rule in rules)), None)
    except _Doubt:
        return None


def _find_one(rule: Rule, texts: _Texts, email: Email) -> str | None:
    if rule.kind is Kind.SENDER:
        return _sender(email)
    asked = [texts.fresh] * rule.body + [texts.subject] * rule.subject
    for pattern in _patterns(rule):
        found = [match for text in asked for match in islice(pattern.finditer(text), MOST_FOUND)]
        values = {match["value"].lower().rstrip("_-") for match in found if not _is_denied(match)}
        if not found:
            if rule.body and pattern.search(texts.quoted):
                raise _Doubt
            continue
        if rule.from_end:
            found = found[-1:]
        elif len(values) != 1:
            raise _Doubt
        value = next(match for match in found if not _is_denied(match))["value"] if values else ""
        if not value or _is_no_value(value) or any(_may_go_on(match) or _has_twin(match) for match in found):
            raise _Doubt
        return value
    return None


def _sender(email: Email) -> str | None:
    """Return the address of a sender who writes for themselves."""
    found = re.findall(_ADDRESS, email.sender)
    if not found:
        return None
    rows = email.body.split("\n")
    forwarded = _FORWARDED.match(email.subject) or any(begins_older(rows, at) for at in range(min(len(rows), 3)))
    if email.sender_verified is False or forwarded or _MACHINE.fullmatch(found[-1]):
        raise _Doubt
    return str(found[-1])


def _is_denied(match: re.Match[str]) -> bool:
    after = match.string[match.end("value") : match.end("value") + CONTEXT]
    before = (match.string[max(0, end - CONTEXT) : end] for end in (match.start("value"), match.start()))
    return bool(any(map(_DENIED.search, before)) or _DISOWNED.match(after))


def _is_no_value(value: str) -> bool:
    """Tell whether a value only shows what one looks like, as `acct_00000000` does."""
    _, _, end = value.rpartition("_")
    return is_placeholder(value) or (len(end) >= FEWEST_OF_AN_EXAMPLE and len(set(end)) == 1)


def _may_go_on(match: re.Match[str]) -> bool:
    """Tell whether the value stands at the end of a full line, or before other digits, that could be the rest of it."""
    if match["value"].isdecimal() and _MORE_DIGITS.match(match.string, match.end("value")):
        return True
    if not _OVER_THE_LINE.match(match.string, match.end("value")):
        return False
    return match.end("value") - match.string.rfind("\n", 0, match.end("value")) > FULL_LINE


def _has_twin(match: re.Match[str]) -> bool:
    """Tell whether another value of the same shape stands right behind: `Order #20377 and 20388`."""
    value = match["value"]
    other = _NEXT.match(match.string, match.end("value"))
    return other is not None and _shape(other["value"]) == _shape(value) and other["value"] != value


def _shape(value: str) -> str:
    return re.sub(r"[A-Za-z]", "a", re.sub(r"[0-9]", "9", value))


def _prepared(text: str) -> str:
    return spaced(fold(_PICTURE.sub(" ", decoded(text))))


def _parted(body: str) -> tuple[str, str]:
    """Part a body into what the sender wrote now and the older messages that it quotes."""
    fresh: list[str] = []
    quoted: list[str] = []
    rows = body.split("\n")
    marks = any(row.lstrip().startswith(">") for row in rows)  # then only rows with a mark are quoted
    older = False
    for at, row in enumerate(rows):
        text = row.lstrip()
        older = older or (bool(text) and (begins_older(rows, at) or (not marks and announces_quote(rows, at))))
        (quoted if older or text.startswith(">") else fresh).append(text.lstrip("> "))
    return "\n".join(fresh), "\n".join(quoted)


@lru_cache(maxsize=512)
def _patterns(rule: Rule) -> tuple[re.Pattern[str], ...]:
    """Build what to search for; a rule with a label looks nowhere else than after it."""
    values = _values(rule)
    if rule.labels:
        after = [_after(label, value, bool(rule.prefixes)) for label in rule.labels for value in values]
        return (*after, *_translated(map(noun_of, rule.labels), values))
    if rule.nouns:
        words = "|".join(map(re.escape, rule.nouns))
        heads = (
            rf"(?<!\w)(?:{words})(?:[ \t]{{0,4}}(?:number|identifier|id|key|code|no|num)\b\.?"
            rf"|[ \t]{{0,4}}(?=[#:{SIGN}]))"
        )
        named = [rf"{heads}(?:{_PARTING}|{_OPENING})(?P<value>{value}){_AFTER}" for value in values]
        bare = [rf"{_BEFORE}(?P<value>{value}){_AFTER}" for value in values if rule.digits]
        return (
            *(re.compile(pattern, re.IGNORECASE) for pattern in named),
            *(() if bare else _translated(rule.nouns, values)),
            *(re.compile(pattern, re.IGNORECASE) for pattern in bare),
        )
    return tuple(re.compile(rf"{_BEFORE}(?P<value>{value}){_AFTER}", re.IGNORECASE) for value in values)


def _translated(nouns: Iterable[str], values: list[str]) -> Iterator[re.Pattern[str]]:
    """Match a value after what customers call an identifier in their language."""
    for name in filter(None, map(in_other_languages, nouns)):
        for value in values:
            yield re.compile(rf"(?<!\w){name}{_OPENING}(?P<value>{value}){_AFTER}", re.IGNORECASE | re.MULTILINE)


def _after(label: str, value: str, sure: bool) -> re.Pattern[str]:
    """Match a value after a label, whose mark (`:` or `#`) people write in several ways, and leave out where sure."""
    words = [re.escape(word) for word in label.rstrip(" :：#=-").split()]
    marked = words and label.rstrip()[-1] in ":：#=-"
    parting = _PARTING if marked and not sure else rf"(?:{_PARTING}|{_OPENING})"
    head = r"\s{1,4}".join(words) if words else r"#"
    if not words:
        parting = r"[ \t]?"
    if "#" in label and words:
        mark = (
            rf"(?:\n[ \t]{{0,3}})?[#{SIGN}][ \t]?:?|:(?=[ \t]{{0,4}}#|[^\n]{{0,40}}$)|\b(?:no|number"
            rf"|num)\b\.?[ \t]?[:#]?"
        )
        parting = rf"[ \t*]{{0,6}}(?:{mark}){_OPENING}"
    return re.compile(rf"(?<!\w){head}{parting}(?P<value>{value}){_AFTER}", re.IGNORECASE | re.MULTILINE)


def _values(rule: Rule) -> list[str]:
    if rule.prefixes:
        return [rf"(?:{'|'.join(map(re.escape, rule.prefixes))})[A-Za-z0-9][A-Za-z0-9_-]{{0,254}}"]
    if rule.digits:
        return [rf"\d{{{rule.digits[0]},{rule.digits[1]}}}"]
    match rule.kind:
        case Kind.UUID:
            return [_UUID]
        case Kind.EMAIL:
            return [_ADDRESS]
        case Kind.NUMBER:
            return [_NUMBER if rule.labels or rule.nouns else r"\d{3,40}"]
        case _:
            return [_ADDRESS, _WITH_DIGIT, *([_ALONE_ON_LINE] if rule.labels else [])]
