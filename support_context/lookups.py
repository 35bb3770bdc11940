"""The one request that the customer endpoint gets, and what its answer must look like to be read."""

import json
import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from support_context.facts import Facts, InvalidJson, NotObject, parse_facts
from support_context.failures import Failure, LookupFailed
from support_context.limits import BODY_BYTES, LONGEST_CONTENT_TYPE
from support_context.secrets import Secret
from support_context.urls import EndpointUrl, UrlRefused, parse_form

USER_AGENT = "customer-context/1.0 (customer lookup for a support helpdesk)"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a token of the HTTP grammar (RFC 9110, 5.6.2)
_JSON_TYPE = re.compile(rf"(?:application/json|{_TOKEN}/{_TOKEN}\+json)[ \t]*(?:;(?P<parameters>.*))?", re.IGNORECASE)
_CHARSET = re.compile(r"(?:^|;)[ \t]*charset[ \t]*=[ \t]*(?P<name>[^;]*)", re.IGNORECASE)
_UTF8_NAMES = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})

_BLOT = b"[bearer token]"
"""What stands where an endpoint echoed the token."""

_HINTS = {
    401: "the bearer token was not accepted",
    403: "the bearer token was not accepted",
    404: "an unknown customer should be 200 with {}",
    405: "the endpoint does not take this method",
    407: "a proxy stands in the way",
    429: "the endpoint limits how often it is called",
}
"""What an engineer should look at first, by status."""


@dataclass(frozen=True, slots=True)
class LookupRequest:
    """A request as it is sent, less the Authorization header; `target` is path and query."""

    method: str
    url: EndpointUrl
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def full_url(self) -> str:
        """Return the URL as it is called, with the identifier in it where the method is GET."""
        return f"https://{self.url.authority}{self.target}"


@dataclass(frozen=True, slots=True)
class LookupResponse:
    """An answer as it arrived; the body of one that was refused by its head is never read and stays empty."""

    http_status: int
    content_type: str
    body: bytes
    remote_address: str


def request_for(api_url: str, identifier: str, *, method: str = "GET", parameter: str = "id") -> LookupRequest:
    """Build the request for one identifier; whether its address may be called is decided when connecting."""
    try:
        url = parse_form(api_url)
    except UrlRefused as refused:
        raise LookupFailed(Failure.BLOCKED_ADDRESS, str(refused)) from refused
    headers = [
        ("Host", url.authority),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", USER_AGENT),
        ("Connection", "close"),
    ]
    if method == "POST":
        body = json.dumps({parameter: identifier}).encode()
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        return LookupRequest("POST", url, _target(url.path, url.query), tuple(headers), body)
    pair = f"{quote(parameter, safe='')}={quote(identifier, safe='')}"
    query = f"{url.query.removesuffix('&')}&{pair}" if url.query else pair
    return LookupRequest("GET", url, _target(url.path, query), tuple(headers), b"")


def refuse_head(http_status: int, content_type: str, content_encoding: str, content_length: int | None) -> None:
    """Raise `LookupFailed` where status and headers already show that the body is not worth reading."""
    if http_status // 100 == 3:  # noqa: PLR2004 - the class of redirects (RFC 9110, 15.4)
        raise LookupFailed(Failure.REDIRECT, f"HTTP {http_status}")
    if http_status // 100 != 2 or http_status in (204, 205):  # noqa: PLR2004 - success, but for the two without content
        hint = _HINTS.get(http_status)
        raise LookupFailed(Failure.HTTP_STATUS, f"HTTP {http_status}: {hint}" if hint else f"HTTP {http_status}")
    _refuse_type(content_type)
    if content_encoding.strip().lower() not in ("", "identity"):
        raise LookupFailed(Failure.PROTOCOL_ERROR, "the body is compressed although none was asked for")
    if content_length is not None and content_length > BODY_BYTES:
        raise LookupFailed(Failure.TOO_LARGE, f"declared {content_length} bytes")


def read(response: LookupResponse) -> Facts:
    """Read the facts out of an answer, or raise `LookupFailed`."""
    try:
        _refuse_type(response.content_type)
        return parse_facts(response.body)
    except InvalidJson as invalid:
        raise LookupFailed(Failure.INVALID_JSON, str(invalid), response) from None
    except NotObject as other:
        raise LookupFailed(Failure.NOT_OBJECT, str(other), response) from None
    except LookupFailed as failure:
        failure.response = response
        raise


def without_echo(response: LookupResponse, token: Secret) -> LookupResponse:
    """Blot out the bearer token where the endpoint sends it back, as debugging code does, in any spelling of JSON."""
    text = token.reveal()
    body = response.body.replace(text.encode(), _BLOT)
    if b"\\" in body:
        spelled = "".join(rf"(?:\\?{re.escape(each)}|\\u(?i:{ord(each):04x}))" for each in text)
        body = re.sub(spelled.encode(), _BLOT, body)
    content_type = response.content_type.replace(text, _BLOT.decode())
    return replace(response, body=body, content_type=content_type)


def _target(path: str, query: str | None) -> str:
    return path if query is None else f"{path}?{query}"


def _refuse_type(content_type: str) -> None:
    if not content_type:
        raise LookupFailed(Failure.NOT_JSON, "no Content-Type")
    declared = _JSON_TYPE.fullmatch(content_type.strip(" \t")) if len(content_type) <= LONGEST_CONTENT_TYPE else None
    if declared is None:
        raise LookupFailed(Failure.NOT_JSON, "the Content-Type is not application/json")
    # The name is compared and never handed to a decoder: Python knows codecs that a stranger must not choose.
    names = (match["name"].strip(' \t"').lower() for match in _CHARSET.finditer(declared["parameters"] or ""))
    if not all(name in _UTF8_NAMES for name in names):
        raise LookupFailed(Failure.NOT_JSON, "the charset of the Content-Type is not UTF-8")
