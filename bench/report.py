"""What the bench says: its progress on standard error, its figures as Markdown tables."""

import sys
from collections.abc import Sequence

MEBIBYTE = 1_048_576

NOTHING = ""
"""A cell for which there is no figure."""


def say(text: str) -> None:
    """Tell whoever waits what is being done."""
    sys.stderr.write(text + "\n")


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return a percentile by nearest rank."""
    ranked = sorted(seconds)
    return ranked[max(1, -(-len(ranked) * percent // 100)) - 1]


def figure(value: float) -> str:
    """Return a figure with about as many digits as were measured."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits are all that repeat
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def ratio(one: float, other: float) -> str:
    """Return the other as a multiple of the one; nothing where that says nothing."""
    return f"{other / one:.2f} ×" if one > 0 and other > 0 else NOTHING


def beside(label: str, floor: float, *others: float) -> list[str]:
    """Return a row: the floor, then each of the others with its ratio to the floor."""
    cells = [label, figure(floor)]
    for other in others:
        cells += [figure(other), ratio(floor, other)]
    return cells


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; its columns line up also where nobody renders it."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (cell.ljust(width) for cell, width in zip(cells[:1], widths, strict=False))
        others = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return f"| {' | '.join([first, *others])} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(headings), f"| {' | '.join(rule)} |", *map(line, rows)])
