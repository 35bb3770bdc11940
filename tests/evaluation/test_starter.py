"""The starter set: enough emails of every kind, and what the offline AI makes of them is what the docs say."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.commands import app
from app.evaluation.cases import Case
from app.evaluation.reading import read_suite

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "examples" / "eval").glob("*.yaml"))
DOCS = (ROOT / "docs" / "eval.md").read_text("utf-8")

KINDS = {
    "Gmail",
    "HTML only",
    "MJML",
    "Mailchimp-like",
    "Outlook",
    "URLs",
    "attacker",
    "dashes",
    "digits of other scripts",
    "forwarded",
    "groups of digits",
    "look-alike IDs",
    "no ID",
    "no label",
    "order numbers",
    "other languages",
    "other mail programs",
    "phone numbers",
    "plain",
    "prompt injection",
    "quoted reply",
    "relay senders",
    "right to left",
    "scripts without spaces",
    "sender as identifier",
    "several IDs",
    "signature",
    "signs beside the number",
    "spam-like",
    "split over lines",
    "subject only",
    "transfer encodings",
    "upper and lower case",
}

SHAPES = re.compile(
    r"acct_[0-9a-f]{8}|ACCT_[0-9A-F]{8}|[0-9]{5}|(?i:ORD)-[0-9]{4}-[0-9]{4}(?:-ARCHIVE)?|[\w.]+@[\w.-]+\.example",
    re.ASCII,
)
"""How the identifiers of the set look; nothing else may be expected of anybody."""


@cache
def cases() -> list[Case]:
    return [case for path in FILES for case in read_suite(path).cases]


@pytest.fixture(scope="module")
def pages() -> dict[Path, list[str]]:
    """What `eval` prints of each file with the offline AI, from where the docs say to call it."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CC_AI_PROVIDER", "offline")
        patch.chdir(ROOT)
        for path in FILES:
            ran = CliRunner().invoke(app, ["eval", str(path.relative_to(ROOT))])
            found[path] = [line.rstrip() for line in ran.stdout.splitlines()]
    return found


def test_set_is_large_and_of_every_kind() -> None:
    found = cases()

    assert len(found) >= 200
    assert {case.kind for case in found} == KINDS
    assert sum(case.rows is not None for case in found) >= 12
    assert all(count >= 2 for count in Counter(case.kind for case in found).values())


def test_docs_add_the_files_up(pages: dict[Path, list[str]]) -> None:
    sums: Counter[str] = Counter()
    for page in pages.values():
        (counts,) = (line.split() for line in page if line.startswith("all "))
        sums.update(dict(zip(("emails", "right", "missed", "wrong"), map(int, counts[1:5]), strict=True)))
        (withheld,) = (line.split()[3] for line in page if line.startswith("require_match: wrong hits"))
        sums["withheld"] += int(withheld.replace("-", "0"))  # a file without match_path compares no senders

    assert (
        f"Together: {sums['right']} of {sums['emails']} emails right ({sums['right'] / sums['emails']:.3f}), "
        f"{sums['missed']} missed, {sums['wrong']} wrong-customer hits; "
        f"`require_match` would withhold {sums['withheld']} of those."
    ) in " ".join(DOCS.split())


def test_every_email_says_why_it_is_there() -> None:
    assert [case.name for case in cases() if not case.note] == []


def test_no_two_emails_are_alike() -> None:
    bodies = Counter(case.email.body for case in cases())

    assert [body for body, count in bodies.items() if count > 1] == []
    assert len({case.name for case in cases()}) == len(cases())


def test_every_expected_identifier_is_well_formed() -> None:
    assert [case.expected for case in cases() if case.expected and not SHAPES.fullmatch(case.expected)] == []


def test_every_sender_lives_in_a_reserved_domain() -> None:
    addresses = re.findall(r"(?<=\w)@([\w.-]+\w)", "\n".join(path.read_text("utf-8") for path in FILES))

    assert {domain for domain in addresses if not re.search(r"\.example(\.co)?$", domain)} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_docs_say_what_the_offline_ai_makes_of_the_set(path: Path, pages: dict[Path, list[str]]) -> None:
    page = pages[path]
    told = DOCS.split(f"### `{path.relative_to(ROOT)}`", 1)[1].split("```", 2)[1].splitlines()
    told = [line for line in told if line]

    listed = page.index("Not as expected:") - 1 if "Not as expected:" in page else len(page)
    # Seconds are this machine's.
    assert told == [line for line in page[:listed] if line and not line.startswith("latency")]


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "strangers"], ids=lambda path: path.stem)
def test_offline_ai_leads_to_nobody_else_where_an_honest_email_is_read(path: Path) -> None:
    ran = CliRunner(env={"CC_AI_PROVIDER": "offline"}).invoke(app, ["eval", str(path), "--max-wrong", "0"])

    assert ran.exit_code == 0, ran.stdout
