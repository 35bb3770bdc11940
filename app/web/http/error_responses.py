"""Error responses in the OpenAPI description: for each route, the problems that it can answer with."""

from typing import Any

from app.domain.refusals import Refusal
from app.web.http.errors import MEDIA_TYPE, STATUS

ANYWHERE = (
    Refusal.UNAUTHORIZED,
    Refusal.OUT_OF_SCOPE,
    Refusal.VALIDATION_ERROR,
    Refusal.INTERNAL_ERROR,
    Refusal.DATABASE_UNAVAILABLE,
)
"""Problems that every guarded route can answer with."""

WITH_BODY = (Refusal.BAD_REQUEST, Refusal.BODY_TOO_LARGE)
"""Problems of routes that take a body."""

OWNER = (Refusal.ACTOR_REQUIRED, Refusal.NOT_OWNER, Refusal.PLAN_REQUIRED, Refusal.PROJECT_NOT_FOUND)
"""Problems of routes that act for an owner of a Business project."""


def problems(*refusals: Refusal) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can be refused in these ways, besides those of every route."""
    return only(*refusals, *ANYWHERE)


def only(*refusals: Refusal) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can be refused in these ways and no other, in the order of statuses."""
    answers: dict[int | str, dict[str, Any]] = {}
    for refusal in sorted(refusals, key=lambda each: STATUS[each]):
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        answer = answers.setdefault(STATUS[refusal], {"description": "", "content": {MEDIA_TYPE: content}})
        answer["description"] += f"; or: {refusal.title}" if answer["description"] else refusal.title
        answer["content"][MEDIA_TYPE]["examples"][refusal.code] = {"$ref": f"#/components/examples/{refusal.code}"}
    return answers
