"""A helpdesk in miniature at /sidebar-demo: a mock ticket with the card beside it, and the backend that enriches it.

As in a real helpdesk, the backend holds the service token and the browser never sees it.
"""

import json
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.drafting import BY, draft
from app.demo.project import PROJECT_ID
from app.serving import application as service_application
from app.settings.loading import load_settings
from app.web.http.middleware import BodyLimit, RequestIds
from app.web.http.pages import serve_files, serve_page

PAGE_PATH = "/sidebar-demo"
STATIC = Path(__file__).parent / "static"

EMAIL_FIELDS = ("subject", "body", "sender")
"""What the page may say of a ticket; the project is never its choice."""

LOOK_UP_FIELDS = ("identifier", "sender")

DRAFT_FIELDS = ("draft", "also_known")

AGENT_ID = "demo-agent"
"""The person who looks a customer up by hand, for the audit trail."""


def application() -> ASGIApp:
    """Return the service with the page beside it, as the environment sets it up."""
    token = load_settings().service_tokens[0].get_secret_value()
    return with_sidebar(service_application(), token)


def with_sidebar(service: ASGIApp, token: str) -> ASGIApp:
    """Return an application that answers `/` and below /sidebar-demo itself and leaves all else to the service."""
    sidebar = _sidebar(service, token)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{PAGE_PATH}/")
        is_ours = is_page or (scope["type"] == "http" and scope["path"] == "/")
        await (sidebar if is_ours else service)(scope, receive, send)

    return either


def _sidebar(service: ASGIApp, token: str) -> Starlette:
    """Return the page and its backend, which calls the service as a helpdesk's would, only without a socket."""

    def client() -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}", "X-Actor-Id": AGENT_ID}
        transport = httpx.ASGITransport(service)
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    async def asked(path: str, body: dict[str, object], query: dict[str, str]) -> Response:
        async with client() as called:
            answer = await called.post(path, params=query, json={"project_id": PROJECT_ID, **body})
        kept = {"Content-Type": answer.headers["Content-Type"], "Cache-Control": "no-store"}
        return Response(answer.content, answer.status_code, kept)

    async def enrich(request: Request, ticket_id: UUID) -> Response:
        refresh = {"refresh": "true"} if request.query_params.get("refresh") == "true" else {}
        return await asked(f"/tickets/{ticket_id}/enrich", await _sent_in(request, EMAIL_FIELDS), refresh)

    async def look_up(request: Request) -> Response:
        body = await _sent_in(request, LOOK_UP_FIELDS)
        return await asked(f"/tickets/{request.path_params['ticket_id']}/look-up", body, {})

    async def check(request: Request) -> Response:
        body = await _sent_in(request, DRAFT_FIELDS)
        return await asked(f"/tickets/{request.path_params['ticket_id']}/check-draft", body, {})

    async def drafts(request: Request) -> Response:
        """Draft a reply twice, as a helpdesk would with `ai_context` and without it."""
        email = await _sent_in(request, EMAIL_FIELDS)
        subject, sender = (str(email.get(name, "")) for name in ("subject", "sender"))
        async with client() as called:
            path = f"/tickets/{request.path_params['ticket_id']}/customer-context"
            answer = await called.get(path, params={"project_id": PROJECT_ID})
        known = answer.json().get("ai_context", "") if answer.is_success else ""
        written = {"without": draft(subject, sender, ""), "with": draft(subject, sender, known), "by": BY}
        return JSONResponse(written, headers={"Cache-Control": "no-store"})

    async def new_ticket(request: Request) -> Response:
        return await enrich(request, uuid4())

    async def known_ticket(request: Request) -> Response:
        return await enrich(request, request.path_params["ticket_id"])

    # The service's own guards: nothing here asks for a token, so whatever can reach the port can call it.
    app = Starlette(middleware=[Middleware(RequestIds), Middleware(BodyLimit)])
    app.add_route("/", lambda request: RedirectResponse(PAGE_PATH))
    serve_page(app, PAGE_PATH, STATIC / "sidebar-demo.html")
    serve_files(app, STATIC, f"{PAGE_PATH}/static")
    app.add_route(f"{PAGE_PATH}/tickets", new_ticket, methods=["POST"])
    app.add_route(f"{PAGE_PATH}/tickets/{{ticket_id:uuid}}", known_ticket, methods=["POST"])
    app.add_route(f"{PAGE_PATH}/tickets/{{ticket_id:uuid}}/look-up", look_up, methods=["POST"])
    app.add_route(f"{PAGE_PATH}/checks/{{ticket_id:uuid}}", check, methods=["POST"])
    app.add_route(f"{PAGE_PATH}/drafts/{{ticket_id:uuid}}", drafts, methods=["POST"])
    return app


async def _sent_in(request: Request, names: tuple[str, ...]) -> dict[str, object]:
    """Return the fields of these names that were sent; what they hold is for the service to judge."""
    # A page of another origin can send anything but this type without asking first, and a run may cost money.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415)
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(sent, dict):
        raise HTTPException(400)
    return {name: sent[name] for name in names if name in sent}
