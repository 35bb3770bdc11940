"""ASGI middleware of every request: an id, a token, a bounded body, and no traceback after it."""

import asyncio
import hmac
import re
from collections.abc import Iterable
from contextlib import suppress
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.access_tokens import Asked, Holder
from app.domain.claims import DatabaseUnavailable
from app.domain.refusals import Refusal, Refused
from app.domain.traces import trace_in
from app.web.http.errors import problem_response, refused_by
from app.web.http.services import Services
from support_context.secrets import Secret

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/settings"})
"""What needs no token: nothing there is a customer's."""

OPEN_FOLDER = "/static/"
"""The pages' own files, which every browser may load."""

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""A caller's request id that is kept; any other is replaced, so that no log line can be forged with it."""

RECHECK_SECONDS = 2.0
"""How often an access token is looked up again while its request is answered: most are long done by then."""

LARGEST_REQUEST_BYTES = 7 * 1_048_576
"""1 MiB of email body can be six times as long in JSON, when every byte is escaped; the rest fits in one more."""

LARGEST_REQUEST_BYTES_OF = {"/tickets/enrich-batch": 32 * 1_048_576}
"""Paths that take more. With 500 tickets in a batch, 64 KiB for each: far above what emails weigh on average."""


def request_id_of(headers: Headers) -> str:
    """Return the id of a request: the one that its caller sent, if that is sane, else a new one."""
    sent = headers.get("x-request-id", "")
    return sent if SANE_REQUEST_ID.fullmatch(sent) else uuid4().hex


class RequestIds:
    """Gives each request an id, in the log and in the answer, and turns a fault into a problem with that id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope))
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if not _is_open(scope):  # what a token opens is in no cache, neither of a proxy nor of a browser
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception:
                # Not the path: it may name a customer.
                structlog.get_logger().exception("internal_error", route=_route(scope), method=scope["method"])
                if not started:
                    await problem_response(Refusal.INTERNAL_ERROR)(scope, receive, send_with_id)


class Traces:
    """Follows each request that needs a token in the trace that its caller names, and notes how it was answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the place in a trace for what it asks for."""
        if _is_open(scope):
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        status: int | None = None

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with services.tracing.request(scope["method"], trace_in(Headers(scope=scope).getlist("traceparent"))) as span:
            scope.setdefault("state", {})["trace"] = span.trace
            try:
                await self._app(scope, receive, send_noting)
            finally:
                span.answered(_route(scope), status)


class Bearers:
    """Lets in who brings one of the service tokens, or an access token for what that one opens."""

    def __init__(self, app: ASGIApp, tokens: Iterable[Secret], recheck_seconds: float = RECHECK_SECONDS) -> None:
        self._app = app
        self._recheck_seconds = recheck_seconds
        self._tokens = [token.reveal().encode() for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the person behind an access token; or answer 401 or 403."""
        if not _is_open(scope) and not self._is_service_token(token := _bearer(scope)):
            try:
                holder = await _admitted(scope, token)
                scope.setdefault("state", {}).update(actor=holder.person, token_project=holder.project.project_id)
            except (Refused, DatabaseUnavailable) as fault:
                await problem_response(refused_by(fault).refusal)(scope, receive, send)
                return
            await self._while_admitted(token, scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _while_admitted(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and end its answer, waited for or streamed, when its token is revoked meanwhile."""
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        answering = asyncio.ensure_future(self._app(scope, receive, send_noting))
        try:
            while not (await asyncio.wait({answering}, timeout=self._recheck_seconds))[0]:
                with suppress(DatabaseUnavailable):  # nobody is locked out by that
                    await _admitted(scope, token)
            await answering
        except Refused as revoked:
            await _cancelled(answering)
            if started:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await problem_response(revoked.refusal)(scope, receive, send)
        finally:
            await _cancelled(answering)

    def _is_service_token(self, token: str) -> bool:
        # Every token is compared, whichever fits: the time says nothing about them.
        fits = [hmac.compare_digest(token.encode(), known) for known in self._tokens]
        return any(fits)


async def _cancelled(task: asyncio.Future[None]) -> None:
    """Cancel a task that has not ended, and wait until it has."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})


def _is_open(scope: Scope) -> bool:
    return scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_FOLDER)


def _route(scope: Scope) -> str:
    """Return the pattern of the route that the request has found, `""` where it has found none."""
    return getattr(scope.get("route"), "path", "")


def _bearer(scope: Scope) -> str:
    """Return the token of the Authorization header, `""` where there is none."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _admitted(scope: Scope, token: str) -> Holder:
    services: Services = scope["app"].state.services
    asked = Asked(
        method=scope["method"],
        path=scope["path"],
        queried_projects=tuple(QueryParams(scope["query_string"]).getlist("project_id")),
        named=tuple(Headers(scope=scope).getlist("x-actor-id")),
    )
    return await services.access.admit(token, asked)


class BodyLimit:
    """Counts a request's body as it streams in and stops it at `LARGEST_REQUEST_BYTES`, or what its path may have.

    The framework's own limit answers with plain text, before the request has an id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LARGEST_REQUEST_BYTES_OF.get(scope["path"], LARGEST_REQUEST_BYTES)
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > most:
            await problem_response(Refusal.BODY_TOO_LARGE, headers={"Connection": "close"})(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_counted, send)
