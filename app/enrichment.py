"""The enrichment of a ticket: find the identifier in its email, call the customer endpoint once, show what it knows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from secrets import randbelow
from time import monotonic
from typing import Protocol

from app.domain import ai_context, identity
from app.domain.claims import Given
from app.domain.configuration import Configuration
from app.domain.enumeration import is_relay
from app.domain.outcomes import NOTHING_ASKED_FOR, OF_THE_PROVIDER, Identity, Outcome, Result, StepFailed, Usage
from app.domain.reading import extraction
from app.domain.reading.extraction import Extracted
from app.domain.rows.answer import Answer
from app.domain.rows.judging import JUDGED_AT_ONCE_BYTES, Judged, judge, without_model
from app.domain.rows.masking import masked, overlaps
from app.domain.rows.naming import made_from_rows
from app.domain.steps import Run, Span
from app.domain.tickets import Email
from app.thread_pool import in_thread_if
from support_context import lookups
from support_context.facts import Facts
from support_context.failures import LookupFailed
from support_context.limits import FETCH_SECONDS
from support_context.lookups import LookupRequest, LookupResponse
from support_context.secrets import Secret

MOST_DROPPED_NAMED = 5
"""Links left out that a test names; whoever mends them sees the others."""

NO_SPAN = Span()


class Model(Protocol):
    """An AI model: it reads, the code decides. Both calls raise `StepFailed` with the tokens used, never anything else.

    `problem` is why the provider refuses our key, model or settings, in words for the operator; None where it does not.
    """

    provider: str
    name: str

    @property
    def problem(self) -> str | None:
        """Return what the operator has to mend, if anything."""

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        """Return the identifier that the instructions describe, as it stands in the email, or None."""

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        """Return a summary and rows, each row naming the JSON Pointer of its fact."""


class CustomerEndpoint(Protocol):
    """The customer endpoint, called once; raises `LookupFailed`, never anything else."""

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        """Send the request with the token to its own origin and return the answer, bounded in size and time."""


Admit = Callable[[str, Extracted], Awaitable[bool]]
"""Tells whether the sender may ask about one more customer, this one; counts that they did and keeps what was found."""


async def _anybody(identifier: str, found: Extracted) -> bool:
    """Default for `admit`: an owner's own test is not rate-limited and keeps nothing."""
    return True


