"""Builds the HTTP side of the service from services that are already open, or that a lifespan opens."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.telemetry import TelemetryConfig

from app import __version__
from app.web import operations
from app.web.configuration import activity_routes, endpoint_routes, version_routes
from app.web.configuration import routes as configuration
from app.web.http import docs, errors, openapi, pages
from app.web.http.middleware import Bearers, BodyLimit, RequestIds, Traces
from app.web.http.services import Services
from app.web.mcp import routes as mcp
from app.web.projects import access_token_routes, audit_routes
from app.web.projects import project_list_routes as project_lists
from app.web.projects import routes as projects
from app.web.projects.examples import AUDIT, LISTED_PROJECTS
from app.web.tickets import batch, draft_routes, events
from app.web.tickets import routes as tickets
from app.web.tickets import ticket_list_routes as ticket_lists
from app.web.tickets.examples import BATCHED, CHECKED, ENRICHED, LISTED, PENDING
from app.web.webhooks import routes as webhooks
from app.web.webhooks.examples import MESSAGES
from support_context.secrets import Secret

DESCRIPTION = "Looks up who wrote a support ticket, so that the reply already knows the customer."

ANSWERS = ENRICHED | PENDING | BATCHED | CHECKED | LISTED | LISTED_PROJECTS | AUDIT | MESSAGES
"""Every example of a JSON answer, and of a message to the helpdesk."""

ROUTES = (
    tickets,
    batch,
    draft_routes,
    ticket_lists,
    events,
    projects,
    project_lists,
    audit_routes,
    access_token_routes,
    configuration,
    endpoint_routes,
    version_routes,
    activity_routes,
    mcp,
    operations,
)
"""Modules of routes, in the order of the description, and of matching: what is asked for most often comes first."""

NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""The framework's own would record queries, paths and exceptions' texts, and a variable could switch it on."""


def create_app(
    tokens: tuple[Secret, ...],
    opening: Callable[[], AbstractAsyncContextManager[Services]],
    embed_origins: Iterable[str] = (),
) -> FastAPI:
    """Return the application; its lifespan opens the services and closes them again.

    Pages of `embed_origins` may frame the settings page.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        async with opening() as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Customer Context",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        webhooks=webhooks.router,
        docs_url=None,  # the framework's page loads its script from a third party
        redoc_url=None,
        redirect_slashes=False,  # a path that a client shortened must not become another request
        telemetry=NO_TELEMETRY,
        generate_unique_id_function=lambda route: route.name,
    )
    app.openapi = lambda: openapi.describe(app, ANSWERS)  # type: ignore[method-assign] # the framework's documented way
    errors.install(app)
    for routes in ROUTES:
        app.include_router(routes.router)
    app.add_route("/docs", _documentation)
    pages.serve_files(app)
    pages.serve_files(app, pages.SETTINGS, "/static/settings")
    pages.serve_files(app, pages.SETTINGS / "help", "/static/settings/help")
    pages.serve_page(app, "/settings", pages.SETTINGS / "page.html", embed_origins)
    # The last one added sees a request first.
    app.add_middleware(BodyLimit)
    app.add_middleware(Bearers, tokens=tokens)
    app.add_middleware(RequestIds)
    app.add_middleware(Traces)
    return app


async def _documentation(request: Request) -> HTMLResponse:
    headers = {"Content-Security-Policy": docs.CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(docs.page(request.app.openapi()), headers=headers)
