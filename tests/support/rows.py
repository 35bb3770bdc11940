"""Rows of the tables that have no shape of their own in the code: a kept access token, an ended run."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.access_tokens import AccessToken
from app.domain.outcomes import KeptStep


@dataclass(slots=True)
class KeptToken:
    """A row of `access_tokens`."""

    project_id: str
    token_hash: bytes
    known: AccessToken


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A row of `ended_runs`."""

    project_id: str
    ended_at: datetime
    status: str
    reason: str | None
    timings_ms: dict[str, int]
    credits_used: int = 1
    ticket_id: str | None = None
    identity: str | None = None
    steps: tuple[KeptStep, ...] = ()
