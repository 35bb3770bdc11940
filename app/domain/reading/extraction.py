"""Decides which identifier is sent: the model points at a place of the email, and the value is spelt from there."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.reading.forms import has_form, in_words, is_placeholder
from app.domain.reading.places import spelling, wanted
from app.domain.tickets import Email
from support_context.identifiers import sanitize
from support_context.limits import LONGEST_IDENTIFIER


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the AI named in an email, not judged yet: kept, so that a run that starts again need not pay twice."""

    identifier: str | None
    usage: Usage


def as_sent(identifier: str) -> str | None:
    """Return the value that is sent for an identifier; None where there is none, or where it would be another's."""
    value = wanted(identifier)
    return value[:LONGEST_IDENTIFIER] if value and sanitize(value) == value else None


def accept(answer: str | None, email: Email, instructions: str) -> str:
    """Return the value to send for a model's answer: the spelling of the place where it stands in the email.

    Raises `StepFailed` where it names nothing, where it stands nowhere as a whole, where it has not the form that the
    instructions name, and where its place has characters that are never sent: without its plus sign,
    `ann+work@example.com` is somebody else. The instructions are no source of what is sent.
    """
    if not any(character.isalnum() for character in answer or ""):
        raise StepFailed(Outcome.NOT_FOUND)
    value = wanted(answer or "")
    place = spelling(value, _texts(email)) if value else None
    if place is None:
        raise StepFailed(Outcome.NOT_GROUNDED)
    if sanitize(place) != place:
        raise StepFailed(Outcome.NOT_SENDABLE)
    if is_placeholder(place):
        raise StepFailed(Outcome.NOT_GROUNDED, "it is a placeholder")
    if not has_form(place, email, instructions):
        raise StepFailed(Outcome.NOT_GROUNDED, f"it has not the form that was asked for: {in_words(instructions)}")
    return place[:LONGEST_IDENTIFIER]


def _texts(email: Email) -> Iterator[str]:
    """List what the model was shown, each text by itself: no identifier begins in one and ends in another."""
    yield email.readable_sender()
    yield email.readable_subject()
    yield from email.readable_parts()
