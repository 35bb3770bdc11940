"""The form of the identifier, read from the instructions where they name it beyond doubt; answers are held to it.

A form that is read wrongly would refuse right answers. So a form is what remains of a sentence that fits one of the few
ways in which people say one, and a single word beside it that may change it (`not`, `part`, `or`, `letter`) undoes it.
Owners see which form was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domain.reading.identify_rules import COUNT, counted
from app.domain.tickets import Email
from support_context.plain_text import plain

_ALTERNATIVE = re.compile(
    r"[,;.]?\s*\b(?:otherwise|or else|failing that|if not|"
    r"if (?:there(?:['’]s| is| are) )?(?:no|none|neither|nothing)\b|if (?:it|that) is missing|else)\b[,:]?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_LITERAL = re.compile(r"[`\"“][^`\"”]{1,60}[`\"”]")
_HARMLESS = re.compile(
    r"\b(?:the )?(?:subject|body|text|signature|email) or (?:in )?(?:the )?(?:subject|body|text|signature|email)\b|"
    r"\b(?:look|search|looking|searching)(?: it)? for\b",
    re.IGNORECASE,
)
_FORBIDDING = re.compile(
    r"(?:please )?(?:(?:never|do not|don['’]t) (?:ever )?(?:use|take|look|guess|answer|send|pick|return)|"
    r"ignore|skip)\b",
    re.IGNORECASE,
)
"""How a sentence begins that names what is not wanted, and no form of what is."""

_DOUBTFUL = re.compile(
    r"\b(?:or|either|sometimes|usually|often|mostly|normally|typically|generally|probably|may|might|can|could|some|most|"
    r"many|older?|newer|legacy|unless|except|optional(?:ly)?|also|both|perhaps|maybe|about|around|roughly|several|"
    r"different|various|depending|varies|not|never|without|instead|rather|than|but|prefer(?:ably)?|drop|remove|strip|"
    r"leave|omit|trim|cut|minus|part|portion|half|domain|rest|what follows|whole|together|including|letters?|"
    r"characters?|leading|minimum|maximum|up to|fewer|less|more|plus|check|prefix|for|"
    r"start(?:s|ing)?|begin(?:s|ning)?|digits?|sender(?:['’]s)?|followed by)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Words beside a form that leave it open, deny it or take the value apart, and those that name a form in other ways."""

_ASKING = re.compile(
    r"\b(?:use|take|look(?: it)? (?:for|up)|find|return|send|pick|read|extract|search)\b", re.IGNORECASE
)
_SAYS_MORE = re.compile(
    r"(?:it|they|this|that|the (?:\w+ )?(?:id|ids|number|identifier|value|key|code)|(?:\w+ )?ids)\b", re.I
)
_CONDITION = re.compile(r"if\b|when\b|where\b|for\b", re.IGNORECASE)

_KIND = r"(?:ids?|identifiers?|numbers?|keys?|codes?)"
_QUALIFIED = re.compile(rf"\b([a-z]+)[ -]{_KIND}\b", re.IGNORECASE)
"""A kind of identifier with its name, as "account ID"; instructions that name two leave open which one has the form."""

_NO_NAMES = frozenset("the a an this that its their his her digit digits whose each every one and use full".split())

_MARK = "[\"'`“”‘’]"
_CODE = (
    rf"(?:{_MARK}?(?P<code>[A-Za-z][A-Za-z0-9]{{0,11}}[_-]|[A-Z][A-Z0-9]{{0,11}}){_MARK}?"
    rf"|{_MARK}(?P<quoted>[A-Za-z][A-Za-z0-9]{{0,11}}){_MARK})"
)
"""A beginning that is no word of the language: with its mark, in capitals, or in quotes."""

