"""What AI models cost, with where and when the price was read: data to be looked at again, not a promise."""

from dataclasses import dataclass

from app.domain.outcomes import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens read and for a million written, as the source said in that month."""

    input_dollars: float
    output_dollars: float
    source: str
    month: str


PRICES = {
    "claude-haiku-5-5": Price(0.10, 0.50, "Anthropic's price list", "October 2026"),
    "offline-patterns-1": Price(0.0, 0.0, "runs in this process", "always"),
}
"""By model, as the provider names it; what is not here has no known price."""


def dollars(model: str, usage: Usage) -> float | None:
    """Return what these tokens cost at the list price; None where the price is unknown.

    An estimate: tokens read from the provider's cache, which cost a tenth, and tokens written to it, which cost a
    quarter more, count as plain ones.
    """
    price = PRICES.get(model)
    if price is None:
        return None
    return (usage.input_tokens * price.input_dollars + usage.output_tokens * price.output_dollars) / MILLION
