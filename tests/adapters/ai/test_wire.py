"""The session to the AI provider: its proxy, its certificates, its bounds, and nothing of the environment."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from app.adapters.ai.wire import ANSWER_BYTES, NoAnswer, Wire
from support_context.fetch.network import tls_context
from support_context.secrets import Secret
from tests.support.ai_servers import AiServer, Answer, serving
from tests.support.forward_proxy import ForwardProxy, proxying


@asynccontextmanager
async def over_tls(server: AiServer, authority: trustme.CA) -> AsyncIterator[str]:
    """Serve over TLS as `localhost`, by a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server() -> AiServer:
    return AiServer(lambda asked: Answer(body=b'{"ok":true}'))


async def posted(wire: Wire, url: str) -> tuple[int, bytes]:
    try:
        reply = await wire.send("POST", f"{url}/v1/messages", {"content-type": "application/json"}, b'{"a":', b"1}")
        return reply.status, reply.body
    finally:
        await wire.aclose()


@pytest.mark.parametrize(
    ("user", "authorization"),
    [pytest.param("", None, id="nobody"), pytest.param("me:p%40ss@", "Basic bWU6cEBzcw==", id="a user")],
)
async def test_call_goes_through_the_proxy_when_there_is_one(
    server: AiServer, user: str, authorization: str | None
) -> None:
    proxy = ForwardProxy()
    async with serving(server) as url, proxying(proxy) as address:
        wire = Wire(proxy=Secret(address.replace("http://", f"http://{user}")))
        assert await posted(wire, url) == (200, b'{"ok":true}')

    assert [(asked.method, asked.target) for asked in proxy.asked] == [("POST", f"{url}/v1/messages")]
    assert proxy.asked[0].headers.get("proxy-authorization") == authorization
    assert "proxy-authorization" not in server.posts[0].headers


async def test_call_over_tls_goes_through_a_tunnel_that_the_proxy_cannot_read(
    server: AiServer, authority: trustme.CA, tmp_path: Path
) -> None:
    file, proxy = tmp_path / "ca.pem", ForwardProxy()
    authority.cert_pem.write_to_path(str(file))
    async with over_tls(server, authority) as url, proxying(proxy) as address:
        assert await posted(Wire(tls_context(file), Secret(address)), url) == (200, b'{"ok":true}')

    assert [(asked.method, asked.target) for asked in proxy.asked] == [("CONNECT", url.removeprefix("https://"))]
    assert server.posts[0].body == {"a": 1}


async def test_certificate_of_an_unknown_authority_is_refused(server: AiServer, authority: trustme.CA) -> None:
    async with over_tls(server, authority) as url:
        with pytest.raises(NoAnswer, match="Certificate"):
            await posted(Wire(tls_context(None)), url)

    assert server.asked == []


async def test_nothing_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, server: AiServer) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(server) as url:
        assert await posted(Wire(), url) == (200, b'{"ok":true}')


@pytest.mark.parametrize(("length", "kept"), [(ANSWER_BYTES, ANSWER_BYTES), (ANSWER_BYTES + 1, 0)])
async def test_answer_is_read_up_to_a_limit(length: int, kept: int) -> None:
    async with serving(AiServer(lambda asked: Answer(body=b"x" * length))) as url:
        assert len((await posted(Wire(), url))[1]) == kept


async def test_stream_of_events_is_left_at_once() -> None:
    pings = Answer(headers={"content-type": "text/event-stream"}, chunks=(b"event: ping\n\n",) * 3)
    async with serving(AiServer(lambda asked: pings)) as url, asyncio.timeout(5):
        assert await posted(Wire(), url) == (200, b"")


async def test_redirect_is_not_followed(server: AiServer) -> None:
    moved = AiServer(lambda asked: Answer(307, headers={"location": "http://127.0.0.1:9/"}))
    async with serving(moved) as url:
        assert (await posted(Wire(), url))[0] == 307


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://nowhere.invalid"])
async def test_host_that_is_away_gives_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer, match=r"Error$"):
        await posted(Wire(), url)


async def test_connection_serves_the_next_call() -> None:
    peers: set[str] = set()

    class Counting(AiServer):
        """Notes who connects."""

        async def handle(self, request: web.Request) -> web.StreamResponse:
            peers.add(str(request.transport and request.transport.get_extra_info("peername")))
            return await super().handle(request)

    wire = Wire()
    async with serving(Counting(lambda asked: Answer(body=b"{}"))) as url:
        for _ in range(5):
            await wire.send("POST", url, {}, b"{}")
        await wire.aclose()

    assert len(peers) == 1
