"""The URL of a customer endpoint: one strict ASCII grammar, parsed once, whose parts are what the connection uses.

Two lenient parsers may read two hosts out of one text; a strict one that keeps its parts leaves nothing to disagree on.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import unquote_plus

from support_context.addresses import refusal

LONGEST_URL = 2_048
"""Characters of a URL; the contract's limit."""

LONGEST_NAME = 253
"""Characters of a host name (RFC 1035, 2.3.4, less the length bytes)."""

HTTPS_PORT = 443

FIRST_FREE_PORT = 1_024
"""Below it stand other protocols' services; of those only 443 is called."""

HIGHEST_PORT = 65_535

BLOCKED_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
"""Ports from 1,024 up that the Fetch standard blocks ("bad port"): other protocols' servers listen there."""

INTERNAL_DOMAINS = frozenset(
    (
        *("localhost", "local", "internal", "test", "invalid", "onion", "alt", "arpa"),  # reserved for such use
        *("corp", "home", "mail", "intranet", "private", "lan", "localdomain", "i2p"),  # in use on the inside
        *("belkin", "dhcp", "domain", "intra", "workgroup"),  # home and office routers
        *("svc", "cluster", "default", "kube", "kube-system", "consul", "docker"),  # clusters
    )
)
"""Last labels that public DNS does not have: reserved (RFC 6761, 6762, 7686, 8375, 9476, ICANN's `internal`), or never
delegated because so many use them inside. `example` is missing: it is documentation's, and stands for a public name."""

_URL = re.compile(r"https://(?P<authority>[^/?]*)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[1-9][0-9]{0,4}))?")
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OCTETS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


class UrlRefused(ValueError):
    """The text is no URL that may be saved or called; the message says what to do and never repeats the text."""


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """The parts of an accepted URL; `host` is lower case and without brackets, `path` is at least `/`."""

    host: str
    port: int
    path: str
    query: str | None

    @property
    def origin(self) -> str:
        """Return scheme, host and port (RFC 6454), the port always spelled out."""
        return f"https://{self._bracketed}:{self.port}"

    @property
    def authority(self) -> str:
        """Return what stands in the Host header: the default port is left out."""
        return self._bracketed if self.port == HTTPS_PORT else f"{self._bracketed}:{self.port}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def parse(text: str, allowed: tuple[IPv4Network | IPv6Network, ...] = ()) -> EndpointUrl:
    """Read a URL that an owner wants to save, or raise `UrlRefused`.

    Where the operator opened ranges (`allowed`), addresses inside them and internal names pass; the connection decides.
    """
    url = parse_form(text)
    if is_address(url.host):
        why = refusal(url.host, allowed)
        if why:
            raise UrlRefused(f"the host is not a public address ({why}); use a public host name")
    elif not allowed and _is_internal(url.host):
        raise UrlRefused("the host is a name that only an internal network knows; use a public host name")
    return url


@lru_cache(maxsize=1_024)
def parse_form(text: str) -> EndpointUrl:
    """Read a URL by its form alone, without judging whether its host is public."""
    if len(text) > LONGEST_URL:
        raise UrlRefused("the URL is longer than 2,048 characters; shorten it")
    if not text.isascii():
        raise UrlRefused(
            "the URL has characters outside ASCII; write the host in its xn-- form and percent-encode the rest"
        )
    if "#" in text:
        raise UrlRefused("the URL has a fragment; leave out the # and what follows it")
    whole = _URL.fullmatch(text)
    if whole is None:
        raise UrlRefused("the URL must start with https:// and a host, and hold no spaces or control characters")
    host, port = _authority(whole["authority"])
    path, query = whole["path"] or "/", whole["query"]
    if not _PATH.fullmatch(path) or not _QUERY.fullmatch(query or ""):
        raise UrlRefused("the path or query has a character that a URL may not hold; percent-encode it")
    if any(_DOT_SEGMENT.fullmatch(segment) for segment in path.split("/")):
        raise UrlRefused("the path has . or .. as a segment; write the path without them")
    return EndpointUrl(host, port, path, query)


def holds_parameter(url: EndpointUrl, name: str) -> bool:
    """Tell whether the URL's own query already has a parameter of this name."""
    # Some servers still take `;` for a separator, as HTML 4 advised: a name behind one counts too.
    pairs = re.split("[&;]", url.query or "")
    return any(unquote_plus(pair.partition("=")[0]) == name for pair in pairs)


def is_address(host: str) -> bool:
    """Tell whether an accepted host is an IP address rather than a name."""
    return ":" in host or _OCTETS.fullmatch(host) is not None


def _authority(text: str) -> tuple[str, int]:
    if "@" in text or "%40" in text:
        raise UrlRefused(
            "the URL holds a user name or password; leave them out, the bearer token identifies the caller"
        )
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise UrlRefused("the host or port is malformed; write them as https://host or https://host:port")
    return _host(parts["host"].lower()), _port(int(parts["port"] or HTTPS_PORT))


def _port(port: int) -> int:
    if port > HIGHEST_PORT:
        raise UrlRefused("the port is above 65,535; use one that exists")
    if (port < FIRST_FREE_PORT and port != HTTPS_PORT) or port in BLOCKED_PORTS:
        raise UrlRefused("the port belongs to another protocol; use 443 or a free port from 1,024 up")
    return port


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    if not text or len(text) > LONGEST_NAME:
        raise UrlRefused("the host is missing or longer than 253 characters")
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1] or labels[-2:][0]):
        return _ipv4(text)
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise UrlRefused(
                "the host is not a valid name: labels of letters, digits and inner hyphens, no dot at the end"
            )
        if label.startswith("xn--") and not _is_punycode(label.removeprefix("xn--")):
            raise UrlRefused("the host has an xn-- label that encodes nothing; check its spelling")
    return text


def _ipv4(text: str) -> str:
    try:
        # Only the canonical form: 127.1, 0x7f.1 and 0177.0.0.1 mean different things to different resolvers.
        return str(IPv4Address(text))
    except AddressValueError:
        raise UrlRefused("the host ends in a number but is no IPv4 address of four plain decimal parts") from None


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise UrlRefused("the text in brackets is not an IPv6 address") from None
    if address.scope_id is not None:
        raise UrlRefused("the IPv6 address names an interface of one machine; leave out the % and what follows it")
    return str(address)


def _is_punycode(text: str) -> bool:
    try:
        decoded = text.encode("ascii").decode("punycode")
        return not decoded.isascii() and decoded.encode("punycode").decode("ascii") == text
    except (UnicodeError, OverflowError, ValueError):
        return False


def _is_internal(host: str) -> bool:
    labels = host.split(".")
    return len(labels) == 1 or labels[-1] in INTERNAL_DOMAINS
