"""Sends the metrics of a process to an OpenTelemetry collector: what /metrics shows, over OTLP and HTTP.

The Prometheus registry stays the one place where anything is counted; a reading of it is turned into OTLP's form. Only
imported where it is wanted: the packages are an extra.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from app.adapters.telemetry.otlp_tracing import resource_of

Read = Callable[[], Iterable[Family]]
"""Reads every family of metrics as it is now."""

CUMULATIVE = AggregationTemporality.CUMULATIVE


class MetricsExport:
    """Sends readings to a collector; the standard OTEL_ variables say where to."""

    def __init__(self, version: str, read: Read, exporter: MetricExporter | None = None) -> None:
        self._read = read
        self._exporter = exporter or OTLPMetricExporter()
        self._resource = resource_of(version)
        self._scope = InstrumentationScope("customer_context", version)
        self._began = time.time_ns()
        self._failing = False

    def send(self) -> None:
        """Send one reading; one that cannot be sent is lost, and the next holds its counts too. Blocks for seconds."""
        metrics = list(metrics_of(self._read(), self._began, time.time_ns()))
        scopes = [ScopeMetrics(self._scope, metrics, "")]
        try:
            result = self._exporter.export(MetricsData([ResourceMetrics(self._resource, scopes, "")]))
        except Exception:
            result = MetricExportResult.FAILURE
        failing = result is not MetricExportResult.SUCCESS
        if failing and not self._failing:
            structlog.get_logger().warning("metrics_not_sent")
        elif self._failing and not failing:
            structlog.get_logger().info("metrics_sent_again")
        self._failing = failing

    def close(self) -> None:
        """Send a last reading and close the connections."""
        self.send()
        self._exporter.shutdown()


def metrics_of(families: Iterable[Family], began: int, now: int) -> Iterator[Metric]:
    """Turn families of Prometheus into metrics of OTLP; times are in nanoseconds since 1970."""
    for family in families:
        match family.type:
            case "counter":
                points = [_number(each, began, now) for each in family.samples if each.name.endswith("_total")]
                yield Metric(
                    f"{family.name}_total", family.documentation, "", Sum(points, CUMULATIVE, is_monotonic=True)
                )
            case "gauge":
                points = [_number(each, began, now) for each in family.samples]
                yield Metric(family.name, family.documentation, "", Gauge(points))
            case "histogram":
                data = Histogram(list(_histograms(family, began, now)), CUMULATIVE)
                yield Metric(family.name, family.documentation, "", data)


def _number(sample: Sample, began: int, now: int) -> NumberDataPoint:
    return NumberDataPoint(sample.labels, began, now, sample.value)


def _histograms(family: Family, began: int, now: int) -> Iterator[HistogramDataPoint]:
    """Join the samples of each set of labels: Prometheus counts all below a bound, OTLP what is between."""
    buckets: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    sums: dict[tuple[tuple[str, str], ...], float] = {}
    for sample in family.samples:
        labels = tuple((name, value) for name, value in sample.labels.items() if name != "le")
        if sample.name.endswith("_bucket"):
            buckets.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_sum"):
            sums[labels] = sample.value
    for labels, below in buckets.items():
        counts = [int(upper - lower) for lower, upper in pairwise([0.0, *(count for _, count in below)])]
        bounds = [bound for bound, _ in below[:-1]]  # the last one is infinity
        yield HistogramDataPoint(
            dict(labels), began, now, sum(counts), sums.get(labels, 0.0), counts, bounds, min=0.0, max=0.0
        )
