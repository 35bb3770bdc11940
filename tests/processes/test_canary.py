"""One bearer token, driven through every failure: it must be found nowhere that anybody can look."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest

from tests.support.customers import set_up, ticket
from tests.support.dump import dump
from tests.support.ledger import Ledger
from tests.support.messages_api import API_KEY, Gate, MessagesApi, listening
from tests.support.processes import ENCRYPTION_KEY, SERVICE_TOKEN, serving
from tests.support.service import CONFIGURATION, CUSTOMER
from tests.support.tls_server import HEAD, Answer, Authority, TlsServer, ok, reset, until_client_leaves

CANARY = "canary/token+of~the_tests.0123456789"
"""Has characters that JSON, URLs and HTML may write in other ways."""

ESCAPED = "".join(f"\\u{ord(each):04X}" for each in CANARY)
SLASHED = CANARY.replace("/", "\\/")

SPELLINGS = (
    CANARY,
    ESCAPED,
    ESCAPED.lower(),
    SLASHED,
    quote(CANARY, safe=""),
    base64.b64encode(CANARY.encode()).decode(),
    CANARY.encode().hex(),
    CANARY[::-1],
)
"""What is looked for: as it is, and as a careless program might write it."""

TOKEN, BARE = CANARY.encode(), "127.0.0.1"


def head(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"X-Echo: {CANARY}", f"Set-Cookie: token={CANARY}", "Content-Length: 0"]
    return "\r\n".join([*lines, "", ""]).encode()


ENDINGS: dict[str, tuple[str, bytes | Answer]] = {
    # the ticket's project: the reason that it ends with, and what its server answers
    "timeout": ("timeout", until_client_leaves),
    "reset": ("protocol_error", reset),
    "status": ("http_status", b"HTTP/1.1 500 Sorry %s\r\nContent-Length: %d\r\n\r\n%s" % (TOKEN, len(TOKEN), TOKEN)),
    "unauthorized": ("http_status", head("401 No", f'WWW-Authenticate: Bearer realm="{CANARY}"')),
    "redirect": ("redirect", head("302 Found", f"Location: https://evil.test/?token={CANARY}")),
    "html": ("not_json", b"HTTP/1.1 200 OK\r\nContent-Type: text/%s\r\nContent-Length: 36\r\n\r\n%s" % (TOKEN, TOKEN)),
    "charset": ("no_data", head("200 OK", f"Content-Type: application/json; charset={CANARY}")),
    "coding": ("protocol_error", head("200 OK", "Content-Type: application/json", f"Content-Encoding: {CANARY}")),
    "large": ("too_large", ok(TOKEN * 2_000)),
    "broken": ("invalid_json", ok(b'{"token": "%s", "plan": ' % TOKEN)),
    "nan": ("invalid_json", ok(b'{"%s": NaN}' % TOKEN)),
    "list": ("not_object", ok(b'["%s"]' % TOKEN)),
    "string": ("not_object", ok(b'"%s"' % ESCAPED.encode())),
    "garbage": ("protocol_error", b"%s %s\r\n\r\n" % (TOKEN, TOKEN)),
    "bad_header": ("protocol_error", HEAD + b"%s\r\n\r\n" % TOKEN),
    "cut": ("protocol_error", HEAD + b'Content-Length: 999\r\n\r\n{"token": "%s"' % TOKEN),
}

ECHOES = {
    "value": json.dumps(CUSTOMER | {"note": f"Authorization: Bearer {CANARY}", "plan": CANARY}),
    "key": json.dumps(CUSTOMER | {CANARY: "Pro", "nested": {CANARY: [CANARY]}}),
    "escaped": f'{{"plan": "{ESCAPED}", "status": "{ESCAPED.lower()}", "seats": 12}}',
    "escaped_key": f'{{"{ESCAPED}": "Pro", "plan": "{SLASHED}"}}',
    "link": json.dumps({"plan": "Pro", "links": [{"label": CANARY, "url": f"https://admin.test/?t={CANARY}"}]}),
    "escaped_link": f'{{"plan": "Pro", "links": [{{"label": "{ESCAPED}", "url": "https://admin.test/{ESCAPED}"}}]}}',
}
"""Bodies of endpoints that answer well, but with the token in it."""

BAD_SAVES: list[dict[str, Any] | bytes] = [
    {"bearer_token": f"{CANARY} {CANARY}"},
    {"bearer_token": CANARY, "method": "DELETE"},
    {"bearer_token": CANARY, "unknown": CANARY},
    {"bearer_token": [CANARY]},
    {"bearer_token": {CANARY: CANARY}},
    {"bearer_token": CANARY * 200},
    {"bearer_token": CANARY, "api_url": "http://plain.example.com/"},
    {"bearer_token": CANARY, "identifier_parameter": CANARY},
    {"bearer_token": CANARY, "enabled": CANARY},
    {"method": CANARY, "display_instructions": 7},
    b'{"bearer_token": "%s", ' % TOKEN,
    b'{"bearer_token": "%s\xff"}' % TOKEN,
    b'["%s"]' % TOKEN,
]


@dataclass
class Seen:
    """Everything that the service let anybody see, by where that was."""

    places: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, answer: httpx.Response) -> httpx.Response:
        self.places[f"{place} #{len(self.places)}"] = f"{answer.status_code} {answer.headers!r} {answer.text}"
        return answer

    def where(self, *secrets: str) -> list[str]:
        return [place for place, text in self.places.items() if any(secret in text for secret in secrets)]


@asynccontextmanager
async def endpoints(authority: Authority) -> AsyncIterator[dict[str, int]]:
    """Ports of servers that answer with every ending and every echo."""
    scripts = {name: answer for name, (_, answer) in ENDINGS.items()}
    scripts |= {f"echo_{name}": ok(body.encode()) for name, body in ECHOES.items()}
    async with AsyncExitStack() as stack:
        tls = authority.server_context(BARE)
        ports = {}
        for name, script in scripts.items():
            ports[name] = (await stack.enter_async_context(TlsServer(tls, script))).port
        expired = TlsServer(authority.server_context(BARE, expired=True), ok(b"{}"))
        plain = TlsServer(None, b"%s\r\n\r\n" % TOKEN)
        closed = await asyncio.start_server(until_client_leaves, BARE, 0)
        ports |= {
            "expired": (await stack.enter_async_context(expired)).port,
            "plain": (await stack.enter_async_context(plain)).port,
            "closed": closed.sockets[0].getsockname()[1],
        }
        closed.close()
        await closed.wait_closed()
        yield ports


async def drive(client: httpx.AsyncClient, seen: Seen, project_id: str, url: str) -> str | None:
    """Enrich a ticket of a project with this URL, test its configuration, and read everything back."""
    route, project = f"/projects/{project_id}/customer-context", f"/projects/{project_id}"
    body = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 100}
    seen.add(project_id, await client.put(project, json=body)).raise_for_status()
    saved = CONFIGURATION | {"api_url": url, "bearer_token": CANARY, "method": "POST"}
    seen.add(project_id, await client.put(route, json=saved)).raise_for_status()
    sample = {"subject": "", "body": ticket()["body"]}
    answers = await asyncio.gather(
        client.post(f"/tickets/{project_id}/enrich", json=ticket(project_id)),
        client.post(f"{route}/test", json=sample),
        client.post(f"{route}/test", json=sample | {"config": {"bearer_token": CANARY, "method": "GET"}}),
    )
    result, tried, _ = (seen.add(project_id, answer) for answer in answers)
    elsewhere = {"api_url": "https://elsewhere.example.com/"}
    assert seen.add(project_id, await client.post(f"{route}/test", json=sample | {"config": elsewhere})).is_error
    assert seen.add(project_id, await client.patch(route, json=elsewhere)).is_error
    seen.add(project_id, await client.get(route))
    seen.add(project_id, await client.get(f"/tickets/{project_id}/customer-context", params={"project_id": project_id}))
    assert (result.status_code, tried.status_code) == (200, 200), (result.text, tried.text)
    assert result.json()["reason"] == tried.json()["reason"]
    reason: str | None = result.json()["reason"]
    return reason


async def save_badly(client: httpx.AsyncClient, seen: Seen, project_id: str) -> None:
    """Send the token in every kind of configuration that is refused."""
    route = f"/projects/{project_id}/customer-context"
    for bad in BAD_SAVES:
        content = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
        for method in ("PUT", "PATCH"):
            headers = {"Content-Type": "application/json"}
            answer = await client.request(method, route, content=content, headers=headers)
            assert seen.add("bad save", answer).is_client_error, bad
        tried = {"body": "Account ID: acct_12ab34cd", "config": bad if isinstance(bad, dict) else CANARY}
        assert seen.add("bad test", await client.post(f"{route}/test", json=tried)).is_client_error, bad
    headers = {"If-Match": '"stale"'}
    assert seen.add("stale", await client.patch(route, json={"bearer_token": CANARY}, headers=headers)).is_client_error


async def call_a_blocked_address(client: httpx.AsyncClient, seen: Seen, database: Any, project_id: str) -> str:
    """Ask an address that was opened when it was saved and no longer is; today it could not be saved."""
    origin = "https://10.0.0.1"
    moved = """
        UPDATE projects SET token_origin = CAST($1 AS text),
            configuration = jsonb_set(CAST(configuration AS jsonb), '{api_url}', to_jsonb(CAST($1 AS text)))
        WHERE project_id = $2
    """
    await database.execute(moved, origin, project_id)
    answer = seen.add("blocked", await client.post("/tickets/blocked/enrich", json=ticket(project_id)))
    reason: str = answer.json()["reason"]
    return reason


async def break_the_table(client: httpx.AsyncClient, seen: Seen, database: Any, project_id: str) -> None:
    """Save while the table is not there: a fault of the service's own, with the token among its parameters."""
    await database.execute("ALTER TABLE configuration_history RENAME TO gone")
    saved = CONFIGURATION | {"bearer_token": CANARY}
    answer = seen.add("fault", await client.put(f"/projects/{project_id}/customer-context", json=saved))
    assert answer.status_code == 500
    await database.execute("ALTER TABLE gone RENAME TO configuration_history")


