"""The log of the service: one line per event, made so that none can hold an email, a customer's data or a secret.

On stderr because stdout belongs to what a command answers. How a line looks is in `log_lines`.
"""

import logging
import re
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.adapters.telemetry.log_lines import as_json, as_text, exception_without_messages
from app.adapters.telemetry.standard_error import beneath
from app.domain.outcomes import Result
from app.domain.traces import Trace

QUIET = (
    "anthropic",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "aiohttp",
    "sqlalchemy",
    "asyncpg",
    "alembic",
    "urllib3",
)
"""Libraries whose lower levels write URLs, prompts or parameters: heard from WARNING up, whatever the level is."""

LOGGER = "customer_context"
"""What our own lines name as their logger."""

JSON = "json"
"""The form of a line that programs read; the other one is text, for people."""

MOST_OF_AN_EVENT = 1_000
"""Characters of a library's message that are kept."""


def in_trace(trace: Trace | None) -> AbstractContextManager[object]:
    """Add the trace id to every log line of the context, where there is one."""
    return nullcontext() if trace is None else structlog.contextvars.bound_contextvars(trace_id=trace.trace_id)


def enriched(ticket_id: str | None, project_id: str, result: Result) -> None:
    """Write the one line of an enrichment; `ticket_id` is None for a test run."""
    structlog.get_logger().info(
        "enriched",
        ticket_id=ticket_id,
        project_id=project_id,
        status=result.outcome.status.value,
        reason=result.outcome.reason,
        ai_provider=result.ai_provider,
        ai_model=result.ai_model,
        timings_ms=result.timings_ms,
        input_tokens=result.usage.input_tokens,
        output_tokens=result.usage.output_tokens,
        cache_read_input_tokens=result.usage.cache_read_input_tokens,
        cache_creation_input_tokens=result.usage.cache_creation_input_tokens,
        credits_used=result.credits_used,
    )


def ai_problem(problem: str | None) -> None:
    """Warn of an AI provider that refuses our key, model or settings, and tell when it takes them again."""
    if problem is None:
        structlog.get_logger().info("ai_configured")
    else:
        structlog.get_logger().error("ai_misconfigured", says=f"the AI provider {problem}")


def delivered(message_id: str, outcome: str, http_status: int | None, fault: str | None) -> None:
    """Write the one line of a try to deliver a webhook; `fault` is the class of what went wrong."""
    structlog.get_logger().info("webhook", message_id=message_id, outcome=outcome, http_status=http_status, fault=fault)


def run_failed(fault: Exception) -> None:
    """Log a fault of ours that cut a run off, with its traceback."""
    structlog.get_logger().error("run_failed", error=type(fault).__name__, exc_info=fault)


def limits_missing(names: tuple[str, ...]) -> None:
    """Warn of limits that sessions behind a pooler lack: a frozen client could hold locks for ever."""
    if names:
        structlog.get_logger().warning("database_limits_missing", limits=list(names))


def uncaught(where: str, fault: BaseException) -> None:
    """Log an exception that nothing has handled, by class and place."""
    structlog.get_logger().critical("uncaught_exception", where=where, exc_info=fault)


def warned(category: str, place: str) -> None:
    """Log a warning of Python's, by class and place."""
    structlog.get_logger().warning("python_warning", category=category, place=place)


def configure(level: str, stream: TextIO | None = None, *, form: str = JSON) -> None:
    """Write our events, and what libraries log, as lines of `level` and above; `form` is json or text.

    An event of ours goes straight to its line: one ends every ticket, and a record of `logging` costs as much again.
    """
    into = stream or beneath(sys.stderr)
    handler = _Handler(into)
    lines = _Lines(handler)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [exception_without_messages, as_json if form == JSON else as_text(into)]
    structlog.configure(
        processors=[*shared, _add_our_logger_name, *last],
        logger_factory=lambda *_name: lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(["error"]),
                _first_line_only,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Its lines repeat ours without the project or the status.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines, one at a time; one that cannot be written is lost, and no traceback with its values appears."""

    def write(self, line: str) -> None:
        """Write one line, which is no record of `logging`."""
        with self.lock or nullcontext(), suppress(OSError, ValueError):
            self.stream.write(line + self.terminator)
            self.flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Stay silent: the stream is broken, or the process is ending."""


class _Lines:
    """What structlog hands our finished lines to, whatever their level."""

    def __init__(self, handler: _Handler) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = handler.write


def _add_our_logger_name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Name the logger of our own lines, as those of libraries name theirs."""
    event["logger"] = LOGGER
    return event


def _first_line_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Cut a library's message to its first line, as asyncio puts an exception's message into the next.

    Of a traceback that is printed as text, as uvicorn does with a start that fails, the class is kept.
    """
    text = str(event["event"]).strip()
    first, _, rest = text.partition("\n")
    if first.startswith("Traceback ") and (last := re.match(r"[\w.]+", rest.rpartition("\n")[2])):
        first = f"{first} {last[0]}"
    event["event"] = first[:MOST_OF_AN_EVENT]
    return event
