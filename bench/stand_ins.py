"""Stand-ins for the two that the service waits for: a Messages API on HTTP and a customer endpoint on real TLS.

Run as `python -m bench.stand_ins CA_FILE`; prints one line of JSON with both addresses once they listen.
"""

import asyncio
import json
import random
import re
import socket
import ssl
import sys
from contextlib import ExitStack
from pathlib import Path

import trustme
import uvicorn
import uvloop

from bench.asgi import Message, Receive, Send, read_body, send_json
from bench.samples import BEARER_TOKEN, CUSTOMER, HOSTILE_CUSTOMER, HOSTILE_SUMMARY, IDENTIFIER, SUMMARY

ID_IN_EMAIL = re.compile(rb"ID: (acct_[0-9a-f]{8})")

KEEP_ALIVE_SECONDS = 600
"""Longer than a run: a connection that closes just as it is used again would be a failure of the bench's own."""

BACKLOG = 2048
"""Connections that may wait to be accepted; each look-up brings one of its own."""

STALLING = "/stalling"
"""Where the customer endpoint is one that stalls; whatever else is asked answers as it should."""

HOSTILE = "/hostile"
"""Where it answers what costs most to read; the AI then points at it with as many rows as it may."""

MESSAGES = "/v1/messages"

CONTROL = "/control"
"""Where the bench sets delays and the gate, on the AI's address."""


class StandIns:
    """Both applications and what they share: the delays, and a gate that holds the AI's answers back while closed."""

    def __init__(self) -> None:
        self.ai_seconds = 0.0
        self.endpoint_seconds = self.endpoint_spread = 0.0
        self.stalling_seconds = 0.0
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ai(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as the Messages API does: an extract call with the ID in the email, a summarize call with rows."""
        body = await read_body(receive)
        if scope["path"] == CONTROL:
            await send_json(send, self._controlled(json.loads(body)))
            return
        if scope["path"] != MESSAGES:
            await send_json(send, {"type": "error", "error": {"type": "not_found_error", "message": "a stand-in"}}, 404)
            return
        schema = json.loads(body)["output_config"]["format"]["schema"]
        rows = HOSTILE_SUMMARY if HOSTILE_CUSTOMER["plan"][:9].encode() in body else SUMMARY
        answer = _identifier(body) if "identifier" in schema["properties"] else rows
        self.asked += 1
        try:
            await asyncio.sleep(self.ai_seconds)
            await self.gate.wait()
        finally:
            self.asked -= 1
        await send_json(send, _message(answer))

    async def endpoint(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as a customer endpoint does, to whoever shows the token."""
        await read_body(receive)
        authorized = dict(scope["headers"]).get(b"authorization") == f"Bearer {BEARER_TOKEN}".encode()
        known = scope["query_string"] == f"id={IDENTIFIER}".encode()
        await asyncio.sleep(self._endpoint_delay(scope["path"]))
        if authorized:
            customer = HOSTILE_CUSTOMER if scope["path"] == HOSTILE else CUSTOMER
            await send_json(send, customer if known else {})
        else:
            await send_json(send, {"error": "unauthorized"}, 401)

    def _endpoint_delay(self, path: str) -> float:
        if path == STALLING:
            return self.stalling_seconds
        return self.endpoint_seconds + random.uniform(0, self.endpoint_spread)  # noqa: S311 - a delay, no secret

    def _controlled(self, wanted: dict[str, float | bool]) -> dict[str, int]:
        """Set what is named; say how many calls of the AI are under way."""
        self.ai_seconds = wanted.get("ai", self.ai_seconds)
        self.endpoint_seconds = wanted.get("endpoint", self.endpoint_seconds)
        self.endpoint_spread = wanted.get("spread", self.endpoint_spread)
        self.stalling_seconds = wanted.get("stalling", self.stalling_seconds)
        if wanted.get("open", self.gate.is_set()):
            self.gate.set()
        else:
            self.gate.clear()
        return {"asked": self.asked}


def _identifier(prompt: bytes) -> dict[str, str | None]:
    found = ID_IN_EMAIL.search(prompt)
    return {"identifier": found[1].decode() if found else None}


def _message(answer: object) -> dict[str, object]:
    return {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [{"type": "text", "text": json.dumps(answer)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 700, "output_tokens": 60},
    }


async def serve(ca_file: Path) -> None:
    """Serve both until the process is ended."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    stand_ins = StandIns()
    plain = uvicorn.Config(
        stand_ins.ai,
        lifespan="off",
        interface="asgi3",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        log_level="error",
        access_log=False,
    )
    tls = uvicorn.Config(
        stand_ins.endpoint,
        lifespan="off",
        interface="asgi3",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        log_level="error",
        access_log=False,
        ssl_context_factory=lambda config, default: context,
    )
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)) for _ in (plain, tls)]
        ports = [listener.getsockname()[1] for listener in listeners]
        addresses = {"ai": f"http://127.0.0.1:{ports[0]}", "endpoint": f"https://127.0.0.1:{ports[1]}/look-up"}
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        servers = [uvicorn.Server(config) for config in (plain, tls)]
        await asyncio.gather(*(server.serve([own]) for server, own in zip(servers, listeners, strict=True)))


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
