"""One TLS connection, below HTTP."""

from pathlib import Path

import pytest

from support_context.failures import Failure, LookupFailed
from support_context.fetch.connecting import connect
from support_context.fetch.network import tls_context
from support_context.fetch.tls import TlsStream
from tests.support.tls_server import Authority, TlsServer


@pytest.mark.parametrize(("most_bytes", "accepted"), [(600, False), (100_000, True)])
async def test_encrypted_bytes_are_counted_from_the_handshake_on(
    tmp_path: Path, most_bytes: int, accepted: bool
) -> None:
    authority = Authority()
    client = tls_context(authority.write_to(tmp_path / "ca.pem"))
    async with TlsServer(authority.server_context("crm.example.com"), b"") as server:
        plain, address = await connect(["127.0.0.1"], server.port)
        stream = TlsStream(plain, client, "crm.example.com", most_bytes)
        assert address == "127.0.0.1"
        if accepted:
            await stream.shake_hands()
            await stream.send(b"GET / HTTP/1.1\r\n\r\n")
            assert await stream.receive() == b""
        else:
            with pytest.raises(LookupFailed) as failed:
                await stream.shake_hands()
            assert failed.value.failure is Failure.TOO_LARGE
        stream.close()
