"""Posts signed messages to the operator's webhook receiver: bounded in time and size, every failure a plain value."""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from standardwebhooks import Webhook

from app.domain.webhooks.webhook_messages import Reply, asked_seconds
from support_context.lookups import USER_AGENT
from support_context.secrets import Secret

TRY_SECONDS = 15.0
"""Seconds of one try in all, from name look-up to the end of the answer; the specification's least advice."""

ANSWER_BYTES = 16_384
"""Bytes of an answer's body that are read. Nobody looks at them, but only a connection that was read to the end can
serve the next message."""

IDLE_CONNECTIONS = 20
"""Connections that wait for the next message. Those in use are not limited here: waiting for one would use up a try."""


class WebhookSender:
    """Sends to one receiver, which may be in a private network; one for the process, `aclose` it."""

    def __init__(
        self,
        url: Secret,
        secrets: Sequence[Secret],
        tls: ssl.SSLContext,
        seconds: float = TRY_SECONDS,
        proxy: Secret | None = None,
    ) -> None:
        self._url = url
        self._signers = [Webhook(secret.reveal()) for secret in secrets]
        self._seconds = seconds
        for name in ("httpx", "httpcore"):
            # At INFO they log the URL, whose path may be a secret.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            verify=tls,
            proxy=None if proxy is None else _proxy(proxy.reveal(), tls),
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - httpx would bound each read; `send` bounds the whole
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Content-Type": "application/json"},
        )

    async def send(self, message_id: str, body: bytes) -> Reply:
        """Sign the body for this moment and post it, once; what goes wrong is a reply without a status.

        The status counts once it is here, however the rest of the answer comes, or does not.
        """
        reply, handshake = Reply(), _Handshake()
        request = self._client.build_request(
            "POST",
            self._url.reveal(),
            content=body,
            headers=self._signed(message_id, body, datetime.now(UTC)),
            extensions={"trace": handshake.note},
        )
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.send(request, stream=True)
                try:
                    reply = Reply(response.status_code, asked_seconds(response.headers.get("retry-after", "")))
                    await _read_to_the_end(response)
                finally:
                    await response.aclose()
        except Exception as foreign:  # whatever it is, the message was not accepted; cancellation passes
            return reply if reply.status else Reply(fault=_innermost(foreign))
        finally:
            await handshake.drop()
        return reply

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _signed(self, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
        """Return the headers of the specification: one signature by each secret, while the receiver changes over."""
        signatures = [signer.sign(message_id, now, body.decode()) for signer in self._signers]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _proxy(url: str, tls: ssl.SSLContext) -> httpx.Proxy:
    return httpx.Proxy(url, ssl_context=tls if url.lower().startswith("https") else None)


class _Handshake:
    """The connection whose TLS handshake is under way: httpcore leaves it open when the handshake is cancelled."""

    def __init__(self) -> None:
        self._connected: Any = None
        self._pending: Any = None

    async def note(self, event: str, info: dict[str, Any]) -> None:
        """Take note of an event of httpcore's `trace` extension."""
        if event == "connection.connect_tcp.complete":
            self._connected = info["return_value"]
        elif event == "connection.start_tls.started":
            self._pending = self._connected
        elif event == "connection.start_tls.complete":
            self._pending = None

    async def drop(self) -> None:
        """Close it if there is one."""
        if self._pending is not None:
            await self._pending.aclose()


async def _read_to_the_end(response: httpx.Response) -> None:
    """Read the body as far as it is short."""
    length = 0
    async for piece in response.aiter_raw():
        length += len(piece)
        if length > ANSWER_BYTES:
            return


def _innermost(foreign: BaseException) -> str:
    """Name the class of what went wrong in the first place: httpx calls a bad certificate and a dead host the same."""
    cause = foreign.__cause__ or foreign.__context__
    # Behind a timeout of ours stands the cancellation that it made: no news.
    return _innermost(cause) if isinstance(cause, Exception) else type(foreign).__name__
