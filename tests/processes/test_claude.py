"""The service with Claude, against a stand-in Messages API: what is asked, and what becomes of each way to fail."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.support.customers import CustomerEndpoint, credits_used, set_up, ticket
from tests.support.messages_api import API_KEY, USAGE, MessagesApi, Reply, listening
from tests.support.processes import serving

OVERLOADED = Reply(status=529)
DEADLINE_SECONDS = 10.0


@pytest.fixture
def api() -> MessagesApi:
    return MessagesApi()


@pytest.fixture
def api_url(api: MessagesApi) -> Iterator[str]:
    with listening(api.application()) as url:
        yield url


@pytest.fixture
async def client(
    tmp_path: Path, database_url: str, api_url: str, origin: str, ca_file: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a process that asks the stand-in, with a project set up."""
    settings = {
        "CC_DATABASE_URL": database_url,
        "CC_EGRESS_CA_FILE": str(ca_file),
        "CC_AI_PROVIDER": "auto",
        "CC_RUN_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
        "ANTHROPIC_API_KEY": API_KEY,
        "ANTHROPIC_BASE_URL": api_url,
    }
    async with serving(tmp_path / "service", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        yield client


async def test_two_calls_ask_for_what_the_model_takes_and_their_tokens_are_counted(
    client: httpx.AsyncClient, api: MessagesApi
) -> None:
    answer = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
    (await client.post("/tickets/t_2/enrich", json=ticket(body="Account ID: acct_00000000"))).raise_for_status()

    extract, summarize, other = api.requests
    for request in api.requests:
        assert request["model"] == "claude-haiku-5-5"
        assert request["thinking"] == {"type": "disabled"}
        assert request["output_config"]["effort"] == "low"
        assert request["output_config"]["format"]["type"] == "json_schema"
        assert request["max_tokens"] <= 1_500
        assert [message["role"] for message in request["messages"]] == ["user"]
        assert not {"temperature", "top_p", "top_k", "stream", "tools"} & request.keys()
    assert extract["output_config"]["format"]["schema"]["properties"].keys() == {"identifier"}
    assert summarize["output_config"]["format"]["schema"]["properties"].keys() == {"summary", "fields"}
    # What two emails have in common comes first and is equal to the byte, so that it can be cached.
    assert extract["system"] == other["system"]
    assert "acct_12ab34cd" not in json.dumps(extract["system"])
    assert "jane@example.com" not in json.dumps(summarize)
    assert (answer["ai_provider"], answer["ai_model"]) == ("anthropic", "claude-haiku-5-5")
    assert answer["usage"] == {name: 2 * count for name, count in USAGE.items()}
    assert [(row["label"], row["value"]) for row in answer["fields"]] == [("Plan", "Pro"), ("Status", "Active")]


async def test_model_that_invents_reaches_nobody(client: httpx.AsyncClient, api: MessagesApi) -> None:
    lies = [
        {"label": "Plan", "value": "Enterprise", "source": "/plan"},
        {"label": "Credit limit", "value": "8100810", "source": "/credit_limit"},
    ]
    api.script = [
        Reply(said={"identifier": "acct_12ab34cd"}),
        Reply(said={"summary": "They pay 99,999 dollars.", "fields": lies}),
    ]
    answer = await client.post("/tickets/t_1/enrich", json=ticket())

    assert [(row["label"], row["value"]) for row in answer.json()["fields"]] == [("Plan", "Pro")]
    assert not [lie for lie in ("Enterprise", "8100810", "8,100,810", "99,999") if lie in answer.text]


@pytest.mark.parametrize(
    ("script", "status", "reason", "calls", "used"),
    [
        pytest.param([OVERLOADED], "ok", None, 3, 1, id="overloaded once: tried again"),
        pytest.param([OVERLOADED] * 9, "no_identifier", "ai_unavailable", 3, 0, id="always overloaded: given back"),
        pytest.param([Reply(status=400)], "no_identifier", "ai_misconfigured", 1, 0, id="400: another try is no use"),
        pytest.param([Reply(status=401)], "no_identifier", "ai_misconfigured", 1, 0, id="a wrong key"),
        pytest.param([Reply(stop_reason="refusal")], "no_identifier", "ai_refused", 1, 1, id="refused"),
        pytest.param([Reply(said={"id": 7})], "no_identifier", "ai_unavailable", 1, 0, id="not what was asked for"),
        pytest.param([Reply(said={"identifier": None})], "no_identifier", "not_found", 1, 1, id="nothing found"),
        pytest.param(
            [Reply(said={"identifier": "acct_99999999"})], "no_identifier", "not_grounded", 1, 1, id="not in the email"
        ),
        pytest.param(
            [Reply(said={"identifier": "acct_12ab34cd"}), *[OVERLOADED] * 9],
            "ok",
            "summary_fallback",
            4,
            1,
            id="overloaded when it comes to the summary",
        ),
    ],
)
async def test_model_that_fails_is_a_result_with_its_reason(
    client: httpx.AsyncClient,
    api: MessagesApi,
    endpoint: CustomerEndpoint,
    script: list[Reply],
    status: str,
    reason: str | None,
    calls: int,
    used: int,
) -> None:
    api.script = list(script)
    answer = await client.post("/tickets/t_1/enrich", json=ticket())

    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, status, reason)
    assert (len(api.requests), answer.json()["credits_used"], await credits_used(client)) == (calls, used, used)
    assert len(endpoint.asked) == (1 if status == "ok" else 0)


async def test_model_that_never_answers_costs_no_more_than_the_deadline(
    client: httpx.AsyncClient, api: MessagesApi
) -> None:
    api.script = [Reply(seconds=120)]
    started = monotonic()
    answer = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
    seconds = monotonic() - started

    assert (answer["status"], answer["reason"], answer["credits_used"]) == ("no_identifier", "ai_unavailable", 0)
    assert await credits_used(client) == 0
    assert seconds < DEADLINE_SECONDS + 5


async def test_refused_key_is_told_to_the_operator_and_no_asynchronous_ticket_waits(
    client: httpx.AsyncClient, api: MessagesApi
) -> None:
    api.always = Reply(status=401)
    accepted = await client.post("/tickets/t_1/enrich", json=ticket(), headers={"Prefer": "respond-async"})
    path = "/tickets/t_1/customer-context?project_id=prj_1&wait=20"
    answer = (await client.get(path)).json()

    assert accepted.status_code == 202
    assert (answer["status"], answer["reason"], answer["credits_used"]) == ("no_identifier", "ai_misconfigured", 0)
    assert len(api.requests) == 1
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["ai"]["model"]) == (200, "claude-haiku-5-5")
    assert ready.json()["ai"]["problem"] == "refuses the key (HTTP 401); check ANTHROPIC_API_KEY"
    assert "customer_context_ai_misconfigured 1.0" in (await client.get("/metrics")).text

    api.always = None
    again = (await client.post("/tickets/t_2/enrich", json=ticket())).json()

    assert again["status"] == "ok"
    assert (await client.get("/readyz")).json()["ai"]["problem"] is None
    assert "customer_context_ai_misconfigured 0.0" in (await client.get("/metrics")).text
