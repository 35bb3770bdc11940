"""Traces as a collector gets them from real processes, and as nobody else does."""

from contextlib import AsyncExitStack
from pathlib import Path

from app.domain.traces import Trace
from tests.support.collector import Collector
from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.messages_api import API_KEY, MessagesApi, listening
from tests.support.processes import serving, working

CALLER = Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", sampled=True)
SENT = {"traceparent": str(CALLER), "tracestate": "vendor=canary", "baggage": "user=canary"}


async def test_a_trace_goes_on_in_the_worker_and_to_nobody_but_the_collector(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    collector, api = Collector(), MessagesApi()
    async with AsyncExitStack() as stack:
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": stack.enter_context(listening(api.application())),
            "CC_TRACING": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": stack.enter_context(listening(collector.application())),
            # The framework and the SDK of the AI provider would find these, and record more than they may.
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
        }
        server = settings | {"OTEL_SERVICE_NAME": "server"}
        replica = await stack.enter_async_context(serving(tmp_path / "server", server, "--no-worker"))
        client = await stack.enter_async_context(replica.client())
        await set_up(client, origin)
        async with working(tmp_path / "worker", settings | {"OTEL_SERVICE_NAME": "worker"}) as worker:
            answer = await client.post("/tickets/t_1/enrich", json=ticket(), headers=SENT)
        await replica.program.stop()
    result, log = answer.json(), worker.stderr

    ours = {span.name: span for span in collector.spans if span.trace_id == CALLER.trace_id}
    assert {(span.service, span.name) for span in ours.values()} == {
        ("server", "POST /tickets/{ticket_id}/enrich"),
        *(("worker", name) for name in ("enrichment", "extract", "fetch", "summarize")),
    }
    request, run = ours["POST /tickets/{ticket_id}/enrich"], ours["enrichment"]
    assert (request.parent_id, run.parent_id) == (CALLER.span_id, request.span_id)
    assert run.attributes["customer_context.status"] == result["status"] == "ok"
    assert f'"trace_id": "{CALLER.trace_id}"' in next(line for line in log.splitlines() if '"enriched"' in line)
    assert b"acct_" not in collector.raw
    assert b"canary" not in collector.raw
    for told in (endpoint.headers, api.headers):
        assert told
        assert [each for each in told if {"traceparent", "tracestate", "baggage"} & set(each)] == []
