"""The look-up request to a customer endpoint, and the rules by which its answer is read."""

import json
import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from support_context.facts import Facts, InvalidJson, NotObject, OverLimit, parse_facts
from support_context.failures import Failure, LookupFailed
from support_context.limits import BODY_BYTES, LONGEST_CONTENT_TYPE
from support_context.media_types import is_compressed, is_html, is_json
from support_context.misdirections import TO_A_LOGIN, page_kind, page_title, redirect_kind, redirect_target
from support_context.secrets import Secret
from support_context.urls import EndpointUrl, UrlRefused, parse_form

USER_AGENT = "customer-context/1.0 (customer lookup for a support helpdesk)"

_BLOT = b"[bearer token]"
"""What stands where an endpoint echoed the token."""

SHORTEST_ECHO = 8
"""Characters of the token's beginning that count as an echo at the end of an answer: it may have broken off there."""

_HINTS = {
    401: "the bearer token was not accepted",
    403: "the bearer token was not accepted",
    404: "an unknown customer should be 200 with {}",
    405: "the endpoint does not take this method",
    407: "a proxy stands in the way",
    429: "the endpoint limits how often it is called",
}
"""What an engineer should look at first, by status."""

NO_CONTENT = 204
"""Status of an answer without a body (RFC 9110, 15.3.5): many endpoints say so that they know nobody."""

FIRST_SERVER_ERROR = 500


_PAGE = (
    "Instead of the customer endpoint, a web page answered{}; its owner should let this service's requests through to "
    "the endpoint itself, at this very URL, with the bearer token as the only proof."
)
_LOGIN = (
    "The customer endpoint redirects to a login, which is never followed; its owner should let this service's requests "
    "through to the endpoint itself, with the bearer token as the only proof."
)
_FAILING_PAGE = (
    "Instead of JSON, a web page answered, as servers do when the endpoint behind them fails; "
    "its owner should read the server's log."
)
_OVER_LIMIT = "The customer endpoint's answer is JSON, but {}; its owner should return only what support needs."


@dataclass(frozen=True, slots=True)
class LookupRequest:
    """A look-up request without its Authorization header; `target` is path and query."""

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
    """An endpoint's answer as it arrived; the body of one that was refused by its head stays empty."""

    http_status: int
    content_type: str
    body: bytes
    remote_address: str
    location: str = ""


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


def refuse_head(
    request: LookupRequest, head: LookupResponse, content_encoding: str, content_length: int | None
) -> None:
    """Raise `LookupFailed` where status and headers already show that the answer holds no facts."""
    status = head.http_status
    if status // 100 == 3:  # noqa: PLR2004 - the class of redirects (RFC 9110, 15.4)
        path = request.target.partition("?")[0]
        kind = redirect_kind(request.url, path, head.location)
        seen = redirect_target(request.url, path, head.location)
        sentence = _LOGIN if kind == TO_A_LOGIN else ""
        raise LookupFailed(Failure.REDIRECT, f"HTTP {status} {kind}", head, sentence=sentence, seen=seen)
    if status // 100 != 2 or status == 205:  # noqa: PLR2004 - success, but for "reset content", which is for forms
        hint = _HINTS.get(status)
        raise LookupFailed(Failure.HTTP_STATUS, f"HTTP {status}: {hint}" if hint else f"HTTP {status}", head)
    if status == NO_CONTENT:
        return
    if content_length or (content_length is None and head.content_type):  # no body is of no type
        _refuse_type(head)
    if is_compressed(content_encoding):
        raise LookupFailed(Failure.PROTOCOL_ERROR, "the body is compressed although none was asked for", head)
    if content_length is not None and content_length > BODY_BYTES:
        raise LookupFailed(Failure.TOO_LARGE, f"declared {content_length} bytes", head)


def with_page(refused: LookupFailed, response: LookupResponse) -> LookupFailed:
    """Return the refusal with the beginning of its body; where that is a web page, it says so."""
    if refused.failure not in (Failure.HTTP_STATUS, Failure.NOT_JSON) or not is_page(response):
        refused.response = response
        return refused
    kind, title = page_kind(response.body), page_title(response.body)
    if not kind and response.http_status >= FIRST_SERVER_ERROR:
        sentence = _FAILING_PAGE
    else:
        sentence = _PAGE.format(f" that looks like {kind}" if kind else "")
    seen = f"a web page{f' that looks like {kind}' if kind else ''}{f', titled “{title}”' if title else ''}"
    return LookupFailed(refused.failure, f"HTTP {response.http_status}", response, sentence=sentence, seen=seen)


def is_page(response: LookupResponse) -> bool:
    """Tell whether an answer is a web page, and not JSON that is declared as one by mistake."""
    return is_html(response.content_type) and not response.body.lstrip().startswith((b"{", b"["))


def read(response: LookupResponse) -> Facts:
    """Read the facts out of an answer, or raise `LookupFailed`."""
    if response.http_status == NO_CONTENT:
        return Facts({})
    if response.body:
        _refuse_type(response)
    try:
        return parse_facts(response.body)
    except OverLimit as over:
        raise LookupFailed(Failure.INVALID_JSON, response=response, sentence=_OVER_LIMIT.format(over)) from None
    except InvalidJson as invalid:
        raise LookupFailed(Failure.INVALID_JSON, str(invalid), response) from None
    except NotObject as other:
        raise LookupFailed(Failure.NOT_OBJECT, str(other), response) from None


def without_echo(response: LookupResponse, token: Secret) -> LookupResponse:
    """Blot out the bearer token where the endpoint sends it back, as debugging code does, in any spelling of JSON."""
    text = token.reveal()
    body = response.body.replace(text.encode(), _BLOT)
    if b"\\" in body:
        spelled = "".join(rf"(?:\\?{re.escape(each)}|\\u(?i:{ord(each):04x}))" for each in text)
        body = re.sub(spelled.encode(), _BLOT, body)
    if text[:SHORTEST_ECHO].encode() in body[-len(text) :]:  # where the answer broke off within the token
        beginnings = (text[:size].encode() for size in range(len(text) - 1, SHORTEST_ECHO - 1, -1))
        cut = next((beginning for beginning in beginnings if body.endswith(beginning)), b"")
        body = body.removesuffix(cut) + (_BLOT if cut else b"")
    content_type = response.content_type.replace(text, _BLOT.decode())
    location = response.location.replace(text, _BLOT.decode())
    return replace(response, body=body, content_type=content_type, location=location)


def _target(path: str, query: str | None) -> str:
    return path if query is None else f"{path}?{query}"


def _refuse_type(response: LookupResponse) -> None:
    declared = response.content_type
    if not declared:
        raise LookupFailed(Failure.NOT_JSON, "no Content-Type", response)
    if len(declared) > LONGEST_CONTENT_TYPE or not is_json(declared):
        raise LookupFailed(Failure.NOT_JSON, "the Content-Type is not application/json", response)
