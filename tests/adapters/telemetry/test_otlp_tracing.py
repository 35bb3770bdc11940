"""What a collector is told of requests, runs and steps, and what it can never be told."""

import importlib
import io
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Event
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import (
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from structlog.testing import capture_logs

from app.adapters.telemetry.logs import configure
from app.adapters.telemetry.otlp_tracing import OtlpTracing, _Told
from app.domain.outcomes import Outcome, StepFailed
from app.domain.refusals import Refusal
from app.domain.steps import Step
from app.domain.traces import Trace
from app.settings.loading import InvalidSettings
from app.settings.service_settings import Settings
from app.wiring.trace_export import check
from tests.support.endpoints import ScriptedEndpoint, failing
from tests.support.models import ScriptedModel
from tests.support.models import failing as failing_to_summarize
from tests.support.service import BEARER_TOKEN, CONFIGURATION, EMAIL, SERVICE_TOKEN, World, set_up

CALLER = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)
pytestmark = pytest.mark.usefixtures("emptied")

SENT = {"traceparent": str(CALLER), "tracestate": "canary=state", "baggage": "canary=baggage"}
TICKET = EMAIL | {"project_id": "prj_1"}
OURS = "customer_context."


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exported: InMemorySpanExporter) -> Iterator[OtlpTracing]:
    logger = logging.getLogger("opentelemetry")
    before = logger.handlers[:], logger.propagate
    tracing = OtlpTracing("1.2.3", SimpleSpanProcessor(exported))
    yield tracing
    tracing.close()
    logger.handlers[:], logger.propagate = before


