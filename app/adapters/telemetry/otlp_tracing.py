"""OpenTelemetry tracing: spans of requests, runs and steps, with how they ended and never what they were about.

Spans are begun and ended by hand, below no current context and no global provider: no library of ours can find one,
add to it, or pass it on to a customer endpoint or an AI provider. Exceptions are not recorded, as their texts can hold
anything. Only imported where tracing is on: the packages are an extra.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan

from app.adapters.telemetry.logs import in_trace
from app.adapters.telemetry.tracing import Tracing
from app.domain.outcomes import Outcome, Result, Status
from app.domain.steps import Span, Step
from app.domain.traces import Trace

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What is recorded as it is; of any other method only that it is another."""

FLUSH_SECONDS = 2.0
"""What a process that ends gives a slow collector; it has to have left within seconds itself."""

FIRST_SERVER_ERROR = 500

BROKEN = frozenset(outcome for outcome in Outcome if outcome.status is Status.FETCH_ERROR) | {
    Outcome.AI_UNAVAILABLE,
    Outcome.AI_MISCONFIGURED,
    Outcome.SUMMARY_FALLBACK,
    Outcome.INTERRUPTED,
    Outcome.TOKEN_UNREADABLE,
}
"""Endings that mark a span as an error: something has to be mended. That an email names nobody is none."""


class OtlpTracing(Tracing):
    """Tracing that sends the spans of one process by OTLP, as the standard OTEL_ variables say; `close` it."""

    def __init__(self, version: str, processor: SpanProcessor | None = None) -> None:
        # The library's own lines hold what a collector answered, and its address; `_Told` says what matters of them.
        silent = logging.getLogger("opentelemetry")
        silent.handlers[:], silent.propagate = [logging.NullHandler()], False
        self._provider = TracerProvider(resource=resource_of(version), shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(_Told(OTLPSpanExporter())))
        self._tracer = self._provider.get_tracer("customer_context", version)

    @contextmanager
    def request(self, method: str, caller: Trace | None) -> Iterator["OtlpRequestSpan"]:
        """Record one request as a child of its caller's span."""
        method = method if method in METHODS else "_OTHER"
        attributes = {"http.request.method": method}
        span = self._tracer.start_span(method, _below(caller), SpanKind.SERVER, attributes)
        request = OtlpRequestSpan(span, method, _trace_of(span) or caller)
        try:
            with in_trace(request.trace):
                yield request
        finally:
            span.end()

    @contextmanager
    def run(self, project_id: str, ticket_id: str | None, trace: Trace | None) -> Iterator["OtlpRunSpan"]:
        """Record one run as a child of the request that asked for it; `ticket_id` is None for a test."""
        attributes = {"customer_context.project_id": project_id}
        if ticket_id is not None:
            attributes["customer_context.ticket_id"] = ticket_id
        span = self._tracer.start_span("enrichment", _below(trace), SpanKind.INTERNAL, attributes)
        run = OtlpRunSpan(self._tracer, span, _trace_of(span) or trace)
        try:
            with in_trace(run.trace):
                yield run
        finally:
            run.close()

    def close(self) -> None:
        """Send the last spans, within `FLUSH_SECONDS`."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(FLUSH_SECONDS)


class OtlpRequestSpan(Span):
    """The OpenTelemetry span of a request; `trace` is where a run that it asks for belongs."""

    def __init__(self, span: OtelSpan, method: str, trace: Trace | None) -> None:
        super().__init__(trace)
        self._span = span
        self._method = method

    def answered(self, route: str, http_status: int | None) -> None:
        """Note the route, which is a pattern and no path, and the status; None where the caller went away before."""
        if route:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute("http.route", route)
        if http_status is not None:
            self._span.set_attribute("http.response.status_code", http_status)
            if http_status >= FIRST_SERVER_ERROR:
                self._span.set_status(StatusCode.ERROR)


class OtlpRunSpan(Span):
    """The OpenTelemetry span of a run, with that of the step under way."""

    def __init__(self, tracer: Tracer, span: OtelSpan, trace: Trace | None) -> None:
        super().__init__(trace)
        self._tracer = tracer
        self._span = span
        self._step: OtelSpan | None = None

    def step(self, step: Step) -> None:
        """Begin a step's span when it is `running`, end it when it has ended."""
        if step.outcome == "running":
            self._step = self._tracer.start_span(step.name, set_span_in_context(self._span, Context()))
        elif self._step is not None:
            self._step.set_attribute("customer_context.status", step.outcome)
            _note_reason(self._step, step.failure)
            self._step.end()
            self._step = None

    def ended(self, result: Result) -> None:
        """Note how the run ended."""
        self._span.set_attribute("customer_context.status", result.outcome.status.value)
        for name, value in _of_the_ai(result).items():
            self._span.set_attribute(name, value)
        _note_reason(self._span, result.outcome)

    def put_back(self, why: str) -> None:
        """Note that the run was returned to the queue: another follows."""
        self._span.set_attribute("customer_context.put_back", why)

    def close(self) -> None:
        """End the run's span, and the step's that was cut off."""
        if self._step is not None:
            self._step.set_attribute("customer_context.status", "interrupted")
            self._step.set_status(StatusCode.ERROR)
            self._step.end()
        self._span.end()


class _Told(SpanExporter):
    """A span exporter that logs once when its collector begins to fail, and once when it works again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; what cannot be sent is lost."""
        try:
            result = self._exporter.export(spans)
        except Exception:
            result = SpanExportResult.FAILURE
        failing = result is not SpanExportResult.SUCCESS
        if failing and not self._failing:
            structlog.get_logger().warning("traces_not_sent", spans=len(spans))
        elif self._failing and not failing:
            structlog.get_logger().info("traces_sent_again")
        self._failing = failing
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        self._exporter.shutdown()


def resource_of(version: str) -> Resource:
    """Describe this service; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES may name it otherwise."""
    described = Resource.create({SERVICE_VERSION: version})
    if str(described.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return described.merge(Resource({SERVICE_NAME: "customer-context"}))
    return described


def _below(parent: Trace | None) -> Context:
    if parent is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT)
    ids = int(parent.trace_id, 16), int(parent.span_id, 16)
    return set_span_in_context(NonRecordingSpan(SpanContext(*ids, is_remote=True, trace_flags=flags)), Context())


def _trace_of(span: OtelSpan) -> Trace | None:
    context = span.get_span_context()
    if not context.is_valid:  # OTEL_SDK_DISABLED
        return None
    return Trace(format_trace_id(context.trace_id), format_span_id(context.span_id), context.trace_flags.sampled)


def _of_the_ai(result: Result) -> dict[str, str | int]:
    """Return what a run tells of the AI, by the names of OpenTelemetry's conventions for it."""
    used = result.usage
    read = used.input_tokens + used.cache_read_input_tokens + used.cache_creation_input_tokens
    return {
        "gen_ai.provider.name": result.ai_provider,
        "gen_ai.request.model": result.ai_model,
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": used.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": used.cache_read_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": used.cache_creation_input_tokens,
    }


def _note_reason(span: OtelSpan, outcome: Outcome | None) -> None:
    if outcome is not None and outcome.reason is not None:
        span.set_attribute("customer_context.reason", outcome.reason)
    if outcome in BROKEN:
        span.set_status(StatusCode.ERROR)
