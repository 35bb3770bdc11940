"""Webhook messages and their retries, after the Standard Webhooks specification (standardwebhooks.com)."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.webhooks.event_kinds import SENTENCES, Event, written

TRYING_SECONDS = 86_400.0
"""Seconds since the event, 24 h: a try that fails after so long was the last."""

FIRST_PAUSE_SECONDS = 5.0
"""Seconds: outlives a restart behind a load balancer."""

PAUSE_PER_AGE = 3.0
"""A pause lasts so many times as long as the message is old, so each is four times the one before: 5 s, 15 s, 1 min, 4,
16, 64. The age is all that this needs to know: nobody counts tries."""

LONGEST_PAUSE_SECONDS = 7_200.0
"""Seconds, 2 h: within that the helpdesk gets its results once it is back; it may ask for no longer pause either."""

LARGEST_SPREAD = 1.25
"""Factor on a pause, drawn from 1 up to this: messages that failed together do not return together. Never below 1, so
that a receiver which asks for a pause gets it whole."""

GONE = 410
"""The receiver wants no more of this: by the specification the sender stops."""

ASKING = (429, 503)
"""Statuses whose Retry-After counts (RFC 6585, 4; RFC 9110, 15.6.4)."""


class Delivery(StrEnum):
    """The outcome of one delivery try; the value is its name in metrics and logs."""

    DELIVERED = "delivered"
    RETRIED = "retried"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits, made `age_seconds` ago: it tells of a ticket's result, or of what is in `data`."""

    message_id: str
    event: Event
    made_at: datetime
    age_seconds: float
    project_id: str | None
    ticket_id: str | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The receiver's reply: its HTTP status, or None and in `fault` the class of the error instead of one.

    `retry_after` is the pause that it asks for, in seconds.
    """

    status: int | None = None
    retry_after: float | None = None
    fault: str = ""


def result_payload(ticket_id: str, project_id: str, result: dict[str, Any]) -> bytes:
    """Return the body of the message about a stored result."""
    data = {"ticket_id": ticket_id, "project_id": project_id, **result, "reused": False}
    # Of facts that stayed, the later try is what has ended now.
    ended_at = (result.get("last_attempt") or {}).get("at", result["created_at"])
    return body_of(Event.ENRICHMENT_COMPLETED, ended_at, data)


def event_payload(event: Event, made_at: datetime, project_id: str | None, told: dict[str, Any]) -> bytes:
    """Return the body of the message about any other event, with its sentence."""
    about = {} if project_id is None else {"project_id": project_id}
    data = {**about, **told, "message": SENTENCES[event].format(**told)}
    return body_of(event, written(made_at), data)


def body_of(event: str, timestamp: str, data: dict[str, Any]) -> bytes:
    """Return a message as JSON: the bytes that are signed are the bytes that are sent."""
    message = {"type": event, "timestamp": timestamp, "data": data}
    # ASCII only: a receiver that decodes in a wrong charset before it verifies still has the bytes that were signed.
    return json.dumps(message, separators=(",", ":")).encode("ascii")


def judge(reply: Reply, age_seconds: float, spread: float) -> tuple[Delivery, float | None]:
    """Return the outcome of a delivery try, and the seconds until the retry; None where there is none."""
    if reply.status is not None and reply.status // 100 == 2:  # noqa: PLR2004 - the class of success
        return Delivery.DELIVERED, None
    if reply.status == GONE or age_seconds >= TRYING_SECONDS:
        return Delivery.GIVEN_UP, None
    return Delivery.RETRIED, _pause(reply, age_seconds, spread)


def asked_seconds(retry_after: str) -> float | None:
    """Read a Retry-After header in its form of seconds (RFC 9110, 10.2.3); None for anything else."""
    digits = retry_after.strip(" \t")
    return float(digits) if digits.isascii() and digits.isdigit() else None


def _pause(reply: Reply, age_seconds: float, spread: float) -> float:
    asked = reply.retry_after or 0.0 if reply.status in ASKING else 0.0
    own = max(FIRST_PAUSE_SECONDS, PAUSE_PER_AGE * age_seconds)
    pause = spread * min(max(asked, own), LONGEST_PAUSE_SECONDS)
    # The last try is at the end of the day, unless the receiver asks for longer than is left of it.
    return max(min(pause, TRYING_SECONDS - age_seconds), min(asked, LONGEST_PAUSE_SECONDS))
