"""Opens the tracing and the export of metrics that the settings ask for; their packages are loaded only then."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from app import __version__
from app.adapters.telemetry.metrics import Metrics
from app.adapters.telemetry.tracing import Tracing
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings

EXPORT_INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
"""OpenTelemetry's own variable: milliseconds between two readings, a minute where it is not set."""


@asynccontextmanager
async def tracing_of(settings: Settings) -> AsyncIterator[Tracing]:
    """Yield the tracing that the settings ask for; on exit, its spans have been sent."""
    if settings.tracing == "off":
        yield Tracing()
        return
    tracing = _otlp()
    try:
        yield tracing
    finally:
        await asyncio.to_thread(tracing.close)


async def export_for_ever(metrics: Metrics) -> None:
    """Send the metrics to a collector again and again, and once more when cancelled."""
    export = _metrics_export(metrics)
    try:
        while True:
            await asyncio.sleep(_export_seconds())
            await asyncio.to_thread(export.send)
    finally:
        await asyncio.to_thread(export.close)


def _export_seconds() -> float:
    return int(os.environ.get(EXPORT_INTERVAL) or 60_000) / 1_000


def _metrics_export(metrics: Metrics) -> Any:
    def made(adapter: Any) -> Any:
        _export_seconds()
        return adapter.MetricsExport(__version__, metrics.families)

    return _of_the_extra("CC_METRICS_EXPORT", "metrics_export", made)


def check(settings: Settings) -> None:
    """Try whether the packages are there and the OTEL_ variables can be used; raises `InvalidSettings`."""
    if settings.tracing != "off":
        _otlp().close()
    if settings.metrics_export != "off":
        _metrics_export(Metrics())


def _otlp() -> Any:
    return _of_the_extra("CC_TRACING", "otlp_tracing", lambda adapter: adapter.OtlpTracing(__version__))


def _of_the_extra(variable: str, module: str, made: Callable[[Any], Any]) -> Any:
    """Return what is made of an adapter whose packages are an extra; raises `InvalidSettings` where that fails."""
    try:
        # Not imported at the top: the packages cost memory where nobody wants them.
        adapter = import_module(f"app.adapters.telemetry.{module}")
    except ImportError:
        raise InvalidSettings(
            f"{variable}: its packages are missing; install the extra 'tracing', or set it to off"
        ) from None
    try:
        return made(adapter)
    except Exception as problem:
        raise InvalidSettings(
            f"{variable}: the OTEL_ variables cannot be used ({type(problem).__name__}); see docs/operations.md"
        ) from None