@pytest.fixture
def api() -> MessagesApi:
    return MessagesApi()


async def test_token_is_found_nowhere_after_every_failure(
    tmp_path: Path, database_url: str, api: MessagesApi, ca_file: Path
) -> None:
    seen, authority, reasons = Seen(), Authority(), {}
    with listening(api.application()) as api_url:
        async with AsyncExitStack() as stack:
            ports = await stack.enter_async_context(endpoints(authority))
            settings = {
                "CC_DATABASE_URL": database_url,
                "CC_EGRESS_CA_FILE": str(authority.write_to(ca_file)),
                "CC_LOG_LEVEL": "DEBUG",
                "CC_AI_PROVIDER": "anthropic",
                "ANTHROPIC_API_KEY": API_KEY,
                "ANTHROPIC_BASE_URL": api_url,
                "RES_OPTIONS": "attempts:1 timeout:1",  # a resolver that does not answer is given up within the 5 s
            }
            replica = await stack.enter_async_context(serving(tmp_path / "service", settings))
            client = await stack.enter_async_context(replica.client())
            database = await asyncpg.connect(database_url)
            stack.push_async_callback(database.close)
            urls = {name: f"https://{BARE}:{port}/?of=me" for name, port in ports.items()}
            urls["nowhere"] = "https://nobody.invalid/"
            found = await asyncio.gather(*(drive(client, seen, name, url) for name, url in urls.items()))
            reasons = dict(zip(urls, found, strict=True))
            reasons["blocked"] = await call_a_blocked_address(client, seen, database, "status")
            await save_badly(client, seen, "status")
            await break_the_table(client, seen, database, "status")
            for path in ("/metrics", "/openapi.json", "/docs"):
                seen.add(path, await client.get(path)).raise_for_status()
            seen.places["database"] = await dump(database_url)
        seen.places["log"] = replica.program.stdout + replica.program.stderr
    seen.places["prompts"] = json.dumps(api.requests, ensure_ascii=False)

    assert reasons == {name: reason for name, (reason, _) in ENDINGS.items()} | {
        **{f"echo_{name}": None for name in ECHOES},
        **{"expired": "tls_error", "plain": "tls_error", "closed": "connect_error", "nowhere": "dns_error"},
        "blocked": "blocked_address",
    }
    assert seen.where(*SPELLINGS) == []
    assert seen.where(SERVICE_TOKEN, ENCRYPTION_KEY, API_KEY) == []
    # The places were really looked into.
    assert "acct_12ab34cd" in seen.places["prompts"]
    assert "acct_12ab34cd" in seen.places["database"]
    assert re.search(r'"status": ?"fetch_error"', seen.places["log"])
    assert '"internal_error"' in seen.places["log"]


