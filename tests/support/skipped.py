"""Says at the end of a run, in three lines, which kinds of tests were skipped and what runs them."""

from collections import Counter
from collections.abc import Iterable, Mapping

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "of the pages in a browser": ("make test-browser", ("tests/browser/",)),
    "of examples and TypeScript": (
        "make test-examples; scripts/typescript",
        ("tests/examples/", "tests/clients/", "tests/guides/", "tests/web/configuration/"),
    ),
    "with HAProxy, PgBouncer, promtool, PostgreSQL 15": (
        "apt-get install haproxy pgbouncer prometheus postgresql-15; make test",
        ("",),
    ),
}
"""What each kind is called, the command that runs it, and where its tests lie; the last is everything else."""


def summary(skipped: Iterable[str]) -> list[str]:
    """Return the lines about these tests, one for each kind, also where none of it was skipped."""
    counted = Counter(_kind_of(test) for test in skipped)
    return [f"skipped {kind}: {counted[kind]} (run with: {command})" for kind, (command, _) in KINDS.items()]


def _kind_of(test: str) -> str:
    return next(kind for kind, (_, folders) in KINDS.items() if test.startswith(folders))
