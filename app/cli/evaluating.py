"""Runs the evaluation of an owner's instructions behind the command `eval`, and prints its tables."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.ai_settings import AiSettings
from app.cli.terminal import say
from app.evaluation.cases import Suite
from app.evaluation.reading import BadFile, read_instructions, read_suite
from app.evaluation.report import Evaluation, as_comparison, as_document, as_tables, differences
from app.evaluation.running import evaluate
from app.evaluation.scoring import score, shortfalls
from app.settings import InvalidSettings, load_ai_settings
from app.wiring.model import model_of

NOT_GOOD_ENOUGH, UNUSABLE = 1, 2
"""Exit statuses, as `check` has them: the instructions do not keep the limits; nothing could be evaluated."""

SLOWED_DOWN = "emails, slowed down as the AI provider asks"

PAGE_COLUMNS = 100
"""Width of the page where no terminal says how wide it is, as in a CI log."""


def evaluate_file(
    file: Path,
    instructions: Path | None,
    compare: Path | None,
    parallel: int,
    min_accuracy: float | None,
    max_wrong: int | None,
    *,
    as_json: bool,
) -> None:
    """Evaluate the instructions in a file and print the tables; exit status 1 or 2 as the command documents."""
    try:
        settings = load_ai_settings()
        own = read_instructions(instructions) if instructions else None
        suite = read_suite(file, own)
        other = read_instructions(compare) if compare else None
    except (BadFile, InvalidSettings) as problem:
        say(f"customer-context: {problem}")
        raise typer.Exit(UNUSABLE) from None
    suites = [(str(instructions or file), suite)]
    if other:
        suites.append((str(compare), replace(suite, instructions=other)))
    evaluations = asyncio.run(_evaluated(suites, settings, parallel))
    _show(evaluations, as_json)
    short = shortfalls(evaluations[0].total, min_accuracy, max_wrong)
    for sentence in short:
        say(f"customer-context: {sentence}")
    if short:
        raise typer.Exit(NOT_GOOD_ENOUGH)


async def _evaluated(suites: list[tuple[str, Suite]], settings: AiSettings, parallel: int) -> list[Evaluation]:
    evaluations = []
    with _progress() as progress:
        task = progress.add_task("emails", total=sum(len(suite.cases) for _, suite in suites))

        def seen() -> None:
            progress.advance(task)

        async with model_of(settings, lambda seconds: progress.update(task, description=SLOWED_DOWN)) as model:
            for source, suite in suites:
                scored = tuple(score(each) for each in await evaluate(suite, model, parallel, seen))
                compared = suite.instructions.match_path is not None
                evaluations.append(Evaluation(source, model.provider, model.name, scored, compared))
    return evaluations


def _progress() -> Progress:
    """Return a bar on standard error, which a log does not get."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _show(evaluations: list[Evaluation], as_json: bool) -> None:
    one, *others = evaluations
    if as_json:
        document = as_document(one)
        for other in others:
            document["compare"] = {**as_document(other), "differences": differences(one, other)}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    terminal = Console(emoji=False, highlight=False, markup=False)
    page = terminal if terminal.is_terminal else Console(emoji=False, highlight=False, markup=False, width=PAGE_COLUMNS)
    page.print(as_comparison(one, others[0]) if others else as_tables(one), soft_wrap=True)
