"""The floor: the same calls and statements by the cheapest means, with none of the product's promises.

Run as `python -m bench.floor PORT AI_URL ENDPOINT_URL CA_FILE DATABASE_URL`. Raw ASGI on uvicorn, raw asyncpg, aiohttp
to the AI, a fresh verified TLS connection to the customer endpoint, JSON by the standard library. What the service
costs above it is what grounding, guarding, queueing, fencing, counting and logging cost.
"""

import asyncio
import json
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg  # type: ignore[import-untyped]
import uvicorn

from bench.asgi import Message, Receive, Send, read_body, send_json
from bench.samples import BEARER_TOKEN, DISPLAY_INSTRUCTIONS, IDENTIFY_INSTRUCTIONS, PROJECTS

EXTRACT_SCHEMA: dict[str, object] = {"type": "object", "properties": {"identifier": {"type": ["string", "null"]}}}
SUMMARIZE_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "fields": {"type": "array"}},
}

CONNECTIONS = 10

SCHEMA = """
    CREATE TABLE projects (project_id text PRIMARY KEY, allowance bigint NOT NULL, display text NOT NULL);
    CREATE TABLE credits (project_id text PRIMARY KEY, used bigint NOT NULL);
    CREATE TABLE tickets (
        ticket_id text PRIMARY KEY, project_id text NOT NULL, email bytea, identifier text, result jsonb
    ) WITH (fillfactor = 70);
    CREATE TABLE ended (project_id text NOT NULL, ended_at timestamptz NOT NULL DEFAULT now(), status text NOT NULL)
"""

SUBMIT = """
    WITH paid AS (
        INSERT INTO credits AS c (project_id, used) VALUES ($2, 1)
        ON CONFLICT (project_id) DO UPDATE SET used = c.used + 1
        WHERE c.used < (SELECT allowance FROM projects WHERE project_id = $2) RETURNING 1
    ), stored AS (
        INSERT INTO tickets (ticket_id, project_id, email) SELECT $1, $2, $3 FROM paid
    )
    SELECT display FROM projects, paid WHERE project_id = $2
"""

KEEP = """
    UPDATE tickets SET identifier = $2 WHERE ticket_id = $1 AND result IS NULL
    RETURNING set_config('synchronous_commit', 'off', true)
"""

FINISH = """
    WITH mine AS (
        UPDATE tickets SET result = CAST(CAST($2 AS text) AS jsonb), email = NULL
        WHERE ticket_id = $1 RETURNING project_id
    )
    INSERT INTO ended (project_id, status) SELECT project_id, 'ok' FROM mine
"""


class Floor:
    """One enrichment per request, nothing more."""

    def __init__(self, ai_url: str, endpoint_url: str, ca_file: str, database_url: str) -> None:
        self._messages_url = f"{ai_url}/v1/messages"
        self._endpoint = urlsplit(endpoint_url)
        self._authorization = f"Authorization: Bearer {BEARER_TOKEN}"
        self._context = ssl.create_default_context(cafile=ca_file)
        self._database_url = database_url
        self._session: aiohttp.ClientSession | None = None
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request with identifier, summary and rows."""
        session = await self._opened()
        body = await read_body(receive)
        ticket, ticket_id = json.loads(body), scope["path"].split("/")[2]
        await self._pool.fetch(SUBMIT, ticket_id, ticket["project_id"], body)
        email = f"{IDENTIFY_INSTRUCTIONS}\n{ticket['subject']}\n{ticket['body']}"
        identifier = (await self._ask(session, email, EXTRACT_SCHEMA))["identifier"]
        await self._pool.fetch(KEEP, ticket_id, identifier)
        customer = await self._look_up(identifier)
        prompt = f"{DISPLAY_INSTRUCTIONS}\n{json.dumps(customer)}"
        summary = await self._ask(session, prompt, SUMMARIZE_SCHEMA)
        result = {"status": "ok", "reason": None, "identifier": identifier, **summary}
        await self._pool.fetch(FINISH, ticket_id, json.dumps(result))
        await send_json(send, result)

    async def _opened(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                self._pool = await asyncpg.create_pool(
                    self._database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=_leave_as_it_is
                )
                self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def _ask(self, session: aiohttp.ClientSession, prompt: str, schema: dict[str, object]) -> dict[str, str]:
        body = {
            "model": "bench",
            "max_tokens": 500,
            "messages": [{"role": "user", "content": prompt}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        }
        async with session.post(self._messages_url, json=body) as response:
            message = json.loads(await response.read())
        answer: dict[str, str] = json.loads(message["content"][0]["text"])
        return answer

    async def _look_up(self, identifier: str) -> object:
        host, port = self._endpoint.hostname, self._endpoint.port
        reader, writer = await asyncio.open_connection(host, port, ssl=self._context)
        try:
            writer.write(
                f"GET {self._endpoint.path}?id={identifier} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                f"{self._authorization}\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode()
            )
            _, _, body = (await reader.read()).partition(b"\r\n\r\n")
            return json.loads(body)
        finally:
            writer.close()


async def _leave_as_it_is(connection: object) -> None:
    """Save the round trip that would reset a session: none of these statements changes it."""


async def make_tables(database_url: str) -> None:
    """Make the tables of the floor, with the projects in them."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(SCHEMA)
    rows = [(project_id, 1_000_000, DISPLAY_INSTRUCTIONS) for project_id in PROJECTS]
    await connection.executemany("INSERT INTO projects VALUES ($1, $2, $3)", rows)
    await connection.close()


if __name__ == "__main__":
    uvicorn.run(
        Floor(*sys.argv[2:6]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        interface="asgi3",
        log_level="error",
        access_log=False,
    )
