"""The route POST /mcp: the Model Context Protocol over stateless HTTP, each message answered by itself."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from app import __version__
from app.domain.refusals import Refusal, Refused
from app.runs.intake import Pending
from app.web.http.errors import shown_refusal
from app.web.http.requests import Wired
from app.web.http.services import Services
from app.web.mcp import protocol
from app.web.mcp.bodies import McpMessageIn, ToolArgumentsIn
from app.web.tickets.bodies import PENDING_MESSAGE

router = APIRouter(include_in_schema=False)  # the protocol describes itself


class McpError(Exception):
    """A JSON-RPC error, instead of a result."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({"data": data} if data else {})


@router.post("/mcp")
async def call_mcp(request: Request, body: McpMessageIn, services: Wired) -> Response:
    """Answer one JSON-RPC message; nothing is remembered from one to the next."""
    if body.id is None:
        return Response(status_code=202)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body.id}
    try:
        _check_version(request.headers.get("mcp-protocol-version"))
        answer["result"] = await _result(request, body, services)
    except McpError as problem:
        unreadable = problem.error["code"] == protocol.UNSUPPORTED_VERSION
        return JSONResponse(answer | {"error": problem.error}, status_code=400 if unreadable else 200)
    return JSONResponse(answer)


def _check_version(named: str | None) -> None:
    if named is not None and named not in protocol.VERSIONS:
        data = {"supported": list(protocol.VERSIONS), "requested": named}
        raise McpError(protocol.UNSUPPORTED_VERSION, "This version of MCP is not spoken here.", data)


async def _result(request: Request, message: McpMessageIn, services: Services) -> dict[str, Any]:
    params = message.params or {}
    match message.method:
        case "initialize":
            return protocol.description(str(params.get("protocolVersion", "")), __version__)
        case "server/discover":
            return protocol.discovery(__version__)
        case "ping":
            return {}
        case "tools/list":
            return protocol.tools()
        case "tools/call":
            return await _called(params, services, getattr(request.state, "token_project", None))
        case _:
            raise McpError(protocol.METHOD_NOT_FOUND, "There is no such method here.")


async def _called(params: dict[str, Any], services: Services, only_project: str | None) -> dict[str, Any]:
    """Run the tool; `only_project` is the one that an access token opens, None for a service token."""
    if params.get("name") != protocol.TOOL["name"]:
        raise McpError(protocol.INVALID_PARAMS, f"There is one tool here: {protocol.TOOL['name']}.")
    try:
        asked = ToolArgumentsIn.model_validate(params.get("arguments") or {})
    except ValidationError as problem:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problem.errors())
        raise McpError(protocol.INVALID_PARAMS, wrong) from None
    if only_project not in (None, asked.project_id):
        return protocol.tool_refusal(Refusal.OUT_OF_SCOPE.advice)
    try:
        found = await services.intake.read(asked.ticket_id, asked.project_id)
    except Refused as refused:
        return protocol.tool_refusal(shown_refusal(refused.refusal, by_access_token=only_project is not None).advice)
    if isinstance(found, Pending):
        return protocol.tool_refusal(PENDING_MESSAGE)
    return protocol.tool_answer(asked.ticket_id, found.document)
