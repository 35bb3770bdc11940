"""Names of one fact in billing systems and with their users: `amount` for a price, a period's end for its renewal."""

from app.domain.rows.nodes import Node, Nodes
from app.domain.rows.numerals import literal
from app.domain.rows.times import spelt_time, unix_time

PRICES = frozenset({"price", "cost", "fee"})
AMOUNTS = frozenset({"unit", "amount", "minor", "cent", "decimal"})
"""Words of wishes for a price, and words of keys that name no more than an amount."""

RENEWALS = frozenset({"renewal", "renew", "renewed"})
PERIOD_ENDS = frozenset("current period end next billing bill charge payment date at on".split())
"""Words of wishes for a renewal, and words of keys for the end of the period that is paid for."""


def means(words: tuple[str, ...], node: Node) -> bool:
    """Tell whether a wish with these words may mean a fact whose key has none of them."""
    said, key = set(words), set(node.key)
    if said & PRICES and "amount" in key and key <= AMOUNTS:
        return literal(node.value) is not None
    if said & RENEWALS and key <= PERIOD_ENDS and key & {"end", "next"}:
        return unix_time(node) is not None or (isinstance(node.value, str) and spelt_time(node.value) is not None)
    return False


def meant(words: tuple[str, ...], nodes: Nodes) -> Node | None:
    """Return the only fact that a wish with these words means in this way."""
    near = nodes.with_a_word_of(AMOUNTS | PERIOD_ENDS if set(words) & (PRICES | RENEWALS) else ())
    found = [node for node in near if means(words, node)]
    return found[0] if len(found) == 1 else None
