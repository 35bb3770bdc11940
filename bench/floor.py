"""The floor: the same three calls by the cheapest means, with no database and none of the product's promises.

Run as `python -m bench.floor PORT AI_URL ENDPOINT_URL CA_FILE`. Raw ASGI on uvicorn, aiohttp to the AI, a fresh
verified TLS connection to the customer endpoint, JSON by the standard library. What the service costs above it is
what grounding, guarding, storing, counting and logging cost.
"""

import asyncio
import json
import ssl
import sys
from urllib.parse import urlsplit

import aiohttp
import uvicorn

from bench.asgi import Message, Receive, Send, read_body, send_json
from bench.samples import BEARER_TOKEN, DISPLAY_INSTRUCTIONS, IDENTIFY_INSTRUCTIONS

EXTRACT_SCHEMA: dict[str, object] = {"type": "object", "properties": {"identifier": {"type": ["string", "null"]}}}
SUMMARIZE_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "fields": {"type": "array"}},
}


class Floor:
    """One enrichment per request, nothing more."""

    def __init__(self, ai_url: str, endpoint_url: str, ca_file: str) -> None:
        self._messages_url = f"{ai_url}/v1/messages"
        self._endpoint = urlsplit(endpoint_url)
        self._authorization = f"Authorization: Bearer {BEARER_TOKEN}"
        self._context = ssl.create_default_context(cafile=ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request with identifier, summary and rows."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        ticket = json.loads(await read_body(receive))
        email = f"{IDENTIFY_INSTRUCTIONS}\n{ticket['subject']}\n{ticket['body']}"
        identifier = (await self._ask(self._session, email, EXTRACT_SCHEMA))["identifier"]
        customer = await self._look_up(identifier)
        prompt = f"{DISPLAY_INSTRUCTIONS}\n{json.dumps(customer)}"
        summary = await self._ask(self._session, prompt, SUMMARIZE_SCHEMA)
        await send_json(send, {"status": "ok", "reason": None, "identifier": identifier, **summary})

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


if __name__ == "__main__":
    uvicorn.run(
        Floor(*sys.argv[2:5]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        interface="asgi3",
        log_level="error",
        access_log=False,
    )
