"""The audit trail: who did what to a project and when, in names of fields and ids, never a value of anything."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.configuration import Configuration

MOST_ENTRIES = 200
"""Entries of one page: one screen of a table, and one read of the index."""


class Action(StrEnum):
    """An audited action; the value is its name in the API and in the table."""

    PROJECT_SAVED = "project_saved"
    PROJECT_ERASED = "project_erased"
    CONFIGURATION_SAVED = "configuration_saved"
    CONFIGURATION_ERASED = "configuration_erased"
    CONFIGURATION_TESTED = "configuration_tested"
    ACCESS_TOKEN_MADE = "access_token_made"  # noqa: S105 - a name
    ACCESS_TOKEN_REVOKED = "access_token_revoked"  # noqa: S105 - a name
    TICKET_LOOKED_UP = "ticket_looked_up"
    CUSTOMER_READ = "customer_read"
    TICKET_ERASED = "ticket_erased"
    CUSTOMER_ERASED = "customer_erased"
    RESULTS_ERASED = "results_erased"
    BEARER_TOKEN_RESEALED = "bearer_token_resealed"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the audit trail.

    `actor` is the person who was named, None where the helpdesk's backend or an operator named nobody; `fields` are the
    names of what changed or was tried, `subject` the id of the access token or ticket that it was about.
    """

    number: int
    at: datetime
    actor: str | None
    action: Action
    fields: tuple[str, ...] = ()
    subject: str | None = None
    results_erased: int | None = None


def changed_fields(before: Configuration | None, after: Configuration, *, new_token: bool) -> tuple[str, ...]:
    """Name the fields that differ, the token where a new one came; all that is set, where nothing was there before."""
    old: Mapping[str, Any] = asdict(before or Configuration())
    return named([name for name, value in asdict(after).items() if old[name] != value], new_token=new_token)


def named(fields: Iterable[str], *, new_token: bool) -> tuple[str, ...]:
    """Return the names of fields in the order of the alphabet, the token's among them where there was a new one."""
    return tuple(sorted({*fields, *(("bearer_token",) if new_token else ())}))
