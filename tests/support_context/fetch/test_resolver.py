"""Names to addresses by the operating system."""

import socket

import pytest

from support_context.fetch.resolver import Resolver, written


async def test_loopback_is_found_by_its_name() -> None:
    resolver = Resolver()
    found = await resolver("localhost", 443)
    resolver.close()
    assert set(found) & {"127.0.0.1", "::1"}
    assert len(found) == len(set(found))


async def test_reserved_name_is_not_found() -> None:
    resolver = Resolver()
    with pytest.raises(socket.gaierror):
        await resolver("nothing.invalid", 443)
    resolver.close()


@pytest.mark.parametrize(
    ("sockaddr", "address"),
    [
        pytest.param(("192.0.2.1", 443), "192.0.2.1", id="IPv4"),
        pytest.param(("2001:db8::1", 443, 0, 0), "2001:db8::1", id="IPv6"),
        pytest.param(("fe80::1", 443, 0, 2), "fe80::1%2", id="the scope is kept, so that it can be refused"),
        pytest.param(("fe80::1%eth0", 443, 0, 2), "fe80::1%eth0", id="the scope is there already"),
    ],
)
def test_socket_address_is_written_with_its_scope(
    sockaddr: tuple[str, int] | tuple[str, int, int, int], address: str
) -> None:
    assert written(sockaddr) == address
