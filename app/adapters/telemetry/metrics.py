"""Prometheus metrics: how enrichments end, how long steps take, what they cost."""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from app.domain.outcomes import Identity, Outcome, Result, Status
from app.domain.webhooks.webhook_messages import Delivery
from app.domain.workload import Depth

PREFIX = "customer_context"
"""Begins every name."""

STEP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Buckets: a fetch ends at 5 s, a whole run at 30 s by default and at 300 s at the latest."""

STEPS = ("extract", "fetch", "summarize", "total")
"""What is timed; all of them are there from the start, so that a rate over the first is right."""

TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
}
"""The kinds of tokens, each at a price of its own, and where a result counts them."""

NO_REASON = "none"
"""Label for the endings whose status says it all: Prometheus takes an empty label for a missing one."""


Together = Literal["livesum", "livemax", "livemostrecent", "mostrecent"]
"""What several processes of one replica show together."""


class Metrics:
    """The Prometheus metrics of one process, or of all together where PROMETHEUS_MULTIPROC_DIR names a directory."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        enrichments = Counter(
            f"{PREFIX}_enrichments_total", "Enrichments run, by ending.", ["status", "reason"], registry=self._registry
        )
        self._enrichments = {each: enrichments.labels(each.status.value, each.reason or NO_REASON) for each in Outcome}
        self._identities = self._counter(
            "identities", "Look-ups that were answered, by whether the sender is the customer.", "identity", Identity
        )
        steps = Histogram(
            f"{PREFIX}_step_seconds",
            "Duration of the steps of an enrichment, and of the whole.",
            ["step"],
            buckets=STEP_SECONDS,
            registry=self._registry,
        )
        self._steps = {step: steps.labels(step) for step in STEPS}
        self._in_flight = self._gauge("enrichments_in_flight", "Enrichments running now.", "livesum")
        self._seats = self._gauge("seats", "Enrichments that may run at once.", "livesum")
        self._tokens, self._misconfigured, self._brake = self._of_the_ai()
        self._credits = self._counter("credits", "AI credits, by what became of them.", "event", ("used", "returned"))
        self._deliveries = self._counter(
            "webhook_tries", "Tries to deliver a webhook, by outcome.", "outcome", Delivery
        )
        self._queued = self._gauge("queued_tickets", "Tickets that wait, in the whole database.", "livemostrecent")
        self._oldest = self._gauge(
            "oldest_queued_seconds", "Seconds that the oldest of them has waited.", "livemostrecent"
        )
        self._in_line = self._gauge(
            "tickets_in_line",
            "Tickets that wait for their own project's turn, in the whole database.",
            "livemostrecent",
        )
        self._breakers = self._gauge(
            "open_breakers", "Projects whose endpoint is left alone, in the whole database.", "livemostrecent"
        )
        self._looked = self._gauge(
            "queue_seen_timestamp_seconds",
            "When this process last saw the queue: it stands still while the database is away.",
            "mostrecent",
        )
        self._put_back = self._counter(
            "put_back", "Runs returned to the queue, by why.", "why", ("ai_unavailable", "shutdown")
        )

    def _of_the_ai(self) -> tuple[Counter, Gauge, Counter]:
        tokens = Counter(
            f"{PREFIX}_ai_tokens_total",
            "Tokens that the AI read, from its provider's cache and into it too, and wrote.",
            ["provider", "model", "kind"],
            registry=self._registry,
        )
        refused = self._gauge(
            "ai_misconfigured", "1 while the AI provider refuses our key, model or settings.", "livemax"
        )
        brake = Counter(
            f"{PREFIX}_ai_brake_seconds_total",
            "Seconds for which the AI provider asked to be left alone, or was.",
            registry=self._registry,
        )
        return tokens, refused, brake

    def _counter(self, name: str, meaning: str, label: str, values: Iterable[str]) -> dict[str, Counter]:
        """Make counters by label, all there from the start: a rate over the first of a kind is then right."""
        counter = Counter(f"{PREFIX}_{name}_total", meaning, [label], registry=self._registry)
        return {value: counter.labels(value) for value in values}

    def _gauge(self, name: str, meaning: str, together: Together) -> Gauge:
        """Make a gauge; `together` says what several processes of one replica show."""
        return Gauge(f"{PREFIX}_{name}", meaning, multiprocess_mode=together, registry=self._registry)

    def enriched(self, result: Result) -> None:
        """Count one run by its ending, with the time and the tokens that it took."""
        self._enrichments[result.outcome].inc()
        if result.outcome.status is Status.OK:
            self._identities[result.identity].inc()
        for step, milliseconds in result.timings_ms.items():
            self._steps[step].observe(milliseconds / 1000)
        for kind, field in TOKENS.items():
            self._tokens.labels(result.ai_provider, result.ai_model, kind).inc(getattr(result.usage, field))
        self._credits["used"].inc(result.credits_used)

    def ai_is(self, provider: str, model: str) -> None:
        """Create the token counters of this AI model at 0, so that a rate over the first tokens is right."""
        for kind in TOKENS:
            self._tokens.labels(provider, model, kind)

    def ai_misconfigured(self, refused: bool) -> None:
        """Show whether the AI provider refuses our key, model or settings."""
        self._misconfigured.set(refused)

    def credit_returned(self) -> None:
        """Count a credit that was taken and given back."""
        self._credits["returned"].inc()

    def put_back(self, why: str) -> None:
        """Count a run that was returned to the queue."""
        self._put_back[why].inc()

    def delivered(self, outcome: str) -> None:
        """Count one try to deliver a webhook, by what became of it."""
        self._deliveries[outcome].inc()

    def ai_braked(self, seconds: float) -> None:
        """Count seconds for which the AI provider is left alone."""
        self._brake.inc(seconds)

    def queue_depth(self, depth: Depth) -> None:
        """Show how many tickets wait, how long the oldest has, how many stand in line: the same from every process."""
        self._queued.set(depth.queued)
        self._oldest.set(depth.oldest_seconds)
        self._in_line.set(depth.in_line)
        self._breakers.set(depth.open_breakers)
        self._looked.set_to_current_time()

    def seats(self, many: int) -> None:
        """Show how many enrichments this process may run at once."""
        self._seats.set(many)

    def in_flight(self) -> AbstractContextManager[None]:
        """Count an enrichment as running while the context is open."""
        return self._in_flight.track_inprogress()

    def families(self) -> Iterable[Metric]:
        """Return every family of metrics of this process as it is now."""
        return self._registry.collect()

    def served(self, port: int) -> AbstractContextManager[None]:
        """Serve the metrics on a port until the context is left; raises `OSError` where the port is taken."""
        server, thread = start_http_server(port, registry=self._registry)

        @contextmanager
        def until_left() -> Iterator[None]:
            try:
                yield
            finally:
                server.shutdown()
                server.server_close()
                thread.join()

        return until_left()

    def render(self) -> tuple[bytes, str]:
        """Return the metrics in Prometheus' text format, and its content type."""
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
