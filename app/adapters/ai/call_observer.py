"""The observer of AI calls: what the provider asks for and refuses, and each exchange as it went."""

from dataclasses import dataclass

from app.adapters.ai.features import Features


@dataclass(frozen=True, slots=True)
class AiExchange:
    """One HTTP exchange with the AI provider: the optional parts that were sent, and what came back.

    `status` is None where no answer came; `seconds` counts from sending to the end of the answer.
    """

    features: Features
    status: int | None
    seconds: float
    body: bytes


class CallObserver:
    """Observes the calls of one process to its AI provider; this one records nothing."""

    def ai_braked(self, seconds: float) -> None:
        """Record by how many seconds the pause grows in which the provider is left alone."""

    def ai_problem(self, problem: str | None, provider: str, model: str) -> None:
        """Record that the provider begins to refuse our key, model or settings; None: it takes them again."""

    def ai_exchanged(self, exchange: AiExchange) -> None:
        """Record one exchange, whatever came of it."""
