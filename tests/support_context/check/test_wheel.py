"""The contract's own wheel as an owner has it: a fresh environment with what it declares, nothing of the service."""

import os
import resource
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import app
import support_context
from tests.support_context.check.conftest import ASKED, TOKEN

ROOT = Path(__file__).parents[3]
MOST_PACKAGES, MOST_BYTES, MOST_CPU_SECONDS = 20, 30_000_000, 0.5
SHARED = ("__pycache__", "bin", "..")
"""Where files of several packages lie side by side."""


def closure(*names: str) -> set[str]:
    """Name every package that these need, as this environment would install them."""
    found: set[str] = set()
    open_ends = list(names)
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            needed = map(Requirement, distribution(name).requires or [])
            open_ends += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel and the packages that it declares, copied from this environment."""

    python: Path
    packages: Path

    def run(self, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), *arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "PYTHON"))}
        return subprocess.run(  # noqa: S603 - ours
            command, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT / "support_context", check=True, capture_output=True)  # noqa: S603 - our own build
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def owner(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("owner")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in closure(*_declared()):
        _copy(name, packages)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    return Installation(folder / "bin" / "python", packages)


@pytest.fixture
def project(owner: Installation, tmp_path: Path) -> Path:
    """An owner's project whose own package is called `app`, with a test of its own; pytest is there as well."""
    for name in closure("pytest"):
        _copy(name, owner.packages)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text('NAME = "theirs"\n')
    (tmp_path / "test_own.py").write_text('import app\n\n\ndef test_own():\n    assert app.NAME == "theirs"\n')
    return tmp_path


def _declared() -> list[str]:
    project = tomllib.loads((ROOT / "support_context" / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(line).name for line in project["dependencies"]]


def _copy(name: str, packages: Path) -> None:
    found = distribution(name)
    tops = {each.parts[0] for each in found.files or () if each.parts[0] not in SHARED}
    assert tops, name
    for top in tops:
        source = Path(str(found.locate_file(top)))
        if source.is_dir():
            shutil.copytree(source, packages / top, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, packages / top)


def test_wheel_holds_the_package_the_command_the_plugin_and_the_openapi(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = [archive.read(name).decode() for name in names if name.endswith("entry_points.txt")]

    assert {name.partition("/")[0] for name in names} == {"support_context", wheel.name[:21] + ".dist-info"}
    assert "support_context/openapi.yaml" in names
    assert [name for name in names if name.endswith((".md", ".toml", ".lock"))] == []
    assert "customer-context-check = support_context.command:main" in points
    assert "[pytest11]\ncustomer-context = support_context.pytest_plugin" in points


def test_service_brings_the_same_version_and_all_that_the_contract_needs() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    theirs = tomllib.loads((ROOT / "support_context" / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]

    assert support_context.__version__ == app.__version__
    assert [each for each in theirs if each not in ours] == []


def test_installation_is_small(owner: Installation) -> None:
    held = sum(path.stat().st_size for path in owner.packages.rglob("*") if path.is_file())

    assert len(closure(*_declared())) + 1 <= MOST_PACKAGES
    assert held <= MOST_BYTES


@pytest.mark.parametrize("arguments", [["--help"], ["https://127.0.0.1:1024/", "--id", "a1", "--token-env", "T"]])
def test_command_starts_at_once(owner: Installation, tmp_path: Path, arguments: list[str]) -> None:
    start = "import sys; from support_context.command import main; sys.exit(main())"
    seconds = []
    for _ in range(4):  # the first compiles, and a busy machine makes any of them slower
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = owner.run("-c", start, *arguments, cwd=tmp_path, T=TOKEN)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ran.returncode == (0 if arguments == ["--help"] else 1), ran.stderr
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(seconds) < MOST_CPU_SECONDS


def test_project_with_a_package_called_app_runs_its_own_tests(owner: Installation, project: Path) -> None:
    ran = owner.run("-m", "pytest", "-W", "error", cwd=project)

    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
    assert "support-context-" in ran.stdout  # among the plugins


def test_project_with_a_package_called_app_checks_its_endpoint(
    owner: Installation, project: Path, good_url: str, ca_file: Path
) -> None:
    options = [
        "--customer-context-url",
        good_url,
        "--customer-context-id",
        "10482",
        "--customer-context-id",
        "acct_12ab34cd",
    ]
    egress = {"CC_EGRESS_ALLOWED_CIDRS": "127.0.0.0/8", "CC_EGRESS_CA_FILE": str(ca_file), "ENDPOINT_TOKEN": TOKEN}
    ran = owner.run("-m", "pytest", "-W", "error", *options, cwd=project, **egress)

    assert ran.returncode == 0, ran.stdout
    assert f"{len(ASKED) + 1} passed" in ran.stdout
