"""A customer endpoint that counts its calls, to be hosted on real TLS, and the project that asks it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.service import BEARER_TOKEN, CONFIGURATION, CUSTOMER

PATH = "/support-context"


STRANGER = "acct_0"
"""Begins the identifiers that the endpoint does not know."""


@dataclass
class CustomerEndpoint:
    """Knows everybody but strangers, answers after `seconds` to who brings the token, remembers who was asked for."""

    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def application(self) -> Starlette:
        return Starlette(routes=[Route(PATH, self._look_up)])

    async def until_asked(self, times: int = 1) -> None:
        """Wait for calls; the server runs in another thread."""
        async with asyncio.timeout(30):
            while len(self.asked) < times:  # noqa: ASYNC110 - an event belongs to one loop, and there are two
                await asyncio.sleep(0.01)

    async def _look_up(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {BEARER_TOKEN}":
            return JSONResponse({"error": "unauthorized"}, 401)
        identifier = request.query_params["id"]
        self.asked.append(identifier)
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.seconds)
        return JSONResponse({} if identifier.startswith(STRANGER) else CUSTOMER)


async def set_up(client: httpx.AsyncClient, origin: str, project_id: str = "prj_1", credit: int = 1_000) -> None:
    """Put a Business project of `u1` whose customer endpoint is at `origin`."""
    project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": credit}
    (await client.put(f"/projects/{project_id}", json=project)).raise_for_status()
    configuration = CONFIGURATION | {"api_url": f"{origin}{PATH}"}
    (await client.put(f"/projects/{project_id}/customer-context", json=configuration)).raise_for_status()


async def credits_used(client: httpx.AsyncClient, project_id: str = "prj_1") -> int:
    """Return the credits that the project used this month."""
    answer = (await client.get(f"/projects/{project_id}")).raise_for_status()
    used: int = answer.json()["credits_used_this_month"]
    return used


def numbered(number: int, *, known: bool = True, **changes: Any) -> dict[str, Any]:
    """Return a ticket whose customer nobody else has; a stranger needs no summary."""
    sender = f"customer-{number}@example.com"  # each asks about themselves, or the limit on what one may ask counts
    body = f"Hello,\nAccount ID: {account(number, known=known)}\nThanks"
    return ticket(**{"body": body, "sender": sender} | changes)


def account(number: int, *, known: bool = True) -> str:
    """Return the identifier in such a ticket."""
    return f"acct_k{number:04d}" if known else f"{STRANGER}{number:04d}"


def ticket(project_id: str = "prj_1", **changes: Any) -> dict[str, Any]:
    """Return a ticket of the one customer."""
    return {
        "project_id": project_id,
        "subject": "Seats",
        "body": "Hello,\nAccount ID: acct_12ab34cd\nThanks",
        "sender": "jane@example.com",
    } | changes
