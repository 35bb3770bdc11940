"""Refused network addresses (SSRF): a table with RFC numbers, and Python's `is_global` besides."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Special:
    """A network range that is never called, with the RFC or vendor's document that reserves it."""

    network: Network
    why: str


REFUSED = tuple(
    Special(ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network, RFC 791"),
        ("10.0.0.0/8", "private use, RFC 1918"),
        ("100.64.0.0/10", "shared by carriers, RFC 6598; Alibaba's metadata service lives here"),
        ("127.0.0.0/8", "loopback, RFC 1122"),
        ("168.63.129.16/32", "Azure's platform service"),
        ("169.254.0.0/16", "link-local, RFC 3927; cloud metadata services live here"),
        ("172.16.0.0/12", "private use, RFC 1918"),
        ("192.0.0.0/24", "IETF protocols, RFC 6890; Oracle's metadata service lives here"),
        ("192.0.2.0/24", "documentation, RFC 5737"),
        ("192.31.196.0/24", "AS112, RFC 7535"),
        ("192.52.193.0/24", "AMT, RFC 7450"),
        ("192.88.99.0/24", "6to4 relays, RFC 7526"),
        ("192.168.0.0/16", "private use, RFC 1918"),
        ("192.175.48.0/24", "AS112, RFC 7534"),
        ("198.18.0.0/15", "benchmarks, RFC 2544"),
        ("198.51.100.0/24", "documentation, RFC 5737"),
        ("203.0.113.0/24", "documentation, RFC 5737"),
        ("224.0.0.0/4", "multicast, RFC 5771"),
        ("240.0.0.0/4", "reserved or broadcast, RFC 1112 and RFC 919"),
        ("::/128", "unspecified, RFC 4291"),
        ("::1/128", "loopback, RFC 4291"),
        ("::/96", "IPv4-compatible, RFC 4291"),
        ("::ffff:0:0/96", "IPv4-mapped, RFC 4291"),
        ("::ffff:0:0:0/96", "IPv4-translated, RFC 2765"),
        ("64:ff9b::/96", "NAT64, RFC 6052"),
        ("64:ff9b:1::/48", "local NAT64, RFC 8215"),
        ("100::/64", "discarded, RFC 6666"),
        ("100:0:0:1::/64", "dummy prefix, RFC 9780"),
        ("2001::/32", "Teredo, RFC 4380"),
        ("2001::/23", "IETF protocols, RFC 2928: benchmarks, AMT, AS112, ORCHID, DRIP"),
        ("2001:db8::/32", "documentation, RFC 3849"),
        ("2002::/16", "6to4, RFC 3056"),
        ("2620:4f:8000::/48", "AS112, RFC 7534"),
        ("3ffe::/16", "6bone, returned by RFC 3701"),
        ("3fff::/20", "documentation, RFC 9637"),
        ("5f00::/16", "segment routing, RFC 9602"),
        ("fc00::/7", "unique local, RFC 4193; AWS's and Google's metadata services live here"),
        ("fe80::/10", "link-local, RFC 4291"),
        ("fec0::/10", "site-local, RFC 3879"),
        ("ff00::/8", "multicast, RFC 4291"),
    )
)
"""Special ranges of the IANA registries (RFC 6890), and addresses that clouds answer on for their own machines."""

NEVER_OPENED = tuple(
    Special(ip_network(network), why)
    for network, why in (
        ("169.254.0.0/16", "link-local, RFC 3927; cloud metadata services live here"),
        ("fe80::/10", "link-local, RFC 4291"),
        ("100.100.100.200/32", "Alibaba's metadata service"),
        ("168.63.129.16/32", "Azure's platform service"),
        ("192.0.0.192/32", "Oracle's metadata service"),
        ("fd00:ec2::/32", "AWS's metadata service"),
        ("fd20:ce::254/128", "Google's metadata service"),
        ("fd00:42::42/128", "Scaleway's metadata service"),
        ("0.0.0.0/32", "this host, RFC 1122"),
        ("::/128", "unspecified, RFC 4291"),
        ("224.0.0.0/4", "multicast, RFC 5771"),
        ("ff00::/8", "multicast, RFC 4291"),
        ("255.255.255.255/32", "broadcast, RFC 919"),
    )
)
"""What no range of an operator opens, `0.0.0.0/0` neither: there the machine's own credentials are given away."""

DELEGATED = IPv6Network("2000::/3")
"""The only part of IPv6 that IANA hands out for public use (RFC 4291, 2.4)."""

ISATAP_MARKS = frozenset({0x00005EFE, 0x02005EFE})
"""The upper half of an interface identifier that embeds an IPv4 address (RFC 5214, 6.1), in whatever prefix."""


EMBEDDING = tuple(
    map(IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32"))
)
"""Ranges whose last 32 bits are an IPv4 address that packets may be translated to; Teredo's (2001::/32) is inverted."""

SIX_TO_FOUR = IPv6Network("2002::/16")
"""Here the IPv4 address stands behind the first 16 bits (RFC 3056, 2)."""


def refusal(address: str, allowed: tuple[Network, ...] = ()) -> str | None:
    """Return why an IP address may not be called, None where it may; `allowed` are ranges that the operator opened."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return "scoped to one link, RFC 4007"
    if any(parsed in network for network in allowed):
        return _never_opened(parsed)
    return _special(parsed)


def _never_opened(address: Address) -> str | None:
    reached = (address, *_embedded(address))
    return next((special.why for each in reached for special in NEVER_OPENED if each in special.network), None)


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address may be translated to on its way."""
    if isinstance(address, IPv4Address):
        return ()
    whole, last = int(address), int(address) & 0xFFFFFFFF
    embeds = whole >> 32 & 0xFFFFFFFF in ISATAP_MARKS or any(address in network for network in EMBEDDING)
    found = [last, last ^ 0xFFFFFFFF] if embeds else []
    if address in SIX_TO_FOUR:
        found.append(whole >> 80 & 0xFFFFFFFF)
    return tuple(map(IPv4Address, found))


def _special(address: Address) -> str | None:
    for special in REFUSED:
        if address in special.network:
            return special.why
    if isinstance(address, IPv6Address):
        if address not in DELEGATED:
            return "not delegated for public use, RFC 4291"
        if int(address) >> 32 & 0xFFFFFFFF in ISATAP_MARKS:
            return "ISATAP, RFC 5214"
    # The table above does not know a range that becomes special later; Python's next patch release may.
    return None if address.is_global else "not public"