def spans(exported: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Return the spans by name, of which each is there once."""
    finished = exported.get_finished_spans()
    named = {span.name: span for span in finished}
    assert len(named) == len(finished)
    return named


OF_THE_AI = {
    "gen_ai.provider.name": "offline",
    "gen_ai.request.model": "offline-patterns-1",
    "gen_ai.usage.input_tokens": 0,
    "gen_ai.usage.output_tokens": 0,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "gen_ai.usage.cache_creation.input_tokens": 0,
}


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def trace_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}"


def parent_of(span: ReadableSpan) -> str | None:
    return f"{span.parent.span_id:016x}" if span.parent else None


def id_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.span_id:016x}"


async def enriched(world: World, headers: dict[str, str] = SENT, body: dict[str, str] = TICKET) -> dict[str, Any]:
    """Have one ticket enriched in a trace; only that is recorded, not what is set up for it."""
    world.put_in_place()
    async with world.client() as client:
        answer = await client.post("/tickets/t_1/enrich", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_a_run_is_a_tree_of_spans_below_its_callers_when_it_ends_well(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    await enriched(World(tracing=tracing))
    found = spans(exported)
    request, run = found["POST /tickets/{ticket_id}/enrich"], found["enrichment"]

    assert {trace_of(span) for span in found.values()} == {CALLER.trace_id}
    assert (request.kind, parent_of(request), parent_of(run)) == (SpanKind.SERVER, CALLER.span_id, id_of(request))
    assert {parent_of(found[step]) for step in ("extract", "fetch", "summarize")} == {id_of(run)}
    assert told(request) == {
        "http.request.method": "POST",
        "http.route": "/tickets/{ticket_id}/enrich",
        "http.response.status_code": 200,
    }
    assert told(run) == {
        f"{OURS}project_id": "prj_1",
        f"{OURS}ticket_id": "t_1",
        f"{OURS}status": "ok",
        **OF_THE_AI,
    }
    assert [told(found[step]) for step in ("extract", "fetch", "summarize")] == [{f"{OURS}status": "ok"}] * 3
    assert [span.name for span in found.values() if not span.status.is_unset] == []
    assert dict(run.resource.attributes).items() >= {("service.name", "customer-context"), ("service.version", "1.2.3")}


ENDINGS = [
    # what goes wrong, the steps that end and how, how the run ends, what is marked as an error
    pytest.param(
        World(endpoint=ScriptedEndpoint({"acct_12ab34cd": failing(Outcome.TIMEOUT)})),
        {"extract": ("ok", None), "fetch": ("failed", "timeout")},
        ("fetch_error", "timeout"),
        {"fetch", "enrichment"},
        id="the endpoint is late",
    ),
    pytest.param(
        World(model=ScriptedModel(identifier=None)),
        {"extract": ("failed", "not_found")},
        ("no_identifier", "not_found"),
        set(),
        id="nobody is named: no error",
    ),
    pytest.param(
        World(model=failing_to_summarize(StepFailed(Outcome.SUMMARY_FALLBACK, "HTTP 500"))),
        {"extract": ("ok", None), "fetch": ("ok", None), "summarize": ("failed", "summary_fallback")},
        ("ok", "summary_fallback"),
        {"summarize", "enrichment"},
        id="the summary fails",
    ),
    pytest.param(
        World(endpoint=ScriptedEndpoint({})),
        {"extract": ("ok", None), "fetch": ("ok", None)},
        ("ok", "no_data"),
        set(),
        id="an unknown customer has no summary",
    ),
]


@pytest.mark.parametrize(("world", "steps", "ending", "errors"), ENDINGS)
async def test_each_step_that_ran_has_its_status_and_reason_when_it_ends(
    world: World,
    steps: dict[str, tuple[str, str | None]],
    ending: tuple[str, str | None],
    errors: set[str],
    tracing: OtlpTracing,
    exported: InMemorySpanExporter,
) -> None:
    world.tracing = tracing
    await enriched(world)
    found = spans(exported)
    seen = {name: told(span) for name, span in found.items() if not name.startswith("POST")}
    ended = {name: (of[f"{OURS}status"], of.get(f"{OURS}reason")) for name, of in seen.items()}

    assert ended == steps | {"enrichment": ending}
    assert {name for name, span in found.items() if not span.status.is_unset} == errors


async def test_a_test_of_the_connection_is_a_run_without_a_ticket(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    async with World(tracing=tracing).client() as client:
        await set_up(client)
        exported.clear()
        await client.post("/projects/prj_1/customer-context/test", json=EMAIL, headers=SENT)
    found = spans(exported)

    assert told(found["enrichment"]) == {
        f"{OURS}project_id": "prj_1",
        f"{OURS}status": "ok",
        **OF_THE_AI,
    }
    assert parent_of(found["enrichment"]) == id_of(found["POST /projects/{project_id}/customer-context/test"])
    assert {"extract", "fetch", "summarize"} <= set(found)


async def test_a_batch_takes_its_callers_trace_to_every_run(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    world = World(tracing=tracing, seats=0)
    world.put_in_place()
    async with world.client() as client:
        tickets = [TICKET | {"ticket_id": f"t_{number}"} for number in range(2)]
        await client.post("/tickets/enrich-batch", json={"tickets": tickets}, headers=SENT)
    await world.work_off()
    finished = exported.get_finished_spans()
    (batch,) = (span for span in finished if span.name == "POST /tickets/enrich-batch")

    runs = [span for span in finished if span.name == "enrichment"]
    assert [parent_of(run) for run in runs] == [id_of(batch)] * 2
    assert {trace_of(run) for run in runs} == {CALLER.trace_id}


async def test_a_run_that_is_cut_off_ends_its_spans_and_says_so(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    with suppress(ValueError), tracing.run("prj_1", "t_1", CALLER) as run:
        run.step(Step("extract", "running"))
        run.put_back("shutdown")
        raise ValueError("canary")
    found = spans(exported)

    assert told(found["extract"]) == {f"{OURS}status": "interrupted"}
    assert told(found["enrichment"])[f"{OURS}put_back"] == "shutdown"
    assert "canary" not in "".join(span.to_json() for span in found.values())


async def test_a_request_that_fails_is_an_error_without_the_exceptions_text(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    world = World(tracing=tracing)
    world.database.available = False
    async with world.client() as client:
        answer = await client.get("/projects/prj_1")
    (request,) = exported.get_finished_spans()

    assert answer.json()["code"] == Refusal.DATABASE_UNAVAILABLE.code
    assert (request.name, told(request)["http.response.status_code"]) == ("GET /projects/{project_id}", 503)
    assert (request.status.is_ok, request.status.description, request.events) == (False, None, ())


@pytest.mark.parametrize(
    ("method", "path", "header", "expected"),
    [
        pytest.param("GET", "/nowhere/canary?canary=1", SERVICE_TOKEN, ("GET", 404, "GET"), id="no such route"),
        pytest.param("GET", "/projects/canary", "wrong", ("GET", 401, "GET"), id="no right to come in"),
        pytest.param("CANARY", "/projects/p", SERVICE_TOKEN, ("_OTHER", 405, "_OTHER"), id="no such method"),
    ],
)
async def test_a_request_names_nothing_that_its_sender_made_up(
    method: str,
    path: str,
    header: str,
    expected: tuple[str, int, str],
    tracing: OtlpTracing,
    exported: InMemorySpanExporter,
) -> None:
    async with World(tracing=tracing).client(Authorization=f"Bearer {header}") as client:
        await client.request(method, path)
    (request,) = exported.get_finished_spans()

    of = told(request)
    assert (of["http.request.method"], of["http.response.status_code"]) == expected[:2]
    assert request.name.split(" ")[0] == expected[2]
    assert "canary" not in request.to_json().lower()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/settings.js"])
async def test_what_needs_no_token_is_not_recorded(
    path: str, tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    async with World(tracing=tracing).client() as client:
        await client.get(path, headers=SENT)

    assert exported.get_finished_spans() == ()


async def test_nothing_of_the_email_the_customer_or_a_secret_is_told(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    body = {"subject": "canary subject", "body": EMAIL["body"] + "\ncanary body", "sender": "canary@example.com"}
    result = await enriched(World(tracing=tracing), body=TICKET | body)
    everything = "".join(span.to_json() for span in exported.get_finished_spans())

    assert result["fields"]
    assert "prj_1" in everything
    secrets = ("canary", "acct_12ab34cd", BEARER_TOKEN, SERVICE_TOKEN, "api.example.com", CONFIGURATION["api_url"])
    values = [field["value"] for field in result["fields"] if len(field["value"]) > 3]
    assert [each for each in (*secrets, *values, result["summary"]) if each in everything] == []


async def test_a_caller_that_does_not_record_is_followed_in_the_log_only(
    tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    unsampled = str(CALLER).removesuffix("01") + "00"
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        world = World(tracing=tracing)
        world.database.available = False
        async with world.client() as client:
            await client.get("/projects/p", headers={"traceparent": unsampled})

    assert exported.get_finished_spans() == ()
    assert [line["trace_id"] for line in lines if line["event"] == "database_unavailable"] == [CALLER.trace_id]


@pytest.mark.parametrize("kind", ["off", "otlp"])
async def test_the_line_of_a_run_names_the_trace_whether_it_is_recorded_or_not(
    kind: str, tracing: OtlpTracing, exported: InMemorySpanExporter
) -> None:
    lines = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure("info", lines)
    try:
        world = World(tracing=tracing) if kind == "otlp" else World()
        with world.tracing.run("prj_1", "t_1", CALLER):
            structlog.get_logger().info("enriched")
        structlog.get_logger().info("after")
    finally:
        root.handlers[:], root.level = before
    within, after = map(json.loads, lines.getvalue().splitlines())

    assert (within["trace_id"], after.get("trace_id")) == (CALLER.trace_id, None)


async def test_a_request_without_a_trace_begins_one(tracing: OtlpTracing, exported: InMemorySpanExporter) -> None:
    await enriched(World(tracing=tracing), headers={"traceparent": "nonsense"})
    found = spans(exported)

    assert found["POST /tickets/{ticket_id}/enrich"].parent is None
    assert len({trace_of(span) for span in found.values()}) == 1


async def test_the_sdk_can_be_turned_off_by_its_own_variable(
    monkeypatch: pytest.MonkeyPatch, exported: InMemorySpanExporter
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    result = await enriched(World(tracing=OtlpTracing("1", SimpleSpanProcessor(exported))))

    assert (result["status"], exported.get_finished_spans()) == ("ok", ())


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        pytest.param({}, "customer-context", id="ours"),
        pytest.param({"OTEL_SERVICE_NAME": "cc-eu"}, "cc-eu", id="the operator's"),
        pytest.param({"OTEL_RESOURCE_ATTRIBUTES": "service.name=cc-us"}, "cc-us", id="the operator's, the long way"),
    ],
)
def test_the_service_is_named_as_the_operator_says(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch, exported: InMemorySpanExporter
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    with OtlpTracing("1", SimpleSpanProcessor(exported)).request("GET", None):
        pass
    (span,) = exported.get_finished_spans()

    assert span.resource.attributes["service.name"] == name


class Collector(SpanExporter):
    """Answers as it is told; an exception is raised."""

    def __init__(self, *answers: SpanExportResult | Exception) -> None:
        self._answers = list(answers)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_collector_that_is_away_is_told_of_once_and_when_it_is_back() -> None:
    failure, success = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    exporter = _Told(Collector(success, failure, ValueError("canary"), failure, success, success))
    with capture_logs() as lines:
        for _ in range(6):
            exporter.export([])

    assert [line["event"] for line in lines] == ["traces_not_sent", "traces_sent_again"]
    assert "canary" not in str(lines)


class DeafProcessor(SpanProcessor):
    """Takes until `heard` for its end, as one does whose collector does not answer."""

    def __init__(self) -> None:
        self.heard = Event()

    def shutdown(self) -> None:
        self.heard.wait()


def test_a_process_that_ends_does_not_wait_for_a_collector_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.adapters.telemetry.otlp_tracing.FLUSH_SECONDS", 0.01)
    deaf = DeafProcessor()
    OtlpTracing("1", deaf).close()

    assert not deaf.heard.is_set()
    deaf.heard.set()


def test_the_librarys_own_lines_are_not_heard(tracing: OtlpTracing, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("opentelemetry.exporter.otlp.proto.http").error("canary")

    assert "canary" not in capsys.readouterr().err


def settings(**values: str) -> Settings:
    return Settings.model_validate({"service_tokens": SERVICE_TOKEN, "encryption_keys": "a" * 43 + "=", **values})


def test_missing_packages_end_the_start_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "app.adapters.telemetry.otlp_tracing")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)

    with pytest.raises(InvalidSettings, match=r"CC_TRACING: .*install the extra 'tracing'"):
        check(settings(tracing="otlp"))
    check(settings())
    monkeypatch.undo()
    importlib.import_module("app.adapters.telemetry.otlp_tracing")


def test_a_variable_that_cannot_be_used_ends_the_start_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "canary")

    with pytest.raises(InvalidSettings, match="CC_TRACING: the OTEL_ variables cannot be used") as problem:
        check(settings(tracing="otlp"))
    assert "canary" not in str(problem.value)
