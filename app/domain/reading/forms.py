"""The form of the identifier, read from the instructions where they name it beyond doubt; answers are held to it.

A form that is read wrongly would refuse right answers, so whatever is hedged, left open or only shown by an example
names none. Owners see which form was read.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.domain.reading.identify_rules import counted, is_forbidding
from app.domain.tickets import Email
from support_context.plain_text import plain

_ALTERNATIVE = re.compile(
    r"[,;.]?\s*\b(?:otherwise|or else|failing that|if not|"
    r"if (?:there(?:['’]s| is| are) )?(?:no|none|neither|nothing)\b|if (?:it|that) is missing|else)\b[,:]?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_HARMLESS_OR = re.compile(
    r"\b(?:the )?(?:subject|body|text|signature) or (?:in )?(?:the )?(?:subject|body|text|signature)\b", re.I
)
_HEDGED = re.compile(
    r"\b(?:or|either|sometimes|usually|often|mostly|normally|typically|generally|probably|may|might|can|could|some|most|"
    r"many|older?|newer|legacy|unless|except|optional(?:ly)?|also|both|perhaps|maybe|about|around|roughly|several|"
    r"different|various|depending|varies|not always)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:use|take|look(?: it)? (?:for|up)|find|return|send|pick|read|extract|search)\b", re.IGNORECASE
)
_SAYS_MORE = re.compile(
    r"(?:it|they|this|that|the (?:\w+ )?(?:id|ids|number|identifier|value|key|code)|(?:\w+ )?ids)\b", re.I
)
_CONDITION = re.compile(r"if\b|when\b|where\b|for\b", re.IGNORECASE)

_QUOTE = r"[\"'`“”‘’„«»]?"
_PREFIX = re.compile(
    rf"\b(?:start|begin)(?:s|ing|ning)? (?:always )?with (?:the )?(?:letters? |prefix |text )?{_QUOTE}"
    rf"([A-Za-z][A-Za-z0-9]{{0,11}}[_-]?|[A-Za-z0-9]{{1,12}}[_-]){_QUOTE}(?=[\s,.;)]|\Z)",
    re.IGNORECASE,
)
_QUOTED_PREFIX = re.compile(
    r"\b(?:an?|the) [`\"'“‘]([A-Za-z][A-Za-z0-9]{0,11}[_-])[`\"'”’] (?:\w+ )?(?:id|identifier|key|code|number)\b", re.I
)
_NUMBER = re.compile(r"\bfollowed by (?:a|an|the) (?:\w+ )?number\b", re.IGNORECASE)
_NOT_ONLY_DIGITS = re.compile(
    r"\b(?:letters?|prefix|alphanumeric|hex(?:adecimal)?)\b|(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]{0,11}[_-](?![A-Za-z])|"
    r"(?<![A-Za-z0-9])[A-Za-z]{1,12}[0-9#]|[A-Za-z]{1,12}[_.:-][0-9xX#]",
    re.IGNORECASE,
)
"""Letters of the identifier beside its digits: `KD-` and six digits may mean `KD-123456` or `123456`."""

_SENDER = re.compile(r"\bthe sender(?:['’]s)? (?:e-?mail )?address\b|\bthe sender['’]s e-?mail\b", re.IGNORECASE)
_ADDRESSES = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")
"""What looks like an address; mail comes from the last one of a sender, whatever its name pretends to be."""

_PLACEHOLDER = re.compile(
    r"(?:[a-z]{1,12}[_.:-])?(?:x{3,}|y{4,}|n{4,}|#{3,}|[_.:-]*)|(?:your|my|insert|enter|put)[_.:-].*|.*[_.:-](?:here|goes[_.:-]here)|"
    r"(?:.*[_.:-])?x{3,}(?:[_.:-]x+)*|(?:your|the)(?:account|customer|order|client|user)?(?:id|number|key|code|email)",
    re.IGNORECASE,
)


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
    text = _HARMLESS_OR.sub("the email", " ".join(plain(instructions).replace("\n", ". ").split()))
    if _HEDGED.search(re.sub(r"[`\"“][^`\"”]{1,60}[`\"”]", " ", _ALTERNATIVE.sub(" ", text))):
        return ()
    found = [_of_alternative(part) for part in _ALTERNATIVE.split(text) if part.strip(" .,;")]
    return tuple(dict.fromkeys(form for form in found if form)) if all(found) else ()


def _of_alternative(text: str) -> Form | None:
    """Return the one form of an alternative: each sentence that asks for something must name it, or the next one."""
    found: set[Form] = set()
    open_wish = False
    for sentence in filter(str.strip, _SENTENCE.split(text)):
        if is_forbidding(sentence):
            continue
        form = _of_sentence(sentence)
        asks = bool(_ASKING.search(sentence))
        if form is None and asks and _CONDITION.match(sentence.strip()):
            return None
        if open_wish and (form is None or not _SAYS_MORE.match(sentence.strip())):
            return None
        open_wish = form is None and asks
        found |= {form} if form else set()
    return found.pop() if len(found) == 1 and not open_wish else None


def _of_sentence(sentence: str) -> Form | None:
    prefixes = {each.rstrip(".") for each in _PREFIX.findall(sentence) + _QUOTED_PREFIX.findall(sentence)}
    sender = bool(_SENDER.search(sentence))
    if len(prefixes) + sender > 1:
        return None
    if prefixes:
        prefix = prefixes.pop()
        return Form(f"starts with {prefix}", prefix=prefix)
    if sender:
        return None if _NUMBER.search(sentence) else Form("is the sender's address", sender=True)
    if _NOT_ONLY_DIGITS.search(sentence):
        return None
    if digits := counted(sentence):
        least, most = digits
        return Form(
            f"is a number of {least} digits" if least == most else f"is a number of {least} to {most} digits",
            digits=digits,
        )
    return Form("is a number", number=True) if _NUMBER.search(sentence) else None
