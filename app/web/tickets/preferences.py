"""Reads the header Prefer (RFC 7240): whether a caller wants to wait for a result, and how long."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

PREFER: dict[str, Any] = {
    "parameters": [
        {
            "name": "prefer",
            "in": "header",
            "required": False,
            "schema": {},
            "description": "respond-async: answer 202 at once; wait=N: after N seconds (RFC 7240)",
        }
    ]
}
"""The header in the description of a route that takes it; `preferences_of` reads it from the request itself."""

_BARE = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_EQUALS = r"[ \t]*+=[ \t]*+"
_PARAMETER = rf"{_BARE}(?:{_EQUALS}(?:{_BARE}|{_QUOTED}))?+"

_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))++', re.DOTALL)
"""What stands between two commas. A quote that is never closed takes the rest with it, so that each is read once."""

_PREFERENCE = re.compile(
    rf"(?P<name>{_BARE})(?:{_EQUALS}(?P<value>{_BARE}|{_QUOTED}))?+(?:[ \t]*+;(?:[ \t]*+{_PARAMETER})?+)*+", re.DOTALL
)

_SECONDS = re.compile(r"[0-9]{1,9}")
"""Thirty years are enough; a longer number is no wish but a mistake."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Preferences of a caller: whether to wait for the result, and how long.

    `respond_async` asks not to be kept waiting, `wait_seconds` to wait so long for the result and no longer.
    """

    respond_async: bool = False
    wait_seconds: int | None = None

    @property
    def patience_seconds(self) -> float | None:
        """Seconds that the caller waits; None where that is left to the service."""
        return 0.0 if self.respond_async and self.wait_seconds is None else self.wait_seconds

    def __str__(self) -> str:
        """Return them as the header Preference-Applied names them; empty where there are none."""
        wait = [] if self.wait_seconds is None else [f"wait={self.wait_seconds}"]
        return ", ".join(["respond-async"] * self.respond_async + wait)


def preferences_of(request: Request) -> Preferences:
    """Return what a request asks for."""
    return preferences_in(request.headers.getlist("prefer"))


def preferences_in(headers: Iterable[str]) -> Preferences:
    """Return what the values of all Prefer headers ask for; what is unknown or malformed counts as not said."""
    first: dict[str, str] = {}
    for header in headers:
        for element in _ELEMENT.findall(header):
            preference = _PREFERENCE.fullmatch(element.strip(" \t"))
            if preference:
                first.setdefault(preference["name"].lower(), _word(preference["value"] or ""))
    wait = first.get("wait", "")
    return Preferences(first.get("respond-async") == "", int(wait) if _SECONDS.fullmatch(wait) else None)


def _word(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL) if value.startswith('"') else value
