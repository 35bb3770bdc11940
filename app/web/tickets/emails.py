"""Turns an email as it was sent into the plain, visible text that the pipeline reads."""

from app.domain.refusals import Refusal, Refused
from app.domain.tickets import Email
from app.mail.visible_text import visible_text
from app.thread_pool import in_thread
from app.web.tickets.bodies import EmailIn

LARGEST_EMAIL_BYTES = 1_048_576
"""1 MiB of body, in UTF-8."""

READ_AT_ONCE_CHARACTERS = 65_536
"""Above this a body is read in a thread: 64 KB of hostile HTML take some 10 ms, and a megabyte ten times as much."""


async def email_of(sent: EmailIn) -> Email:
    """Read an email; raises `Refused` for one with too large a body."""
    if len(sent.body) <= READ_AT_ONCE_CHARACTERS:
        return read_email(sent)
    return await in_thread(read_email, sent)


def read_email(sent: EmailIn) -> Email:
    """Read an email in this thread; raises `Refused` for one with too large a body."""
    if len(sent.body.encode()) > LARGEST_EMAIL_BYTES:
        raise Refused(Refusal.BODY_TOO_LARGE)
    body = visible_text(sent.body) if sent.body_format == "html" else sent.body
    return Email.of(sent.subject, body, sent.sender, sent.sender_verified)
