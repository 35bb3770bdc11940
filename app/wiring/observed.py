"""Counts and logs what every run leaves behind, whoever asked for it."""

from app.adapters.telemetry import logs
from app.adapters.telemetry.metrics import Metrics
from app.domain.claims import Claimed
from app.domain.outcomes import OF_THE_PROVIDER, Result
from app.domain.webhooks import Delivery, Reply


class Observed:
    """Counts and logs each result."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def ticket(self, claimed: Claimed, result: Result) -> None:
        """Note a ticket's run."""
        if claimed.charged and not result.credits_used:
            self._metrics.credit_returned()
        self._seen(claimed.ticket_id, claimed.project_id, result)

    def trial(self, project_id: str, result: Result) -> None:
        """Note a test of the connection."""
        if result.outcome in OF_THE_PROVIDER:
            self._metrics.credit_returned()
        self._seen(None, project_id, result)

    def ai_problem(self, problem: str | None) -> None:
        """Note that the AI provider begins to refuse our key, model or settings, or (None) takes them again."""
        self._metrics.ai_misconfigured(problem is not None)
        logs.ai_problem(problem)

    def delivery(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        """Note one try of a webhook."""
        self._metrics.delivered(delivery.value)
        logs.delivered(message_id, delivery.value, reply.status, reply.fault)

    def _seen(self, ticket_id: str | None, project_id: str, result: Result) -> None:
        self._metrics.enriched(result)
        logs.enriched(ticket_id, project_id, result)
