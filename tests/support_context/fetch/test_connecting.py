"""The order in which addresses are tried, and that nothing but an address is."""

import asyncio
import socket
from collections.abc import Callable

import pytest
import uvloop

from support_context.fetch.connecting import connect, in_turn
from support_context.fetch.network import tls_context
from support_context.fetch.tls import TlsStream


@pytest.mark.parametrize(
    ("addresses", "order"),
    [
        pytest.param(["192.0.2.1"], ["192.0.2.1"], id="one"),
        pytest.param(["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"], id="one family"),
        pytest.param(["::1", "::2", "192.0.2.1"], ["::1", "192.0.2.1", "::2"], id="the second family comes second"),
        pytest.param(["192.0.2.1", "192.0.2.2", "::1"], ["192.0.2.1", "::1", "192.0.2.2"], id="the first stays first"),
        pytest.param(["::1", "192.0.2.1", "192.0.2.2"], ["::1", "192.0.2.1", "192.0.2.2"], id="in turn already"),
    ],
)
def test_families_take_turns(addresses: list[str], order: list[str]) -> None:
    assert in_turn(addresses) == order


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_name_is_not_looked_up(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scenario() -> None:
        with pytest.raises(socket.gaierror):
            await connect(lambda: TlsStream(tls_context(None), "localhost"), ["localhost"], 443)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scenario())
