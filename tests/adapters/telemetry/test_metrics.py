"""What Prometheus is told."""

import contextlib
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.adapters.telemetry.metrics import Metrics
from app.domain.outcomes import Identity, Outcome, Result, Usage
from app.domain.webhooks.webhook_messages import Delivery
from app.domain.workload import Depth
from tests.support.ports import free_port


def result(outcome: Outcome, **changes: object) -> Result:
    values: dict[str, object] = {
        "outcome": outcome,
        "message": "",
        "identifier": "acct_1",
        "summary": "",
        "fields": (),
        "links": (),
        "identity": Identity.UNKNOWN,
        "ai_context": "",
        "ai_context_withheld": False,
        "credits_used": 1,
        "ai_provider": "offline",
        "ai_model": "rules",
        "usage": Usage(812, 96, 100, 12),
        "timings_ms": {"extract": 412, "total": 499},
        "steps": (),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Result(**(values | changes))  # type: ignore[arg-type]


def lines(metrics: Metrics) -> list[str]:
    return metrics.render()[0].decode().splitlines()


@pytest.mark.parametrize("outcome", Outcome)
def test_every_ending_is_counted_and_was_there_before_its_first(outcome: Outcome) -> None:
    metrics = Metrics()
    name = "customer_context_enrichments_total"
    labels = f'{{reason="{outcome.reason or "none"}",status="{outcome.status}"}}'
    assert f"{name}{labels} 0.0" in lines(metrics)
    metrics.enriched(result(outcome))
    assert f"{name}{labels} 1.0" in lines(metrics)


@pytest.mark.parametrize("identity", Identity)
def test_every_identity_is_counted_where_the_endpoint_has_answered(identity: Identity) -> None:
    metrics = Metrics()
    line = f'customer_context_identities_total{{identity="{identity}"}}'
    assert f"{line} 0.0" in lines(metrics)
    metrics.enriched(result(Outcome.OK, identity=identity))
    metrics.enriched(result(Outcome.NOT_FOUND, identity=identity))
    assert f"{line} 1.0" in lines(metrics)


def test_a_run_is_counted_with_its_times_tokens_and_credit() -> None:
    metrics = Metrics()
    metrics.enriched(result(Outcome.OK))
    metrics.enriched(result(Outcome.AI_UNAVAILABLE, credits_used=0, usage=Usage(), timings_ms={"total": 5}))
    metrics.credit_returned()
    seen = lines(metrics)
    for kind, count in {"input": 812, "output": 96, "cache_read": 100, "cache_write": 12}.items():
        labels = f'kind="{kind}",model="rules",provider="offline"'
        assert f"customer_context_ai_tokens_total{{{labels}}} {count}.0" in seen
    assert 'customer_context_credits_total{event="used"} 1.0' in seen
    assert 'customer_context_credits_total{event="returned"} 1.0' in seen
    assert 'customer_context_step_seconds_bucket{le="0.25",step="extract"} 0.0' in seen
    assert 'customer_context_step_seconds_bucket{le="0.5",step="extract"} 1.0' in seen
    assert 'customer_context_step_seconds_count{step="total"} 2.0' in seen


def test_runs_in_flight_are_counted_while_they_run_and_when_they_fail() -> None:
    metrics = Metrics()
    with contextlib.suppress(KeyError), metrics.in_flight(), metrics.in_flight():
        assert "customer_context_enrichments_in_flight 2.0" in lines(metrics)
        raise KeyError
    assert "customer_context_enrichments_in_flight 0.0" in lines(metrics)


@pytest.mark.parametrize("why", ["ai_unavailable", "shutdown"])
def test_runs_put_back_are_counted_by_why(why: str) -> None:
    metrics, line = Metrics(), f'customer_context_put_back_total{{why="{why}"}}'
    assert f"{line} 0.0" in lines(metrics)
    metrics.put_back(why)
    metrics.put_back(why)
    assert f"{line} 2.0" in lines(metrics)


@pytest.mark.parametrize("delivery", Delivery)
def test_tries_to_deliver_a_webhook_are_counted_by_outcome(delivery: Delivery) -> None:
    metrics, line = Metrics(), f'customer_context_webhook_tries_total{{outcome="{delivery.value}"}}'
    assert f"{line} 0.0" in lines(metrics)
    metrics.delivered(delivery.value)
    assert f"{line} 1.0" in lines(metrics)


def test_seconds_in_which_the_provider_is_left_alone_are_added_up() -> None:
    metrics = Metrics()
    metrics.ai_braked(2.5)
    metrics.ai_braked(0.5)
    assert "customer_context_ai_brake_seconds_total 3.0" in lines(metrics)


def test_the_depth_of_the_queue_is_shown_as_it_was_last_seen() -> None:
    metrics = Metrics()
    metrics.queue_depth(Depth(10_000, 312.0))
    metrics.queue_depth(Depth(7, 1.5, 384, 2))
    seen = lines(metrics)
    assert "customer_context_queued_tickets 7.0" in seen
    assert "customer_context_oldest_queued_seconds 1.5" in seen
    assert "customer_context_tickets_in_line 384.0" in seen
    assert "customer_context_open_breakers 2.0" in seen


def test_the_queue_is_seen_when_its_depth_is_shown() -> None:
    metrics, name = Metrics(), "customer_context_queue_seen_timestamp_seconds"
    assert f"{name} 0.0" in lines(metrics)
    before = time.time()
    metrics.queue_depth(Depth(7, 1.5))
    (seen,) = (float(line.split()[1]) for line in lines(metrics) if line.startswith(f"{name} "))
    assert before <= seen <= time.time()


def test_seats_are_shown_beside_what_is_in_flight() -> None:
    metrics = Metrics()
    metrics.seats(200)
    assert "customer_context_seats 200.0" in lines(metrics)


def test_the_content_type_is_prometheus_own() -> None:
    assert Metrics().render()[1].startswith("text/plain; version=")


def test_metrics_can_be_read_on_a_port_of_their_own_until_the_process_ends() -> None:
    metrics, port = Metrics(), free_port()
    metrics.credit_returned()
    url = f"http://127.0.0.1:{port}/metrics"
    with metrics.served(port):
        shown = httpx.get(url, trust_env=False).text
        with pytest.raises(OSError, match="in use"):
            metrics.served(port)

    assert 'customer_context_credits_total{event="returned"} 1.0' in shown
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_workers_are_added_up_when_they_share_a_directory(tmp_path: Path) -> None:
    # The library decides at its import whether it writes to files, so each worker is a process.
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    work = (
        "from app.adapters.telemetry.metrics import Metrics\n"
        "metrics = Metrics(); metrics.credit_returned()\n"
        "print(metrics.render()[0].decode())"
    )
    for total in ("1.0", "2.0"):
        seen = subprocess.run([sys.executable, "-c", work], env=environment, check=True, capture_output=True, text=True)  # noqa: S603
        assert f'customer_context_credits_total{{event="returned"}} {total}' in seen.stdout


def test_all_workers_are_read_when_they_share_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert Metrics().render()[0] == b""
