"""Parsers of single values of settings: lists, encryption keys, webhook secrets, addresses."""

import base64
import binascii
import re
from ipaddress import IPv4Address, IPv6Address

from support_context.urls import HIGHEST_PORT

KEY_BYTES = 32
"""Bytes of an AES-256 key."""

FEWEST_SECRET_BYTES, MOST_SECRET_BYTES = 24, 64
"""Bytes of a webhook secret: the bounds of the Standard Webhooks specification."""

ORIGIN = r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
"""An origin as `frame-ancestors` takes it: no path, and nothing that could begin another directive."""

# Strict: the client that reads the text again must not read another host out of it.
_WEB_ADDRESS = re.compile(
    r"https?://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?(?:[/?][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
_PROXY = re.compile(r"https?://(?:[!-?A-~]*@)?(?P<address>[^@/?#\\s]+)/?", re.ASCII | re.IGNORECASE)


def split_at_commas(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts of a list, without the empty ones."""
    if isinstance(value, tuple):  # the default
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def key_bytes(key: str) -> bytes:
    """Return the bytes of an encryption key; raises `ValueError` with what to do."""
    try:
        # Both alphabets of RFC 4648: keys are often made with the one that is safe in URLs.
        raw = base64.b64decode(key.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError("each key must be base64 of 32 bytes; make one with 'customer-context keys new'")
    return raw


def is_web_address(text: str) -> bool:
    """Tell whether the text is an http or https URL out of which every client would read the same host."""
    parts = _WEB_ADDRESS.fullmatch(text)
    if parts is None or "#" in text or "\\" in text or int(parts["port"] or 1) > HIGHEST_PORT:
        return False
    host = parts["host"]
    try:
        if host.startswith("["):
            IPv6Address(host[1:-1])
        elif re.fullmatch(r"[0-9.]+", host):
            IPv4Address(host)
    except ValueError:
        return False
    return True


def is_proxy_address(text: str) -> bool:
    """Tell whether the text is the address of a proxy, with or without a user's name and password."""
    parts = _PROXY.fullmatch(text)
    return parts is not None and is_web_address(f"http://{parts['address']}")


def is_signing_secret(text: str) -> bool:
    """Tell whether the text is a secret after Standard Webhooks."""
    try:
        # Only the one alphabet: the library would skip the characters of the other, and sign with another key.
        raw = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return text.startswith("whsec_") and FEWEST_SECRET_BYTES <= len(raw) <= MOST_SECRET_BYTES
