"""The examples are held to their README and to their lock files; nothing need be installed for that."""

import json
import re
from typing import Any

import pytest

from tests.examples.readme import MADE, README, Example, examples

FOLDER = README.parent
EXAMPLES = {example.name: example for example in examples()}
IN_NODE = [name for name, example in EXAMPLES.items() if (example.folder / "package.json").exists()]
IN_PYTHON = [name for name, example in EXAMPLES.items() if (example.folder / "requirements.in").exists()]
IN_ONE_FILE = {"php": "*.php", "ruby": "*.ru", "go": "*.go", "java": "*.java", "csharp": "*.cs"}


def read_json(example: Example, file: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((example.folder / file).read_text("utf-8"))
    return read


def test_every_example_stands_in_the_readme_and_no_other() -> None:
    asking = {path.parent.name for name in ("package.json", "requirements.in") for path in FOLDER.glob(f"*/{name}")}

    assert set(EXAMPLES) == asking | IN_ONE_FILE.keys()


@pytest.mark.parametrize("name", IN_ONE_FILE)
def test_example_without_packages_is_one_file(name: str) -> None:
    own = [path for path in EXAMPLES[name].folder.iterdir() if path.name not in MADE and path.is_file()]

    assert own == list(EXAMPLES[name].folder.glob(IN_ONE_FILE[name]))


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("sh -c true", ""),
        ("no-such-compiler -o build/server", "no-such-compiler"),
        ("sh -cp .:/no/such/library.jar:build", "/no/such/library.jar"),
        (f"sh -cp {README}:build", ""),
        (".venv/bin/pip install", ""),
    ],
)
def test_example_says_what_it_misses(command: str, missing: str) -> None:
    assert Example(FOLDER, (command,), "sh").missing == missing


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))

    assert [link for link in links if "://" not in link and not (FOLDER / link).exists()] == []


@pytest.mark.parametrize("name", IN_NODE)
def test_npm_lock_vouches_for_every_package_and_names_no_registry_when_written(name: str) -> None:
    asked_for = read_json(EXAMPLES[name], "package.json")["dependencies"]
    lock = read_json(EXAMPLES[name], "package-lock.json")
    packages = {path: entry for path, entry in lock["packages"].items() if path}

    assert lock["packages"][""]["dependencies"] == asked_for
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked_for} == asked_for
    assert [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


@pytest.mark.parametrize("name", IN_PYTHON)
def test_python_lock_vouches_for_every_package_and_names_no_registry_when_written(name: str) -> None:
    folder = EXAMPLES[name].folder
    asked_for = (folder / "requirements.in").read_text("utf-8").split()
    lock = (folder / "requirements.lock").read_text("utf-8")
    entries = lock.replace("\\\n", " ").splitlines()

    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert {entry.partition("==")[0] for entry in entries} >= set(asked_for)
    assert [word for word in ("://", "--index", " @ ", "#") if word in lock] == []