class Enricher:
    """Runs the three steps; every ending is one `Outcome`, none is an exception."""

    def __init__(self, model: Model, endpoint: CustomerEndpoint) -> None:
        self._model = model
        self._endpoint = endpoint

    async def run(
        self,
        email: Email,
        configuration: Configuration,
        token: Secret,
        deadline: float,
        span: Span = NO_SPAN,
        extracted: Extracted | None = None,
        admit: Admit = _anybody,
        given: Given | None = None,
    ) -> tuple[Result, Run]:
        """Enrich one email before `deadline` on the loop's clock; return the result and how it came about.

        `admit` is given what the first AI call found, before the customer endpoint is called; a later run of the same
        email that gets it as `extracted` makes that call no more. With `given`, no email is read.
        """
        run = Run(span, monotonic)
        try:
            if given is None:
                identifier, found = await self._extract(run, email, configuration, deadline - FETCH_SECONDS, extracted)
                await self._admitted(run, identifier, found, admit)
            else:
                run.identifier = identifier = given.identifier
                run.identified_by = given.identified_by
            facts = await self._fetch(run, configuration, identifier, token)
            outcome, shown = await self._summarize(run, facts, configuration, deadline)
            sender = given.identity if given and given.identity else _identity(email, configuration, facts)
            return self._with_facts(self._result(run, outcome), sender, configuration, facts, shown), run
        except StepFailed as failure:
            run.retry_after = failure.retry_after
            return self._result(run, failure.outcome, failure.message), run

    def not_run(self, outcome: Outcome, detail: str = "") -> Result:
        """Return the result of an email for which nothing was run."""
        message = StepFailed(outcome, detail).message
        return self._result(Run(NO_SPAN, monotonic), outcome, message, credits_used=0)

    async def _extract(
        self, run: Run, email: Email, configuration: Configuration, deadline: float, known: Extracted | None
    ) -> tuple[str, Extracted]:
        instructions = configuration.identify_instructions
        with run.step(0) as step:
            found = known or await self._asked(email, instructions, deadline)
            run.identifier_raw, run.usage = found.identifier, run.usage + found.usage
            run.identifier = extraction.accept(found.identifier, email, instructions)
            step.detail = "found an identifier that stands in the email"
            return run.identifier, found

    async def _asked(self, email: Email, instructions: str, deadline: float) -> Extracted:
        try:
            async with asyncio.timeout_at(deadline):
                return Extracted(*await self._model.extract(email, instructions))
        except TimeoutError as late:
            raise StepFailed(Outcome.AI_UNAVAILABLE, "no answer within the deadline") from late

    async def _admitted(self, run: Run, identifier: str, found: Extracted, admit: Admit) -> None:
        """Stop whoever tries one identifier after the other, before the customer endpoint is called."""
        if not await admit(identifier, found):
            run.identifier = None  # it was not sent
            raise StepFailed(Outcome.ENUMERATION_LIMIT)

    async def _fetch(self, run: Run, configuration: Configuration, identifier: str, token: Secret) -> Facts:
        with run.step(1) as step:
            try:
                run.request = _request(configuration, identifier)
                run.response = lookups.without_echo(await self._endpoint.fetch(run.request, token), token)
                facts = lookups.read(run.response)
            except LookupFailed as failed:
                if failed.response:
                    run.response = lookups.without_echo(failed.response, token)
                outcome = Outcome(failed.failure)
                raise StepFailed(outcome, failed.shown_to_owner, message=failed.message) from failed
            step.detail = f"HTTP {run.response.http_status}, {len(run.response.body)} bytes{_dropped(facts)}"
            return facts

    async def _summarize(
        self, run: Run, facts: Facts, configuration: Configuration, deadline: float
    ) -> tuple[Outcome, Judged]:
        instructions, agent_only = configuration.display_instructions, configuration.agent_only
        if facts.empty:
            return Outcome.NO_DATA, Judged("", (), "")
        long = run.response is None or len(run.response.body) > JUDGED_AT_ONCE_BYTES
        try:
            with run.step(2) as step:
                try:
                    async with asyncio.timeout_at(deadline):
                        answer, usage = await self._model.summarize(masked(facts, agent_only), instructions)
                except TimeoutError as late:
                    raise StepFailed(Outcome.SUMMARY_FALLBACK, "no answer within the deadline") from late
                run.usage += usage
                judged = await in_thread_if(long, judge, answer, facts, instructions, agent_only)
                step.detail = judged.note
                return Outcome.OK, judged
        except StepFailed:
            return Outcome.SUMMARY_FALLBACK, await in_thread_if(long, without_model, facts, instructions, agent_only)

    def _with_facts(
        self, result: Result, found: Identity, configuration: Configuration, facts: Facts, shown: Judged
    ) -> Result:
        """Add what was found, and keep from the drafting AI what the sender, or any AI, may not be told."""
        policy, links, fields = configuration.identity_policy, facts.links(), shown.fields
        if not fields:
            message = result.message if facts.empty else NOTHING_ASKED_FOR
            return replace(result, message=message, identity=found, links=links)
        withheld, mismatch = identity.is_withheld(found, policy), found is Identity.MISMATCH
        nonce, at = _code(), result.created_at
        told = () if overlaps("/links", configuration.agent_only) else links
        known = ai_context.block(fields, told, nonce, at, mismatch=mismatch)
        return replace(
            result,
            message=f"{result.message} {identity.warning(found, policy)}".rstrip(),
            summary=made_from_rows(fields) if mismatch else shown.summary,
            fields=fields,
            links=links,
            identity=found,
            ai_context=ai_context.withheld(nonce, at) if withheld else known,
            ai_context_withheld=withheld,
        )

    def _result(self, run: Run, outcome: Outcome, message: str = "", *, credits_used: int = 1) -> Result:
        return Result(
            outcome=outcome,
            message=message or outcome.sentence,
            identifier=run.identifier,
            summary="",
            fields=(),
            links=(),
            identity=Identity.UNKNOWN,
            ai_context="",
            ai_context_withheld=False,
            credits_used=0 if outcome in OF_THE_PROVIDER else credits_used,
            ai_provider=self._model.provider,
            ai_model=self._model.name,
            usage=run.usage,
            timings_ms=run.timings_ms(),
            steps=run.kept(),
            created_at=datetime.now(UTC),
            identified_by=run.identified_by,
        )


def _code() -> str:
    """Return a random code for the delimiters of an AI context; one draw, as each asks the operating system."""
    rest, letters = randbelow(len(ai_context.CODE_LETTERS) ** ai_context.CODE_LENGTH), ""
    for _ in range(ai_context.CODE_LENGTH):
        rest, place = divmod(rest, len(ai_context.CODE_LETTERS))
        letters += ai_context.CODE_LETTERS[place]
    return letters


def _identity(email: Email, configuration: Configuration, facts: Facts) -> Identity:
    if is_relay(email.sender, configuration.relay_senders):
        return Identity.UNKNOWN
    return identity.identity_of(facts, configuration.match_path, email.sender, email.sender_verified)


def _request(configuration: Configuration, identifier: str) -> LookupRequest:
    method, parameter = configuration.method, configuration.identifier_parameter
    return lookups.request_for(configuration.api_url, identifier, method=method, parameter=parameter)


def _dropped(facts: Facts) -> str:
    """Name the links that are not shown, for whoever tests the endpoint."""
    named = [f"{place} ({why})" for place, why in islice(facts.dropped_links(), MOST_DROPPED_NAMED)]
    return f"; links not shown: {', '.join(named)}" if named else ""
