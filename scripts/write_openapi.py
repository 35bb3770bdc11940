"""Writes openapi.yaml from the routes of the service: `make openapi`."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Never

import yaml

from app.web.app import create_app

FILE = Path(__file__).parents[1] / "openapi.yaml"
HEAD = "# The routes of Customer Context; written by `make openapi`, and held to what the service serves by a test.\n"


def _unopened() -> AbstractAsyncContextManager[Never]:
    raise NotImplementedError("a description needs no services")


if __name__ == "__main__":
    # Through JSON, so that what is shown twice is written twice: not every reader of OpenAPI follows YAML's references.
    description = json.loads(json.dumps(create_app((), _unopened).openapi()))
    FILE.write_text(HEAD + yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=120), "utf-8")
