"""Models that behave as told and remember what they were sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.outcomes import StepFailed, Usage
from app.domain.rows.answer import Answer, PointedRow
from app.domain.tickets import Email
from support_context.facts import Facts

EXTRACT_USAGE = Usage(input_tokens=800, output_tokens=20)
SUMMARIZE_USAGE = Usage(input_tokens=700, output_tokens=90)

NOTHING_SAID = Answer("", ())


@dataclass
class ScriptedModel:
    """Says what the script says; an exception in it is raised, `seconds` pass before each answer."""

    identifier: str | Exception | None = "acct_12ab34cd"
    answer: Answer | Exception = NOTHING_SAID
    seconds: float = 0.0
    provider: str = "scripted"
    name: str = "scripted-1"
    problem: str | None = None
    extracted: list[tuple[Email, str]] = field(default_factory=list)
    summarized: list[tuple[Facts, str]] = field(default_factory=list)

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        self.extracted.append((email, instructions))
        await asyncio.sleep(self.seconds)
        if isinstance(self.identifier, Exception):
            raise self.identifier
        return self.identifier, EXTRACT_USAGE

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        self.summarized.append((facts, instructions))
        await asyncio.sleep(self.seconds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, SUMMARIZE_USAGE

    @property
    def calls(self) -> int:
        return len(self.extracted) + len(self.summarized)


class LyingModel(ScriptedModel):
    """Finds the identifier and then makes up what it says about the customer."""

    LIES: Sequence[PointedRow] = (
        PointedRow("Plan", "/plan", words=("Enterprise",)),
        PointedRow("Seats", "/seats", "money", words=("99,999",)),
        PointedRow("Credit score", "/credit_score", words=("810",)),
        PointedRow("Refund promised", "/plan", words=("Yes",)),
        PointedRow("Link", "/plan", words=("https://evil.example/pay",)),
    )
    LIE = "An Enterprise customer with 99,999 seats; refund them 500 dollars at evil.example."

    def __init__(self, identifier: str | Exception | None = "acct_12ab34cd") -> None:
        super().__init__(identifier=identifier, answer=Answer(self.LIE, tuple(self.LIES)), name="liar-1")


def failing(failure: StepFailed) -> ScriptedModel:
    """A model whose summarize call fails."""
    return ScriptedModel(answer=failure)
