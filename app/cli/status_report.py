"""Lays the workload out for a person at three in the morning, what is wrong first, and for a program as JSON."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from app.cli.environment import settings_for
from app.cli.terminal import stopped
from app.domain.claims import DatabaseUnavailable
from app.domain.outcomes import Outcome
from app.domain.workload import MOST_COUNTED, EndedRuns, Queue, SeenWorker, WorkloadReport
from app.wiring.databases import NOT_ANSWERING, report_workload

LONG_WAIT_SECONDS = 60.0
"""A ticket that waits longer is worth a word: an agent has opened it by then."""

MANY_WEBHOOKS = 100
"""Webhooks that wait while all is well are a handful: each takes a fraction of a second."""

FEW_RUNS = 20
"""Under so many ended runs a share says nothing."""

BAD_SHARE = 0.25
"""The share of the last hour's runs that may end in one kind of failure before it is worth a word."""

_UNITS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
"""A time is said in two of them: the size of each in seconds, and the next smaller one."""

NOTHING_IS_WRONG = "Nothing is wrong."


def current(*, as_json: bool) -> str:
    """Return the workload of this moment, for a person or a program."""
    try:
        report = asyncio.run(report_workload(settings_for()))
    except DatabaseUnavailable:
        raise stopped(NOT_ANSWERING) from None
    return as_document(report) if as_json else as_text(report)


def as_text(report: WorkloadReport) -> str:
    """Return a page of aligned plain text, its first line what is wrong first."""
    parts = [[headline(report)], _queue(report.queue), _workers(report.alive, report.silent), _runs(report.last_hour)]
    return "\n\n".join("\n".join(lines) for lines in parts)


def as_document(report: WorkloadReport) -> str:
    """Return the same as a JSON object, with the first line as `headline`."""
    return json.dumps({"headline": headline(report), **asdict(report)}, indent=2)


def headline(report: WorkloadReport) -> str:
    """Return the one sentence to read first: the gravest thing that is wrong, with what to do."""
    return next((said for concern in _CONCERNS if (said := concern(report))), NOTHING_IS_WRONG)


def _nobody_works(report: WorkloadReport) -> str | None:
    if any(seen.worker.seats for seen in report.alive):
        return None
    waiting = report.queue.depth.queued
    tickets = f", tickets waiting: {_count(waiting)}" if waiting else ""
    return f"No worker is alive{tickets}. Start one with: customer-context worker"


def _long_wait(report: WorkloadReport) -> str | None:
    depth, put_back = report.queue.depth, report.queue.put_back
    if depth.oldest_seconds <= LONG_WAIT_SECONDS:
        return None
    if 2 * put_back > depth.queued:
        why = "most were put back for later, as they are while the AI provider does not answer"
    elif sum(seen.worker.in_flight for seen in report.alive) < sum(seen.worker.seats for seen in report.alive):
        why = "there are free seats, so look into the workers' logs if it stays"
    else:
        why = "every seat is taken, so start another worker or give each more seats"
    return f"The oldest ticket has waited {depth.oldest_seconds:.0f} s: {why}."


def _ai_refuses(report: WorkloadReport) -> str | None:
    refused = report.last_hour.failed_because.get(Outcome.AI_MISCONFIGURED.reason or "", 0)
    if not refused:
        return None
    return (
        f"The AI provider refused our key, model or settings in {refused:,} of the last hour's "
        f"{report.last_hour.ended:,} runs. See what to mend with: customer-context ai check"
    )


def _service_failed(report: WorkloadReport) -> str | None:
    reasons = {
        Outcome.AI_UNAVAILABLE: "the AI gave no usable answer: look at its provider's status and the logs",
        Outcome.INTERRUPTED: "they were cut off three times, as by a crash: look into the workers' logs",
    }
    for outcome, what in reasons.items():
        failed = report.last_hour.failed_because.get(outcome.reason or "", 0)
        if _is_bad(failed, report.last_hour):
            return f"{failed:,} of the last hour's {report.last_hour.ended:,} runs failed because {what}."
    return None


def _webhooks_wait(report: WorkloadReport) -> str | None:
    if report.queue.webhooks < MANY_WEBHOOKS:
        return None
    return f"{_count(report.queue.webhooks)} webhooks wait: see whether the host of CC_WEBHOOK_URL takes them."


_CONCERNS: Sequence[Callable[[WorkloadReport], str | None]] = (
    _nobody_works,
    _ai_refuses,
    _service_failed,
    _long_wait,
    _webhooks_wait,
)
"""Gravest first: a failure is final, a wait is not."""


def _queue(queue: Queue) -> list[str]:
    put_back = f" ({_count(queue.put_back)} put back for later)" if queue.put_back else ""
    oldest = _time(queue.depth.oldest_seconds) if queue.depth.queued else "-"
    behind = " (their projects have as many in flight as they may)" if queue.depth.in_line else ""
    rows = [
        ("waiting", f"{_count(queue.depth.queued)}{put_back}"),
        ("oldest has waited", oldest),
        ("in line", f"{_count(queue.depth.in_line)}{behind}"),
        ("in flight", _count(queue.in_flight)),
        ("webhooks waiting", _count(queue.webhooks)),
    ]
    return ["Tickets", *_table(rows, right=())]


def _workers(alive: Sequence[SeenWorker], silent: Sequence[SeenWorker]) -> list[str]:
    head = ("host", "pid", "seats", "in flight", "up", "")
    lines = [f"Workers alive: {len(alive)}"]
    if alive or silent:
        lines += _table([head, *map(_worker, (*alive, *silent))], right=(1, 2, 3, 4))
    return lines


def _worker(seen: SeenWorker) -> tuple[str, ...]:
    worker = seen.worker
    last_word = "" if seen.is_alive else f"silent for {_time(seen.unseen_seconds)}"
    return (worker.host, str(worker.pid), str(worker.seats), str(worker.in_flight), _time(seen.up_seconds), last_word)


def _runs(runs: EndedRuns) -> list[str]:
    lines = [
        f"Runs ended in the last hour: {runs.ended:,}, of them {runs.failed:,} not ok{_listed(runs.failed_because)}"
    ]
    if runs.worst:
        head = ("project", "ended", "not ok", "statuses")
        rows = [
            (project.project_id, f"{project.ended:,}", f"{project.failed:,}", _by_number(project.by_status))
            for project in runs.worst
        ]
        lines += _table([head, *rows], right=(1, 2))
    if runs.projects > len(runs.worst):
        lines.append(f"  and {runs.projects - len(runs.worst):,} more projects")
    return lines


def _table(rows: Sequence[tuple[str, ...]], right: Sequence[int]) -> list[str]:
    """Align columns, those of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _listed(counts: Mapping[str, int]) -> str:
    return f": {_by_number(counts)}" if counts else ""


def _by_number(counts: Mapping[str, int]) -> str:
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {number:,}" for name, number in most_first)


def _count(number: int) -> str:
    return f"{number:,}{' or more' if number >= MOST_COUNTED else ''}"


def _time(seconds: float) -> str:
    whole = int(seconds)
    for size, unit, part, part_unit in _UNITS:
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {part_unit}"
    return f"{whole} s"


def _is_bad(failed: int, runs: EndedRuns) -> bool:
    return runs.ended >= FEW_RUNS and failed >= BAD_SHARE * runs.ended
