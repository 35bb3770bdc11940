"""Evaluation suites: instructions, emails with what is expected of each, and the endpoint's answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.outcomes import Outcome
from app.domain.tickets import Email
from support_context.facts import Facts


@dataclass(frozen=True, slots=True)
class Instructions:
    """What an owner writes: how to find the customer in the email, and what to show (`""`: rows are not judged).

    `match_path` leads to the addresses that a customer writes from, None where the sender is compared with nothing.
    """

    identify: str
    display: str = ""
    match_path: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """A row that a card should show; `type` and `raw` are compared where they are given."""

    label: str
    value: str
    type: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One email with the identifier that it should lead to, None where it should lead to nobody.

    `rows` are those that the card should show, None where that is not judged; `facts` is what the customer endpoint
    answers when it is asked because of this email, None where `Suite.customers` tells. `refusal` is how the service
    would refuse the right identifier, whatever an AI says; None where it would send it.
    """

    name: str
    kind: str
    email: Email
    expected: str | None
    rows: tuple[ExpectedRow, ...] | None = None
    facts: Facts | None = None
    refusal: Outcome | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """One set of instructions, the emails that it is tried on, and the customers of the endpoint by identifier."""

    instructions: Instructions
    cases: tuple[Case, ...]
    customers: Mapping[str, Facts] = field(default_factory=dict)

    def answer(self, case: Case, identifier: str | None) -> Facts | None:
        """Return what the endpoint answers when it is asked for this identifier; None where nobody said."""
        if case.facts is not None and case.expected in (None, identifier):
            return case.facts
        return self.customers.get(identifier) if identifier is not None else None
