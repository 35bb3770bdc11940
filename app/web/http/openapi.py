"""The OpenAPI 3.1 description as it is served: the framework's, with what it cannot know added."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.domain.access_tokens import SCOPE
from app.domain.refusals import Complaint, Refusal
from app.web.http.bodies import ID, Problem
from app.web.http.errors import problem_of
from app.web.http.middleware import OPEN_PATHS

SAMPLE = (Complaint(("body", "api_url"), "use an https:// URL", "url_refused"),)
"""What a 422 example complains of."""


def describe(app: FastAPI, examples: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI description, made once; `examples` are those of JSON answers and messages, by name."""
    if app.openapi_schema is None:
        app.openapi_schema = _completed(
            get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                webhooks=app.webhooks.routes,
                license_info=app.license_info,
            ),
            examples,
        )
    return app.openapi_schema


def _completed(description: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    components = description["components"]
    # The framework's own shape of a 422, which no route answers with.
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["examples"] = {
        refusal.code: {"summary": refusal.title, "value": problem_of(refusal, SAMPLE)} for refusal in Refusal
    }
    components["securitySchemes"] = {
        "serviceToken": {"type": "http", "scheme": "bearer", "description": "one of CC_SERVICE_TOKENS"},
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "an access token of the project: cct_…, or ccr_… that only reads",
        },
    }
    for path, item in description["paths"].items():
        for method, operation in item.items():
            by_person = (method.upper(), path) in SCOPE
            operation["security"] = [] if path in OPEN_PATHS else [{"serviceToken": []}]
            operation["security"] += [{"accessToken": []}] if by_person else []
            for parameter in operation.get("parameters", []):
                _complete_parameter(parameter, by_person=by_person)
            for answer in operation["responses"].values():
                _complete_examples(answer, known)
    for item in description["webhooks"].values():
        for parameter in item["post"]["parameters"]:
            parameter["schema"].pop("title", None)
            parameter["schema"].pop("description", None)
        _complete_examples(item["post"]["requestBody"], known)
    return description


def _complete_examples(body: dict[str, Any], known: dict[str, Any]) -> None:
    """Put every null back into the examples of a body: the framework leaves them out, although the body has them."""
    for content in body.get("content", {}).values():
        examples = content.get("examples", {})
        examples.update({name: known[name] for name in examples.keys() & known.keys()})


def _complete_parameter(parameter: dict[str, Any], *, by_person: bool) -> None:
    """Say of a header what the routes do: the actor is needed unless an access token stands for a person."""
    optional = parameter["schema"].pop("nobody_need_be_named", False)
    parameter["schema"].pop("title", None)
    parameter["schema"].pop("description", None)
    if parameter["in"] == "header":
        parameter["name"] = {"x-actor-id": "X-Actor-Id", "if-match": "If-Match", "prefer": "Prefer"}[parameter["name"]]
        names_a_person = parameter["name"] == "X-Actor-Id"
        parameter["required"] = names_a_person and not by_person and not optional
        parameter["schema"] = {"type": "string"} | ({"pattern": ID} if names_a_person else {})
