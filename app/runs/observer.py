"""The observer of runs, tests and webhooks: metrics, logs and traces hear of them through one object."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from app.domain.claims import Claimed
from app.domain.outcomes import Result
from app.domain.steps import Span
from app.domain.traces import Trace
from app.domain.webhooks.webhook_messages import Delivery, Reply
from app.domain.workload import Depth


class Observer:
    """Observes what a process does; this one records nothing, `Telemetry` records everything."""

    def running(self) -> AbstractContextManager[None]:
        """Count a run in flight while the context is open."""
        return nullcontext()

    def traced(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> AbstractContextManager[Span]:
        """Open the span of a run in the trace of its submitter; `ticket_id` is None for a test."""
        return nullcontext(Span(trace))

    def ended(self, claimed: Claimed, result: Result, document: dict[str, Any]) -> None:
        """Record the result of a ticket's run, and the document that callers get of it."""

    def put_back(self, why: str) -> None:
        """Record that a run was returned to the queue."""

    def failed(self, fault: Exception) -> None:
        """Record a fault of ours that cut a run off."""

    def tested(self, project_id: str, result: Result) -> None:
        """Record the result of an owner's test of the connection."""

    def delivered(self, message_id: str, delivery: Delivery, reply: Reply) -> None:
        """Record one delivery try of a webhook, and the receiver's reply."""

    def queue_seen(self, depth: Depth) -> None:
        """Record the depth of the queue, the same for all processes."""
