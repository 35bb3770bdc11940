"""Reads identify instructions as people write them: what to look for, where, and what to turn to otherwise."""

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from support_context.plain_text import plain


class Kind(Enum):
    """What the value looks like."""

    ANY = "any"
    NUMBER = "number"
    EMAIL = "email"
    SENDER = "sender"
    UUID = "uuid"


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to find the value; all that it names must hold at once."""

    kind: Kind = Kind.ANY
    labels: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None
    subject: bool = True
    body: bool = True
    from_end: bool = False

    @property
    def says_something(self) -> bool:
        """Tell whether the rule names anything to look for."""
        return bool(self.kind is not Kind.ANY or self.labels or self.prefixes or self.nouns or self.digits)


_SPLIT = re.compile(
    r"(?<=[.!?;])\s+(?=[A-Z\"'`“(]|[-*•\d]|otherwise|if|or\b)|\n+|[,;]?\s*(?=\b(?:otherwise|or else|failing that|"
    r"if not|if there(?:['’]s| is| are) (?:no|not|none)|if (?:none|neither|nothing|(?:it|that) is missing))\b)"
    r"|,?\s+(?=or (?:if|the sender|use)\b)|,\s+(?=else\b|then fall back\b)",
    re.IGNORECASE,
)
_FORBIDDING = re.compile(
    r"\b(?:do not|don['’]t|never|ignore|exclude|skip|must not|should not|return (?:null|nothing))\b",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"^(?:otherwise,? |or |but )?if [^,]*?"
    r"(?:\b(?:no|not|none|neither|nothing|missing|without|absent)\b|n['’]t\b)[^,]*,\s*",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"^(?:it|they|these|this|that|the (?:id|value|number|identifier|account id|order number)"
    r"|(?:account |order )?ids?)\s+"
    r"(?:always |usually |will |should |must )*(?:starts?|begins?|is|are|has|have|looks?|consists?|contains?)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"`([^`\n]{1,60})`|\"([^\"\n]{1,60})\"|[“„«]([^”“»\n]{1,60})[”“»]|(?<![\w])['‘]([^'’\n]{1,60})['’](?!\w)"
)
_BEGINS = re.compile(
    r"(?:start(?:s|ing)?|begin(?:s|ning)?|prefix(?:ed)?)(?:\s+(?:with|by|is|of|the|letters?|prefix|text))*:?\s*$", re.I
)
_EXAMPLE = re.compile(
    r"(?:e\.?g\.?,?|such as|for example,?|for instance,?|like|looks like|format)[:\s]*$", re.IGNORECASE
)
_BARE_PREFIX = re.compile(
    r"(?<![\w@.-])([A-Za-z][A-Za-z0-9]{0,11}_)(?=[\s,.;:)…*<\[]|$)"
    r"|(?<![\w@.-])([A-Za-z]{2,12}[_-])(?:[xX]{2,}|[*#]+|\.{3}|…|\d{3,}|<)(?!-)"
)
_BEGINS_WITH = re.compile(
    r"\b(?:start(?:s|ing)?|begin(?:s|ning)?|prefixed)\s+(?:with|by)\s+(?:the\s+)?(?:letters?\s+|prefix\s+|text\s+)?"
    r"([A-Za-z0-9]{1,12}[_-]?)(?=[\s,.;)]|$)"
    r"|\bprefix(?:\s+is|\s+of|:)?\s+([A-Za-z0-9]{1,12}[_-])",
    re.IGNORECASE,
)
_UNQUOTED_LABEL = re.compile(
    r"\b(?i:after|following|next to|beside|labell?ed|marked|says?|field|line)\s+"
    r"(?i:the\s+)?(?i:(?:label|text|words?|phrase|field|line)\s+)?"
    r"([A-Z][\w/-]*(?:\s[\w#/-]+){0,4}?\s?[:#]|[A-Z][\w/-]*(?:\s(?:[A-Z][\w/-]*|[Ii][Dd]|number|code|key))*)"
    r"|\b([A-Z][\w/-]*(?:\s[A-Z][\w/-]*)*\s?[#:]?|#)\s+(?i:followed by)"
)
_NOUN = re.compile(
    r"\b(account|order|invoice|ticket|customer|client|booking|reservation|case|tracking|subscription|licen[cs]e|member|"
    r"membership|policy|contract|reference|user|tenant|workspace|serial|device|payment|transaction|organi[sz]ation|company)"
    r"\s(?:number|no\b|#|id\b|identifier|key|code)",
    re.IGNORECASE,
)
_DIGIT_WORDS = {
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
COUNT = rf"(\d{{1,2}}|{'|'.join(_DIGIT_WORDS)})"
_DIGITS = re.compile(rf"\b(at least )?{COUNT}(?:\s?(?:-|–|to|or)\s?{COUNT})?[-\s]+digits?\b", re.IGNORECASE)
_MOST_DIGITS = 40
_SENDER = re.compile(
    r"\bsender|\bfrom[- ](?:address|line|header|field)|"
    r"\b(?:wrote|writes|writing|sent|sending|emailed|emailing|contacted us)\s+(?:us )?(?:from|with)|"
    r"\b(?:customer|user|client|author|requester|person|their)(?:['’]s)? e-?mail\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\be-?mail address|\bemail (?:in|from) the (?:body|text|signature|subject)", re.IGNORECASE)
_NUMBER = re.compile(
    r"followed by (?:a |an |the |some )?(?:\w+ )?(?:number|digits)\b|\bnumeric\b|\bthe number\b|\ba number\b", re.I
)
_PLACE = re.compile(r"\b(?:body|text|message|signature|mentions?|contains?)\b", re.IGNORECASE)


@lru_cache(maxsize=256)
def rules(instructions: str) -> tuple[Rule, ...]:
    """Return the rules in the order in which the owner wants them tried."""
    found: list[Rule] = []
    for part in _SPLIT.split(plain(instructions)):
        clause = _ABSENCE.sub("", part.strip(" \t-*•"))
        rule = Rule() if not clause or is_forbidding(clause) else _read(clause)
        if not rule.says_something:
            continue
        if found and _FURTHER.match(clause):
            found[-1] = _narrowed(found[-1], rule)
        else:
            found.append(rule)
    return tuple(found)


def _narrowed(rule: Rule, further: Rule) -> Rule:
    return replace(
        rule,
        kind=further.kind if rule.kind is Kind.ANY else rule.kind,
        labels=rule.labels or further.labels,
        prefixes=rule.prefixes or further.prefixes,
        nouns=() if further.labels or further.prefixes else rule.nouns,
        digits=rule.digits or further.digits,
    )


def _read(clause: str) -> Rule:
    labels, prefixes, digits = _literals(clause)
    bare = _QUOTED.sub(" ", clause)
    prefixes += [one or other for one, other in _BARE_PREFIX.findall(bare)]
    prefixes += [one or other for one, other in _BEGINS_WITH.findall(bare)]
    labels += [label.strip() for one, other in _UNQUOTED_LABEL.findall(bare) if (label := one or other)]
    if "#" in bare and not labels and re.search(r"#\s?\d+", bare):
        labels.append("#")
    lowered = clause.lower()
    subject, body = "subject" in lowered, bool(re.search(r"\b(?:body|signature)\b", lowered))
    kind = _kind(bare, literal=bool(labels or prefixes))
    nouns = tuple(dict.fromkeys(noun.lower() for noun in _NOUN.findall(bare)))
    return Rule(
        kind=kind,
        labels=tuple(dict.fromkeys(labels)),
        prefixes=tuple(dict.fromkeys(prefix.lower() for prefix in prefixes)),
        nouns=nouns if kind in (Kind.ANY, Kind.NUMBER) and not labels and not prefixes else (),
        digits=digits or counted(bare),
        subject=subject or not body,
        body=body or not subject,
        from_end="signature" in lowered,
    )


def _literals(clause: str) -> tuple[list[str], list[str], tuple[int, int] | None]:
    """Sort the quoted texts into labels, prefixes and examples."""
    labels: list[str] = []
    prefixes: list[str] = []
    digits = None
    for found in _QUOTED.finditer(clause):
        text, before = next(filter(None, found.groups())).strip(), clause[: found.start()]
        shape = re.match(r"[A-Za-z]{1,12}[_-]", text)
        if _BEGINS.search(before) or re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,11}[_-]", text):
            prefixes.append(text)
        elif _EXAMPLE.search(before) or re.fullmatch(r"[A-Za-z]{2,12}[_-][\dxX*#.…]+", text):
            prefixes += [shape.group()] if shape else []
            labels += ["#"] if re.match(r"#\s?\d", text) else []
            digits = (len(text), len(text)) if text.isdecimal() else digits
        elif text:
            labels.append(text)
    return labels, prefixes, digits


def _kind(clause: str, literal: bool) -> Kind:
    if re.search(r"\b(?:uuid|guid)s?\b", clause, re.IGNORECASE):
        return Kind.UUID
    if _EMAIL.search(clause) and (literal or _PLACE.search(clause)) and not re.search(r"\bsender", clause, re.I):
        return Kind.EMAIL
    if not literal and (_SENDER.search(clause) or _EMAIL.search(clause)):
        return Kind.SENDER
    return Kind.NUMBER if _NUMBER.search(clause) or counted(clause) else Kind.ANY


def is_forbidding(clause: str) -> bool:
    """Tell whether a clause says what not to do."""
    return bool(_FORBIDDING.search(clause))


def counted(clause: str) -> tuple[int, int] | None:
    """Return how many digits a clause asks for, at least and at most; None where it asks for none."""
    found = _DIGITS.search(clause)
    if not found:
        return None
    least = _DIGIT_WORDS.get(found[2].lower()) or int(found[2])
    most = found[3] and (_DIGIT_WORDS.get(found[3].lower()) or int(found[3]))
    return least, _MOST_DIGITS if found[1] else int(most or least)
