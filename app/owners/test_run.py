"""Test runs of a configuration, saved or not, on a sample email: the full cycle once, with a trace of every step."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from app.adapters.postgres.audit_store import AuditStore
from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.project_store import ProjectStore
from app.adapters.vault import Vault
from app.domain.audit import named
from app.domain.breaker import EndpointVerdict, verdict_of
from app.domain.claims import DatabaseUnavailable
from app.domain.configuration import Configuration, StoredConfiguration, missing_fields
from app.domain.outcomes import Outcome, Result
from app.domain.projects import TokenUnreadable
from app.domain.steps import Run, Span, Step
from app.domain.tickets import Email
from app.domain.traces import Trace
from app.enrichment import Enricher
from app.owners.configuring import Changes, Configuring, origin_of, token_required
from app.runs.observer import Observer
from support_context.lookups import LookupRequest, LookupResponse
from support_context.plain_text import plain
from support_context.secrets import Secret

PREVIEW_CHARACTERS = 16_384
"""How much of the customer endpoint's answer a test shows: enough to pick rows from all but the largest."""


WITH_DATA = frozenset({Outcome.OK, Outcome.SUMMARY_FALLBACK})
"""How a test ends that has brought the customer endpoint's data; any other gives its credit back."""


OnStep = Callable[[dict[str, Any]], None]
"""Is told of each step when it begins, as `running`, and when it has ended; as the trace shows it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a test, and the run behind it (None where nothing was run)."""

    result: Result
    run: Run | None

    def as_document(self) -> dict[str, Any]:
        """Return the answer of the test route."""
        return {**self.result.as_document(), "trace": trace_of(self.run or Run(Span(), monotonic))}


class _TrialSpan(Span):
    """Passes the steps on to a caller that watches and to another span; knows whether the AI has read the email."""

    def __init__(self, span: Span, on_step: OnStep) -> None:
        super().__init__(span.trace)
        self.was_read = False
        self._span = span
        self._on_step = on_step

    def step(self, step: Step) -> None:
        """Pass one step on."""
        self.was_read = self.was_read or (step.name == "extract" and step.outcome != "running")
        self._on_step(_step(step))
        self._span.step(step)


class Trials:
    """Test runs for owners; they store nothing on any ticket."""

    def __init__(
        self,
        configuring: Configuring,
        credit: ProjectStore,
        trail: AuditStore,
        vault: Vault,
        enricher: Enricher,
        deadline_seconds: float,
        breakers: BreakerStore,
        observer: Observer,
    ) -> None:
        self._breakers = breakers
        self._configuring = configuring
        self._credits = credit
        self._trail = trail
        self._vault = vault
        self._enricher = enricher
        self._deadline_seconds = deadline_seconds
        self._observer = observer

    async def run(
        self,
        project_id: str,
        actor: str,
        email: Email,
        changes: Changes,
        trace: Trace | None = None,
        on_step: OnStep = lambda step: None,
    ) -> Trial:
        """Test the stored configuration with `changes` laid over it; raises `Refused` as saving would."""
        stored = await self._configuring.read(project_id, actor)
        configuration = self._configuring.merged(stored, changes, ("body", "config"))
        token = changes.token or stored_token(self._vault, project_id, configuration, stored)
        missing = missing_fields(configuration, has_token=token is not None)
        if token is None or missing:
            return Trial(self._enricher.not_run(Outcome.NOT_CONFIGURED, "missing: " + ", ".join(missing)), None)
        if isinstance(token, Outcome):
            return Trial(self._enricher.not_run(token), None)
        month = await self._credits.take_credit(project_id)
        if month is None:
            return Trial(self._enricher.not_run(Outcome.SKIPPED_CREDITS), None)
        with self._observer.traced(project_id, None, trace) as span:
            watched = _TrialSpan(span, on_step)
            try:
                tried = named(changes.fields, new_token=changes.token is not None)
                await self._trail.note_test(project_id, actor, tried)
                deadline = asyncio.get_running_loop().time() + self._deadline_seconds
                result, run = await self._enricher.run(email, configuration, token, deadline, watched)
            except BaseException as fault:
                # Our faults cost nothing; who goes away once the AI has read the email has used it.
                if not (watched.was_read and isinstance(fault, asyncio.CancelledError)):
                    await asyncio.shield(self._credits.return_credit(project_id, month))
                raise
            if result.outcome not in WITH_DATA:
                await asyncio.shield(self._credits.return_credit(project_id, month))
                result = replace(result, credits_used=0)
            self._observer.tested(project_id, result)
            span.ended(result)
            http_status = run.response.http_status if run.response else None
            is_stored = stored is not None and changes.token is None and _same_endpoint(configuration, stored)
            if is_stored and verdict_of(result.outcome, http_status) is EndpointVerdict.ANSWERS:
                with suppress(DatabaseUnavailable):  # then a look-up finds out
                    await self._breakers.close(project_id)
        return Trial(result, run)


def stored_token(
    vault: Vault, project_id: str, configuration: Configuration, stored: StoredConfiguration | None
) -> Secret | Outcome | None:
    """Return the stored token, or why there is none to use; raises `Refused` where it was given for another origin."""
    if stored is None or stored.token is None:
        return None
    # Stricter than saving: a test does not bind a token that came without a URL, so it could go anywhere.
    if configuration.api_url and stored.token.origin != origin_of(configuration):
        raise token_required(("body", "config"))
    try:
        return vault.open(project_id, stored.token.sealed)
    except TokenUnreadable:
        return Outcome.TOKEN_UNREADABLE


def _same_endpoint(configuration: Configuration, stored: StoredConfiguration) -> bool:
    old = stored.configuration
    return (configuration.api_url, configuration.method, configuration.identifier_parameter) == (
        old.api_url,
        old.method,
        old.identifier_parameter,
    )


def trace_of(run: Run) -> dict[str, Any]:
    """Return the trace of a test run as JSON, without the token: an engineer sees from it alone what to fix."""
    return {
        "identifier_raw": plain(run.identifier_raw) if run.identifier_raw is not None else None,
        "identifier_sent": run.identifier if run.request else None,
        "request": _request(run.request) if run.request else None,
        "response": _response(run.response) if run.response else None,
        "steps": [_step(step) for step in run.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.name, "outcome": step.outcome, "duration_ms": step.duration_ms, "detail": step.detail}


def _request(request: LookupRequest) -> dict[str, Any]:
    headers = [*request.headers, ("Authorization", "Bearer [redacted]")]
    return {
        "method": request.method,
        "url": request.full_url,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "body": request.body.decode() if request.body else None,
    }


def _response(response: LookupResponse) -> dict[str, Any]:
    return {
        "http_status": response.http_status,
        "content_type": plain(response.content_type),
        "bytes": len(response.body),
        "remote_address": response.remote_address,
        "body_preview": plain(response.body[: 4 * PREVIEW_CHARACTERS].decode(errors="replace"))[:PREVIEW_CHARACTERS],
    }
