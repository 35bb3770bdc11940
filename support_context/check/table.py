"""The report of a check, for people: a table with what was seen, and how to mend what is wrong."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from support_context.check.report import Report, mend, waiting_for
from support_context.check.requirements import Finding, Requirement, Verdict

NARROWEST, WIDEST = 80, 120
"""Columns of the table: what a terminal has, and what the eye follows without losing the line."""

STYLES = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red", Verdict.NOT_RUN: "dim"}
"""Colours beside the words, where the terminal has any."""


def table_text(report: Report) -> str:
    """Return the table and the line that sums it up, coloured where standard output is a terminal."""
    console = Console(highlight=False)
    # A pipe has no width; a wide terminal has more than the eye can follow.
    console.width = min(max(console.width, NARROWEST), WIDEST) if console.is_terminal else WIDEST
    with console.capture() as captured:
        _print(report, console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _print(report: Report, console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("requirement", ratio=2)
    table.add_column("what was seen", ratio=3)
    for requirement, finding in report.findings.items():
        if finding.waits_for:
            continue  # counted where it waits
        verdict = Text(finding.verdict.replace("_", " "), STYLES[finding.verdict])
        table.add_row(verdict, Text(requirement.title), _seen(report, requirement, finding))
    # Text, never markup: an endpoint's words must not colour or link anything.
    console.print(Text(f"{report.target.method} {report.target.shown}"))
    console.print()
    console.print(table)
    console.print()
    console.print(Text(report.headline))


def _seen(report: Report, requirement: Requirement, finding: Finding) -> Text:
    to_do, waiting = mend(requirement, finding), waiting_for(report, requirement)
    lines = [finding.seen, f"→ {to_do}" if to_do else ""]
    if waiting:
        lines.append(f"{waiting} further requirement{' waits' if waiting == 1 else 's wait'} for this.")
    return Text("\n".join(line for line in lines if line))
