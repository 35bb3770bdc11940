"""Bodies of the draft check: a reply that somebody typed, and the places of it that need a person."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from app.domain.drafts.check import DraftFinding
from app.web.http.bodies import Id, StrictBody
from app.web.tickets.bodies import EmailText

LARGEST_DRAFT_BYTES = 32_768
"""Bytes of a draft in UTF-8."""

LARGEST_KNOWN_BYTES = 8_192
"""Bytes of one text that the caller also knows, in UTF-8."""

MOST_KNOWN = 20
"""Texts that the caller also knows: the email, earlier replies, a help article."""


def _at_most(most: int) -> AfterValidator:
    def checked(text: str) -> str:
        if len(text.encode()) > most:
            raise ValueError(f"must be at most {most:,} bytes in UTF-8")
        return text

    return AfterValidator(checked)


KnownText = Annotated[EmailText, Field(max_length=LARGEST_KNOWN_BYTES), _at_most(LARGEST_KNOWN_BYTES)]


class DraftIn(StrictBody):
    """A reply before it is sent, and what the caller knows besides the customer's facts."""

    project_id: Id
    draft: Annotated[EmailText, Field(max_length=LARGEST_DRAFT_BYTES), _at_most(LARGEST_DRAFT_BYTES)] = Field(
        description="plain text of the reply; at most 32 KB in UTF-8"
    )
    also_known: list[KnownText] = Field(
        default_factory=list,
        max_length=MOST_KNOWN,
        description="texts whose figures are fine too: the email, earlier replies, an article; at most 8 KB each",
    )


class FindingOut(BaseModel):
    """One place of a draft that needs a person."""

    kind: Literal["number", "money", "date", "identifier", "address", "status", "withheld"]
    text: str
    start: int = Field(description="in UTF-16 code units of the draft, as JavaScript counts")
    end: int
    message: str

    @classmethod
    def of(cls, finding: DraftFinding) -> "FindingOut":
        """Show a finding."""
        return cls(**asdict(finding))


class CheckedAgainstOut(BaseModel):
    """What a draft was held against."""

    created_at: datetime = Field(description="when the customer's facts were looked up")
    fields: int
    withheld: bool = Field(description="true: the sender may not be told any value of the record")


class DraftCheckedOut(BaseModel):
    """What a draft states that nothing backs, and what of a record it tells that the sender may not be told."""

    ticket_id: str
    findings: list[FindingOut]
    checked_against: CheckedAgainstOut
