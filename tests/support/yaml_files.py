"""YAML files of the project, read fast and once: the reader in Python takes a second for openapi.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

OPENAPI_FILE = ROOT / "openapi.yaml"
"""The description of the service's API."""


@cache
def yaml_of(path: Path) -> Any:
    """Return what a YAML file holds; nobody may change it, as everybody gets the same."""
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
