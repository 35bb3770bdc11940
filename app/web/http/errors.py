"""Error responses as problem details (RFC 9457): a stable code, what to do, and nothing that the caller sent."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from app.domain.claims import DatabaseUnavailable
from app.domain.refusals import Complaint, Refusal, Refused

STATUS = {
    Refusal.BAD_REQUEST: 400,
    Refusal.ACTOR_REQUIRED: 400,
    Refusal.UNAUTHORIZED: 401,
    Refusal.NOT_OWNER: 403,
    Refusal.PLAN_REQUIRED: 403,
    Refusal.OUT_OF_SCOPE: 403,
    Refusal.NOT_FOUND: 404,
    Refusal.PROJECT_NOT_FOUND: 404,
    Refusal.RESULT_NOT_FOUND: 404,
    Refusal.ACCESS_TOKEN_NOT_FOUND: 404,
    Refusal.VERSION_NOT_FOUND: 404,
    Refusal.METHOD_NOT_ALLOWED: 405,
    Refusal.REQUEST_TIMEOUT: 408,
    Refusal.TICKET_PROJECT_MISMATCH: 409,
    Refusal.NOTHING_TO_REFRESH: 409,
    Refusal.CHECK_RUNNING: 409,
    Refusal.PRECONDITION_FAILED: 412,
    Refusal.BODY_TOO_LARGE: 413,
    Refusal.VALIDATION_ERROR: 422,
    Refusal.INCOMPLETE_CONFIGURATION: 422,
    Refusal.BEARER_TOKEN_REQUIRED: 422,
    Refusal.HEAD_TOO_LARGE: 431,
    Refusal.INTERNAL_ERROR: 500,
    Refusal.DATABASE_UNAVAILABLE: 503,
    Refusal.SHUTTING_DOWN: 503,
    Refusal.TOO_MANY_CONNECTIONS: 503,
}
"""The HTTP status of each refusal."""

HEADERS = {
    Refusal.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    Refusal.DATABASE_UNAVAILABLE: {"Retry-After": "2"},
    Refusal.TOO_MANY_CONNECTIONS: {"Retry-After": "2"},
}
"""Headers that a refusal needs; Retry-After is in seconds."""

BY_STATUS = {
    404: Refusal.NOT_FOUND,
    405: Refusal.METHOD_NOT_ALLOWED,
    413: Refusal.BODY_TOO_LARGE,
}
"""What the framework's own errors mean here; any other is a request that cannot be read."""

MEDIA_TYPE = "application/problem+json"


def problem_of(refusal: Refusal, complaints: tuple[Complaint, ...] = ()) -> dict[str, Any]:
    """Return the problem details of a refusal."""
    body: dict[str, Any] = {
        "type": f"urn:customer-context:problem:{refusal.code}",
        "title": refusal.title,
        "status": STATUS[refusal],
        "detail": refusal.advice,
        "code": refusal.code,
    }
    if STATUS[refusal] == STATUS[Refusal.VALIDATION_ERROR]:
        body["errors"] = [{"loc": list(each.loc), "msg": each.msg, "type": each.type} for each in complaints]
    return body


def problem_response(
    refusal: Refusal, complaints: tuple[Complaint, ...] = (), headers: dict[str, str] | None = None
) -> Response:
    """Return the response for a refusal."""
    return Response(
        json.dumps(problem_of(refusal, complaints)),
        status_code=STATUS[refusal],
        headers={**HEADERS.get(refusal, {}), **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def complaints_of(errors: Iterable[Mapping[str, Any]], within: tuple[str | int, ...] = ()) -> tuple[Complaint, ...]:
    """Return what the framework found wrong below `within`, without the submitted values, which may be secrets."""
    return tuple(
        Complaint((*within, *each["loc"]), each["msg"].removeprefix("Value error, "), each["type"]) for each in errors
    )


def refused_by(fault: BaseException) -> Refused:
    """Return the refusal that an exception means to a caller, for those who cannot leave that to the handlers below."""
    if isinstance(fault, Refused):
        return fault
    if isinstance(fault, DatabaseUnavailable):
        structlog.get_logger().warning("database_unavailable")
        return Refused(Refusal.DATABASE_UNAVAILABLE)
    return Refused(Refusal.INTERNAL_ERROR)


def shown_refusal(refusal: Refusal, *, by_access_token: bool) -> Refusal:
    """Return the refusal to show: the holder of a project's token is not told which ticket ids other projects have."""
    if by_access_token and refusal is Refusal.TICKET_PROJECT_MISMATCH:
        return Refusal.RESULT_NOT_FOUND
    return refusal


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower().endswith("json")


def install(app: FastAPI) -> None:
    """Register a handler for each kind of error."""

    @app.exception_handler(Refused)
    async def refused(request: Request, problem: Refused) -> Response:
        by_access_token = getattr(request.state, "actor", None) is not None
        return problem_response(shown_refusal(problem.refusal, by_access_token=by_access_token), problem.complaints)

    @app.exception_handler(DatabaseUnavailable)
    async def database_unavailable(request: Request, problem: DatabaseUnavailable) -> Response:
        return problem_response(refused_by(problem).refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, problem: RequestValidationError) -> Response:
        complaints = complaints_of(problem.errors())
        if not _is_json(request.headers.get("content-type", "")) and complaints[0].loc == ("body",):
            complaints = (Complaint(("body",), "send a JSON object with Content-Type: application/json", "not_json"),)
        return problem_response(Refusal.VALIDATION_ERROR, complaints)

    @app.exception_handler(HTTPException)
    async def framework_error(request: Request, problem: HTTPException) -> Response:
        return problem_response(
            BY_STATUS.get(problem.status_code, Refusal.BAD_REQUEST), headers=dict(problem.headers or {})
        )
