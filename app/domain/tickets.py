"""The email behind a ticket, as the rest of the pipeline may see it: plain, visible text only."""

from dataclasses import dataclass

from support_context.plain_text import plain

READABLE_CHARACTERS = 24_000
"""Characters of a body that reach a model: about 6,000 tokens, far above any email that a person writes."""

HEAD_CHARACTERS = 16_000
"""Of those, how many come from the start; the rest is the end, where signatures and forms stand."""

HEADER_CHARACTERS = 1_000
"""Characters of a subject or a sender that reach a model; RFC 5322 lines end at 998."""


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
        """Make an email of the caller's texts, less their invisible characters; the body is plain text by now.

        The verdict was on the sender as it was sent: it does not hold for one that only looks so once cleaned.
        """
        given = (sender or "").strip()
        shown = plain(given)
        return cls(plain(subject), plain(body), shown, sender_verified if shown == given else None)

    def readable_parts(self) -> tuple[str, ...]:
        """Return what a model reads of the body: all of it, or its head and its tail, cut at white space."""
        if len(self.body) <= READABLE_CHARACTERS:
            return (self.body,)
        tail = self.body[HEAD_CHARACTERS - READABLE_CHARACTERS :]
        return _head(self.body, HEAD_CHARACTERS), _without_first_word(tail)

    def readable_body(self) -> str:
        """Return the same as one text with the cut marked."""
        parts = self.readable_parts()
        left_out = len(self.body) - sum(map(len, parts))
        return f"\n[… {left_out} characters left out …]\n".join(parts)

    def readable_subject(self) -> str:
        """Return what a model reads of the subject."""
        return _head(self.subject, HEADER_CHARACTERS)

    def readable_sender(self) -> str:
        """Return what a model reads of the sender."""
        return _head(self.sender, HEADER_CHARACTERS)


def _head(text: str, limit: int) -> str:
    """Return the whole words of the first `limit` characters: a word that is cut could be somebody else's number."""
    if len(text) <= limit:
        return text
    *words, _ = text[:limit].rsplit(maxsplit=1) or [""]
    return "".join(words)


def _without_first_word(text: str) -> str:
    _, *words = text.split(maxsplit=1) or [""]
    return "".join(words)
