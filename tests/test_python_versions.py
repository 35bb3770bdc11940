"""The versions of Python that the project is tried on, and how `make` takes the one that is named."""

import os
import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import app

ROOT = Path(__file__).parent.parent


def project(folder: str) -> dict[str, Any]:
    """Return the table `project` of a package's pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def tried(folder: str) -> list[str]:
    """Return the versions that a package names as its own, oldest first."""
    return re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(project(folder)["classifiers"]))


@pytest.mark.parametrize("folder", ["support_context", "clients/python"])
def test_packages_name_the_versions_of_the_service(folder: str) -> None:
    assert tried(folder) == tried("")
    assert project(folder)["requires-python"] == project("")["requires-python"] == f">={tried('')[0]}"


def test_guide_names_the_versions_when_it_says_how_to_repeat_it() -> None:
    *others, newest = tried("")

    assert f"Python {', '.join(others)} and {newest}" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_image_runs_a_version_that_is_tried() -> None:
    images = re.findall(r"^FROM python:(3\.\d+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)

    assert len(images) == 2
    assert set(images) <= set(tried(""))


@pytest.mark.parametrize("package", ["customer-context", "support-context"])
def test_package_is_installed_where_the_tests_run(package: str) -> None:
    # Without the second, pytest does not find the plugin that is tested; `make setup` and `uv sync` install both.
    assert version(package) == app.__version__


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A finished environment of Python 3.11.0, of which only the version is there."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho Python 3.11.0\n", "utf-8")
    python.chmod(0o755)
    for stamp in (".made", ".running", ".developing"):
        (tmp_path / "venv" / stamp).touch()
    return tmp_path / "venv"


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Without the rest of the environment: where `make test PYTHON=…` runs this, a make within it would be told so, too.
    return subprocess.run(  # noqa: S603
        ["make", *arguments],  # noqa: S607 - the make of whoever runs this
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("named", "made"),
    [
        pytest.param([], False, id="none named"),
        pytest.param(["Python 3.11.0"], False, id="the same version"),
        pytest.param(["Python 3.11.1"], True, id="another patch release"),
        pytest.param(["Python 3.13.0"], True, id="another version"),
    ],
)
def test_environment_is_made_anew_when_another_version_is_named(
    environment: Path, tmp_path: Path, named: list[str], made: bool
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {''.join(named)}\n", "utf-8")
    python.chmod(0o755)

    told = make("--dry-run", "setup", f"VENV={environment}", *(f"PYTHON={python}" for _ in named))

    assert (told.returncode, "-m venv --clear" in told.stdout) == (0, made)


def test_no_other_python_is_taken_when_the_named_one_is_not_there(tmp_path: Path) -> None:
    told = make("setup", f"VENV={tmp_path / 'venv'}", "PYTHON=python-of-nobody")

    assert told.returncode != 0
    assert "No Python 3.11 or newer with venv and pip among: python-of-nobody\n" in told.stderr
    assert not (tmp_path / "venv").exists()
