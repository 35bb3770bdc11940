"""The three steps of one run, timed as they go, and the tracing span that is told of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.domain.outcomes import IdentifiedBy, KeptStep, Outcome, Result, StepFailed, Usage
from app.domain.traces import Trace
from support_context.lookups import LookupRequest, LookupResponse


@dataclass(slots=True)
class Step:
    """One step as it went; `outcome` is `running`, `ok`, `failed` or `skipped`, `failure` how a failed one ended."""

    name: str
    outcome: str = "skipped"
    duration_ms: int = 0
    detail: str = ""
    failure: Outcome | None = None


class Span:
    """The tracing span of one run or request; this one records nothing, and others extend it.

    `trace` is where a run belongs that is begun below the span, None for a trace of its own.
    """

    def __init__(self, trace: Trace | None = None) -> None:
        self.trace = trace

    def step(self, step: Step) -> None:
        """Record a step: once when it begins, with the outcome `running`, and once when it has ended."""

    def ended(self, result: Result) -> None:
        """Record the result of a run."""

    def put_back(self, why: str) -> None:
        """Record that a run was returned to the queue; `why` is a label of the metric `put_back`."""

    def answered(self, route: str, http_status: int | None) -> None:
        """Record the answer to a request: the pattern of its route; no status where the caller went away before."""


@dataclass(slots=True)
class Run:
    """The record of one run, step by step: everything that an engineer needs to see what to fix.

    `retry_after` is how many seconds the AI provider asked to be left alone, 0 where it did not.
    """

    span: Span
    clock: Callable[[], float]  # seconds that only go forward
    steps: list[Step] = field(default_factory=lambda: [Step("extract"), Step("fetch"), Step("summarize")])
    started: float = field(init=False)
    usage: Usage = field(default_factory=Usage)
    identifier_raw: str | None = None
    identifier: str | None = None
    identified_by: IdentifiedBy = IdentifiedBy.AI
    request: LookupRequest | None = None
    response: LookupResponse | None = None
    retry_after: float = 0.0

    def __post_init__(self) -> None:
        """Begin."""
        self.started = self.clock()

    @contextmanager
    def step(self, index: int) -> Iterator[Step]:
        """Time one step and note how it ended."""
        step, started = self.steps[index], self.clock()
        step.outcome = "running"
        self.span.step(step)
        try:
            yield step
            step.outcome = "ok"
        except StepFailed as failure:
            step.outcome, step.detail = "failed", failure.detail or failure.outcome.sentence
            step.failure = failure.outcome
            self.usage += failure.usage
            raise
        finally:
            step.duration_ms = milliseconds(self.clock() - started)
            if step.outcome != "running":  # a fault or a cancellation is no ending of a step
                self.span.step(step)

    def kept(self) -> tuple[KeptStep, ...]:
        """Return the steps as they are kept with the result: what an owner may know of a ticket, and no data."""
        status, size = (self.response.http_status, len(self.response.body)) if self.response else (None, None)
        extract, fetch, summarize = self.steps
        changes = summarize.detail if summarize.outcome == "ok" else ""
        return (
            KeptStep(extract.name, extract.outcome, extract.duration_ms),
            KeptStep(fetch.name, fetch.outcome, fetch.duration_ms, status, size),
            KeptStep(summarize.name, summarize.outcome, summarize.duration_ms, changes=changes),
        )

    def timings_ms(self) -> dict[str, int]:
        """Return the milliseconds of each step that ran, and of the whole."""
        ran = {step.name: step.duration_ms for step in self.steps if step.outcome != "skipped"}
        return {**ran, "total": milliseconds(self.clock() - self.started)}


def milliseconds(seconds: float) -> int:
    """Return seconds as whole milliseconds."""
    return round(seconds * 1000)
