"""Lays the workload out for a person at three in the morning, what is wrong first, and for a program as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app import __version__
from app.cli.status.concerns import concerns, count, headline, in_two_units
from app.domain.workload import EndedRuns, Queue, SeenWorker, WorkloadReport


def as_text(report: WorkloadReport) -> str:
    """Return a page of aligned plain text that begins with what is wrong, the gravest first."""
    parts = [
        list(concerns(report)) or [headline(report)],
        _queue(report.queue),
        _workers(report.alive, report.silent),
        _runs(report.last_hour),
        [f"customer-context {__version__}"],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts)


def as_document(report: WorkloadReport) -> dict[str, object]:
    """Return the same for programs: `concerns` holds every sentence on what is wrong, `headline` the first."""
    said = {"headline": headline(report), "concerns": list(concerns(report)), "version": __version__}
    return {**said, **asdict(report)}


def as_line(document: Mapping[str, object]) -> str:
    """Return a document as one line."""
    return json.dumps(document, separators=(",", ":"))


def _queue(queue: Queue) -> list[str]:
    put_back = f" ({count(queue.put_back)} put back for later)" if queue.put_back else ""
    oldest = in_two_units(queue.depth.oldest_seconds) if queue.depth.queued else "-"
    behind = " (their projects have as many in flight as they may)" if queue.depth.in_line else ""
    left_alone = " (endpoints that failed ten times in a row)" if queue.depth.open_breakers else ""
    rows = [
        ("waiting", f"{count(queue.depth.queued)}{put_back}"),
        ("oldest has waited", oldest),
        ("in line", f"{count(queue.depth.in_line)}{behind}"),
        ("in flight", count(queue.in_flight)),
        ("webhooks waiting", f"{count(queue.webhooks)}{_for(queue.oldest_webhook_seconds)}"),
        ("left alone", f"{queue.depth.open_breakers:,}{left_alone}"),
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
    last_word = "" if seen.is_alive else f"silent for {in_two_units(seen.unseen_seconds)}"
    return (
        worker.host,
        str(worker.pid),
        str(worker.seats),
        str(worker.in_flight),
        in_two_units(seen.up_seconds),
        last_word,
    )


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


def _for(seconds: float) -> str:
    return f" (the oldest for {in_two_units(seconds)})" if seconds else ""
