"""What `make sbom` writes: exactly what runs, under which licences, and nothing of the machine that wrote it."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
LOCKED = dict(PINNED.findall((ROOT / "requirements" / "service.lock").read_text("utf-8")))
OF_OTHER_SYSTEMS = {"colorama", "httpx2-jsfetch"}
"""Windows' and the browser's: in the lock file, but not installed here."""

LICENCES = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL 2\.0")
"""None of them asks for our own code."""


def test_files_list_what_runs_under_which_licence_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(["make", "sbom", f"DIST={tmp_path}"], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607 - ours
    sbom, licences = ((tmp_path / name).read_text() for name in ("sbom.cdx.json", "licences.md"))
    components = json.loads(sbom)["components"]
    rows = [line.split("|") for line in licences.splitlines()[2:]]
    found = {re.sub(r"[_.]", "-", row[1].strip().lower()): row[3].strip() for row in rows}

    assert {each["name"]: each["version"] for each in components} == LOCKED
    assert all(each["externalReferences"][0]["hashes"] for each in components)
    assert LOCKED.keys() - OF_OTHER_SYSTEMS <= found.keys() <= LOCKED.keys()
    assert {name: licence for name, licence in found.items() if not LICENCES.search(licence)} == {}
    assert [name for name, licence in found.items() if "GPL" in licence] == []
    machine = (str(ROOT), str(Path.home()), "site-packages", "file:")
    assert [place for place in machine if place in sbom + licences] == []
