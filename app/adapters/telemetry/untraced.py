"""Tracing that is off: nothing is recorded, and the log still names the trace that a caller brought along."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.adapters.telemetry.logs import in_trace
from app.domain.traces import Trace, Untold


class Untraced:
    """Follows requests and runs for the log only."""

    @contextmanager
    def request(self, method: str, caller: Trace | None) -> Iterator[Untold]:
        """Follow one request."""
        with in_trace(caller):
            yield Untold(caller)

    @contextmanager
    def run(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> Iterator[Untold]:
        """Follow one run; `ticket_id` is None for a test."""
        with in_trace(trace):
            yield Untold(trace)
