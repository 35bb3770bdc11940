"""The links that an endpoint offers: which are shown, which are mended before, and why the others are left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import idna

from support_context.limits import LONGEST_LABEL, LONGEST_LINK, MOST_LINKS
from support_context.plain_text import line, plain

LABELS, URLS = ("label", "title", "name", "text"), ("url", "href")
"""Members that hold a link's text and address: the contract's first, then those that other conventions use."""

_LINK = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::[0-9]{1,5})?(?:[/?#][^\s\"<>\\`]*)?",
    re.IGNORECASE,
)
"""An absolute web address: a host, no user info, nothing that could end the attribute or text that it is put in."""

_PARTS = re.compile(r"(?P<scheme>https?://)(?P<host>[^/?#:@\[\]\\\s]+)(?P<rest>(?::[0-9]{1,5})?(?:[/?#].*)?)", re.I)
_SPACES = re.compile(r"[^\S\t\n]")


@dataclass(frozen=True, slots=True)
class Link:
    """One link that the customer endpoint offers, absolute http or https."""

    label: str
    url: str


def links_in(offered: object) -> tuple[Link, ...]:
    """Return the links of the top-level `links` that are safe to show, at most 20."""
    items = offered if isinstance(offered, list) else []
    kept = [link for item in items if isinstance(link := _read(item), Link)]
    return tuple(kept[:MOST_LINKS])


def dropped_links(offered: object) -> Iterator[tuple[str, str]]:
    """Yield the JSON Pointer of each link that is not shown, and why; `offered` is the top-level `links`."""
    if offered is None:
        return
    if not isinstance(offered, list):
        yield "/links", "not an array"
        return
    kept = 0
    for place, item in enumerate(offered):
        read = _read(item)
        kept += isinstance(read, Link)
        if isinstance(read, str):
            yield f"/links/{place}", read
        elif kept > MOST_LINKS:
            yield f"/links/{place}", f"only the first {MOST_LINKS} are shown"


def _read(item: object) -> Link | str:
    """Return the link, or why it is none."""
    if not isinstance(item, dict):
        return "not an object"
    label, url = (next((item[name] for name in names if item.get(name)), None) for names in (LABELS, URLS))
    shown = line(label, LONGEST_LABEL) if isinstance(label, str) else ""
    if not shown:
        return "no label"
    if not isinstance(url, str):
        return "no url"
    mended = _mended(url) if len(url) <= LONGEST_LINK else url
    if mended is None:
        return "not an absolute http(s) URL"
    return Link(shown, mended) if len(mended) <= LONGEST_LINK else f"a URL of more than {LONGEST_LINK:,} characters"


def _mended(url: str) -> str | None:
    """Return the URL with its spaces percent-encoded and its host in ASCII (RFC 5891); None where it is no safe one."""
    url = url.strip()
    if plain(url) != url:
        return None
    parts = None if _LINK.fullmatch(url) else _PARTS.fullmatch(url)
    if parts is None:
        return url if _LINK.fullmatch(url) else None
    host = parts["host"] if parts["host"].isascii() else _ascii_host(parts["host"])
    mended = parts["scheme"] + host + _SPACES.sub(lambda space: quote(space.group()), parts["rest"])
    return mended if _LINK.fullmatch(mended) else None


def _ascii_host(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        return ""
