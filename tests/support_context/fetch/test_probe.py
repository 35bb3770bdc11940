"""The check's requests on real TLS: what a look-up cannot send, whole answers, and the certificate's clock."""

import base64
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.settings.service_settings import Settings
from app.wiring.customer_endpoint import customer_endpoint
from support_context.failures import Failure, LookupFailed
from support_context.fetch.endpoint import HttpsEndpoint
from support_context.fetch.network import tls_context
from support_context.fetch.probe import ProbedEndpoint
from support_context.lookups import LookupRequest, request_for
from support_context.probes import ProbeAnswer, judged
from support_context.secrets import Secret
from tests.support.tls_server import HEAD, Authority, TlsServer, ok

TOKEN = Secret("canary-token-0123456789")
LOOPBACK = (ip_network("127.0.0.0/8"),)

REQUEST = request_for("https://127.0.0.1/c", "a1")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def tls(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return tls_context(authority.write_to(tmp_path_factory.mktemp("ca") / "ca.pem"))


@asynccontextmanager
async def probing(
    authority: Authority, tls: ssl.SSLContext, answer: bytes
) -> AsyncIterator[tuple[ProbedEndpoint, TlsServer, LookupRequest]]:
    endpoint = ProbedEndpoint(tls, LOOPBACK)
    try:
        async with TlsServer(authority.server_context("127.0.0.1"), answer) as server:
            yield endpoint, server, request_for(f"https://127.0.0.1:{server.port}/c", "a1")
    finally:
        await endpoint.aclose()


async def probed(authority: Authority, tls: ssl.SSLContext, answer: bytes) -> ProbeAnswer:
    async with probing(authority, tls, answer) as (endpoint, _, request):
        return await endpoint.probe(request, TOKEN)


@pytest.mark.parametrize(
    ("token", "sent"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(TOKEN, b"Bearer canary-token-0123456789", id="the token"),
        pytest.param(Secret("tok\xe9n"), b"Bearer tok\xe9n", id="one byte for a letter outside ASCII"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_request_carries_the_given_token_and_method(
    authority: Authority, tls: ssl.SSLContext, token: Secret | None, sent: bytes | None, method: str
) -> None:
    async with probing(authority, tls, ok(b"{}")) as (endpoint, server, request):
        await endpoint.probe(replace(request, method=method), token)
    line, *headers = server.requests[0].split(b"\r\n")
    values = [each.partition(b": ")[2] for each in headers if each.lower().startswith(b"authorization:")]

    assert line == f"{method} /c?id=a1 HTTP/1.1".encode()
    assert values == ([] if sent is None else [sent])


async def test_body_of_an_error_is_shown_and_judged_as_a_look_up_would(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    answer = await probed(
        authority, tls, b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\noops!"
    )

    assert (answer.response.http_status, answer.response.body) == (500, b"oops!")
    with pytest.raises(LookupFailed) as failed:
        judged(REQUEST, answer)
    assert failed.value.failure is Failure.HTTP_STATUS


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        pytest.param(ok(b" " * 65_534 + b"{}"), None, id="65,536 bytes"),
        pytest.param(ok(b" " * 65_535 + b"{}"), Failure.TOO_LARGE, id="65,537 bytes"),
        pytest.param(ok(b" " * 90_000 + b"{}"), Failure.TOO_LARGE, id="many more"),
        pytest.param(
            HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"), Failure.PROTOCOL_ERROR, id="compressed"
        ),
        pytest.param(ok(b"[1]"), Failure.NOT_OBJECT, id="a list"),
    ],
)
async def test_answer_is_judged_as_a_look_up_would_end(
    authority: Authority, tls: ssl.SSLContext, sent: bytes, failure: Failure | None
) -> None:
    answer = await probed(authority, tls, sent)

    assert len(answer.response.body) <= 65_537
    if failure is None:
        assert judged(REQUEST, answer).empty
    else:
        with pytest.raises(LookupFailed) as failed:
            judged(REQUEST, answer)
        assert failed.value.failure is failure


async def test_certificate_and_version_are_told(authority: Authority, tls: ssl.SSLContext) -> None:
    answer = await probed(authority, tls, ok(b"{}"))

    assert answer.tls.version == "TLSv1.3"
    assert timedelta(hours=23) < answer.tls.certificate_ends - datetime.now(UTC) <= timedelta(days=1)


async def test_guards_hold_for_probes_too(authority: Authority, tls: ssl.SSLContext) -> None:
    endpoint = ProbedEndpoint(tls)
    request = request_for("https://10.0.0.1/c", "a1")
    with pytest.raises(LookupFailed) as failed:
        await endpoint.probe(request, None)
    await endpoint.aclose()

    assert failed.value.failure is Failure.BLOCKED_ADDRESS


async def test_look_up_is_given_an_endpoint_that_cannot_leave_the_token_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CC_SERVICE_TOKENS", "service-token-0123456789")
    monkeypatch.setenv("CC_ENCRYPTION_KEYS", base64.b64encode(b"k" * 32).decode())
    async with customer_endpoint(Settings()) as endpoint:
        assert type(endpoint) is HttpsEndpoint

    for method in ("PUT", "DELETE", "get", ""):
        assert request_for("https://api.example.com/c", "a1", method=method).method == "GET"
