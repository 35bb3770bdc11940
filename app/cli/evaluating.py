"""Runs the evaluation of an owner's instructions behind the command `eval`, and prints its tables."""

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.cli.terminal import say
from app.evaluation.cases import Suite
from app.evaluation.reading import BadFile, read_instructions, read_suite
from app.evaluation.score_tables import Evaluation, as_comparison, as_document, as_tables, differences
from app.evaluation.scoring import score, shortfalls
from app.evaluation.suite_run import evaluate
from app.settings.ai_settings import AiSettings
from app.settings.loading import InvalidSettings, load_ai_settings
from app.wiring.model import CallObserver, model_of

NOT_GOOD_ENOUGH, UNUSABLE = 1, 2
"""Exit statuses, as `check` has them: the instructions do not keep the limits; nothing could be evaluated."""

SLOWEST_SECONDS = 300.0
"""How long an answer of a server of one's own may take: as long as a ticket may wait at the most."""

SLOWED_DOWN = "emails, slowed down as the AI provider asks"

PAGE_COLUMNS = 100
"""Width of the page where no terminal says how wide it is, as in a CI log."""


def evaluate_file(
    file: Path,
    instructions: Path | None,
    compare: Path | None,
    models: str,
    parallel: int | None,
    timeout: float | None,
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
    if models and compare:
        say("customer-context: --models and --compare: one at a time, or nobody knows what made the difference")
        raise typer.Exit(UNUSABLE)
    runs = [
        EvaluatedRun(str(instructions or file), suite, settings.model_copy(update={"ai_model": name}))
        for name in [each.strip() for each in models.split(",") if each.strip()] or [settings.ai_model]
    ]
    if other:
        runs.append(EvaluatedRun(str(compare), replace(suite, instructions=other), settings))
    own_server = settings.provider() == "compatible"
    evaluations = asyncio.run(
        _evaluated(
            runs,
            parallel or (1 if own_server else 8),
            timeout or (SLOWEST_SECONDS if own_server else settings.run_deadline_seconds),
        )
    )
    _show(evaluations, as_json)
    short = [sentence for each in evaluations for sentence in _short(each, evaluations, min_accuracy, max_wrong)]
    for sentence in short:
        say(f"customer-context: {sentence}")
    if short:
        raise typer.Exit(NOT_GOOD_ENOUGH)


def _short(
    one: Evaluation, all_of_them: list[Evaluation], min_accuracy: float | None, max_wrong: int | None
) -> list[str]:
    """Say what one evaluation falls short of: every model has to keep the limits, instructions to compare with none."""
    if one.model == all_of_them[0].model and one is not all_of_them[0]:
        min_accuracy = max_wrong = None
    name = one.model if len({each.model for each in all_of_them}) > 1 else one.source
    told = f"{name}: " if len(all_of_them) > 1 else ""
    return [f"{told}{sentence}" for sentence in shortfalls(one.total, min_accuracy, max_wrong)]


@dataclass(frozen=True, slots=True)
class EvaluatedRun:
    """One evaluation: where its instructions come from, the emails, and the model that reads them."""

    source: str
    suite: Suite
    settings: AiSettings


class _Slowed(CallObserver):
    """Shows on the bar that the provider wants fewer calls."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def ai_braked(self, seconds: float) -> None:
        """Name it beside the bar."""
        self._progress.update(self._task, description=SLOWED_DOWN)


async def _evaluated(runs: list[EvaluatedRun], parallel: int, answer_seconds: float) -> list[Evaluation]:
    evaluations = []
    with _progress() as progress:
        task = progress.add_task("emails", total=sum(len(run.suite.cases) for run in runs))

        def seen() -> None:
            progress.advance(task)

        for run in runs:
            async with model_of(run.settings, _Slowed(progress, task)) as model:
                found = await evaluate(run.suite, model, parallel, seen, answer_seconds)
                if model.problem is not None:
                    say(f"customer-context: {run.settings.reader()}: the AI provider {model.problem}")
                compared = run.suite.instructions.match_path is not None
                scored = tuple(score(each) for each in found)
                evaluations.append(Evaluation(run.source, model.provider, model.name, scored, compared))
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
        compared = [{**as_document(other), "differences": differences(one, other)} for other in others]
        if compared and compared[0]["ai_model"] == one.model:
            document["compare"] = compared[0]
        elif compared:
            document["models"] = compared
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    terminal = Console(emoji=False, highlight=False, markup=False)
    page = terminal if terminal.is_terminal else Console(emoji=False, highlight=False, markup=False, width=PAGE_COLUMNS)
    page.print(as_comparison(evaluations) if others else as_tables(one), soft_wrap=True)
