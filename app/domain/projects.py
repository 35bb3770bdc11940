"""A project as the helpdesk describes it: its plan, its owners and what it may spend on AI."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.configuration import BUSINESS_PLAN


def includes_customer_context(plan: str) -> bool:
    """Tell whether a plan has Customer Context; `Business` and `BUSINESS` are the same plan."""
    return plan.lower() == BUSINESS_PLAN


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the helpdesk describes it; `monthly_ai_credits` is the allowance of a calendar month, UTC."""

    project_id: str
    plan: str
    owner_ids: tuple[str, ...]
    monthly_ai_credits: int

    @property
    def includes_customer_context(self) -> bool:
        """Tell whether the plan has Customer Context."""
        return includes_customer_context(self.plan)


@dataclass(frozen=True, slots=True)
class CreditReport:
    """Credits that a project has used this month, and when its allowance starts anew: the first of next month, UTC."""

    used_this_month: int
    resets_at: datetime


class ProjectNotFound(Exception):
    """The project was never put, or it was deleted meanwhile."""


class VersionConflict(Exception):
    """Somebody else changed the configuration since the caller read it."""


class TokenUnreadable(Exception):
    """No key of the ring opens this ciphertext for this project."""


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project as it stands in the list; `enabled` says that its look-up is turned on."""

    project_id: str
    plan: str
    enabled: bool
