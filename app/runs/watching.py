"""Who follows the runs of a process: in traces, in metrics and in logs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from app.domain.claims import Claimed
from app.domain.outcomes import Outcome, Result
from app.domain.steps import Step
from app.domain.traces import Trace, Untold


class RunSpan(Protocol):
    """The tracing span of one run."""

    def step(self, name: str, outcome: str, failure: Outcome | None) -> None:
        """Note that a step begins (`running`) or has ended."""

    def ended(self, result: Result) -> None:
        """Note the result."""

    def put_back(self, why: str) -> None:
        """Note that the run was returned to the queue."""


Traced = Callable[[str, str | None, Trace | None], AbstractContextManager[RunSpan]]
"""Follows a run of this project and ticket (None for a test) in the trace of its submitter while it is open."""


class Watcher(Protocol):
    """Follows what becomes of the runs of this process."""

    def running(self) -> AbstractContextManager[None]:
        """Count a run while the context is open."""

    def traced(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> AbstractContextManager[RunSpan]:
        """Follow a run in its submitter's trace while the context is open."""

    def ended(self, claimed: Claimed, result: Result, document: dict[str, Any]) -> None:
        """Note a result, and the document that was stored of it."""

    def put_back(self, why: str) -> None:
        """Note that a run was returned to the queue."""

    def failed(self, fault: Exception) -> None:
        """Note a fault of ours that cut a run off."""


class Unwatched:
    """Follows nothing."""

    def running(self) -> AbstractContextManager[None]:
        """Count no run."""
        return nullcontext()

    def traced(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> AbstractContextManager[RunSpan]:
        """Follow nobody."""
        return nullcontext(Untold(trace))

    def ended(self, claimed: Claimed, result: Result, document: dict[str, Any]) -> None:
        """Pass over a result."""

    def put_back(self, why: str) -> None:
        """Pass over a run that was put back."""

    def failed(self, fault: Exception) -> None:
        """Pass over a fault."""


def told_to(span: RunSpan) -> Callable[[Step], None]:
    """Adapt a span to the `on_step` callback."""
    return lambda step: span.step(step.name, step.outcome, step.failure)