_PREFIX = re.compile(
    rf"(?:^(?i:it|they|this|that)|\b(?i:{_KIND}))(?i:,? which| that|,? \(which|,? \(that|,? \(it|,? \()? ?"
    r"(?i:always )?\b(?i:start|begin)(?i:s|ing|ning)? (?i:always )?(?i:with) (?i:the )?(?i:letters? |prefix |text )?"
    rf"{_CODE}(?i: followed by (?:[\w-]+ ){{0,3}}(?:digits?|numbers?|letters?|characters?))?"
    r"(?=[ ]?(?:[,.;)]|\Z|and (?:is|has|consists)\b))"
)
_OF_A_KIND = re.compile(
    rf"\b(?:an?|the) {_MARK}(?P<code>[A-Za-z][A-Za-z0-9]{{0,11}}[_-]){_MARK}(?= (?:\w+ )?{_KIND}\b)", re.I
)
_ANY_CODE = re.compile(r"(?<![\w@.-])([A-Za-z][A-Za-z0-9]{0,11}_|[A-Z][A-Za-z0-9]{0,11}-)(?=[\s,.;:)…*/`\"'”]|\Z)")
_NUMBER = re.compile(
    rf"(?:[#:]|\bnumber) ?{_MARK}? followed by (?:a|an|the) (?:\w+ )?number"
    r"(?= ?(?:[.;)]|\Z|,? (?:and |then )?(?:use|take|return|that)\b))",
    re.IGNORECASE,
)
_SENDER = re.compile(
    r"(?:^|[,:;] )(?:please |then )?(?:use|take|return|send|it is) "
    r"the sender(?:['’]s)? (?:e-?mail(?: address)?|address)[.;,) ]*$",
    re.IGNORECASE,
)
_COUNTED = rf"(?:always |exactly |at least )?{COUNT}(?: ?(?:-|–|to|or) ?{COUNT})?[- ]digits?(?: long)?"
_DIGITS = re.compile(
    rf"\b(?:the|an?) {_COUNTED}(?= (?:\w+ )?{_KIND}\b)|"
    rf"(?:\b{_KIND}|^it|^they)(?:[,:]| of| with| is| are| has| have| which (?:is|are|has|have)|,? that (?:is|"
    rf"are|has|have)"
    rf"| \(?(?:it |which |that )?(?:is |has )?)? ?\(?{_COUNTED}\)?(?=[ ]?(?:[.;,)]|\Z))",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")
"""What looks like an address; mail comes from the last one of a sender, whatever its name pretends to be."""

_NAMES = r"(?:accounts?|acct|customers?|orders?|clients?|users?|members?|bookings?|tickets?|workspaces?)"
_PLACEHOLDER = re.compile(
    r"(?:[a-z]{1,12}[_.:-])?(?:x{3,}|y{4,}|n{4,}|#{3,}|[_.:-]*)|(?:your|my|insert|enter|put)[_.:-].*|.*[_.:-](?:here|goes[_.:-]here)|"
    rf"(?:.*[_.:-])?x{{3,}}(?:[_.:-]x+)*|(?:[a-z]{{1,12}}[_.:-])?(?:your|the)?{_NAMES}?[_.:-]?(?:id|number|no|key|code|email|name)|"
    rf"{_NAMES}|n/?a|none|null|nil|undefined|unknown|tb[acd]|empty|blank|missing|not[_.:-]?(?:set|given|found|available)",
    re.IGNORECASE,
)
"""Values that only show where one belongs, by an example, by its name or by saying that there is none."""

_IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Form:
    """One thing that an identifier must be; its words follow "The identifier"."""

    words: str
    prefix: str = ""
    digits: tuple[int, int] | None = None
    number: bool = False
    sender: bool = False

    def fits(self, value: str, email: Email) -> bool:
        """Tell whether a value of this email has the form."""
        if self.sender:
            return [value.lower()] == [each.lower() for each in _ADDRESSES.findall(email.sender)][-1:]
        if self.digits:
            return (
                value.replace("-", "").isdecimal() and self.digits[0] <= len(value.replace("-", "")) <= self.digits[1]
            )
        if self.number:
            return value[0].isdecimal() and not any(letter.isalpha() or letter == "@" for letter in value)
        return value.lower().startswith(self.prefix.lower()) and len(value) > len(self.prefix)


def is_placeholder(value: str) -> bool:
    """Tell whether a value only shows where one belongs: `acct_xxxxxxxx`, `YOUR-ID`."""
    return bool(_PLACEHOLDER.fullmatch(value))


def has_form(value: str, email: Email, instructions: str) -> bool:
    """Tell whether a value has one of the forms that the instructions name; true where they name none."""
    read = forms(instructions)
    return not read or any(form.fits(value, email) for form in read)


def in_words(instructions: str) -> str | None:
    """Return the form that answers are held to, as owners are told; None where the instructions name none."""
    return ", or ".join(form.words for form in forms(instructions)) or None


@lru_cache(maxsize=256)
def forms(instructions: str) -> tuple[Form, ...]:
    """Return the form of each alternative of the instructions; none where one of them has no form beyond doubt."""
    text = _HARMLESS.sub(_only_verb, " ".join(plain(instructions).replace("\n", ". ").split()))
    found = [_of_alternative(part) for part in _ALTERNATIVE.split(text) if part.strip(" .,;")]
    return tuple(dict.fromkeys(form for form in found if form)) if all(found) else ()


def _only_verb(found: re.Match[str]) -> str:
    return "find" if found[0].lower().endswith("for") else "the email"


def _of_alternative(text: str) -> Form | None:
    """Return the one form of an alternative: each sentence that asks for something must name it, or the next one."""
    sentences = [each.strip() for each in _SENTENCE.split(text) if each.strip()]
    told = [each for each in sentences if not _FORBIDDING.match(each)]
    names = {name.lower() for each in told for name in _QUALIFIED.findall(each)} - _NO_NAMES
    read = [_of_sentence(each) for each in told]
    found = {form for form in read if isinstance(form, Form)}
    if len(found) != 1 or len(names) > 1 or any(form is _IN_DOUBT for form in read):
        return None
    form = found.pop()
    codes = {code.rstrip(".").lower() for code in _ANY_CODE.findall(" ".join(told))}
    if codes - {form.prefix.lower()} or (form.prefix and form.prefix in " ".join(set(sentences) - set(told))):
        return None
    return None if _leaves_a_wish_open(told, read) else form


def _leaves_a_wish_open(sentences: Sequence[str], read: Sequence[object]) -> bool:
    """Tell whether something is asked for whose form is not named, there or in the next sentence."""
    is_open = False
    for sentence, form in zip(sentences, read, strict=True):
        asks = bool(_ASKING.search(sentence))
        if form is None and asks and _CONDITION.match(sentence):
            return True
        if is_open and (form is None or not _SAYS_MORE.match(sentence)):
            return True
        is_open = form is None and asks
    return is_open


def _of_sentence(sentence: str) -> Form | str | None:
    """Return the form that a sentence names, None where it names none, `_IN_DOUBT` where it might name another."""
    for pattern in (_PREFIX, _OF_A_KIND, _SENDER, _DIGITS, _NUMBER):
        if found := pattern.search(sentence):
            rest = _LITERAL.sub(" ", f"{sentence[: found.start()]} {sentence[found.end() :]}")
            return _IN_DOUBT if _DOUBTFUL.search(rest) else _form_of(found, pattern)
    return _IN_DOUBT if _DOUBTFUL.search(_LITERAL.sub(" ", sentence)) else None


def _form_of(found: re.Match[str], pattern: re.Pattern[str]) -> Form:
    if pattern is _SENDER:
        return Form("is the sender's address", sender=True)
    if pattern is _NUMBER:
        return Form("is a number", number=True)
    if pattern is _DIGITS:
        least, most = counted(found[0]) or (1, 1)
        return Form(
            f"is a number of {least} digits" if least == most else f"is a number of {least} to {most} digits",
            digits=(least, most),
        )
    named = found.groupdict()
    prefix = named["code"] or named.get("quoted") or ""
    return Form(f"starts with {prefix}", prefix=prefix)
