"""Events of the webhook: what the helpdesk is told of, each with its sentence for people."""

from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """The kinds of events; the value is the message's `type`."""

    ENRICHMENT_COMPLETED = "enrichment.completed"  # an asynchronous run has ended, whatever its status
    ENDPOINT_FAILING = "endpoint.failing"
    ENDPOINT_RECOVERED = "endpoint.recovered"
    CREDITS_LOW = "credits.low"
    TOKEN_UNREADABLE = "token.unreadable"  # noqa: S105 - the name of an event
    AI_MISCONFIGURED = "ai.misconfigured"


SENTENCES = {
    Event.ENDPOINT_FAILING: (
        "The customer endpoint failed ten times in a row and is left alone but for a try now and then; its owner "
        "should mend it and test the connection."
    ),
    Event.ENDPOINT_RECOVERED: "The customer endpoint answers again.",
    Event.CREDITS_LOW: (
        "{credits_used} of this month's {monthly_ai_credits} AI credits are used; once all are, tickets go on without "
        "look-ups until {credits_reset_at}, unless the allowance is raised."
    ),
    Event.TOKEN_UNREADABLE: (
        "The stored bearer token cannot be decrypted with the keys in use, so nothing is looked up; the operator "
        "should restore the missing key, or an owner enter the token again."
    ),
    Event.AI_MISCONFIGURED: "The AI provider {problem}; tickets go on without look-ups until the operator mends it.",
}
"""What a person is told, with members of the event's data filled in; a result brings its own message."""


def written(at: datetime) -> str:
    """Return a time as messages write it: UTC, with a Z."""
    return at.isoformat().replace("+00:00", "Z")
