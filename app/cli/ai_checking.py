"""Tries the configured AI behind the command `ai check`: both calls on a sample, what was sent and what came back."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

import typer

from app.domain.outcomes import StepFailed, Usage
from app.domain.reading import extraction
from app.domain.rows.judging import judge
from app.enrichment import Model
from app.evaluation import sample
from app.evaluation.prices import PRICES, dollars
from app.settings.ai_settings import AiSettings
from app.settings.loading import load_ai_settings
from app.wiring.model import AiExchange, CallObserver, model_of, remote_model
from support_context.plain_text import line

LONGEST_WORDS = 300
"""Characters of a provider's own words about a refusal that are shown."""

HTTP_OK = 200

NOT_USABLE = 1
"""Exit status where something has to be mended."""


@dataclass(slots=True)
class Call:
    """One of the two calls: what was sent of optional parts, what came back, and what it cost."""

    name: str
    sent: list[str] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)
    came_back: str = ""
    right: bool = False
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0


@dataclass(slots=True)
class AiReport:
    """Both calls, and what to mend or to know."""

    reader: str
    provider: str
    model: str
    calls: list[Call]
    mend: list[str] = field(default_factory=list)
    know: list[str] = field(default_factory=list)


class _Exchanges(CallObserver):
    """Keeps every exchange with the provider."""

    def __init__(self) -> None:
        self.seen: list[AiExchange] = []

    def ai_exchanged(self, exchange: AiExchange) -> None:
        """Keep one."""
        self.seen.append(exchange)


def check_ai(timeout: float | None, *, as_json: bool) -> None:
    """Try the AI that the environment names and print what came of it; exit status 1 where something is to mend."""
    settings = load_ai_settings()
    report = asyncio.run(_checked(settings, timeout or settings.run_deadline_seconds))
    typer.echo(json.dumps(_document(report), indent=2, ensure_ascii=False) if as_json else _page(report))
    if report.mend:
        raise typer.Exit(NOT_USABLE)


async def _checked(settings: AiSettings, seconds: float) -> AiReport:
    calls = [Call("extract"), Call("summarize")]
    if settings.provider() == "offline":
        async with model_of(settings) as offline:
            report = AiReport(settings.reader(), offline.provider, offline.name, calls)
            await _try_both(offline, report, [], seconds)
            report.know.append("it reads patterns and no meaning; set ANTHROPIC_API_KEY or CC_AI_PROVIDER for a model")
            return report
    exchanges = _Exchanges()
    async with remote_model(settings, exchanges) as model:
        report = AiReport(settings.reader(), model.provider, model.name, calls)
        await model.calls.ready()
        await _try_both(model, report, exchanges.seen, seconds)
        report.know += _lacks(model.calls.features.names(), settings)
        report.mend += [f"the AI provider {model.problem}"] if model.problem else []
        report.know += [model.calls.remark] if model.calls.remark else []
    total = sum(call.seconds for call in calls)
    if not report.mend and total > settings.run_deadline_seconds:
        report.mend.append(f"both calls took {total:.0f} s: set CC_RUN_DEADLINE_SECONDS above that, at most to 300")
    return report


async def _try_both(model: Model, report: AiReport, seen: list[AiExchange], seconds: float) -> None:
    extract, summarize = report.calls

    async def find() -> Usage:
        identifier, usage = await model.extract(sample.EMAIL, sample.IDENTIFY)
        extract.came_back = f"identifier {identifier}"
        with suppress(StepFailed):
            extract.right = extraction.accept(identifier, sample.EMAIL, sample.IDENTIFY) == sample.IDENTIFIER
        return usage

    async def show() -> Usage:
        answer, usage = await model.summarize(sample.FACTS, sample.DISPLAY)
        rows = judge(answer, sample.FACTS, sample.DISPLAY).fields
        summarize.came_back = ", ".join(f"{row.label}: {row.value}" for row in rows) or "no rows"
        summarize.right = {"Pro", "12"} <= {row.value for row in rows}
        return usage

    for call, ask in ((extract, find), (summarize, show)):
        await _tried(call, ask, seen, report.mend, seconds)
        if model.problem is not None:
            return  # the second call would be refused as well


async def _tried(
    call: Call, ask: Callable[[], Awaitable[Usage]], seen: list[AiExchange], mend: list[str], seconds: float
) -> None:
    started, before = monotonic(), len(seen)
    try:
        async with asyncio.timeout(seconds):
            call.usage = await ask()
        if not call.right:
            mend.append(f"{call.name}: the model read the sample wrongly; another model may be up to it")
    except TimeoutError:
        call.came_back = f"no answer within {seconds:.0f} s"
        mend.append(f"{call.name}: {call.came_back}; give it more with --timeout, or look at the server")
    except StepFailed as failure:
        call.usage = failure.usage
        call.came_back = f"nothing usable: {failure.detail or failure.outcome.sentence}"
        mend.append(f"{call.name}: {call.came_back}")
    call.seconds = monotonic() - started
    for exchange in seen[before:]:
        call.sent = exchange.features.names()
        said = "" if exchange.status == HTTP_OK else f": {_own_words(exchange.body)}"
        call.tries.append(
            f"HTTP {exchange.status} in {exchange.seconds:.1f} s{said}" if exchange.status else "no answer"
        )


def _own_words(body: bytes) -> str:
    """Return what the provider says of a refusal, on one line: the sample holds nothing that may not be shown."""
    try:
        told = json.loads(body)
        error = told.get("error", told)
        words = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        words = body.decode(errors="replace")
    return line(str(words), LONGEST_WORDS)


def _lacks(sent: Sequence[str], settings: AiSettings) -> list[str]:
    """Say what the provider turned out not to take, and what that means."""
    said = []
    if "the schema in the prompt" in sent:
        other = "" if settings.provider() == "compatible" else "; with CC_AI_PROVIDER=compatible many servers hold it"
        said.append(f"it holds no schema: the schema stands in the prompt and answers are mended{other}")
    if any(name.startswith("room for thinking") for name in sent):
        said.append("its thinking cannot be turned off: answers take longer and cost more")
    return said


def _page(report: AiReport) -> str:
    parts = [f"AI: {report.reader} (CC_AI_PROVIDER: {report.provider})"]
    for call in report.calls:
        lines = [f"{call.name}: {'right' if call.right else 'not usable'}"]
        if call.sent:
            lines.append(f"  sent       {', '.join(call.sent)}")
        lines += [f"  answer     {told}" for told in call.tries]
        lines.append(f"  came back  {call.came_back or 'not tried'}")
        lines.append(f"  cost       {_cost(report.model, call)}")
        parts.append("\n".join(lines))
    parts += ["\n".join(f"Note: {known}." for known in report.know)] if report.know else []
    parts.append("\n".join(f"To mend: {problem}." for problem in report.mend) or "All is well.")
    return "\n\n".join(parts)


def _cost(model: str, call: Call) -> str:
    used, price = call.usage, PRICES.get(model)
    cached = used.cache_read_input_tokens, used.cache_creation_input_tokens
    told = f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out"
    if any(cached):
        told += f", {cached[0]:,} from the cache, {cached[1]:,} into it"
    paid = dollars(model, used)
    money = "unknown price" if price is None else f"{paid:.6f} dollars ({price.source}, {price.month})"
    return f"{told}; {call.seconds:.1f} s; {money}"


def _document(report: AiReport) -> dict[str, Any]:
    calls = [{**asdict(call), "dollars": dollars(report.model, call.usage)} for call in report.calls]
    return {**asdict(report), "calls": calls, "usable": not report.mend}
