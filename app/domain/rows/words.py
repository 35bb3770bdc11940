"""Words of keys, labels and instructions, folded so that two names can be compared."""

import re
from functools import lru_cache

from support_context.plain_text import comparable

LONGEST_NAME = 120
"""Characters of a key or a label that are read for its words, before folding and after it."""

FUNCTION_WORDS = frozenset(
    "of the a an their its his her your our for in on at by to with from as is are was were be been has have had "
    "whether they them it number no count how many much and or this that customer customers user current currently "
    "der die das des den dem ein eine und von vom im am de la le les du des el los las un una y et del di il o da do "
    "e i en och og".split()
)
"""Words of a label that name no fact, as in "Number of orders" and "Status of the order"."""

SHORT_FORMS = {
    "lang": "language", "addr": "address", "qty": "quantity", "tel": "phone", "telephone": "phone",
    "org": "organization", "amt": "amount", "num": "number", "acct": "account", "cust": "customer",
}  # fmt: skip
"""Short forms in keys, and the words that labels have for them."""

_RUN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORTEST_PLURAL = 4


@lru_cache(maxsize=8_192)
def name_words(name: str) -> tuple[str, ...]:
    """List the words of a name as programs write it: `monthlyRevenue_usd` is monthly, revenue, usd."""
    return tuple(_RUN.findall(comparable(_CAMEL.sub(" ", name[:LONGEST_NAME]))[:LONGEST_NAME]))


@lru_cache(maxsize=8_192)
def stems(name: str) -> tuple[str, ...]:
    """List the words of a name in the singular."""
    return tuple(map(singular, name_words(name)))


@lru_cache(maxsize=8_192)
def content(name: str) -> tuple[str, ...]:
    """List the words of a label in the singular, without function words; all of them where nothing else is left."""
    words = name_words(name)
    return tuple(singular(word) for word in words if word not in FUNCTION_WORDS) or tuple(map(singular, words))


def singular(word: str) -> str:
    """Return an English word without the ending of its plural, and a short form in full."""
    if word in SHORT_FORMS:
        return SHORT_FORMS[word]
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > _SHORTEST_PLURAL:
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes", "zzes")) else word[:-1]


def phrase(text: str) -> str:
    """Return the words of a short text with one space between them."""
    return " ".join(name_words(text))
