"""The email behind a ticket, as the rest of the pipeline may see it: plain, visible text only."""

from dataclasses import dataclass

from support_context.plain_text import plain

READABLE_CHARACTERS = 24_000
"""Characters of a body that reach a model: about 6,000 tokens, far above any email that a person writes."""

HEAD_CHARACTERS = 16_000
"""Of those, how many come from the start; the rest is the end, where signatures and forms stand."""


@dataclass(frozen=True, slots=True)
class Email:
    """Subject, visible body text and sender (`""` where unknown), free of invisible characters.

    `sender_verified` is the helpdesk's own verdict on the sender, None where it has none.
    """

    subject: str
    body: str
    sender: str
    sender_verified: bool | None = None

    @classmethod
    def of(cls, subject: str, body: str, sender: str | None, sender_verified: bool | None = None) -> "Email":
        """Clean what the caller sent; the body is plain text by now.

        The verdict was on the sender as it was sent: it does not hold for one that only looks so once cleaned.
        """
        given = (sender or "").strip()
        shown = plain(given)
        return cls(plain(subject), plain(body), shown, sender_verified if shown == given else None)

    def readable_body(self) -> str:
        """Return the body cut to what a model reads: its head and its tail, with the cut marked."""
        if len(self.body) <= READABLE_CHARACTERS:
            return self.body
        tail = READABLE_CHARACTERS - HEAD_CHARACTERS
        left_out = len(self.body) - READABLE_CHARACTERS
        return f"{self.body[:HEAD_CHARACTERS]}\n[… {left_out} characters left out …]\n{self.body[-tail:]}"
