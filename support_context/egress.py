"""Egress settings for customer endpoints: private ranges that are opened, and a further CA."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from support_context.addresses import Network

ALLOWED_CIDRS, CA_FILE = "CC_EGRESS_ALLOWED_CIDRS", "CC_EGRESS_CA_FILE"
"""The environment variables that hold it."""


T = TypeVar("T")


class InvalidEgress(ValueError):
    """The egress settings cannot be used; the text names the variable or option and what to do, never a value."""


@dataclass(frozen=True, slots=True)
class Egress:
    """Networks that may be called although they are not public, and a PEM file of a further CA."""

    allowed: tuple[Network, ...] = ()
    ca_file: Path | None = None


def read_egress(environment: Mapping[str, str]) -> Egress:
    """Read the egress settings from the environment; raises `InvalidEgress`."""
    return Egress(
        _named(ALLOWED_CIDRS, networks, environment.get(ALLOWED_CIDRS, "")),
        _named(CA_FILE, pem_file, environment[CA_FILE]) if environment.get(CA_FILE) else None,
    )


def networks(text: str) -> tuple[Network, ...]:
    """Read comma-separated networks; raises `ValueError` that says how they are written."""
    parts = [part.strip() for part in text.split(",")]
    try:
        return tuple(ip_network(part) for part in parts if part)
    except ValueError:
        raise ValueError("each part must be a network such as 10.0.0.0/8 or fd00::/8, without host bits") from None


def pem_file(text: str) -> Path:
    """Return the file's path; raises `ValueError` where there is no such file."""
    path = Path(text)
    if not path.is_file():
        raise ValueError("no such file; name a PEM file")
    return path


def _named(name: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as problem:
        raise InvalidEgress(f"{name}: {problem}") from None