async def test_email_leaves_the_database_with_the_result(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    gate, secrets = Gate(), [f"secret{number}of~the email" for number in range(3)]
    emails = [
        {"subject": secrets[0], "body": f"{secrets[1]}\n{ticket()['body']}", "sender": f'"{secrets[2]}" <jane@test>'},
        {"subject": secrets[0], "body": secrets[1], "sender": secrets[2]},  # its run finds no identifier
    ]

    async def before(body: dict[str, Any]) -> None:
        await gate.passed()

    api = MessagesApi(before=before)
    with listening(api.application()) as api_url:
        settings = {
            "CC_DATABASE_URL": database_url,
            "CC_EGRESS_CA_FILE": str(ca_file),
            "CC_AI_PROVIDER": "anthropic",
            "ANTHROPIC_API_KEY": API_KEY,
            "ANTHROPIC_BASE_URL": api_url,
        }
        async with AsyncExitStack() as stack:
            stack.callback(gate.open)
            replica = await stack.enter_async_context(serving(tmp_path / "service", settings))
            client = await stack.enter_async_context(replica.client())
            await set_up(client, origin)
            database = await asyncpg.connect(database_url)
            stack.push_async_callback(database.close)
            for number, email in enumerate(emails):
                path, submitted = f"/tickets/t_{number}/enrich", {"project_id": "prj_1", **email}
                (await client.post(path, json=submitted, headers={"Prefer": "respond-async"})).raise_for_status()
            await gate.holds(len(emails))
            while_it_runs = await dump(database_url)
            gate.open()
            await Ledger(database_url).until_all_are_done()
            afterwards = await dump(database_url)
        log = replica.program.stdout + replica.program.stderr

    assert [secret for secret in secrets if secret not in while_it_runs] == []
    assert [secret for secret in secrets if secret in afterwards + log] == []
    assert "acct_12ab34cd" in afterwards
