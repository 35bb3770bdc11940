"""The starter set: enough emails of every kind, and what the offline AI makes of them is what the docs say."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.evaluation.cases import Case
from app.evaluation.reading import read_suite

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "examples" / "eval").glob("*.yaml"))
DOCS = (ROOT / "docs" / "eval.md").read_text("utf-8")

KINDS = {
    "HTML only",
    "URLs",
    "attacker",
    "forwarded",
    "look-alike IDs",
    "no ID",
    "no label",
    "order numbers",
    "other languages",
    "phone numbers",
    "plain",
    "prompt injection",
    "quoted reply",
    "sender as identifier",
    "several IDs",
    "signature",
    "spam-like",
    "split over lines",
    "subject only",
    "upper and lower case",
}

SHAPES = re.compile(r"acct_[0-9a-f]{8}|ACCT_[0-9A-F]{8}|[0-9]{5}|[\w.]+@[\w.-]+\.example", re.ASCII)
"""How the identifiers of the set look; nothing else may be expected of anybody."""


def cases() -> list[Case]:
    return [case for path in FILES for case in read_suite(path).cases]


def test_set_is_large_and_of_every_kind() -> None:
    found = cases()

    assert len(found) >= 60
    assert {case.kind for case in found} == KINDS
    assert sum(case.rows is not None for case in found) >= 12
    assert all(count >= 2 for count in Counter(case.kind for case in found).values())


def test_docs_add_the_files_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "offline")
    told = [json.loads(CliRunner().invoke(app, ["eval", str(path), "--json"]).stdout)["figures"] for path in FILES]
    emails, right, missed, wrong = (sum(one[name] for one in told) for name in ("emails", "right", "missed", "wrong"))
    withheld = sum(one["senders"]["wrong_withheld"] for one in told)

    assert (
        f"Together: {right} of {emails} emails right ({right / emails:.3f}), {missed} missed, "
        f"{wrong} wrong-customer hits; "
        f"`require_match` would withhold {withheld} of those."
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
def test_docs_say_what_the_offline_ai_makes_of_the_set(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_AI_PROVIDER", "offline")
    monkeypatch.chdir(ROOT)
    name = str(path.relative_to(ROOT))
    ran = CliRunner().invoke(app, ["eval", name])

    page = [line.rstrip() for line in ran.stdout.splitlines()]
    told = DOCS.split(f"### `{name}`", 1)[1].split("```", 2)[1].strip("\n").splitlines()
    # Seconds are this machine's.
    assert told == [line for line in page[: page.index("Not as expected:") - 1] if not line.startswith("latency")]
