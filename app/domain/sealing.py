"""The report on encryption keys: which key each stored secret needs, before an old one is dropped."""

from dataclasses import dataclass


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
