"""The report on encryption keys: which key each stored secret needs, before an old one is dropped."""

from dataclasses import dataclass
from typing import Protocol

from support_context.secrets import Secret


@dataclass(frozen=True, slots=True)
class SealedToken:
    """The bearer token of a project as it lies in the database."""

    project_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One encryption key with the number of secrets that it has sealed; `key_id` is of no use for finding it."""

    key_id: str
    secrets: int


@dataclass(frozen=True, slots=True)
class KeyReport:
    """The keys of the ring in their order, the one that seals first, and what none of them opens.

    `unreadable` names projects, each with the id of the key that its secret was sealed under, as far as that is told.
    """

    keys: tuple[KeyUse, ...]
    unreadable: tuple[tuple[str, str], ...] = ()

    @property
    def is_settled(self) -> bool:
        """Tell whether the first key alone opens everything."""
        return not self.unreadable and not any(key.secrets for key in self.keys[1:])


class Seals(Protocol):
    """The ring of encryption keys; a protocol, so that no rule and no owner's action imports the cryptography."""

    def ring(self) -> tuple[str, ...]:
        """Name its keys, the one that seals first."""

    def key_id(self, sealed: bytes) -> str:
        """Name the key that a ciphertext says it needs."""

    def seal(self, project_id: str, token: Secret) -> bytes:
        """Encrypt under the first key."""

    def open(self, project_id: str, sealed: bytes) -> Secret:
        """Decrypt with any; raises `TokenUnreadable`."""
