"""What `make sbom` writes: exactly what runs, under which licences, and nothing of the machine that wrote it."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
LOCKED = dict(PINNED.findall((ROOT / "requirements" / "service.lock").read_text("utf-8")))
OF_OTHER_SYSTEMS = {"colorama", "httpx2-jsfetch"}
"""Windows' and the browser's: in the lock file, but not installed here."""

LICENCES = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL 2\.0")
"""None of them asks for our own code."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(["make", "sbom", f"DIST={folder}"], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607 - ours
    return folder


def test_the_sbom_lists_what_runs_and_nothing_else(written: Path) -> None:
    components = json.loads((written / "sbom.cdx.json").read_text())["components"]

    assert {each["name"]: each["version"] for each in components} == LOCKED
    assert all(each["externalReferences"][0]["hashes"] for each in components)


def test_every_package_that_runs_has_a_licence_that_we_can_keep_to(written: Path) -> None:
    rows = [line.split("|") for line in (written / "licences.md").read_text().splitlines()[2:]]
    found = {re.sub(r"[_.]", "-", row[1].strip().lower()): row[3].strip() for row in rows}

    assert LOCKED.keys() - OF_OTHER_SYSTEMS <= found.keys() <= LOCKED.keys()
    assert {name: licence for name, licence in found.items() if not LICENCES.search(licence)} == {}
    assert [name for name, licence in found.items() if "GPL" in licence] == []


def test_neither_names_the_machine(written: Path) -> None:
    text = "".join((written / name).read_text() for name in ("sbom.cdx.json", "licences.md"))

    assert [place for place in (str(ROOT), str(Path.home()), "site-packages", "file:") if place in text] == []
