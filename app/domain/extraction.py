"""Decides whether what a model called the identifier may be sent: it must stand in the email, whole."""

import re
from dataclasses import dataclass

from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.tickets import Email
from support_context.identifiers import sanitize
from support_context.limits import LONGEST_IDENTIFIER
from support_context.plain_text import comparable, runs

PIECES_OF_ONE_RUN = 8
"""Neighbouring runs of the email that may make up one run of the identifier, as `12-34` does `1234`."""

BROKEN_RUNS = 3
"""Runs of one identifier that may stand in pieces in the email; keeps the search linear in the email's length."""

LONGEST_BROKEN_RUN = 64
"""Characters of a run that may stand in pieces, as long as a SHA-256 in hexadecimal; the same reason."""

_GAP = r"[\s!-/:-@\[-`{-~¡§«¶·»¿‐-‧‰-⁞、-】]{0,8}"
"""What may lie between two pieces of one run: a few characters of punctuation and white space, nothing else."""

_SOFT_BREAK = re.compile(r"=\n(?=[^\W_])")
"""A line break of quoted-printable that a relay left in the text (RFC 2045, 6.7): what it parts is one run."""

_INSIDE_MAILBOX = frozenset(".!#$%&'*+-^_~")
"""What may stand between letters in the name of a mailbox (RFC 5322, 3.2.3) and parts nothing else in most texts."""

_PIECE = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the AI named in an email, not judged yet: kept, so that a run that starts again need not pay twice."""

    identifier: str | None
    usage: Usage


def as_sent(identifier: str) -> str | None:
    """Return the value that would be sent for an identifier; None where there is none, or where it is another's."""
    value = sanitize(identifier)
    return value[:LONGEST_IDENTIFIER] if value and not _becomes_another(identifier, value) else None


def accept(identifier: str | None, email: Email, instructions: str) -> str:
    """Return the value to send; raises `StepFailed` where there is none, or where it is not grounded in the email.

    Every alphanumeric run of the value must be a whole run of the email or of the owner's instructions, and one of
    them must come from the email: part of a longer run is somebody else's identifier, and so is part of an address.
    """
    value = sanitize(identifier or "")
    if not value:
        raise StepFailed(Outcome.NOT_FOUND)
    wanted = set(runs(value))
    texts = [_SOFT_BREAK.sub("", comparable(text)) for text in (email.sender, email.subject, email.body)]
    meant = not _becomes_another(identifier or "", value) and not _is_cut_from_an_address(value, texts)
    if not meant or not wanted or not _grounded(wanted, texts, instructions):
        raise StepFailed(Outcome.NOT_GROUNDED)
    return value[:LONGEST_IDENTIFIER]


def _becomes_another(identifier: str, value: str) -> bool:
    """Tell whether what is not sent changes whom the value means: a letter lost, or a mailbox joined to another's.

    Without its plus sign, `ann+work@example.com` is `annwork@example.com`: somebody else.
    """
    lost_letter = any(character.isalnum() and not character.isascii() for character in identifier)
    return lost_letter or ("@" in value and value not in identifier)


def _is_cut_from_an_address(value: str, texts: list[str]) -> bool:
    """Tell whether an address stands in the texts as part of a longer one only: `li@x.com` in `ann.li@x.com`."""
    if "@" not in value:
        return False
    address = re.compile(re.escape(comparable(value)))
    places = [(text, found.start(), found.end()) for text in texts for found in address.finditer(text)]
    return bool(places) and not any(_is_whole_address(*place) for place in places)


def _is_whole_address(text: str, start: int, end: int) -> bool:
    while start > 0 and text[start - 1] in _INSIDE_MAILBOX:
        start -= 1
    before, after, further = text[start - 1 : start], text[end : end + 1], text[end + 1 : end + 2]
    goes_on = after.isalnum() or after in ("_", "@") or (after in (".", "-") and further.isalnum())
    return not (before.isalnum() or before == "@" or goes_on)


def _grounded(wanted: set[str], texts: list[str], instructions: str) -> bool:
    whole = wanted.intersection(run for text in texts for run in _PIECE.findall(text))
    missing = wanted - whole - set(runs(instructions))
    if len(missing) > BROKEN_RUNS:
        return False
    broken = {run for run in missing if any(_stands_in_pieces(run, text) for text in texts)}
    return broken == missing and bool(whole or broken)


def _stands_in_pieces(run: str, text: str) -> bool:
    if len(run) > LONGEST_BROKEN_RUN:
        return False
    spelt = re.compile(rf"(?<![^\W_]){_GAP.join(map(re.escape, run))}(?![^\W_])")
    return any(len(_PIECE.findall(found.group())) <= PIECES_OF_ONE_RUN for found in spelt.finditer(text))
