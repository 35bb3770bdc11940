"""The AI model of a provider: extract and summarize, each answered in its schema or ended with a reason."""

from collections.abc import Callable
from typing import TypeVar

from app.adapters.ai.answers import Ending, Said, read_from
from app.adapters.ai.calls import CallFailed, Calls
from app.adapters.ai.messages import Correction
from app.domain import prompts
from app.domain.outcomes import Outcome, StepFailed, Usage
from app.domain.prompts import Misfit, Prompt
from app.domain.rows.answer import Answer
from app.domain.tickets import Email
from support_context.facts import Facts, Json

LONGEST_CORRECTED = 2_000
"""Characters of an answer that did not fit which the model is shown again."""

_Read = TypeVar("_Read")


class RemoteModel:
    """A model behind a network; `calls` knows the provider and what the model takes. `aclose` it."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.provider = calls.provider.provider
        self.name = calls.model

    @property
    def problem(self) -> str | None:
        """Return why the provider refuses our key, model or settings, in words for the operator."""
        return self.calls.problem

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        """Return the identifier that the instructions describe, as it stands in the email, or None."""
        return await self._answer(prompts.about_email(email, instructions), prompts.read_identifier)

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        """Return a summary and rows, each row naming the JSON Pointer of its fact."""
        try:
            return await self._answer(prompts.about_facts(facts, instructions), prompts.read_answer)
        except StepFailed as failure:
            raise StepFailed(Outcome.SUMMARY_FALLBACK, failure.detail, failure.usage, failure.retry_after) from None

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        await self.calls.aclose()

    async def _answer(self, prompt: Prompt, read: Callable[[Json], _Read]) -> tuple[_Read, Usage]:
        """Return an answer that fits its schema, asked for once more, with what was wrong, where that may help."""
        usage, corrections, asked_again = Usage(), list[Correction](), False
        while True:
            try:
                said = await self.calls.said(prompt, corrections)
                usage += said.usage
                return _fitting(said, read), usage
            except CallFailed as failure:
                raise StepFailed(failure.outcome, failure.detail, usage, failure.retry_after) from None
            except Misfit as misfit:
                if asked_again or not self.calls.may_ask_again(said):
                    raise StepFailed(Outcome.AI_UNAVAILABLE, f"the answer cannot be used: {misfit}", usage) from None
                asked_again = True
                if said.text or said.ending is Ending.COMPLETE:
                    corrections.append((said.text[:LONGEST_CORRECTED], str(misfit)))


def _fitting(said: Said, read: Callable[[Json], _Read]) -> _Read:
    """Return what a whole answer says; raises `Misfit`, and `CallFailed` where the model refused."""
    if said.ending is Ending.REFUSED:
        raise CallFailed("refused", Outcome.AI_REFUSED)
    if said.ending is Ending.CUT_OFF:
        raise Misfit("it was cut off before its end")
    return read_from(said.text, read)
