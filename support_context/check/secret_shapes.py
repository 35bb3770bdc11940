"""Finds values in an answer that look like secrets, by the name of their field or by their shape."""

import re
from collections.abc import Iterator

from support_context.facts import Facts, Scalar
from support_context.plain_text import line

LONGEST_PLACE = 80
"""Characters shown of a place: its names are the endpoint's choice."""

NAMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        (
            "a password",
            r"(?:.*_)?(?:password|passwd|pwd|passphrase|pass_?word_?(?:hash|digest)|pwd_?hash)(?:_(?:hash|digest|salt))?",
        ),
        (
            "a token",
            r"(?:.*_)?(?:access|refresh|auth|api|bearer|session|reset|id|csrf|remember|verification)_?token|token",
        ),
        ("a key", r"(?:.*_)?(?:api|private|secret|signing|encryption|access)_?key"),
        ("a secret", r"(?:.*_)?secret(?:_.*)?|(?:.*_)?(?:salt|otp|totp|mfa_?seed|recovery_codes?|backup_codes?)"),
        ("a session", r"session_?id|(?:set_)?cookies?"),
        ("a card's code", r"cvv2?|cvc2?|card_?(?:security_?)?code|card_?pin"),
        ("a card number", r"card_?number|pan|credit_?card"),
        ("an identity number", r"ssn|social_security(?:_number)?"),
    )
)
"""Field names, in snake_case, whose text is a secret whatever it looks like."""

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("a password hash (bcrypt)", r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"),
        ("a password hash (argon2)", r"\$argon2(?:id|i|d)\$"),
        ("a password hash (scrypt)", r"\$scrypt\$|\bscrypt:\d+:\d+:\d+\$"),
        ("a password hash (PBKDF2)", r"\bpbkdf2[_:]\w+"),
        ("a password hash (crypt)", r"\$(?:1|5|6|y)\$[^\s$]*\$?[./A-Za-z0-9]*\$[./A-Za-z0-9]{20,}"),
        ("a password hash (LDAP)", r"\{S?SHA(?:256|512)?\}[A-Za-z0-9+/=]{20,}"),
        ("a JSON Web Token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        ("a key of AWS", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a key of Stripe", r"\b[srp]k_(?:live|test)_[0-9A-Za-z]{16,}"),
        ("a token of GitHub", r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}"),
        ("a token of GitLab", r"\bglpat-[\w-]{20,}"),
        ("a token of Slack", r"\bxox[abeprs]-[\w-]{10,}"),
        ("a key of Google", r"\bAIza[\w-]{35}"),
        ("a key of an AI provider", r"\bsk-(?:ant-|proj-)?[\w-]{20,}"),
        ("a key of SendGrid", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
        ("a token of npm", r"\bnpm_[A-Za-z0-9]{36}"),
        ("a signing secret", r"\bwhsec_[\w+/=-]{24,}"),
        ("a token of this service", r"\bcc[st]_[\w-]{20,}"),
        ("a bearer token", r"\bBearer [\w.~+/-]{16,}"),
        ("a URL with a password", r"\b[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@"),
    )
)
"""How secrets look wherever they stand."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIGITS = re.compile(r"(?<![\d+.-])\d(?:[ -]?\d){13,18}(?![\d-])")
_CARD = re.compile(
    r"3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|4\d{15}|(?:5[1-5]|2[2-7])\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17}"
)
"""Lengths and first digits of American Express, Diners, Visa, Mastercard, Discover, JCB and UnionPay."""

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


_IDS = re.compile(
    r"(?:.*_)?(?:id|ids|gid|uid|sku|ean|gtin|upc|isbn|barcode|imei|tracking(?:_number)?|order(?:_number)?|reference|ref)"
)
"""Field names, in snake_case, whose long numbers are ids: Shopify's have the length and the first digits of cards."""

FEWEST_DIGITS_OF_A_NUMBER = 15
"""Digits from which a JSON number may be a card's; the 14 of Diners are those of ids and times as well."""


def secrets_in(facts: Facts) -> Iterator[str]:
    """Yield the place of each value that looks like a secret, and what it looks like; never the value."""
    for pointer, value in facts.leaves():
        name = _name(pointer)
        what = _by_shape(name, value) or _by_name(name, value)
        if what:
            yield f"{line(pointer, LONGEST_PLACE)} looks like {what}"


def is_card_number(digits: str) -> bool:
    """Tell whether digits have a card network's form and the right check digit (Luhn, ISO/IEC 7812-1)."""
    if not _CARD.fullmatch(digits):
        return False
    total = sum(int(each) if place % 2 == 0 else _DOUBLED[int(each)] for place, each in enumerate(reversed(digits)))
    return total % 10 == 0


def _by_shape(name: str, value: Scalar) -> str | None:
    if isinstance(value, (bool, float)) or value is None:
        return None
    text = str(value)
    if isinstance(value, str):
        found = next((what for what, pattern in SHAPES if pattern.search(text)), None)
        if found:
            return found
    least = 0 if isinstance(value, str) else FEWEST_DIGITS_OF_A_NUMBER
    if _IDS.fullmatch(name) or len(text) < least:
        return None
    numbers = (re.sub(r"[ -]", "", match.group()) for match in _DIGITS.finditer(text))
    return "a card number" if any(is_card_number(digits) for digits in numbers) else None


def _by_name(name: str, value: Scalar) -> str | None:
    if isinstance(value, bool) or value is None or value == "":
        return None
    return next((what for what, pattern in NAMES if pattern.fullmatch(name)), None)


def _name(pointer: str) -> str:
    """Return the name of a field in snake_case; the name of a list stands for each of its items."""
    name = next((step for step in reversed(pointer.split("/")) if not step.isdecimal()), "")
    return _CAMEL.sub("_", name.replace("-", "_").replace(" ", "_")).lower()
