"""Bodies of the MCP route: a JSON-RPC 2.0 message, and the arguments of the one tool."""

from typing import Any, Literal

from app.web.http.bodies import Id, StrictBody


class McpMessageIn(StrictBody):
    """A JSON-RPC 2.0 request, or a notification, which has no `id` and is not answered."""

    jsonrpc: Literal["2.0"]
    id: str | int | None = None
    method: str
    params: dict[str, Any] | None = None


class ToolArgumentsIn(StrictBody):
    """Which ticket's result the tool is asked for."""

    project_id: Id
    ticket_id: Id
