"""Which addresses may be called."""

from ipaddress import ip_network

import pytest

from support_context.addresses import REFUSED, Special, refusal

DEVELOPMENT = (ip_network("127.0.0.0/8"), ip_network("fd00:cafe::/32"))


@pytest.mark.parametrize("special", REFUSED, ids=lambda special: str(special.network))
@pytest.mark.parametrize("edge", [0, -1], ids=["first", "last"])
def test_address_is_refused_at_both_ends_of_each_special_range(special: Special, edge: int) -> None:
    assert refusal(str(special.network[edge])) is not None


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("1.0.0.0", id="after this network"),
        pytest.param("9.255.255.255", id="before 10/8"),
        pytest.param("11.0.0.0", id="after 10/8"),
        pytest.param("100.63.255.255", id="before the carriers' range"),
        pytest.param("100.128.0.0", id="after the carriers' range"),
        pytest.param("126.255.255.255", id="before loopback"),
        pytest.param("128.0.0.0", id="after loopback"),
        pytest.param("168.63.129.15", id="before Azure's platform address"),
        pytest.param("168.63.129.17", id="after Azure's platform address"),
        pytest.param("169.253.255.255", id="before link-local"),
        pytest.param("172.15.255.255", id="before 172.16/12"),
        pytest.param("172.32.0.0", id="after 172.16/12"),
        pytest.param("192.167.255.255", id="before 192.168/16"),
        pytest.param("192.169.0.0", id="after 192.168/16"),
        pytest.param("198.17.255.255", id="before benchmarks"),
        pytest.param("198.20.0.0", id="after benchmarks"),
        pytest.param("223.255.255.255", id="last before multicast"),
        pytest.param("2001:200::1", id="first registry range after the IETF's"),
        pytest.param("2003::1", id="after 6to4"),
        pytest.param("2606:4700:4700::1111", id="a public resolver"),
        pytest.param("2a00:1450:4001::5eff:7f00:1", id="almost ISATAP"),
    ],
)
def test_address_is_accepted_when_public(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("::ffff:93.184.215.14", id="mapped, even of a public address"),
        pytest.param("64:ff9b::808:808", id="NAT64, even of a public address"),
        pytest.param("2002:808:808::1", id="6to4, even of a public address"),
        pytest.param("2606:4700::5efe:7f00:1", id="ISATAP of loopback"),
        pytest.param("2606:4700::200:5efe:808:808", id="ISATAP of a public address"),
        pytest.param("192.0.0.192", id="Oracle's metadata service"),
        pytest.param("fd00:ec2::254", id="AWS's metadata service"),
        pytest.param("fe80::1%eth0", id="scoped"),
        pytest.param("2606:4700:4700::1111%1", id="public but scoped"),
        pytest.param("1fff::1", id="before what IANA delegates"),
        pytest.param("4000::1", id="after what IANA delegates"),
        pytest.param("127.1", id="not canonical"),
        pytest.param("localhost", id="a name"),
        pytest.param("", id="empty"),
    ],
)
def test_address_is_refused_when_it_leads_elsewhere(address: str) -> None:
    assert refusal(address) is not None


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        pytest.param("127.0.0.1", True, id="inside an opened range"),
        pytest.param("fd00:cafe::1", True, id="inside an opened IPv6 range"),
        pytest.param("93.184.215.14", True, id="public addresses stay open"),
        pytest.param("128.0.0.1", True, id="just outside, and public"),
        pytest.param("10.0.0.1", False, id="another private range"),
        pytest.param("fd00:caff::1", False, id="beside the IPv6 range"),
        pytest.param("::ffff:127.0.0.1", False, id="mapped form of an opened address"),
        pytest.param("fd00:cafe::1%eth0", False, id="scoped form of an opened address"),
    ],
)
def test_operator_opens_exactly_the_named_ranges(address: str, accepted: bool) -> None:
    assert (refusal(address, DEVELOPMENT) is None) is accepted


EVERYTHING = tuple(ip_network(text) for text in ("0.0.0.0/0", "::/0", "169.254.0.0/16", "fe80::/10"))


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("169.254.169.254", id="metadata of most clouds"),
        pytest.param("169.254.170.2", id="metadata of containers"),
        pytest.param("100.100.100.200", id="metadata of Alibaba"),
        pytest.param("168.63.129.16", id="platform of Azure"),
        pytest.param("192.0.0.192", id="metadata of Oracle"),
        pytest.param("fd00:ec2::254", id="metadata of AWS"),
        pytest.param("fd20:ce::254", id="metadata of Google"),
        pytest.param("fe80::1", id="link-local"),
        pytest.param("fe80::1%eth0", id="link-local with its scope"),
        pytest.param("::ffff:169.254.169.254", id="mapped"),
        pytest.param("::169.254.169.254", id="compatible"),
        pytest.param("::ffff:0:a9fe:a9fe", id="translated"),
        pytest.param("64:ff9b::a9fe:a9fe", id="NAT64"),
        pytest.param("64:ff9b:1::a9fe:a9fe", id="local NAT64"),
        pytest.param("2002:a9fe:a9fe::1", id="6to4"),
        pytest.param("2001:0:0:0:0:0:5601:5601", id="Teredo"),
        pytest.param("2606:4700::5efe:a9fe:a9fe", id="ISATAP"),
        pytest.param("0.0.0.0", id="this host"),  # noqa: S104 - it is asked about
        pytest.param("::", id="unspecified"),
        pytest.param("239.255.255.250", id="multicast"),
    ],
)
def test_no_range_of_an_operator_opens_a_metadata_service(address: str) -> None:
    assert refusal(address, EVERYTHING) is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "fd00:cafe::1", "64:ff9b::a00:1", "100.64.0.1"])
def test_everything_else_is_opened_by_a_range_that_holds_everything(address: str) -> None:
    assert refusal(address, EVERYTHING) is None


def test_table_alone_refuses_what_some_versions_of_python_call_global() -> None:
    for address in ("64:ff9b:1::1", "192.0.0.8", "2002:7f00:1::1", "fec0::1", "239.255.255.250", "2001:20::1"):
        assert refusal(address) not in (None, "not public")
