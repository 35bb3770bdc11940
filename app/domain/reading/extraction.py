"""Extraction of the identifier: a model's answer counts only where it stands in the email, and is spelt from there."""

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
    """The AI's extraction from an email, not judged yet: kept, so that a run that starts again need not pay twice."""

    identifier: str | None
    usage: Usage


def as_sent(identifier: str) -> str | None:
    """Return an identifier as it is sent to the endpoint; None where nothing is left, or it would be another's."""
    value = wanted(identifier)
    return value[:LONGEST_IDENTIFIER] if value and sanitize(value) == value else None


def accept(answer: str | None, email: Email, instructions: str) -> str:
    """Return the identifier to send for a model's answer, spelt as it stands in the email; raises `StepFailed`.

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
    if is_placeholder(place):
        raise StepFailed(Outcome.NOT_GROUNDED, "it is a placeholder")
    if sanitize(place) != place:
        raise StepFailed(Outcome.NOT_SENDABLE)
    if not has_form(place, email, instructions):
        raise StepFailed(Outcome.NOT_GROUNDED, f"it has not the form that was asked for: {in_words(instructions)}")
    return place[:LONGEST_IDENTIFIER]


def _texts(email: Email) -> Iterator[str]:
    """List what the model was shown, each text by itself: no identifier begins in one and ends in another."""
    yield email.readable_sender()
    yield email.readable_subject()
    yield from email.readable_parts()
