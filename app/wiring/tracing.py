"""Opens the tracing that the settings ask for; its packages are loaded only then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from app import __version__
from app.adapters.telemetry.untraced import Untraced
from app.settings import InvalidSettings, Settings
from app.web.http.services import Tracing


@asynccontextmanager
async def tracing_of(settings: Settings) -> AsyncIterator[Tracing]:
    """Yield what follows requests and runs; on exit, what is recorded has been sent."""
    if settings.tracing == "off":
        yield Untraced()
        return
    tracing = _otlp()
    try:
        yield tracing
    finally:
        await asyncio.to_thread(tracing.close)


def check(settings: Settings) -> None:
    """Try whether the packages are there and the OTEL_ variables can be used; raises `InvalidSettings`."""
    if settings.tracing != "off":
        _otlp().close()


def _otlp() -> Any:
    try:
        # Not imported at the top: the packages are an extra, and cost memory where nobody wants them.
        adapter = import_module("app.adapters.telemetry.tracing")
    except ImportError:
        raise InvalidSettings(
            "CC_TRACING: its packages are missing; install customer-context[tracing], or set it to off"
        ) from None
    try:
        return adapter.Tracing(__version__)
    except Exception as problem:
        raise InvalidSettings(
            f"CC_TRACING: the OTEL_ variables cannot be used ({type(problem).__name__}); see docs/operations.md"
        ) from None
