"""Every operation of the API under generated requests, good and bad: nothing but what openapi.yaml says comes back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp

from app.adapters.postgres.rows.packing import pack
from app.web.app import create_app
from app.web.http.services import Services
from support_context.secrets import Secret
from tests.support.service import SERVICE_TOKEN, World
from tests.support.yaml_files import OPENAPI_FILE, yaml_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

HEADERS = {"Authorization": f"Bearer {SERVICE_TOKEN}"}

KNOWN: dict[str, Any] = {"project_id": "prj_1", "ticket_id": "t_1", "token_id": "tok_1", "version": 1}

STORED: dict[str, Any] = {
    "status": "ok",
    "reason": None,
    "message": "Found.",
    "last_attempt": None,
    "identifier": "acct_12ab34cd",
    "identified_by": "ai",
    "summary": "",
    "fields": [],
    "links": [],
    "identity": "unknown",
    "ai_context": "",
    "ai_context_withheld": False,
    "credits_used": 1,
    "ai_provider": "offline",
    "ai_model": "offline",
    "usage": {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
    },
    "timings_ms": {"total": 1},
    "created_at": "2026-11-22T12:00:00Z",
}

EVERYTHING = """
    WITH credit AS (
        UPDATE projects SET monthly_ai_credits = 1000000, version = 1
    ), kept AS (
        UPDATE configuration_history SET version = 1
    ), token AS (
        INSERT INTO access_tokens (token_id, token_hash, project_id, label, created_by, expires_at)
        VALUES ('tok_1', 'a hash', 'prj_1', 'Jane', 'u1', now() + interval '1 hour')
    )
    INSERT INTO enrichments (ticket_id, project_id, state, run, status, customer, result)
    VALUES ('t_1', 'prj_1', 'done', 1, 'ok', customer_named(:identifier), :result)
"""

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
"""Those that change nothing (RFC 9110, 9.2.1)."""

generated = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),  # a slow machine is no finding
)
"""The same requests in every run: the examples of the description, then each parameter and member missing, of another
type, at and beyond each of its limits, and each method that a path does not have (some 50 for each operation), then
ten in which everything is made up at once, which finds what goes wrong only together."""


def app_of(world: World) -> ASGIApp:
    """Return the whole service."""
    services = world.services()

    @asynccontextmanager
    async def opening() -> AsyncIterator[Services]:
        yield services

    app = create_app((Secret(SERVICE_TOKEN),), opening)
    app.state.services = services
    return app


WORLD = World()
WORLD.completions.close_streams()  # so that a stream ends

OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, item in yaml_of(OPENAPI_FILE)["paths"].items()
    for method in item
]


@cache
def schema() -> BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app_of(WORLD))


def send(path: str, method: str, test: Callable[[Case[Any]], None]) -> None:
    """Run a test with every request that is made up for an operation.

    What `schema.parametrize()` does, but by the one process that runs the test: each that collects would make them up.
    """
    described = schema().clone()  # it remembers which methods were tried on a path
    create_test(
        operation=described[path][method.upper()],
        test_func=generated(test),
        config=HypothesisTestConfig(modes=list(HypothesisTestMode), project=described.config),
    )()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_anything_that_is_sent_gets_an_answer_of_the_description(path: str, method: str) -> None:
    def test(case: Case[Any]) -> None:
        response = case.call_and_validate(headers=HEADERS, checks=CHECKS)

        assert response.headers["x-request-id"]

    send(path, method, test)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_anything_that_is_sent_to_a_known_project_gets_an_answer_of_the_description(path: str, method: str) -> None:
    def test(case: Case[Any]) -> None:
        aim_at_what_is_there(case)

        response = case.call_and_validate(headers={**HEADERS, "X-Actor-Id": "u1"}, checks=CHECKS)

        assert response.status_code != 404
        if case.method not in SAFE_METHODS:
            put_everything_in_place(WORLD)

    put_everything_in_place(WORLD)
    send(path, method, test)


def test_every_operation_was_generated_for() -> None:
    described = app_of(WORLD).openapi()["paths"]  # type: ignore[attr-defined] # it is the framework's application

    assert len(OPERATIONS) == len(list(schema().get_all_operations())) == sum(len(item) for item in described.values())


def put_everything_in_place(world: World) -> None:
    """Undo what a request may have done: a project whose configuration is on, an access token, an enriched ticket."""
    world.database.empty()
    world.put_in_place()
    world.database.rows(EVERYTHING, identifier=STORED["identifier"], result=pack(STORED))


def aim_at_what_is_there(case: Case[Any]) -> None:
    """Replace the ids of a request, and the version of a change, by those that exist."""
    tickets = case.body.get("tickets") if isinstance(case.body, dict) else None
    for container in (case.path_parameters, case.query, case.body, *(tickets if isinstance(tickets, list) else ())):
        if isinstance(container, dict):
            container |= {name: known for name, known in KNOWN.items() if name in container}
    if case.headers is not None:
        case.headers.pop("If-Match", None)
