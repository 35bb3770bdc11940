"""Finds in an email what the rules describe: the sender's fresh text first, quoted older messages last."""

import re
from collections.abc import Iterator
from functools import lru_cache

from app.domain.identify_rules import Kind, Rule
from app.domain.tickets import Email

_QUOTE_BEGINS = re.compile(
    r"^(?:on\b.{4,200}\bwrote:|am\b.{4,200}\bschrieb.{0,80}:|le\b.{4,200}\ba écrit\s?:"
    r"|-{2,}\s*(?:original|forwarded) message.*|begin forwarded message:.*|_{8,})\s*$",
    re.IGNORECASE,
)
_ADDRESS = r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_GROUPED = r"(?!\d{1,3}[ \u00a0\u202f]\d{3}(?!\w))"
"""Not a number written in groups, `20 377`: its first group alone would be somebody else's."""

_NUMBER = rf"{_GROUPED}\d{{1,40}}(?:-\d{{1,40}}){{0,8}}"
_WITH_DIGIT = r"(?=[A-Za-z0-9._@:-]{0,255}\d)[A-Za-z0-9](?:[A-Za-z0-9._@:-]{0,254}[A-Za-z0-9])?"
_ALONE_ON_LINE = r"[A-Za-z0-9](?:[A-Za-z0-9._@:-]{0,254}[A-Za-z0-9])?(?=[ \t.,;]*(?:\n|$))"
_BEFORE = r"(?<![\w@.+-])"
_AFTER = r"(?![\w@])(?!-\w)(?!\.\d)"
_MARKS = r"[ \t*(\[\"'`<“‘#]{0,12}"
_OPENING = rf"{_MARKS}\n?{_MARKS}"
"""What people put between a label and its value: spaces, markdown, brackets, one line break; bounded to stay fast."""

_PARTING = (
    rf"[ \t*]{{0,6}}(?:[#№][ \t]?[:：]|[:：=#№]|[-–—](?=\s)|\b(?:is|was|no\.?|number|num)\b[ \t]?[:#]?){_OPENING}"
)

MOST_OF_A_HEADING = 300
"""Characters of a line that may head a quoted message."""


def find(rules: tuple[Rule, ...], email: Email) -> str | None:
    """Return the value that the first rule finds, else the second, and so on."""
    return next(filter(None, (_find_one(rule, email) for rule in rules)), None)


def _find_one(rule: Rule, email: Email) -> str | None:
    if rule.kind is Kind.SENDER:
        found = re.findall(_ADDRESS, email.sender)
        return found[-1] if found else None
    for text in _texts(rule, email):
        for pattern in _patterns(rule):
            values = [match["value"] for match in pattern.finditer(text)]
            if values:
                return values[-1 if rule.from_end else 0]
    return None


def _texts(rule: Rule, email: Email) -> Iterator[str]:
    fresh, quoted = _parted(email.body)
    if rule.body:
        yield fresh
    if rule.subject:
        yield email.subject
    if rule.body:
        yield quoted


def _parted(body: str) -> tuple[str, str]:
    """Part a body into what the sender wrote now and the older messages that it quotes."""
    fresh: list[str] = []
    quoted: list[str] = []
    older = False
    for row in body.split("\n"):
        text = row.lstrip()
        older = older or (len(text) < MOST_OF_A_HEADING and bool(_QUOTE_BEGINS.match(text)))
        (quoted if older or text.startswith(">") else fresh).append(text.lstrip("> "))
    return "\n".join(fresh), "\n".join(quoted)


@lru_cache(maxsize=512)
def _patterns(rule: Rule) -> tuple[re.Pattern[str], ...]:
    """Build what to search for; a rule with a label looks nowhere else than after it."""
    values = _values(rule)
    if rule.labels:
        return tuple(_after(label, value, bool(rule.prefixes)) for label in rule.labels for value in values)
    if rule.nouns:
        words = "|".join(map(re.escape, rule.nouns))
        heads = (
            rf"(?<!\w)(?:{words})(?:[ \t]{{0,4}}(?:number|identifier|id|key|code|no|num)\b\.?|[ \t]{{0,4}}(?=[#:№]))"
        )
        named = [rf"{heads}(?:{_PARTING}|{_OPENING})(?P<value>{value}){_AFTER}" for value in values]
        bare = [rf"{_BEFORE}(?P<value>{value}){_AFTER}" for value in values if rule.digits]
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in named + bare)
    return tuple(re.compile(rf"{_BEFORE}(?P<value>{value}){_AFTER}", re.IGNORECASE) for value in values)


def _after(label: str, value: str, sure: bool) -> re.Pattern[str]:
    """Match a value after a label, whose mark (`:` or `#`) people write in several ways, and leave out where sure."""
    words = [re.escape(word) for word in label.rstrip(" :：#=-").split()]
    marked = words and label.rstrip()[-1] in ":：#=-"
    parting = _PARTING if marked and not sure else rf"(?:{_PARTING}|{_OPENING})"
    head = r"\s{1,4}".join(words) if words else r"#"
    if not words:
        parting = r"[ \t]?"
    if "#" in label and words:
        mark = r"(?:\n[ \t]{0,3})?[#№][ \t]?:?|:|\b(?:no\.?|number|num)\b[ \t]?[:#]?"
        parting = rf"[ \t*]{{0,6}}(?:{mark}){_OPENING}"
    return re.compile(rf"(?<!\w){head}{parting}(?P<value>{value}){_AFTER}", re.IGNORECASE)


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
