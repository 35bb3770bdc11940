"""What AI models cost, with where and when the price was read: data to be looked at again, not a promise."""

from dataclasses import dataclass

from app.domain.outcomes import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens: read, written, read from the provider's cache and written into it."""

    input_dollars: float
    output_dollars: float
    cache_read_dollars: float
    cache_write_dollars: float
    source: str
    month: str


_LIST = ("Anthropic's price list", "October 2026")

PRICES = {
    "claude-fable-5-1": Price(10.00, 50.00, 0.25, 12.50, *_LIST),
    "claude-opus-5-5": Price(4.00, 20.00, 0.20, 5.00, *_LIST),
    "claude-opus-5": Price(5.00, 25.00, 0.50, 6.25, *_LIST),
    "claude-sonnet-5-5": Price(2.00, 10.00, 0.10, 2.50, *_LIST),
    "claude-sonnet-5": Price(2.00, 10.00, 0.20, 2.50, *_LIST),
    "claude-haiku-5-5": Price(0.10, 0.50, 0.01, 0.125, *_LIST),
    "claude-haiku-4-5": Price(1.00, 5.00, 0.10, 1.25, *_LIST),
    "offline-patterns-1": Price(0.0, 0.0, 0.0, 0.0, "runs in this process", "always"),
}
"""By model, as Anthropic names it; what is not here, as another cloud's or a server of one's own, has no known price.

Haiku 5.5 costs more above 100,000 tokens of prompt, which no email and no customer's data comes near.
"""


def dollars(model: str, usage: Usage) -> float | None:
    """Return what these tokens cost at the list price; None where the price is unknown."""
    price = PRICES.get(model)
    if price is None:
        return None
    paid = (
        usage.input_tokens * price.input_dollars
        + usage.output_tokens * price.output_dollars
        + usage.cache_read_input_tokens * price.cache_read_dollars
        + usage.cache_creation_input_tokens * price.cache_write_dollars
    )
    return paid / MILLION
