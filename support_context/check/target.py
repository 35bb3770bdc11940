"""The target of a check: an owner's endpoint, as it would be configured, with ids to ask it for."""

import re
from dataclasses import dataclass
from ipaddress import ip_network

from support_context.addresses import Network
from support_context.identifiers import IDENTIFIER_PARAMETER, NOBODY, sanitize
from support_context.json_pointers import is_pointer
from support_context.limits import LARGEST_TOKEN, LONGEST_IDENTIFIER, SMALLEST_TOKEN
from support_context.lookups import LookupRequest, request_for
from support_context.secrets import BEARER_TOKEN, Secret
from support_context.urls import EndpointUrl, UrlRefused, holds_parameter, parse_form

PRIVATE_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7")
)
"""What `--allow-private` opens: private use (RFC 1918, 4193), shared space (RFC 6598) and loopback."""


class BadTarget(ValueError):
    """The target cannot be checked; the text says which part, and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint and what to ask it: `ids` it knows, one kind each, and one that nobody has."""

    url: str
    ids: tuple[str, ...]
    unknown_id: str = NOBODY
    method: str = "GET"
    parameter: str = "id"
    match_path: str = ""

    def request_for(self, identifier: str, method: str = "") -> LookupRequest:
        """Build the request for one identifier, as the service does; another method where one is named."""
        return request_for(self.url, identifier, method=method or self.method, parameter=self.parameter)

    @property
    def is_plain_http(self) -> bool:
        """Tell whether the URL is one of http://, which fails before anything is sent."""
        return self.url.lower().startswith("http://")

    @property
    def shown(self) -> str:
        """Return the URL without its query, in which keys may stand."""
        path, question, _ = self.url.partition("?")
        return path + ("?…" if question else "")

    def refuse_what_cannot_be_checked(self) -> None:
        """Raise `BadTarget` where a project's configuration could not hold this, or nobody would send such an id."""
        if not self.is_plain_http:
            self._refuse_url(self._parsed())
        if self.method not in ("GET", "POST"):
            raise BadTarget("the method must be GET or POST")
        if not re.fullmatch(IDENTIFIER_PARAMETER, self.parameter):
            raise BadTarget("the parameter must begin with a letter, then letters, digits, _ . or - (64 at most)")
        if not is_pointer(self.match_path):
            raise BadTarget("the match path must be a JSON Pointer such as /email or /contacts/0/email")
        if not self.ids:
            raise BadTarget("give an id that the endpoint knows")
        for identifier in (*self.ids, self.unknown_id):
            if not identifier or sanitize(identifier) != identifier or len(identifier) > LONGEST_IDENTIFIER:
                raise BadTarget(
                    "an id may have 1 to 256 characters of A-Za-z0-9 . _ @ : - (the service sends no others)"
                )
        if self.unknown_id in self.ids:
            raise BadTarget("the unknown id must not be one of the known ones")

    def _parsed(self) -> EndpointUrl:
        try:
            return parse_form(self.url)
        except UrlRefused as refused:
            raise BadTarget(str(refused)) from None

    def _refuse_url(self, url: EndpointUrl) -> None:
        if holds_parameter(url, self.parameter):
            raise BadTarget("the URL already holds the parameter of the id; leave it out, it is added with each call")


def read_token(text: str) -> tuple[Secret, str]:
    """Return the bearer token and what was trimmed around it; raises `BadTarget` for one that nobody could store.

    Many a file and many a clipboard ends with a line break, which no header can carry.
    """
    token = text.strip()
    if token.lower().startswith("bearer "):
        raise BadTarget("the token begins with the word Bearer; leave it out, it is added with each call")
    if re.search(r"\s", token):
        raise BadTarget("the token has a line break or a space within; copy it again, as one piece")
    if not re.fullmatch(BEARER_TOKEN, token):
        raise BadTarget(
            f"the token must be {SMALLEST_TOKEN} to {LARGEST_TOKEN:,} visible ASCII characters; this one is "
            + (f"{len(token)} long" if token.isascii() else "not ASCII")
        )
    note = (
        "the token had a line break or spaces around it, which were left out; store it without" if token != text else ""
    )
    return Secret(token), note
