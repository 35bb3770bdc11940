"""Tracing that is off: nothing is recorded, and the log still names the trace that a caller brought along."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.adapters.telemetry.logs import in_trace
from app.domain.steps import Span
from app.domain.traces import Trace


class Tracing:
    """Opens a span for each request and each run; these record nothing, those of `OtlpTracing` do."""

    @contextmanager
    def request(self, method: str, caller: Trace | None) -> Iterator[Span]:
        """Open the span of a request; `caller` is the trace that its headers name."""
        with in_trace(caller):
            yield Span(caller)

    @contextmanager
    def run(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> Iterator[Span]:
        """Open the span of a run in the trace of its submitter; `ticket_id` is None for a test."""
        with in_trace(trace):
            yield Span(trace)
