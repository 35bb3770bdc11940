"""What a collector gets of the metrics: the same counts as /metrics, in OTLP's form."""

import pytest
import structlog
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData

from app.adapters.telemetry.metrics import STEP_SECONDS, Metrics
from app.adapters.telemetry.metrics_export import MetricsExport


class Kept(MetricExporter):
    """Keeps every reading as it would go over the wire; `works` says whether the collector takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.works = True
        self.sent: list[MetricsData] = []

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **_: object
    ) -> MetricExportResult:
        encode_metrics(metrics_data)  # whatever protobuf cannot hold fails here
        self.sent.append(metrics_data)
        return MetricExportResult.SUCCESS if self.works else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_: object) -> None:
        self.sent.append(MetricsData([]))


def points(exporter: Kept, name: str) -> list[dict[str, object]]:
    (resource,) = exporter.sent[-1].resource_metrics
    (scope,) = resource.scope_metrics
    (metric,) = [each for each in scope.metrics if each.name == name]
    return [{**vars(point), **(point.attributes or {})} for point in metric.data.data_points]


def test_counters_gauges_and_histograms_arrive_with_their_labels() -> None:
    metrics, exporter = Metrics(), Kept()
    metrics.credit_returned()
    metrics.seats(12)
    with metrics.in_flight():
        MetricsExport("1.0.0", metrics.families, exporter).send()

    counted = {point["event"]: point["value"] for point in points(exporter, "customer_context_credits_total")}
    assert counted == {"used": 0.0, "returned": 1.0}
    assert [point["value"] for point in points(exporter, "customer_context_seats")] == [12.0]
    assert [point["value"] for point in points(exporter, "customer_context_enrichments_in_flight")] == [1.0]
    resource = exporter.sent[-1].resource_metrics[0].resource
    assert (resource.attributes["service.name"], resource.attributes["service.version"]) == (
        "customer-context",
        "1.0.0",
    )


def slowest(seconds: float) -> float | str:
    """The bucket that holds so many seconds."""
    return next((bound for bound in STEP_SECONDS if seconds <= bound), "above")


def test_a_histogram_holds_what_lies_between_its_bounds() -> None:
    metrics, exporter = Metrics(), Kept()
    for seconds in (0.004, 0.02, 0.02, 60.0):
        metrics._steps["fetch"].observe(seconds)
    MetricsExport("1.0.0", metrics.families, exporter).send()

    (fetch,) = [point for point in points(exporter, "customer_context_step_seconds") if point["step"] == "fetch"]
    assert fetch["explicit_bounds"] == list(STEP_SECONDS)
    held = dict(zip([*STEP_SECONDS, "above"], fetch["bucket_counts"], strict=True))  # type: ignore[call-overload]
    assert {bound: count for bound, count in held.items() if count} == {0.005: 1, 0.025: 2, slowest(60.0): 1}
    assert (fetch["count"], fetch["sum"]) == (4, pytest.approx(60.044))


def test_the_log_says_once_that_a_collector_takes_nothing_and_once_that_it_does_again() -> None:
    exporter = Kept()
    export = MetricsExport("1.0.0", Metrics().families, exporter)
    with structlog.testing.capture_logs() as logged:
        for works in (True, False, False, True, True):
            exporter.works = works
            export.send()
        export.close()

    assert [line["event"] for line in logged] == ["metrics_not_sent", "metrics_sent_again"]
    assert len(exporter.sent) == 7  # five, the last reading, and the end
