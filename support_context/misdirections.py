"""Answers that come from something else than the endpoint: a web page in its place, a redirect to elsewhere."""

import html
import re
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from support_context.limits import LONGEST_URL_SHOWN
from support_context.plain_text import line
from support_context.urls import EndpointUrl

LONGEST_TITLE = 120
"""Characters of a page's title that an owner is shown."""

_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,1000})", re.IGNORECASE)

_PAGES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in (
        ("a CSRF check", r"csrf|xsrf|page expired|forgery|authenticity ?token"),
        (
            "a firewall or bot check",
            r"just a moment|attention required|checking your browser|verify (?:that )?you are (?:a )?human|captcha"
            r"|cloudflare|incapsula|imperva|akamai|sucuri|request (?:was )?blocked|access denied|you have been blocked",
        ),
        ("a login", r"(?:log|sign)[ -]?(?:in|on)\b|single sign|\bsso\b|type=[\"']?password|authenticate"),
        ("maintenance", r"maintenance|be right back|temporarily unavailable"),
    )
)
"""What a page is for, and the words by which its title, or else its text, gives that away."""

TO_A_LOGIN = "to a login"

_PORTS = {"http": 80, "https": 443}
_LOGIN_PATH = re.compile(
    r"(?:log|sign)[_-]?[io]n\b|/(?:o?auth2?|authorize|sso|saml2?|sessions?|idp|adfs)(?:/|$)", re.IGNORECASE
)


def page_title(body: bytes) -> str:
    """Return the title of a web page in one line, `""` where it has none."""
    found = _TITLE.search(body.decode("utf-8", "replace"))
    return line(html.unescape(found[1]), LONGEST_TITLE) if found else ""


def page_kind(body: bytes) -> str:
    """Return the kind of a web page, as a login or an error page, `""` for an unknown one."""
    for text in (page_title(body), body.decode("utf-8", "replace")):
        for what, pattern in _PAGES:
            if pattern.search(text):
                return what
    return ""


def redirect_kind(url: EndpointUrl, path: str, location: str) -> str:
    """Return the kind of a redirect in words of ours; `path` is the one that was asked for."""
    target = _target(url, path, location)
    if target is None:
        return "to nowhere: its Location is no web address" if location.strip() else "without a Location"
    scheme, host, port, where = target
    same_path = where.rstrip("/") == path.rstrip("/")
    slash = "with a slash at its end" if where.endswith("/") else "without its slash"
    kinds = (
        (not same_path and _LOGIN_PATH.search(where), TO_A_LOGIN),
        (scheme == "http", "to http://, which is never called"),
        (host != url.host and _bare(host) == _bare(url.host), "to the same host with or without www."),
        (host != url.host, "to another host"),
        (port != url.port, "to another port"),
        (where == path, "to itself"),
        (same_path, f"to the same path {slash}"),
    )
    return next((kind for holds, kind in kinds if holds), "to another path of the same host")


def redirect_target(url: EndpointUrl, path: str, location: str) -> str:
    """Return the address that a redirect leads to for its owner to read, without the query, which holds an id."""
    target = _target(url, path, location)
    if target is None:
        return ""
    scheme, host, port, where = target
    shown = host if port == _PORTS[scheme] else f"{host}:{port}"
    return line(f"{scheme}://{shown}{where}", LONGEST_URL_SHOWN)


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _target(url: EndpointUrl, path: str, location: str) -> tuple[str, str, int, str] | None:
    with suppress(ValueError):
        parts = urlsplit(urljoin(f"https://{url.authority}{path}", location.strip()))
        if location.strip() and parts.scheme in _PORTS and parts.hostname:
            return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], parts.path or "/"
    return None
