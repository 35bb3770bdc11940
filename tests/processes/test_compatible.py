"""The service with a server of one's own that speaks chat completions: results and metrics name its host and model."""

import json
from pathlib import Path

from tests.support.ai_servers import AiServer, Answer, Asked, completion, serving
from tests.support.customers import set_up, ticket
from tests.support.processes import serving as service_at

CARD = {"summary": "", "fields": [{"label": "Plan", "source": "/plan", "as": "text"}]}


def answered(asked: Asked) -> Answer:
    wanted = asked.body["response_format"]["json_schema"]["schema"]["required"]
    return completion(json.dumps({"identifier": "acct_12ab34cd"} if wanted == ["identifier"] else CARD))


async def test_ticket_is_enriched_by_a_compatible_server_without_a_key(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    server = AiServer(answered)
    async with serving(server) as url:
        host = url.removeprefix("http://")
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "compatible",
            "CC_AI_BASE_URL": f"{url}/v1",
            "CC_AI_MODEL": "qwen3:8b",
            "CC_RUN_DEADLINE_SECONDS": "300",
        }
        async with service_at(tmp_path / "service", settings) as replica, replica.client() as client:
            await set_up(client, origin)
            answer = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
            metrics = (await client.get("/metrics")).text

    assert (answer["status"], answer["reason"]) == ("ok", None)
    assert [(row["label"], row["value"]) for row in answer["fields"]] == [("Plan", "Pro")]
    assert (answer["ai_provider"], answer["ai_model"]) == (f"compatible ({host})", "qwen3:8b")
    assert answer["usage"]["cache_read_input_tokens"] == 2 * 7
    assert f'kind="cache_read",model="qwen3:8b",provider="compatible ({host})"}} 14.0' in metrics
    assert [asked.path for asked in server.posts] == ["/v1/chat/completions"] * 2
    assert all("authorization" not in asked.headers for asked in server.asked)
