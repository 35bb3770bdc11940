"""openapi.yaml is what the service serves, and is what the service does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import support_context
from app.domain.outcomes import Status
from app.domain.refusals import Refusal
from app.web.http.errors import MEDIA_TYPE, STATUS
from app.web.tickets.batch_bodies import BatchOut
from app.web.tickets.bodies import PendingOut, TicketResultOut
from app.web.tickets.examples import BATCHED, ENRICHED, PENDING
from tests.support.service import World
from tests.support.yaml_files import OPENAPI_FILE, yaml_of

VALID = [OPENAPI_FILE, Path(support_context.__file__).parent / "openapi.yaml"]


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml_of(OPENAPI_FILE)
    return loaded


async def test_file_equals_what_is_served(kept: dict[str, Any]) -> None:
    async with World().client() as client:
        served = (await client.get("/openapi.json")).json()

    assert kept == served


def test_files_of_both_sides_are_valid_openapi_3_1() -> None:
    # In a process of its own: loading the validator takes two seconds, in each test process that would collect it.
    command = [sys.executable, "-m", "openapi_spec_validator", "--schema", "3.1", *map(str, VALID)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.splitlines() == [f"{file}: OK" for file in VALID]
    assert all(yaml_of(file)["openapi"].startswith("3.1") for file in VALID)


def test_every_problem_code_has_an_example_under_its_status(kept: dict[str, Any]) -> None:
    documented = {
        code
        for item in kept["paths"].values()
        for operation in item.values()
        for answer in operation["responses"].values()
        for code in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }
    before_a_route = {"not_found", "method_not_allowed", "head_too_large", "request_timeout", "too_many_connections"}

    assert documented == {refusal.code for refusal in Refusal} - before_a_route
    for refusal in Refusal:
        assert kept["components"]["examples"][refusal.code]["value"]["status"] == STATUS[refusal]


def test_every_body_has_an_example(kept: dict[str, Any]) -> None:
    for path, item in kept["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                schema = kept["components"]["schemas"][body["schema"]["$ref"].rsplit("/", 1)[1]]
                shown = body.get("examples") or [each for each in schema["properties"].values() if "examples" in each]
                assert shown, f"{method} {path}"


@pytest.mark.parametrize(
    ("model", "examples"),
    [
        pytest.param(TicketResultOut, ENRICHED, id="results"),
        pytest.param(PendingOut, PENDING, id="pending"),
        pytest.param(BatchOut, BATCHED, id="batch"),
    ],
)
def test_examples_are_complete_answers(model: type[BaseModel], examples: dict[str, Any], kept: dict[str, Any]) -> None:
    shown = {
        name: example
        for item in kept["paths"].values()
        for operation in item.values()
        for answer in operation["responses"].values()
        for name, example in answer.get("content", {}).get("application/json", {}).get("examples", {}).items()
    }

    for name, example in examples.items():
        assert shown[name] == example
        assert model.model_validate(example["value"]).model_dump(mode="json").keys() == example["value"].keys()


def test_only_open_routes_need_no_token(kept: dict[str, Any]) -> None:
    guarded = {path: [op["security"] for op in item.values()] for path, item in kept["paths"].items()}

    assert {path for path, needs in guarded.items() if [] in needs} == {"/healthz", "/readyz", "/metrics"}


def test_statuses_are_the_guides(kept: dict[str, Any]) -> None:
    assert set(kept["components"]["schemas"]["Status"]["enum"]) == set(Status)
