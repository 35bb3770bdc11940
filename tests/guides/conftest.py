"""The project's folder as a reader of the guides has it, and what keeps their commands off the internet."""

import os
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COPIED = ("clients", "examples")
"""What the guides' commands write into; the rest is only read, and linked."""

UNWANTED = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".venv", ".prepared")

LINKED = (
    ".venv",
    "app",
    "migrations",
    "support_context",
    "Makefile",
    "pyproject.toml",
    "requirements",
    "scripts",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder to type the commands in."""
    folder = tmp_path / "customer-context"
    folder.mkdir()
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=UNWANTED)
    return folder


@pytest.fixture
def environment() -> Mapping[str, str]:
    """What the shell of the reader knows.

    pip takes what is installed here: the libraries of this environment are visible from every other, and no index is
    asked. npm takes what it has fetched before.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CC_", "ANTHROPIC_", "PIP_"))
    }
    return inherited | {
        "PATH": f"{Path(sysconfig.get_path('scripts'))}:{os.environ['PATH']}",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's own spelling of "without isolation"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "npm_config_prefer_offline": "true",
        "npm_config_update_notifier": "false",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
    }
