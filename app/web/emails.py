"""Turns an email as it was sent into the plain, visible text that the pipeline reads."""

from app.domain.refusals import Refusal, Refused
from app.domain.tickets import Email
from app.services import Services
from app.web.incoming import EmailIn

LARGEST_EMAIL_BYTES = 1_048_576
"""1 MiB of body, in UTF-8."""


def email_of(sent: EmailIn, services: Services) -> Email:
    """Read an email; raises `Refused` for one with too large a body."""
    if len(sent.body.encode()) > LARGEST_EMAIL_BYTES:
        raise Refused(Refusal.BODY_TOO_LARGE)
    body = services.visible_text(sent.body) if sent.body_format == "html" else sent.body
    return Email.of(sent.subject, body, sent.sender)
