"""A sample customer endpoint, written the way that the guide tells owners to write theirs: copy it."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.records import find

PATH, BROKEN_PATH = "/customer-context", "/customer-context/broken"

Find = Callable[[str], Mapping[str, object]]
"""Gives what support may see of whoever has an identifier, an empty mapping where nobody has it."""


def sample_endpoint(records: sqlite3.Connection, token: str) -> Starlette:
    """Return the endpoint of the sample company; at `BROKEN_PATH` it fails as one that is down for maintenance."""
    endpoint = customer_endpoint(partial(find, records), token)
    endpoint.add_route(BROKEN_PATH, _broken)
    return endpoint


async def _broken(request: Request) -> Response:
    return JSONResponse({"error": "down for maintenance"}, 503)


def customer_endpoint(find: Find, token: str, path: str = PATH, parameter: str = "id") -> Starlette:
    """Return the application that answers `GET ?id=…` and `POST {"id": "…"}` for whoever holds the token."""

    async def look_up(request: Request) -> Response:
        if not is_authorized(request.headers.get("authorization", ""), token):
            return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
        try:
            identifier = await identifier_of(request, parameter)
        except (ValueError, RecursionError):
            return JSONResponse({"error": "the body must be JSON"}, 400)
        return JSONResponse(find(identifier), headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route(path, look_up, methods=["GET", "POST"])])


def is_authorized(header: str, token: str) -> bool:
    """Tell whether an `Authorization` header carries the token, in the same time however wrong it is.

    Both sides are hashed first: `compare_digest` throws on text that is not ASCII and shows a difference in length.
    """
    scheme, _, given = header.partition(" ")
    matches = hmac.compare_digest(_digest(given), _digest(token))
    return scheme.lower() == "bearer" and matches


async def identifier_of(request: Request, parameter: str = "id") -> str:
    """Return the identifier that is asked for, `""` where there is none; `ValueError` for a body that is not JSON."""
    # Nobody without the token gets here, so the body needs no limit of its own.
    if request.method == "POST":
        body = await request.json()
        identifier = body.get(parameter) if isinstance(body, dict) else None
    else:
        identifier = request.query_params.get(parameter)
    return identifier if isinstance(identifier, str) else ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
