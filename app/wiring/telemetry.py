"""Telemetry: metrics, log lines and spans of runs, tests, webhooks and AI calls."""

from contextlib import AbstractContextManager
from typing import Any

from app.adapters.ai.call_observer import CallObserver
from app.adapters.telemetry import logs
from app.adapters.telemetry.metrics import Metrics
from app.adapters.telemetry.tracing import Tracing
from app.domain.claims import Claimed
from app.domain.outcomes import Result
from app.domain.steps import Span
from app.domain.traces import Trace
from app.domain.webhooks.webhook_messages import Delivery, Reply
from app.domain.workload import Depth
from app.runs.conditions import ConditionWatch
from app.runs.observer import Observer
from app.runs.waiting import Completions


class Telemetry(Observer):
    """Records runs, tests and webhooks in metrics, log and traces; hands results to callers that wait."""

    def __init__(self, metrics: Metrics, completions: Completions, tracing: Tracing) -> None:
        self._metrics = metrics
        self._completions = completions
        self._tracing = tracing

    def running(self) -> AbstractContextManager[None]:
        """Count a run while the context is open."""
        return self._metrics.in_flight()

    def traced(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> AbstractContextManager[Span]:
        """Open the span of a run in its submitter's trace."""
        return self._tracing.run(project_id, ticket_id, trace)

    def put_back(self, why: str) -> None:
        """Count a run that was returned to the queue."""
        self._metrics.put_back(why)

    def ended(self, claimed: Claimed, result: Result, document: dict[str, Any]) -> None:
        """Hand a ticket's result to the callers that wait for it here, and record it."""
        self._completions.stored(claimed.ticket_id, claimed.run, document)
        if claimed.charged and not result.credits_used:
            self._metrics.credit_returned()
        self._seen(claimed.ticket_id, claimed.project_id, result)

    def failed(self, fault: Exception) -> None:
        """Log a fault of ours that cut a run off."""
        logs.run_failed(fault)

    def tested(self, project_id: str, result: Result) -> None:
        """Record the result of an owner's test."""
        if not result.credits_used:
            self._metrics.credit_returned()
        self._seen(None, project_id, result)

    def delivered(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        """Record one delivery try of a webhook."""
        self._metrics.delivered(delivery.value)
        logs.delivered(message_id, delivery.value, reply.status, reply.fault)

    def queue_seen(self, depth: Depth) -> None:
        """Show the depth of the queue in the metrics."""
        self._metrics.queue_depth(depth)

    def _seen(self, ticket_id: str | None, project_id: str, result: Result) -> None:
        self._metrics.enriched(result)
        logs.enriched(ticket_id, project_id, result)


class AiTelemetry(CallObserver):
    """Records AI calls in metrics and log, and tells the helpdesk's operators of a provider that refuses us."""

    def __init__(self, metrics: Metrics, conditions: ConditionWatch) -> None:
        self._metrics = metrics
        self._conditions = conditions

    def ai_braked(self, seconds: float) -> None:
        """Count the seconds for which the AI provider is left alone."""
        self._metrics.ai_braked(seconds)

    def ai_problem(self, problem: str | None, provider: str, model: str) -> None:
        """Show, log and tell that the provider begins to refuse our key, model or settings; None: it takes them."""
        self._metrics.ai_misconfigured(problem is not None)
        logs.ai_problem(problem)
        self._conditions.ai_problem(problem, provider, model)
