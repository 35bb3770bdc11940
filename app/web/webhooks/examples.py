"""Examples of the webhook's events, made as the messages themselves are."""

import json
from datetime import UTC, datetime
from typing import Any

from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import event_payload, result_payload
from app.web.tickets.examples import RESULT

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SINCE = "2026-11-22T09:12:00Z"

TOLD: dict[Event, dict[str, Any]] = {
    Event.ENDPOINT_FAILING: {"failing_since": SINCE, "failures": 10},
    Event.ENDPOINT_RECOVERED: {"failing_since": SINCE},
    Event.CREDITS_LOW: {
        "percent": 80,
        "credits_used": 800,
        "monthly_ai_credits": 1000,
        "credits_reset_at": "2026-12-01T00:00:00Z",
    },
    Event.TOKEN_UNREADABLE: {},
    Event.AI_MISCONFIGURED: {
        "problem": "refuses the key (HTTP 401); check ANTHROPIC_API_KEY",
        "ai_provider": "anthropic",
        "ai_model": "claude-haiku-5-5",
    },
}
"""What the outbox holds of each event beside its project."""


def message_of(event: Event) -> bytes:
    """Return an example of an event's message, byte for byte as it could be sent."""
    if event is Event.ENRICHMENT_COMPLETED:
        return result_payload("t_1", "prj_1", RESULT)
    return event_payload(event, AT, None if event is Event.AI_MISCONFIGURED else "prj_1", TOLD[event])


MESSAGES: dict[str, Any] = {
    event.value: {"summary": event.value, "value": json.loads(message_of(event))} for event in Event
}
